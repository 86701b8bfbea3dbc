/**
 * The types of `session-kit/egg` for applications in CommonJS: see index.ts.
 *
 * @module
 */
import type { EggSessionContext, EggSessionStore, EggSessionStoreSetting } from './types.ts' with {
  'resolution-mode': 'import',
}

export type * from './types.ts' with { 'resolution-mode': 'import' }

/** @ts-ignore */
declare module 'egg' {
  interface Context extends EggSessionContext {}
  interface Application {
    get sessionStore(): EggSessionStore | undefined
    set sessionStore(store: EggSessionStoreSetting)
  }
  interface EggApplicationCore {
    get sessionStore(): EggSessionStore | undefined
    set sessionStore(store: EggSessionStoreSetting)
  }
}

/** @ts-ignore */
declare module '@eggjs/core' {
  interface Context extends EggSessionContext {}
}

/**
 * Sessions for Egg 3 and 4. An application writes one line in `config/plugin.js`:
 * `exports.session = { enable: true, package: 'session-kit/egg' }`.
 *
 * In TypeScript, `import 'session-kit/egg'` tells Egg's types of `ctx.session` and of
 * `app.sessionStore`.
 *
 * @module
 */
import type { EggSessionContext, EggSessionStore, EggSessionStoreSetting } from './types.ts'

export type * from './types.ts'

// Keep in step with index.cts, which is the same for applications in CommonJS: Egg 4 has types of
// its own for each of the two. Egg 3 declares a context in `egg`, Egg 4 in `@eggjs/core`. Where
// one of them is not installed nothing is lost, and the comments keep the compiler from saying so.

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

/**
 * Sessions for Egg 3 and 4. An application writes one line in `config/plugin.js`:
 * `exports.session = { enable: true, package: 'session-kit/egg' }`.
 *
 * @module
 */
import type { Session, SessionData as AnyData, Store } from '../../src/index.ts'

/**
 * What `ctx.session` holds. Augment it to have it typed:
 * `declare module 'session-kit/egg' { interface SessionData { user?: string } }`.
 */
export interface SessionData extends AnyData {}

/** What the plugin adds to `ctx`. */
export interface EggSessionContext {
  /** The visitor's session. Assign an object to replace it, `null` to end it. */
  get session(): Session<SessionData> | null
  set session(data: SessionData | null)
}

/** What the plugin adds to `app`. */
export interface EggSessionApplication {
  /** A store for sessions, a class of which one is made, or `null` for none. */
  get sessionStore(): Store | undefined
  set sessionStore(store: Store | (new (app: any) => Store) | null | undefined)
}

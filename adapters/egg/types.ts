import type { Session, SessionData as AnyData, Store, UserSessions } from '../../src/index.ts'

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
  /**
   * The sessions of the application's users: `ctx.sessions.list(user, { current: ctx.session })`.
   * Where there is no request: `app.context.sessions`.
   */
  readonly sessions: UserSessions<SessionData>
}

/** What `app.sessionStore` takes: a store, a class of which one is made, or `null` for none. */
export type EggSessionStoreSetting = Store | (new (app: any) => Store) | null | undefined

/** What `app.sessionStore` gives: the store that was set, of which nobody knows more. */
export interface EggSessionStore {
  get(key: string, ...more: any[]): any
  set(key: string, record: any, ...more: any[]): any
  destroy(key: string, ...more: any[]): any
}

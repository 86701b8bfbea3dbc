export {
  createSessionManager,
  type ManagerOrOptions,
  type ReadOnlyManager,
  type ReadOnlyManagerOrOptions,
  type SessionManager,
} from './manager.ts'
export { withSession } from './with-session.ts'
export { SessionError, type SessionErrorCode } from './errors.ts'
export type { Awaitable } from './awaitable.ts'
export type {
  FateEvent,
  InvalidEvent,
  SessionEvent,
  SessionListener,
  StoreErrorEvent,
  StoreOperation,
  TimingEvent,
  WrittenEvent,
} from './events.ts'
export type { Reader } from './kit.ts'
export type { LazySession } from './lazy-session.ts'
export type { CookieHeader } from './load.ts'
export type {
  FormatOptions,
  ReadOnlyFormat,
  ReadOnlyOptions,
  SessionClaims,
  SessionFormat,
  SessionOptions,
} from './options.ts'
export type { ReadSource } from './read.ts'
export type { SessionRecord } from './record.ts'
export { fromBase64, fromHex, type OpeningSecret, type Secret } from './secrets.ts'
export type { SchemaData, SchemaResult, StandardSchema } from './schema.ts'
export type { ReadOnlySession, Session, SessionData, SessionMembers } from './session.ts'
export type { Store, StoreClass } from './store.ts'
export type { ListedSession, UserSessions } from './user-sessions.ts'

// What adapters are made of.
export { createLazySession, type LazyHandle, type Outcome } from './lazy-session.ts'
export { toManager } from './manager.ts'
export { parseJson } from './record.ts'
export { respond } from './respond.ts'

/**
 * The core as adapters see it whose host has cookies, options and a session of its own, Koa and
 * Egg, and those that make formats. What applications use is in `index.ts`.
 */
export { answersAtOnce } from '#engine'
export { chain, isPromise, type Awaitable } from './awaitable.ts'
export { tellCaches, type ResponseHeaders } from './caches.ts'
export { callStore } from './call-store.ts'
export { commit } from './commit.ts'
export { cookieValues } from './cookie-header.ts'
export { createTell, type Reason } from './events.ts'
export type { Kit, Reader } from './kit.ts'
export { idleLimit, touchPause } from './life.ts'
export { load, loadFresh } from './load.ts'
export { createOwnFormat, createSealedFormat, createSealer } from './manager.ts'
export { attributesOf, cookieOptionsFor, isVarying } from './cookie-options.ts'
export {
  checkOptions,
  type CheckedOptions,
  type FormatContext,
  type HostOptions,
} from './options.ts'
export type { Rule } from './rule.ts'
export { read } from './read.ts'
export type { Json, SessionRecord } from './record.ts'
export type { Carried, Format, Refusal } from './seal/format.ts'
export { fromBase64url, isBase64url, toBase64url } from './seal/base64url.ts'
export { jweParts } from './seal/sealed.ts'
export { readSigned, writeValue } from './seal/signed.ts'
export type { Opened } from './seal/claims.ts'
export type { ReadOnlySealer, Sealer } from './seal/token.ts'
export { secretBytes, type OpeningSecret, type Secret } from './secrets.ts'
export {
  assignData,
  clearData,
  newId,
  SessionObject,
  stateOf,
  type Session,
  type SessionState,
} from './session.ts'
export { LARGEST_COOKIE } from './set-cookie.ts'
export type { Store } from './store.ts'
export { createUserSessions } from './user-sessions.ts'

/**
 * The core as adapters see it whose host has cookies, options and a session of its own: Koa and
 * Egg. What applications use is in `index.ts`.
 */
export { answersAtOnce } from '#engine'
export { chain, isPromise, type Awaitable } from './awaitable.ts'
export { callStore } from './call-store.ts'
export { commit } from './commit.ts'
export { cookieValues } from './cookie-header.ts'
export { createTell, type Reason } from './events.ts'
export type { Kit, Reader } from './kit.ts'
export { idleLimit } from './life.ts'
export { load, loadFresh } from './load.ts'
export { createSealer } from './manager.ts'
export { attributesOf, cookieOptionsFor, isVarying } from './cookie-options.ts'
export { checkOptions, type CheckedOptions, type HostOptions } from './options.ts'
export type { Rule } from './rule.ts'
export { read } from './read.ts'
export type { Json, SessionRecord } from './record.ts'
export type { Carried, Format, Refusal } from './seal/format.ts'
export { readSigned, writeValue } from './seal/signed.ts'
export type { Secret } from './secrets.ts'
export {
  assignData,
  clearData,
  newId,
  SessionObject,
  stateOf,
  type Session,
  type SessionState,
} from './session.ts'
export type { Store } from './store.ts'

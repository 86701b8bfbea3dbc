import type { SessionError } from './errors.ts'
import type { CheckedOptions } from './options.ts'
import type { Format } from './seal/format.ts'

/** What happened to a session, without its data, its id or anything secret. */
export interface SessionEvent {
  /**
   * - `missed` the cookie is good, its record is not in the store
   * - `expired` its time is over
   * - `invalid` the record is none, or the `valid` option refused it
   * - `tampered` the cookie is forged, damaged, or sealed under a secret that is gone
   * - `store-error` the store failed; `error` tells how
   */
  type: 'missed' | 'expired' | 'invalid' | 'tampered' | 'store-error'
  error?: SessionError
}

/** A store operation. */
export type StoreOperation = 'get' | 'set' | 'destroy'

/** What the request path works with: options checked and complete, made once. */
export interface Kit<ctx = any> extends CheckedOptions<ctx> {
  format: Format<ctx>
  /** The attributes of every cookie, as text. */
  attributes: string
}

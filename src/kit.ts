import type { Reason, Tell } from './events.ts'
import type { CookieHeader } from './load.ts'
import type { CheckedOptions } from './options.ts'
import type { Json } from './record.ts'
import type { Format } from './seal/format.ts'
import type { Session, SessionState } from './session.ts'
import type { Store } from './store.ts'

/** What the request path works with: options checked and complete, made once. */
export interface Kit<ctx = any> extends Omit<CheckedOptions<ctx>, 'format'> {
  format: Format<ctx>

  /** Tells those who listen what happens; `undefined` where nobody does. */
  tell?: Tell | undefined

  /** Hears of a session set aside, where a host has events of its own. */
  discard?(reason: Reason, ctx: ctx, key?: string, record?: unknown): void

  /** What a store is handed for the `maxAge` of a browser session; else a number of ms. */
  browserSession?: { readonly maxAge: 'session' | undefined }

  /** Destroys the record that a reader took the session from, once it is written or has ended. */
  forget?(): Promise<void>

  /** Whether nothing is to be written, and what is over waits for its end. */
  isReading?: boolean

  /** Makes the session object, where a host's has members of its own. */
  createSession?(state: SessionState, data: Json): Session<any>
}

/**
 * Reads the cookies of another library, or of another time, so that visitors stay logged in while
 * an application moves. The factories of `session-kit/legacy` make readers. One is a function, so
 * that its keys are out of reach of anything that writes a configuration down.
 *
 * @returns What the request works with, in place of `kit`.
 */
export type Reader = (kit: Kit, header: CookieHeader) => Kit

/** Whether a store is a host application's own, written for koa-session's contract. */
export function isForeign(kit: Kit, store: Store): boolean {
  return kit.browserSession !== undefined && !store.consistency
}

/** Whether sessions live in their cookies, and in the store when they outgrow them. */
export function mayOverflow({ overflow, store }: Pick<Kit, 'overflow' | 'store'>): boolean {
  return overflow === 'store' && store !== undefined
}

/** The `maxAge` that a store is handed; only a foreign one sees anything but a number. */
export function storeMaxAge(
  kit: Kit,
  store: Store,
  maxAge: number | 'session',
  limit: number,
): number | 'session' | undefined {
  return maxAge === 'session' && isForeign(kit, store) ? kit.browserSession!.maxAge : limit
}

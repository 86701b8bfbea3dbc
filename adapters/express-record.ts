import type { SessionRecord } from '../src/index.ts'

/** What express-session keeps beside the data: a session's cookie, but for its value. */
export interface ExpressCookie {
  /** How long the session lives without a request, in milliseconds; `null` as long as the browser. */
  originalMaxAge: number | null
  /** When it ends: a date, or one as text. Stores take their time to keep from it. */
  expires: Date | string | null
  path?: string
  httpOnly?: boolean
  secure?: boolean
  sameSite?: boolean | 'lax' | 'strict' | 'none'
  domain?: string
  partitioned?: boolean
  priority?: 'low' | 'medium' | 'high'
}

/** A session at rest, as express-session writes it. */
export interface ExpressRecord {
  [key: string]: unknown
  cookie: ExpressCookie
}

/** What a record of ours does not say by itself. */
export interface ExpressRecordOptions {
  /** When a record that says no end is to go, in milliseconds since the epoch (default never). */
  end?: number
  /** The time, in milliseconds since the epoch (default `Date.now`). */
  now?: () => number
  /** What else the cookie has (default `{ path: '/', httpOnly: true }`). */
  cookie?: Omit<ExpressCookie, 'originalMaxAge' | 'expires'>
}

/** Names that are taken on the session object of express-session: it drops data under them. */
const taken = /^(cookie|req|id|touch|resetMaxAge|save|reload|destroy|regenerate)$/

/**
 * Makes what express-session and its stores understand of a record of ours. Data under a name that
 * express-session has taken go one level down, into `_data`, and are safe there.
 */
export function toExpressRecord(
  record: SessionRecord,
  options: ExpressRecordOptions = {},
): ExpressRecord {
  const { end, now = Date.now, cookie = { path: '/', httpOnly: true } } = options
  const { _expire = end, _maxAge, _session, ...rest } = record
  const entries = Object.entries(rest)
  const hidden = entries.filter(([key]) => isTaken(key))
  const expires = _expire === undefined ? null : new Date(_expire)
  const whole = { originalMaxAge: _session ? null : (_maxAge ?? null), expires, ...cookie }
  // Some stores count from this one, which JSON leaves out: in express-session it is a getter.
  const value = expires ? expires.getTime() - now() : null
  Object.defineProperty(whole, 'maxAge', { value, enumerable: false })
  return {
    cookie: whole,
    ...Object.fromEntries(entries.filter(([key]) => !isTaken(key))),
    ...(hidden.length > 0 && { _data: Object.fromEntries(hidden) }),
  }
}

/**
 * Makes a record of ours of what express-session or `toExpressRecord()` wrote: `_expire` is the
 * cookie's `expires`, `_maxAge` its `originalMaxAge`, and where there is none the session lives as
 * long as the browser.
 *
 * @returns `null` if it is no such record.
 */
export function fromExpressRecord(stored: unknown): SessionRecord | null {
  if (!isObject(stored) || !isObject(stored['cookie'])) return null
  const { cookie, _data, _expire, _maxAge, _session, ...data } = stored as ExpressRecord
  const record: SessionRecord = { ...data, ...(isObject(_data) && _data) }
  const end = endOf(cookie)
  if (Number.isNaN(end)) return null
  const { originalMaxAge: maxAge } = cookie
  if (typeof maxAge !== 'number') return { ...record, _session: true }
  if (end !== undefined) record._expire = end
  if (maxAge > 0) record._maxAge = maxAge
  return record
}

/** When a cookie of express-session ends; `undefined` if it does not say, NaN if it is no time. */
export function endOf({ expires }: ExpressCookie): number | undefined {
  return expires === null || expires === undefined ? undefined : new Date(expires).getTime()
}

function isTaken(key: string): boolean {
  return key in {} || taken.test(key)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return Object(value) === value && !Array.isArray(value)
}

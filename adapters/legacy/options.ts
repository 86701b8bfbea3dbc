import { SessionError } from '../../src/index.ts'

const DAY = 86_400_000

/** How far ahead the end of a reader may lie, in milliseconds. */
const FARTHEST = 90 * DAY

/** What every reader is told. */
export interface SourceOptions {
  /**
   * The keys of the old application, newest first, at most ten; of any length, as they are. They
   * do not write anything any more.
   */
  keys: string | readonly string[]

  /**
   * When the reader stops reading: a date, milliseconds since the epoch, or an ISO 8601 text like
   * `'2027-01-31'`. At most 90 days ahead.
   */
  until: Date | number | string

  /** The name of the old cookie (default that of the session's own). */
  key?: string
}

/** What the readers of koa-session's records are told. */
export interface ReaderOptions extends SourceOptions {
  /**
   * The longest life that the old application gave a session, in milliseconds (default the
   * `maxAge` of the session).
   */
  maxAge?: number
}

/** A reader's options, checked. */
export interface CheckedReader {
  keys: Uint8Array<ArrayBuffer>[]
  /** In milliseconds since the epoch. */
  until: number
  key: string | undefined
  maxAge: number | undefined
}

/**
 * Checks the options of a reader. Errors never repeat a value.
 *
 * @param extra Names that this reader takes besides.
 * @throws SessionError `ERR_SESSION_OPTIONS` that names the reader, the option and the rule.
 */
export function checkReader(
  reader: string,
  options: SourceOptions,
  splitsKeys: boolean,
  extra: readonly string[] = [],
): CheckedReader {
  const refuse = (rule: string): never => {
    throw new SessionError('ERR_SESSION_OPTIONS', `${reader}(): ${rule}.`)
  }
  const given = Object(options) as ReaderOptions
  const known = ['keys', 'until', 'key', ...extra]
  for (const name of Object.keys(given)) if (!known.includes(name)) refuse(`"${name}" is unknown`)

  const list = listOf(given.keys, splitsKeys) as string[]
  if (list.length < 1 || list.length > 10 || !list.every((key) => typeof key === 'string' && key))
    refuse('"keys" must be the 1 to 10 keys of the old application, as text')

  const until = timeOf(given.until)
  if (!Number.isFinite(until)) {
    refuse('"until" must be a Date, milliseconds since the epoch, or a text like 2027-01-31')
  }
  // Outside of requests, Workers tell the time as 0.
  const now = Date.now()
  if (now > 0 && until > now + FARTHEST) refuse('"until" must not lie more than 90 days ahead')

  const { key, maxAge } = given
  if (key !== undefined && !/^[\w!#$%&'*+.^`|~-]{1,256}$/.test(key))
    refuse('"key" must be the name of a cookie')
  if (maxAge !== undefined && !(maxAge > 0 && maxAge <= 400 * DAY))
    refuse('"maxAge" must be milliseconds, above 0 and up to 400 days')

  const encoder = new TextEncoder()
  return { keys: [...new Set(list)].map((text) => encoder.encode(text)), until, key, maxAge }
}

/** Egg's configuration has its keys in one text, with commas between them. */
function listOf(keys: unknown, splitsKeys: boolean): unknown[] {
  if (Array.isArray(keys)) return keys
  if (typeof keys !== 'string' || !splitsKeys) return [keys]
  return keys.split(',').map((key) => key.trim())
}

/** Reads a time; one without a zone, or in seconds, is none. */
function timeOf(until: unknown): number {
  if (until instanceof Date) return until.getTime()
  if (typeof until === 'number') return until > 1e12 ? until : NaN
  const isIso = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/
  return typeof until === 'string' && isIso.test(until) ? Date.parse(until) : NaN
}

/** What an application keeps in a session: plain JSON. */
export type Json = Record<string, unknown>

/**
 * A session at rest, as egg-session and koa-session write it: the application's data, and beside
 * them what begins with an underscore.
 */
export interface SessionRecord {
  [key: string]: unknown
  /** When the session ends, in milliseconds since the epoch. */
  _expire?: number
  /** The `maxAge` it was saved with, in milliseconds. */
  _maxAge?: number
  /** Set on a session that lives as long as the browser; the two above are absent then. */
  _session?: true
  /** Set where `_maxAge` or `_session` is the session's own, and the cookie tells that, too. */
  _own?: true
  /** Messages for the next page. */
  _flash?: Json
  /** Counts the writes, where the store is eventually consistent. */
  _version?: number
  /** Set where the session has ended, and nothing else with it. */
  _ended?: true
}

/** How long a session lives and since when, in milliseconds. */
export interface Life {
  created: number
  /** The last time it was saved; idleness counts from here. */
  issued: number
  expires: number | undefined
  /** The session's own `maxAge`, where it has one. */
  maxAge: number | 'session' | undefined
}

/** What a record holds, taken apart. */
export interface Contents {
  data: Json
  flash: Json
  expires: number | undefined
  maxAge: number | 'session' | undefined
  /** Whether `maxAge` is said to be the session's own. */
  isOwn: boolean
}

/** The JSON of a record, made of a snapshot's; its keys are in koa-session's order. */
export function recordText(snapshot: string, life: Life, maxAge: number | 'session'): string {
  const [data, flash] = snapshot.split('\n') as [string, string?]
  const fields = data === '{}' ? [] : [data.slice(1, -1)]
  if (flash) fields.push(`"_flash":${flash}`)
  if (maxAge === 'session') fields.push('"_session":true')
  else fields.push(`"_expire":${life.expires}`, `"_maxAge":${maxAge}`)
  return `{${fields.join(',')}}`
}

/** Takes a record apart; `null` if it is none. */
export function readRecord(record: unknown): Contents | null {
  if (!isPlainObject(record)) return null
  const { _expire, _maxAge, _session, _flash, _own } = record
  const data: Json = {}
  for (const key of Object.keys(record)) if (isDataKey(key)) data[key] = record[key]
  return {
    data,
    flash: isPlainObject(_flash) ? _flash : {},
    expires: typeof _expire === 'number' ? _expire : undefined,
    maxAge: _session === true ? 'session' : typeof _maxAge === 'number' ? _maxAge : undefined,
    isOwn: _own === true,
  }
}

/**
 * A session's own `maxAge`, by its record. One that was written by somebody who does not tell whose
 * it is says nothing against what is known.
 *
 * @param isTimed Whether cookies tell it, too; else nobody does, and what is there is the session's.
 */
export function ownMaxAge(
  { maxAge, isOwn }: Contents,
  isTimed: boolean | undefined,
  known: number | 'session' | undefined,
): number | 'session' | undefined {
  if (isOwn || !isTimed) return maxAge
  return maxAge === undefined || maxAge === known ? known : undefined
}

/** Takes a record apart whose session has not ended; `null` if it has, or if it is none. */
export function readLive(record: unknown, now: number): Contents | null {
  const contents = readRecord(record)
  if (!contents || (record as SessionRecord)._ended) return null
  return now <= (contents.expires ?? Infinity) ? contents : null
}

/** Whether a key is data: those with an underscore belong to the record, `isNew` was never kept. */
export function isDataKey(key: string): boolean {
  return key[0] !== '_' && key !== 'isNew'
}

/** Reads JSON that may have been written by anybody: a `__proto__` in it is left out. */
export function parseJson(text: string): unknown {
  // The name may be there in escapes, too.
  if (!text.includes('__proto__') && !text.includes('\\u00')) return JSON.parse(text)
  return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value))
}

/** Whether a value is an object with keys and values: no list, no date, no bytes. */
export function isPlainObject(value: unknown): value is Json {
  return Object.prototype.toString.call(value) === '[object Object]'
}

/** The data and flash that a snapshot is of. */
export function parseSnapshot(snapshot: string): { data: Json; flash: Json } {
  const [data, flash = '{}'] = snapshot.split('\n')
  return { data: parseJson(data || '{}') as Json, flash: parseJson(flash) as Json }
}

/** Whether an object has no keys of its own. */
export function isEmpty(object: object): boolean {
  for (const _ in object) return false
  return true
}

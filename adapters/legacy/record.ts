import { parseJson } from '../../src/index.ts'
import type { Json, SessionRecord } from '../../src/host.ts'

/** How far ahead of this clock another server's may be, in milliseconds. */
const SKEW = 60_000
const DEEPEST = 32
const MOST_KEYS = 1000
const DANGEROUS = /^(__proto__|constructor|prototype)$/
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What limits the life of a record, in milliseconds. */
export interface RecordLimits {
  now: number
  /** The longest life that is believed. */
  longest: number
  /** The configured one: a record with another has a `maxAge` of its own. */
  usual: number
}

/** The bytes of standard base64 with padding, in its one spelling; `null` for anything else. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    const binary = atob(text)
    if (btoa(binary) !== text) return null
    return Uint8Array.from(binary, (char) => char.charCodeAt(0))
  } catch {
    return null
  }
}

/** The text that bytes are in UTF-8; `null` if they are none. */
export function decodeText(bytes: BufferSource | null): string | null {
  try {
    return bytes && decoder.decode(bytes)
  } catch {
    return null
  }
}

/**
 * Reads a record as koa-session writes it into a cookie: JSON, as `JSON.stringify` spells it, in
 * base64. Every step has one spelling only.
 *
 * @returns The data, and beside them the `_maxAge` or `_session` of a life of their own; `null` if
 *   the record is over, or never ends, or says what koa-session would not; `undefined` if the text
 *   holds no JSON at all.
 */
export function readRecordText(
  text: string,
  { now, longest, usual }: RecordLimits,
): SessionRecord | null | undefined {
  const json = decodeText(decodeBase64(text))
  let record: unknown
  try {
    record = JSON.parse(json ?? '')
  } catch {
    return undefined
  }
  if (JSON.stringify(record) !== json || !isSafe(record, DEEPEST)) return null
  const { _expire, _maxAge, _session, ...data } = record as SessionRecord
  if (_session === true) return _expire === undefined ? { ...data, _session } : null
  const isAlive = typeof _expire === 'number' && now < _expire && _expire <= now + longest + SKEW
  if (!isAlive) return null
  const isOwn = typeof _maxAge === 'number' && _maxAge > 0 && _maxAge <= longest
  return isOwn && _maxAge !== usual ? { ...data, _maxAge } : data
}

/**
 * The bytes of base64url without padding, in its one spelling; `null` for anything else.
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | null {
  if (!/^[\w-]*$/.test(text)) return null
  const padding = '='.repeat(-text.length & 3)
  return decodeBase64(text.replaceAll('-', '+').replaceAll('_', '/') + padding)
}

/** The object that a JSON text is of; `null` if it is none, or goes too deep. */
export function readObject(text: string | null): Json | null {
  const value = readJson(text)
  return isSafe(value, DEEPEST) ? value : null
}

/** What a JSON text is of; `undefined` if it is no JSON. */
export function readJson(text: string | null): unknown {
  try {
    return parseJson(text ?? '')
  } catch {
    return undefined
  }
}

/** The application's part of a record. */
export function dataPart(record: Json): Json {
  return Object.fromEntries(Object.entries(record).filter(([key]) => !key.startsWith('_')))
}

/** Whether a value is an object of sane depth and size, without keys that reach prototypes. */
function isSafe(value: unknown, depth: number): value is Json {
  let keys = 0
  const visit = (value: unknown, depth: number): boolean => {
    if (typeof value !== 'object' || value === null) return true
    const names = Object.keys(value)
    keys += names.length
    if (depth < 1 || keys > MOST_KEYS || names.some((name) => DANGEROUS.test(name))) return false
    return Object.values(value).every((inner) => visit(inner, depth - 1))
  }
  return typeof value === 'object' && !Array.isArray(value) && value !== null && visit(value, depth)
}

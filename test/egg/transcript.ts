import type { SeenCookie } from './cookie-view.ts'

export interface StoreCall {
  call: string
  key: string
  record?: unknown
  maxAge?: unknown
  options: string
}

export interface LogLine {
  logger: string
  level: string
  text: string
}

export interface SeenEvent {
  event: string
  ctx: boolean
  [name: string]: unknown
}

/** What the application did besides answering. */
export interface Deeds {
  store: StoreCall[]
  logs: LogLine[]
  events: SeenEvent[]
}

/** One request and all that came of it. */
export interface Exchange extends Deeds {
  request: string
  status: number
  body: unknown
  cookies: SeenCookie[]
}

/** Something a case wrote down. */
export interface Note {
  note: string
  value: unknown
}

export type Transcript = (Exchange | Note)[]

export const isExchange = (entry: Exchange | Note): entry is Exchange => 'request' in entry

/**
 * Numbers what chance made, ids and CSRF secrets, by order of appearance, so that two transcripts
 * of one behaviour are equal.
 */
export function normalise(transcript: Transcript): Transcript {
  const names = new Map<string, string>()
  for (const value of chosenByChance(transcript)) {
    if (!names.has(value)) names.set(value, `<random ${names.size + 1}>`)
  }
  const replace = (text: string): string => {
    let replaced = text
    for (const [value, name] of names) replaced = replaced.replaceAll(value, name)
    return replaced
  }
  return map(transcript, replace) as Transcript
}

function* chosenByChance(transcript: Transcript): Generator<string> {
  for (const entry of transcript.filter(isExchange)) {
    for (const { key, record } of entry.store) {
      if (isId(key)) yield key
      yield* csrfSecret(record)
    }
    for (const { payload } of entry.cookies) {
      if (isId(payload)) yield payload
      yield* csrfSecret(payload)
    }
    for (const { key } of entry.events) if (isId(key)) yield key
  }
}

function* csrfSecret(record: unknown): Generator<string> {
  const secret = (record as { csrfToken?: unknown } | null | undefined)?.csrfToken
  if (typeof secret === 'string') yield secret
}

const isId = (value: unknown): value is string =>
  typeof value === 'string' &&
  /^[\w:.-]*(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[\w-]{43})$/.test(value)

function map(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value)
  if (Array.isArray(value)) return value.map((member) => map(member, replace))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [replace(name), map(member, replace)]),
  )
}

import { expect } from 'vitest'
import type { SeenCookie } from './cookie-view.ts'
import {
  isExchange,
  type Exchange,
  type LogLine,
  type Note,
  type Transcript,
} from './transcript.ts'

// Words for the list of intended differences: each takes what the stock plugin wrote and gives what
// the kit is to write.

/** The n-th page of a transcript, changed. */
export function page(n: number, change: (exchange: Exchange) => Partial<Exchange>) {
  return (transcript: Transcript): Transcript => {
    const target = transcript.filter(isExchange)[n]
    return transcript.map((entry) =>
      entry === target ? { ...target, ...change(target as Exchange) } : entry,
    )
  }
}

/** Every page of a transcript, changed. */
export function everyPage(change: (exchange: Exchange) => Partial<Exchange>) {
  return (transcript: Transcript): Transcript =>
    transcript.map((entry) => (isExchange(entry) ? { ...entry, ...change(entry) } : entry))
}

/** What a case wrote down, changed. */
export function note(name: string, value: unknown) {
  return (transcript: Transcript): Transcript =>
    transcript.map((entry): Exchange | Note =>
      'note' in entry && entry.note === name ? { note: name, value } : entry,
    )
}

export function all(...changes: ((transcript: Transcript) => Transcript)[]) {
  return (transcript: Transcript): Transcript =>
    changes.reduce((changed, change) => change(changed), transcript)
}

/** A page that answers this error. */
export function error(text: string, code?: string) {
  return ({ logs }: Exchange): Partial<Exchange> => ({
    status: 500,
    body: { error: text, ...(code && { code }) },
    cookies: [],
    logs: [{ ...(logs[0] ?? failure), text }],
  })
}

const failure: LogLine = { logger: 'logger', level: 'ERROR', text: '' }

/** A page that saves `data` the way the page `like` saves its own. */
export function saves(data: object, like: Exchange): Partial<Exchange> {
  return {
    status: 200,
    body: { value: '(undefined)' },
    logs: [],
    cookies: like.cookies.map((cookie) => withData(cookie, data)),
    store: like.store.map((call) =>
      call.call === 'set' ? { ...call, record: replaceData(call.record, data) } : call,
    ),
  }
}

function withData(cookie: SeenCookie, data: object): SeenCookie {
  if (typeof cookie.payload !== 'object') return cookie
  const { line, ...rest } = cookie
  const changed = { ...rest, payload: replaceData(cookie.payload, data) }
  return line === undefined ? changed : { ...changed, line: expect.any(String) }
}

function replaceData(record: unknown, data: object): object {
  const kept = Object.entries(record as object).filter(([name]) => name.startsWith('_'))
  return { ...data, ...Object.fromEntries(kept) }
}

/** The kit writes the new record first, and only then takes the old one away. */
export function destroysLast({ store }: Exchange): Partial<Exchange> {
  const isDestroy = ({ call }: { call: string }): boolean => call === 'destroy'
  return { store: [...store.filter((call) => !isDestroy(call)), ...store.filter(isDestroy)] }
}

/** The cookies of a page, sealed: one for each pair that Egg signs or value that it encrypts. */
export function sealed({ cookies }: Exchange): Partial<Exchange> {
  return { cookies: cookies.filter(({ name }) => !name.endsWith('.sig')).map(sealedCookie) }
}

function sealedCookie({ name, form, payload, attributes }: SeenCookie): SeenCookie {
  const same = expect.toSatisfy((text: string) => sameAttributes(text, attributes), attributes)
  if (form === 'removed') return { name, form, attributes: same, line: expect.any(String) }
  if (typeof payload === 'string') {
    return { name, form: 'sealed', payload, claims: expect.any(Object), attributes: same }
  }
  const { _expire, _session, ...rest } = payload as Record<string, number | boolean>
  const { _maxAge, ...data } = rest
  const limits = _session ? { st: true } : { exp: Number(_expire) / 1000 }
  const claims = expect.objectContaining({ d: data, ...limits })
  return { name, form: 'sealed', payload: data, claims, attributes: same }
}

/** Whether a browser takes two lists of attributes for the same, whatever their order and case. */
export function sameAttributes(one: string, other: string): boolean {
  return JSON.stringify(meaning(one)) === JSON.stringify(meaning(other))
}

function meaning(attributes: string): unknown {
  const said = new Map(
    attributes.split(/; */).map((attribute) => {
      const [name = '', value = ''] = attribute.split('=')
      return [name.toLowerCase(), value.toLowerCase()]
    }),
  )
  const ends = said.get('max-age') === '0' || /1970/.test(said.get('expires') ?? '')
  const lasts = said.get('max-age') ?? 'as long as the browser'
  said.delete('max-age')
  said.delete('expires')
  return [ends ? 'ended' : lasts, ...[...said].toSorted()]
}

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  createSessionManager,
  type SessionEvent,
  type SessionManager,
  type SessionOptions,
} from '../../src/index.ts'
import { createClock } from '../fixtures/clock.ts'
import { onTrouble } from '../fixtures/events.ts'
import { check, patience } from '../fixtures/properties.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRETS } from '../fixtures/secrets.ts'
import { createVisitor } from '../fixtures/visitor.ts'

const modes: [string, () => Partial<SessionOptions>][] = [
  ['sealed', () => ({})],
  ['signed', () => ({ encrypt: false })],
  ['store', () => ({ store: createRecordingStore() })],
  ['store, signed', () => ({ store: createRecordingStore(), encrypt: false })],
]

/** Any bytes, as runtimes hand them over: a character each. */
const latin1 = fc.uint8Array({ maxLength: 300 }).map((bytes) => String.fromCharCode(...bytes))

const blank = fc.constantFrom('', ' ', '\t', '  ', '\u00a0', '\u2000', '\x0b', '\0', '\r\n')
const pieces =
  '= ; == . .. ... " , % %00 __proto__ constructor sid sid= sid.sig= =sid= SID= sid.0= eyJ e30 null [] {} é'
const piece = fc.constantFrom(...pieces.split(' '), '; ')

/** Changes a good header in ways that clients, proxies and attackers do. */
function mutated(headers: string[]): fc.Arbitrary<string> {
  const header = fc.constantFrom(...headers)
  const part = fc.oneof(
    latin1.map((text) => text.slice(0, 20)),
    piece,
    blank,
  )
  const cut = fc.record({ header, part, from: fc.nat(700), length: fc.nat(30) })
  const edited = cut.map(({ header, part, from, length }) => {
    const at = from % (header.length + 1)
    return header.slice(0, at) + part + header.slice(at + length)
  })
  const spliced = fc
    .record({ a: header, b: header, at: fc.nat(700), skip: fc.nat(20) })
    .map(({ a, b, at, skip }) => a.slice(0, at % a.length) + b.slice((at % b.length) + skip))
  const pairs = fc
    .array(
      fc.tuple(
        blank,
        fc.constantFrom('sid', 'sid.sig', 'Sid', 'x', ''),
        blank,
        fc.oneof(part, header),
        blank,
      ),
      { maxLength: 8 },
    )
    .map((pairs) => pairs.map(([a, name, b, value, c]) => `${a}${name}${b}=${value}${c}`).join(';'))
  const swapped = header.map((header) => header.replace(/=/g, '.').replace('.', '='))
  const doubled = fc.tuple(header, header).map((both) => both.join('; '))
  return fc.oneof(edited, edited, spliced, pairs, swapped, doubled)
}

describe.each(modes)('any Cookie header: %s', (_, options) => {
  const events: SessionEvent[] = []
  const on = onTrouble((event) => events.push(event))
  const base = { key: 'sid', now: createClock().now, ...options() }
  const managerOf = (secrets: readonly string[]): SessionManager<any, any> =>
    createSessionManager({ ...base, secrets, on })

  /** The headers of three sessions, one of them of another application. */
  async function goodHeaders(): Promise<string[]> {
    const headers: string[] = []
    for (const secrets of [SECRETS.slice(0, 2), SECRETS.slice(1, 2), SECRETS.slice(5)]) {
      const { visit, jar } = createVisitor(managerOf(secrets))
      await visit((session) => Object.assign(session, { user: 'fred', list: [1, { a: 'é' }] }))
      headers.push(jar.header)
    }
    return headers
  }

  const manager = managerOf(SECRETS.slice(0, 2))

  async function judge(header: string | string[]): Promise<void> {
    const session = await manager.load(header)
    const json = JSON.stringify(session)
    // One of the real sessions, or a new one; there is nothing between.
    expect(session.isNew ? '{}' : '{"user":"fred","list":[1,{"a":"é"}]}').toBe(json)
    expect(Object.keys(Object.prototype)).toEqual([])
    session.destroy()
    expect(session.isNew).toBe(true)
  }

  it(
    'gives a session or a new one: what was a good one',
    async () => {
      const headers = await goodHeaders()
      const one = mutated(headers)
      const header = fc.oneof(one, one, one, fc.array(one, { maxLength: 3 }))
      await check('any Cookie header', fc.asyncProperty(header, judge), 1 / 6)
      expect(events.every(({ type }) => type === 'tampered')).toBe(true)
    },
    patience,
  )

  it(
    'gives a session or a new one: any bytes',
    async () => {
      const sized = fc.oneof(
        latin1,
        latin1.map((text) => `sid=${text}`),
        latin1.map((text) => `sid=${text}; sid.sig=${text}`),
      )
      await check('any Cookie header', fc.asyncProperty(sized, judge), 1 / 12)
    },
    patience,
  )
})

describe('any answer of a store', () => {
  it(
    'gives a session that can be read and written, or a new one',
    async () => {
      const store = createRecordingStore()
      const manager = createSessionManager({ secrets: SECRETS[0]!, store })
      const { visit, jar } = createVisitor(manager)
      await visit((session) => (session.user = 'fred'))
      const odd = fc.anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withNullPrototype: true,
        withTypedArray: true,
        withObjectString: true,
        key: fc.oneof(
          fc.string(),
          fc.constantFrom('__proto__', '_expire', '_flash', 'toJSON', 'save'),
        ),
      })
      const property = fc.asyncProperty(
        fc.oneof(odd, fc.dictionary(fc.string(), odd)),
        async (answer) => {
          store.instead.get = () => answer
          const session = await manager.load(jar.header)
          expect(Object.keys(session).filter((key) => key.startsWith('_'))).toEqual([])
          session.added = 1
          expect(await manager.commit(session)).toHaveLength(1)
          expect(Object.keys(Object.prototype)).toEqual([])
        },
      )
      await check('any answer of a store', property, 0.25)
    },
    patience,
  )
})

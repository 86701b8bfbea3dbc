import { createRequire } from 'node:module'
import Koa3 from 'koa'
import stockSession from 'koa-session'
import { describe, expect, it } from 'vitest'
import { session as kitSession } from '../adapters/koa.ts'
import { cases } from './koa-parity/cases.ts'
import {
  callsOf,
  comparable,
  cookiesOf,
  expectCoded,
  expectRemoval,
  expectSame,
  isCoded,
  recordIn,
  recordsOf,
  reworded,
  stepOf,
  verbsOf,
} from './koa-parity/compare.ts'
import { run } from './koa-parity/run.ts'
import type { Case, Factory, Step, Transcript } from './koa-parity/run.ts'

const koas = { 'Koa 2': createRequire(import.meta.url)('koa2') as typeof Koa3, 'Koa 3': Koa3 }

type Koa = keyof typeof koas

const hour = 3_600_000

interface Pair {
  stock: Transcript
  kit: Transcript
}

interface Intended {
  /** The cases it is about. */
  cases: (string | RegExp)[]
  /** What koa-session does, and why the kit does not. */
  reason: string
  /** What the kit does instead. `twin` gives the transcripts of another case. */
  expect: (stock: Transcript, kit: Transcript, twin: Twin, name: string) => void | Promise<void>
}

type Twin = (name: string) => Promise<Pair>

/** The kit does in one case what koa-session does in another. */
const asStockIn =
  (other: (name: string) => string): Intended['expect'] =>
  async (_stock, kit, twin, name) =>
    expectSame((await twin(other(name))).stock, kit)

const modeOf = (name: string): string => /^\w+: /.exec(name)?.[0] ?? ''

/** The options whose null koa-session 7 refuses and koa-session 6 took. */
const unset = [
  'sameSite',
  'secure',
  'httpOnly',
  'signed',
  'overwrite',
  'autoCommit',
  'rolling',
  'renew',
  'externalKey',
  'genid',
  'valid',
  'beforeSave',
  'prefix',
  'key',
  'path',
]

/** Every difference from koa-session 7.0.2 that is meant, with what the kit does instead. */
const intended: Intended[] = [
  {
    cases: [/^default maxAge/],
    reason: 'maxAge is one day as documented, from the first cookie on, not undefined until saved',
    expect: asStockIn((name) =>
      name
        .replace(/no options|maxAge (null|undefined)/, 'cookie, saved three times')
        .replace('default maxAge', 'maxAge of one day'),
    ),
  },
  {
    cases: ['maxAge option 0'],
    reason: 'maxAge 0 is one day as well',
    expect: asStockIn(() => 'maxAge option 86400000'),
  },
  {
    cases: [/session\.maxAge is (0|null|undefined)$/],
    reason: 'a session without a maxAge of its own goes back to the configured one, not to a day',
    expect(_stock, kit) {
      expect(recordsOf(kit).at(-1)).toMatchObject({ a: 2, _maxAge: hour })
      for (const step of kit.steps) expect(step.status).toBe(200)
    },
  },
  {
    cases: ['store: destroy rejects on regenerate'],
    reason: 'the new record is stored before the old one goes, so that a failure loses no session',
    expect(_stock, kit) {
      expect(stepOf(kit, 1).status).toBe(500)
      expect(cookiesOf(stepOf(kit, 1))).toEqual([])
      expect(verbsOf(stepOf(kit, 1))).toEqual(['get', 'set'])
      expect(stepOf(kit, 2).body).toBe('{"session":{"a":1}}')
    },
  },
  {
    cases: ['store: destroy rejects on session = null'],
    reason: 'the cookie of a session that was ended goes even if its record could not be destroyed',
    expect(_stock, kit) {
      expect(stepOf(kit, 1).status).toBe(500)
      expectRemoval(stepOf(kit, 1))
      expect(stepOf(kit, 2).body).toBe('{"session":{}}')
    },
  },
  {
    cases: [/^store: genid gives (a letter beyond Latin-1|a newline|a semicolon)$/],
    reason: 'a key that no cookie can carry is refused before anything is stored under it',
    expect(_stock, kit) {
      expect(kit.steps.map((step) => step.status)).toContain(500)
      expect(kit.records).toEqual({})
    },
  },
  {
    cases: [/words of one checksum/],
    reason: 'changes are found by comparing, not by a CRC-32 that two texts may share',
    expect(_stock, kit) {
      const change = stepOf(kit, 1)
      expect(cookiesOf(change)).toHaveLength(1)
      expect(recordsOf(kit).at(-1).word).toBe('buckeroo')
      expect(stepOf(kit, 2).body).toBe('{"session":{"word":"buckeroo"}}')
      for (const call of change.calls.filter(([verb]) => verb === 'set')) {
        expect(call[2]).toMatchObject({ word: 'buckeroo' })
        expect(call[4]).toMatchObject({ changed: true })
      }
    },
  },
  {
    cases: [
      'cookie: replaced by {} without being read',
      'cookie: replaced by the same data without being read',
      'cookie: an expired cookie is replaced without being read',
      'cookie: session.maxAge was set, the session is replaced without being read',
    ],
    reason: 'a session that is replaced unread is the one of the cookie, as in store mode',
    async expect(stock, kit, twin, name) {
      if (name.startsWith('cookie: an expired')) {
        expectSame(stock, kit, ['events'])
        expect(stepOf(kit, 0).events).toMatchObject([['session:expired', { ctx: '<ctx>' }]])
        return
      }
      const read = await twin(name.replace('without being read', 'after being read'))
      expectSame(read.stock, kit)
    },
  },
  {
    cases: [
      /^store: null, then (new data|new data, by externalKey|\{\})$/,
      'cookie: null, then {}',
    ],
    reason: 'null ends a session for good: what is assigned afterwards is another one',
    expect(_stock, kit, _twin, name) {
      const second = stepOf(kit, 1)
      const ended = ['destroy', '<id 1>', { ctx: '<ctx>' }]
      if (name.startsWith('store')) expect(second.calls).toContainEqual(ended)
      if (name.endsWith('{}')) {
        expectRemoval(second)
        expect(verbsOf(second)).not.toContain('set')
        expect(stepOf(kit, 2).body).toBe('{"session":{}}')
        expect(kit.records).toEqual({})
        return
      }
      expect(cookiesOf(second)).toMatchObject([{ name: 'koa.sess', value: '<id 2>' }])
      expect(kit.records).toEqual({ '<id 2>': expect.objectContaining({ b: 2 }) })
      if (name.endsWith('externalKey'))
        expect(second.notes).toMatchObject([[false, expect.anything()]])
      else expect(stepOf(kit, 2).body).toBe('{"session":{"b":2}}')
    },
  },
  {
    cases: ['store: regenerate: externalKey afterwards'],
    reason: 'externalKey is the new id as soon as the session has it',
    expect(stock, kit) {
      expectSame(stock, kit, ['notes'])
      expect(stepOf(kit, 1).notes).toEqual([['<id 2>']])
      expect(stepOf(kit, 2).notes).toEqual([['<id 2>']])
    },
  },
  {
    cases: [/maxAge 'session': (save\(\)|session.maxAge after save|regenerate, then)/],
    reason: "a browser's session stays one however often it is committed",
    expect(stock, kit, _twin, name) {
      for (const record of recordsOf(kit)) {
        expect(record).toMatchObject({ _session: true })
        expect(record).not.toHaveProperty('_expire')
      }
      for (const { attributes } of cookiesOf(kit)) expect(attributes.join()).not.toMatch(/expires/)
      for (const [verb, , , maxAge] of callsOf(kit)) {
        if (verb === 'set') expect(maxAge).toBe('session')
      }
      expect(kit.steps.map(({ body }) => body)).toEqual(stock.steps.map(({ body }) => body))
      if (name.includes('after save')) expect(stepOf(kit, 0).notes).toEqual([['session']])
      if (name.startsWith('store: ') && name.includes('save()')) {
        expect(verbsOf(stepOf(kit, 0))).toEqual(['set'])
      }
    },
  },
  {
    cases: [/: __proto__ in /],
    reason: 'a key __proto__ never reaches a prototype',
    expect(_stock, kit, _twin, name) {
      for (const step of kit.steps) expect(step).toMatchObject({ status: 200, errors: [] })
      const none = '<undefined>'
      const [first, second] = stepOf(kit, -1).notes
      if (name.endsWith('at once')) expect(first).toEqual([none, 1, none])
      else
        expect([first, second]).toEqual([
          [none, 1, none],
          ['function', true],
        ])
    },
  },
  {
    cases: [
      /(assigned|read) with a name of its own: toJSON$/,
      /set directly: toJSON$/,
      /(assigned|read) with a name of its own: (length|populated|externalKey)$/,
    ],
    reason: 'a key that is the name of a member is data all the same',
    expect(_stock, kit, _twin, name) {
      for (const step of kit.steps) expect(step).toMatchObject({ status: 200, errors: [] })
      const key = name.split(': ').at(-1) ?? ''
      for (const record of recordsOf(kit))
        expect(record).toMatchObject({ _maxAge: hour, [key]: 'v' })
      if (name.includes('directly')) return
      const notes = [['v', 1, { a: 1, [key]: 'v' }]]
      expect(stepOf(kit, name.includes('read') ? 0 : 1).notes).toEqual(notes)
      const last = JSON.stringify({ session: { [key]: 'v', a: 2 } })
      if (name.includes('assigned')) expect(stepOf(kit, 3).body).toBe(last)
    },
  },
  {
    cases: [
      /assigned with a control: (maxAge|_maxAge|_session)/,
      /assigned with a name of its own: (_maxAge|_session)$/,
    ],
    reason: 'data does not change the life of the session: it may come from a visitor',
    expect(_stock, kit, _twin, name) {
      for (const step of kit.steps) expect(step).toMatchObject({ status: 200, errors: [] })
      for (const record of recordsOf(kit)) {
        expect(record).toMatchObject({ a: expect.any(Number), _maxAge: hour })
        expect(record).not.toHaveProperty('_session')
      }
      for (const [verb, , , maxAge] of callsOf(kit)) {
        if (verb === 'set') expect(maxAge).toBe(hour + 10_000)
      }
      if (name.includes(': _')) expect(stepOf(kit, 1).notes.flat()).toContainEqual({ a: 1 })
    },
  },
  {
    cases: [
      /read with a name of its own: (isNew|_foo|_requireSave|_ctx|_sessCtx)$/,
      /assigned with a name of its own: _requireSave$/,
    ],
    reason: 'names that are not data stay out of the session, and move nothing in it',
    expect(stock, kit, _twin, name) {
      const note = name.endsWith('isNew') ? false : '<undefined>'
      if (name.includes('assigned')) {
        expectSame(stock, kit, ['notes', 'calls'])
        expect(stepOf(kit, 1).notes).toEqual([[note, 1, { a: 1 }]])
        return
      }
      expect(stepOf(kit, 0)).toMatchObject({ status: 200, cookies: [], errors: [] })
      expect(stepOf(kit, 0).notes).toEqual([[note, 1, { a: 1 }]])
      expect(verbsOf(kit)).not.toContain('set')
    },
  },
  {
    cases: ['cookie: reading session._expire', /(assigned|read) with a name of its own: _expire$/],
    reason: 'when a session ends is written in its record, not a property beside the data',
    expect(stock, kit, _twin, name) {
      expectSame(stock, kit, ['notes', 'body'])
      if (name.includes('reading')) {
        expect(stepOf(kit, 0).body).toBe('[null]')
        return
      }
      const { notes } = stepOf(kit, name.includes('assigned') ? 1 : 0)
      expect(notes).toEqual([['<undefined>', 1, { a: 1 }]])
    },
  },
  {
    cases: [/__proto__ and constructor deep inside/],
    reason: 'a key __proto__ is neither written into a record nor read from one, at any depth',
    expect(_stock, kit) {
      for (const step of kit.steps) expect(step).toMatchObject({ status: 200, errors: [] })
      const inside = { constructor: { prototype: {} } }
      expect(stepOf(kit, 1).notes).toEqual([[JSON.stringify(inside), '<undefined>']])
      expect(stepOf(kit, 3).notes).toEqual([[JSON.stringify({ ...inside, more: 1 })]])
    },
  },
  {
    cases: [/what Object\.keys, in and for-in see/],
    reason: 'only data is enumerated',
    expect(stock, kit) {
      expectSame(stock, kit, ['body'])
      expect(stepOf(kit, 1).body).toBe('[["a"],["a"],true,true]')
    },
  },
  {
    cases: [/: autoCommit false: null$/],
    reason: 'without autoCommit nothing could commit a removal: null does it by itself',
    expect(_stock, kit) {
      const second = stepOf(kit, 1)
      expectRemoval(second)
      if (second.calls.length > 0) expect(verbsOf(second)).toEqual(['get', 'destroy'])
      expect(stepOf(kit, 2).body).toBe('{"session":{}}')
      expect(kit.records).toEqual({})
    },
  },
  {
    cases: [
      RegExp(`: option (${unset.join('|')}) is null$`),
      'cookie: option store is null',
      /^cookie: option (encode|decode) is (null|undefined)$/,
      /^store: option (encode|decode) is null$/,
      /: option (key|path) is undefined$/,
      'store: option rolling is undefined',
      /every option is (null|undefined)$/,
    ],
    reason: 'null and undefined leave an option unset',
    expect: asStockIn((name) => `${modeOf(name)}no further option`),
  },
  {
    cases: [
      'store: genid is asynchronous',
      'store: externalKey: get is asynchronous',
      /beforeSave is asynchronous/,
    ],
    reason: 'a callback may be asynchronous',
    expect: asStockIn((name) => name.replace('asynchronous', 'synchronous')),
  },
  {
    cases: [/: beforeSave gives what rejects$/],
    reason: 'beforeSave is awaited, so its failure is one of the commit',
    expect(_stock, kit) {
      expect(stepOf(kit, 0)).toMatchObject({ status: 500, cookies: [], calls: [] })
      expect(stepOf(kit, 0).errors).toMatchObject([{ message: 'late' }])
      expect(stepOf(kit, 1).body).toBe('{"session":{}}')
    },
  },
  {
    cases: [/: valid resolves to false$/],
    reason: 'valid is awaited: a promise of false is not true',
    async expect(_stock, kit, twin, name) {
      const other = await twin(name.replace('resolves to', 'returns'))
      expectSame(other.kit, kit)
    },
  },
  {
    cases: [/: valid gives a promise of false and is no async function$/],
    reason: 'an answer that is not there yet is not yes',
    expect(_stock, kit) {
      expect(stepOf(kit, 1)).toMatchObject({ status: 200, body: '{"session":{}}', errors: [] })
    },
  },
  {
    cases: ['cookie: encode is asynchronous'],
    reason: 'a promise is never written into a cookie',
    expect(_stock, kit) {
      expect(cookiesOf(kit).map(({ value }) => value)).not.toContain('[object Promise]')
      if (kit.refused) return
      const { status, cookies, errors } = stepOf(kit, 0)
      if (status === 200) expect(recordIn(stepOf(kit, 0))).toMatchObject({ a: 1 })
      else
        expect({ status, cookies, errors: errors.length }).toEqual({
          status: 500,
          cookies: [],
          errors: 1,
        })
    },
  },
  {
    cases: [/: option sameSite is (true|false)$/, 'store: the store is a function with methods'],
    reason: 'what koa-session 6 took is taken: a boolean sameSite, a store of any type',
    expect: asStockIn((name) =>
      name.endsWith('true') ? name.replace('true', '"strict"') : `${modeOf(name)}no further option`,
    ),
  },
  {
    cases: [/^the object of the caller: (its keys|maxage)/],
    reason: 'the object of the caller is never changed',
    expect(_stock, kit, _twin, name) {
      expect(kit.setup).toEqual([[[name.includes('maxage') ? 'maxage' : 'maxAge']]])
      expect(kit.steps.map(({ body }) => body)).toEqual(['ok', '{"session":{"a":1}}'])
      expect(recordIn(stepOf(kit, 0))).toMatchObject({ _maxAge: hour })
    },
  },
  {
    cases: [/: the object of the caller is frozen$/, /: the object of the caller inherits/],
    reason: 'the object of the caller may be frozen, and may inherit',
    expect: asStockIn((name) =>
      name.endsWith('frozen')
        ? `${modeOf(name)}no further option`
        : name.replace('inherits its', 'has all its'),
    ),
  },
  {
    cases: [
      /^store: the response was ended, (new|existing|session = null)/,
      /^store: ctx\.respond is false and the response was ended/,
      /^store: the headers were flushed/,
    ],
    reason: 'what was sent cannot get a cookie, and that is no error where the store is enough',
    expect(stock, kit, _twin, name) {
      const codes = kit.steps.flatMap(({ errors }) => errors.map(({ code }) => code))
      if (name !== 'store: the response was ended, new session') {
        expect(codes).toEqual([])
        expectSame(stock, kit, ['errors'])
        return
      }
      expect(codes).toEqual(['ERR_SESSION_HEADERS_SENT'])
      // The id of a new session cannot be told to anybody.
      expect(stepOf(kit, 0)).toMatchObject({ status: 404, body: 'raw', calls: [] })
      expect(kit.records).toEqual({})
    },
  },
  {
    cases: [
      /: (set rejects|beforeSave throws|circular data|the response was ended) and the handler/,
    ],
    reason: "the handler's error is the one that counts, whatever the commit runs into",
    expect(stock, kit) {
      const failing = kit.steps.findIndex(({ errors }) => errors.length > 0)
      const { status, body, cookies } = stepOf(stock, failing)
      expect(stepOf(kit, failing)).toMatchObject({ status, body, cookies })
      const [last, ...others] = stepOf(kit, failing).errors.toReversed()
      expect(last).toMatchObject({ name: 'Planned', message: 'handler' })
      expect(others.length).toBeLessThanOrEqual(1)
    },
  },
  {
    cases: [
      /: the handler throws after (a change of an existing session|filling a new session)$/,
      /: the handler throws after (session = null|regenerate)$/,
      /: ctx\.throw with a status and headers$/,
      /: rolling: the handler throws$/,
    ],
    reason: 'what was committed is told to the browser also when Koa answers for the handler',
    async expect(stock, kit, twin, name) {
      const twinName = name.replace(' of an existing session', '')
      const caught = (await twin(`${twinName}, caught upstream`)).stock
      const failing = kit.steps.findIndex(({ errors }) => errors.length > 0)
      const { status, body } = stepOf(stock, failing)
      expect(stepOf(kit, failing)).toMatchObject({ status, body })
      expect(verbsOf(stepOf(kit, failing)).toSorted()).toEqual(
        verbsOf(stepOf(stock, failing)).toSorted(),
      )
      expect(stepOf(kit, failing).cookies).toEqual(stepOf(caught, failing).cookies)
      for (const [at, step] of kit.steps.entries()) {
        if (at > failing) expect(step.body).toBe(stepOf(caught, at).body)
      }
      const named = cookiesOf(kit).map(({ value }) => value)
      for (const key of Object.keys(kit.records)) expect(named).toContain(key)
    },
  },
  {
    cases: [/: the handler throws what is no error$/],
    reason: 'what was committed is told to the browser whatever the handler threw',
    expect(stock, kit) {
      expectSame(stock, kit, ['cookies'])
      const names = stepOf(kit, 0).cookies.map((line) => line.split('=')[0])
      expect(names).toEqual(['koa.sess', 'koa.sess.sig'])
    },
  },
  {
    cases: [
      /^store: (save\(\), then the end|save\(\) with a callback|save\(\) after maxAge was set)$/,
      /^store: (a change|replaced), then regenerate$/,
      'store: regenerate a new session with data',
      'store: autoCommit true: manuallyCommit(), then the end',
      'store: save() twice',
      'store: two session middlewares with different keys',
      /^store: walk (1|16) with/,
    ],
    reason: 'what was saved is not saved again at the end',
    expect(stock, kit, _twin, name) {
      expectSame(stock, kit, ['calls'])
      expect(kit.steps.map(settledCalls)).toEqual(stock.steps.map(settledCalls))
      const written = (transcript: Transcript): number =>
        verbsOf(transcript).filter((verb) => verb === 'set').length
      expect(written(kit)).toBeLessThan(written(stock))
      // Who asks for it twice gets it twice.
      if (name.endsWith('save() twice')) return
      for (const { calls } of kit.steps) {
        const writes = calls
          .filter(([verb]) => verb === 'set')
          .map((call) => `${call[1]} ${JSON.stringify(call[2])}`)
        expect(new Set(writes).size).toBe(writes.length)
      }
    },
  },
  {
    cases: [/: overwrite false: (save\(\) and the end|regenerate)$/],
    reason: 'a response sets a cookie once, whatever "overwrite" allows',
    expect(stock, kit) {
      expect(stepOf(stock, -1).cookies).toHaveLength(4)
      expect(stepOf(kit, -1).cookies).toEqual(stepOf(stock, -1).cookies.slice(-2))
      expect(verbsOf(stepOf(kit, -1)).filter((verb) => verb === 'set').length).toBeLessThan(2)
    },
  },
  {
    cases: [
      'store: expired, with a cookie that still comes',
      'store: a record with _expire 0',
      /^store: valid returns (false|undefined|0|false for a record)$/,
      'store: valid looks at the user agent',
      'store: changed after the start: valid',
      'store: externalKey: expired',
    ],
    reason: 'a record that is expired or not valid is destroyed when it is found',
    expect(stock, kit) {
      const found = kit.steps.flatMap((step) => step.events.map((event) => ({ step, event })))
      const refused = found.filter(({ event }) => (event as string[])[0] !== 'session:missed')
      expect(refused).not.toEqual([])
      for (const { step, event } of refused) {
        const [, { key }] = event as [string, { key: string }]
        expect(step.calls).toContainEqual(['destroy', key, { ctx: '<ctx>' }])
        expect(kit.records).not.toHaveProperty([key])
      }
      const seen = ({ status, body, cookies, errors }: Step) => ({ status, body, cookies, errors })
      expect(kit.steps.map(seen)).toEqual(stock.steps.map(seen))
      for (const [at, { calls }] of kit.steps.entries()) {
        const others = calls.filter(([verb]) => verb !== 'destroy')
        expect(others).toEqual(stepOf(stock, at).calls.filter(([verb]) => verb !== 'destroy'))
      }
    },
  },
  {
    cases: [/^store: at once, compareAndSet: /, 'store: compareAndSet: a visit'],
    reason: 'a store that can compare loses no change and revives no session',
    expect(stock, kit, _twin, name) {
      expect(verbsOf(kit)).not.toContain('set')
      for (const step of kit.steps) expect(step.errors).toEqual([])
      if (name.endsWith('a visit')) {
        expectSame(stock, kit, ['calls'])
        expect(callsOf(kit).map(withoutPrevious)).toEqual(callsOf(stock))
        const previous = callsOf(kit).flatMap((call) => (isExact(call) ? [call[4]] : []))
        expect(previous).toMatchObject([null, { a: 1, _maxAge: hour }])
        return
      }
      expect(JSON.parse(stepOf(kit, -1).body)).toEqual({ session: raceEnds(name) })
      // A given-up id keeps a mark for a second, which is no session.
      const records = Object.values(kit.records) as { _expire?: number }[]
      const live = records.filter((record) => record._expire !== 1)
      expect(live).toHaveLength(name.includes('logout') ? 0 : 1)
      const late = cookiesOf(stepOf(kit, 3)).map(({ value }) => value)
      if (/a (logout|regenerate) while/.test(name)) expect(late).not.toContain('<id 1>')
    },
  },
  {
    cases: [/^store: externalKey: (null|null without a session before|regenerate)$/],
    reason: 'where the application carries the key there is no cookie to remove',
    expect(stock, kit) {
      expectSame(stock, kit, ['cookies', 'notes'])
      expect(stepOf(kit, 0).cookies).toEqual([])
      const told = ['externalKey.set', '<ctx>', '']
      const { notes } = stepOf(stock, 0)
      expect(stepOf(kit, 0).notes).toEqual(notes.length > 0 ? notes : [told])
    },
  },
  {
    cases: [/^cookie: 5,000 characters/, 'store: an id of 5,000 characters'],
    reason: 'browsers drop a cookie of more than 4096 bytes: better an error than a lost session',
    expect(_stock, kit) {
      for (const { name, value } of cookiesOf(kit)) {
        expect(name.length + value.length).toBeLessThan(4096)
      }
      const failed = kit.steps.filter(({ status }) => status === 500)
      expect(failed).toHaveLength(1)
      expect(failed[0]).toMatchObject({ cookies: [] })
      expect(failed[0]?.errors.map(isCoded)).toEqual([true])
      const [last] = kit.steps.slice(-1)
      if (kit.steps.length === 3) expect(last?.body).toBe('{"session":{"a":1}}')
    },
  },
  {
    cases: ['cookie: no app.keys: read with a cookie'],
    reason: 'reading ctx.session never throws: at the worst the session is new',
    expect(_stock, kit) {
      expect(kit.steps).toMatchObject([{ status: 200, body: '{"session":{}}', errors: [] }])
    },
  },
  {
    cases: ['cookie: decode throws another error'],
    reason: 'what a client sends makes no error, whatever decode says of it',
    async expect(_stock, kit, twin) {
      const { stock } = await twin('cookie: decode throws a SyntaxError')
      expectSame(stock, kit)
    },
  },
  {
    cases: [
      /: option sameSite is "bogus"$/,
      /: option key is ("a b"|"a;b"|"a=b"|"ž"|"")$/,
      /: option domain is "bad domain"$/,
      /: option priority is "bogus"$/,
      /: option path is "\/a;b"$/,
      /: option (sameSite|path|domain) is ""$/,
      /^maxAge option (-1000|Infinity)$/,
    ],
    reason: 'a mistake in the options ends the start, not a request',
    expect(stock, kit, _twin, name) {
      expect(stock.refused).toBe(null)
      const [, option = ''] = /(?:option )?(\w+) (?:option|is)/.exec(name) ?? []
      expect(kit.refused?.message).toContain(option)
    },
  },
  {
    cases: [/: option secure is "auto"$/],
    reason: "'auto' is as the request, which the host goes by anyway",
    expect(stock, kit) {
      expect(stock.refused).not.toBe(null)
      expect(kit.refused).toBe(null)
      for (const step of kit.steps) expect(cookiesOf(step).join()).not.toMatch(/secure/i)
    },
  },
  {
    cases: ['ContextStore: beside a store'],
    reason: 'one of two stores would be ignored',
    expect(_stock, kit) {
      expect(kit.refused?.message).toMatch(/store.*ContextStore/)
    },
  },
  {
    cases: ['ContextStore: an old constructor function'],
    reason: 'what has the three methods is a store',
    expect(_stock, kit) {
      expect(kit.steps.map(({ body }) => body)).toEqual(['ok', '{"session":{"a":1}}'])
      expect(Object.values(kit.records)).toEqual([expect.objectContaining({ a: 1 })])
    },
  },
  {
    cases: [
      /^cookie: a cookie whose payload is (a number|a string|an array|true)$/,
      /^store: the store gives (a string|a string of JSON|an array|true|5)$/,
    ],
    reason: 'a record that is no object is no session',
    expect(_stock, kit) {
      for (const step of kit.steps) expect(step).toMatchObject({ status: 200, errors: [] })
      expect(stepOf(kit, 0)).toMatchObject({ body: '{"session":{},"isNew":true}', cookies: [] })
      expect(verbsOf(kit)).not.toContain('set')
    },
  },
  {
    cases: ['cookie: a record with _maxAge as a string', 'cookie: a record with _session false'],
    reason: 'a mark of the record does not count unless it is one: a number, or true',
    expect(stock, kit) {
      expect(stepOf(kit, 0)).toMatchObject({ status: 200, body: stepOf(stock, 0).body })
      expect(stepOf(kit, 1)).toMatchObject({ status: 200, errors: [] })
      expect(recordsOf(kit).at(-1)).toMatchObject({ a: 2, _maxAge: hour })
      expect(stepOf(kit, 2).body).toBe('{"session":{"a":2}}')
    },
  },
]

/** The calls of a step, but of several writes of one key only the last, and of it what counts. */
function settledCalls({ calls }: Step): unknown[] {
  const settled = new Map<string, unknown>()
  for (const [verb, key, ...values] of calls) {
    settled.set(`${verb} ${key}`, verb === 'set' ? [verb, key, values[0], values[1]] : [verb, key])
  }
  return [...settled.values()].toSorted()
}

const isExact = ([verb]: unknown[]): boolean => verb === 'compareAndSet'

function withoutPrevious(call: unknown[]): unknown[] {
  const [, key, record, maxAge, , options] = call
  return isExact(call) ? ['set', key, record, maxAge, options] : call
}

/** What is left of a session when two requests met. */
function raceEnds(name: string): unknown {
  if (name.endsWith('different keys')) return { z: 0, a: 1, b: 1 }
  if (name.endsWith('one key')) return { z: 'fast' }
  return name.includes('a slow regenerate') ? expect.objectContaining({ z: 0 }) : {}
}

const isMeant = (one: string | RegExp, name: string): boolean =>
  typeof one === 'string' ? one === name : one.test(name)

const matches = ({ cases: known }: Intended, name: string): boolean =>
  known.some((one) => isMeant(one, name))

const transcripts = new Map<string, Promise<Transcript>>()

function play(koa: Koa, library: 'stock' | 'kit', parity: Case): Promise<Transcript> {
  const key = `${koa} ${library} ${parity.name}`
  const session: Factory = library === 'kit' ? kitSession : stockSession
  const found = transcripts.get(key) ?? run(koas[koa], session, parity)
  transcripts.set(key, found)
  return found
}

function caseOf(name: string): Case {
  const found = cases.find((parity) => parity.name === name)
  if (!found) throw new Error(`no case has the name ${name}`)
  return found
}

describe.each(Object.keys(koas) as Koa[])('the kit on %s', (koa) => {
  const pairOf = async (parity: Case): Promise<Pair> => ({
    stock: await play(koa, 'stock', parity),
    kit: await play(koa, 'kit', parity),
  })

  it.each(cases.map(({ name }) => name))('%s', async (name) => {
    const { stock, kit } = await pairOf(caseOf(name))
    const differences = intended.filter((one) => matches(one, name))
    expectCoded(stock, kit)
    if (differences.length === 0) return expectSame(stock, kit)
    for (const difference of differences) {
      await difference.expect(stock, kit, (other) => pairOf(caseOf(other)), name)
    }
    expect(comparable(kit), 'there is no difference').not.toEqual(comparable(reworded(stock, kit)))
  })
})

describe('koa-session', () => {
  it('meets none of the intended differences', { timeout: 60_000 }, async () => {
    const twin: Twin = async (name) => {
      const stock = await play('Koa 3', 'stock', caseOf(name))
      return { stock, kit: stock }
    }
    const met: string[] = []
    for (const { name } of cases) {
      const { stock } = await twin(name)
      for (const difference of intended.filter((one) => matches(one, name))) {
        const meets = async () => difference.expect(stock, stock, twin, name)
        const isMet = await meets().then(
          () => true,
          () => false,
        )
        if (isMet) met.push(`${name}: ${difference.reason}`)
      }
    }
    expect(met).toEqual([])
  })

  it('does the same on Koa 2 and on Koa 3', { timeout: 60_000 }, async () => {
    for (const parity of cases) {
      const two = comparable(await play('Koa 2', 'stock', parity))
      const three = comparable(await play('Koa 3', 'stock', parity))
      expect({ name: parity.name, ...two }).toEqual({ name: parity.name, ...three })
    }
  })
})

describe('the cases', () => {
  it('have names of their own', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length)
  })

  it('are all found that an intended difference names', () => {
    const names = cases.map(({ name }) => name)
    for (const one of intended.flatMap(({ cases: known }) => known)) {
      expect(
        names.filter((name) => isMeant(one, name)),
        `${one}`,
      ).not.toEqual([])
    }
  })
})

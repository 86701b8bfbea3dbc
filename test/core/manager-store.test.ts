import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import { createSessionManager, type SessionOptions, type Store } from '../../src/index.ts'
import { createClock, DAY, HOUR, SECOND, type Clock } from '../fixtures/clock.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore, type RecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { hearUnhandled } from '../fixtures/unhandled.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

interface Setting extends Visitor {
  store: RecordingStore
  clock: Clock
  events: string[]
  /** The operations since it was last asked. */
  done(): string[]
}

function setUp(options: Partial<SessionOptions> = {}, hashedKeys?: boolean): Setting {
  const store = createRecordingStore(hashedKeys)
  const clock = createClock()
  const events: string[] = []
  const on = onTrouble(({ type }) => events.push(type))
  const config = { secrets: SECRET, store, now: clock.now, on, ...options }
  const visitor = createVisitor(createSessionManager(config))
  const done = (): string[] => store.calls.splice(0).map(({ operation }) => operation)
  return { ...visitor, store, clock, events, done }
}

describe('a store', () => {
  it('is called no more than a request needs', async () => {
    const { visit, done } = setUp()
    await visit()
    expect(done()).toEqual([])
    await visit((session) => (session.user = 'fred'))
    expect(done()).toEqual(['set'])
    await visit()
    expect(done()).toEqual(['get'])
    await visit((session) => (session.user = 'flo'))
    expect(done()).toEqual(['get', 'set'])
    await visit((session) => session.regenerate())
    expect(done()).toEqual(['get', 'set', 'destroy'])
    await visit((session) => session.destroy())
    expect(done()).toEqual(['get', 'destroy'])
    await visit((session) => session.destroy())
    expect(done()).toEqual([])
  })

  it('is handed what its contract says', async () => {
    const { store, clock, ...visitor } = setUp({ rolling: true, touchAfter: 0, maxAge: HOUR })
    const manager = createSessionManager({
      secrets: SECRET,
      store,
      rolling: true,
      touchAfter: 0,
      maxAge: HOUR,
      now: clock.now,
    })
    const ctx = { request: 1 }
    const session = await manager.load(null, ctx)
    session.user = 'fred'
    visitor.jar.take(await manager.commit(session))
    const key = session.externalKey!
    await manager.commit(await manager.load(visitor.jar.header, ctx))
    const last = await manager.load(visitor.jar.header, ctx)
    last.destroy()
    await manager.commit(last)
    const record = { user: 'fred', _expire: clock.now() + HOUR, _maxAge: HOUR }
    const keep = HOUR + 10 * SECOND
    expect(store.calls).toEqual([
      {
        operation: 'set',
        key,
        record,
        maxAge: keep,
        options: { rolling: true, changed: true, ctx },
      },
      { operation: 'get', key, maxAge: HOUR, options: { rolling: true, ctx } },
      {
        operation: 'set',
        key,
        record,
        maxAge: keep,
        options: { rolling: true, changed: false, ctx },
      },
      { operation: 'get', key, maxAge: HOUR, options: { rolling: true, ctx } },
      { operation: 'destroy', key, options: { ctx } },
    ])
    expect(store.calls[0]!.options.ctx).toBe(ctx)
  })

  it('keeps a browser session for a number of milliseconds, not for a word', async () => {
    const { visit, store } = setUp({ maxAge: 'session' })
    await visit((session) => (session.user = 'fred'))
    expect(store.calls[0]).toMatchObject({
      record: { user: 'fred', _session: true },
      maxAge: 30 * DAY + 10 * SECOND,
    })
    await visit((session) => (session.maxAge = HOUR))
    expect(store.calls.at(-1)).toMatchObject({ maxAge: HOUR + 10 * SECOND })
  })

  it('never gets another key for the same session, and always one for another', async () => {
    const { visit, store } = setUp()
    for (let n = 0; n < 5; n++) await visit((session) => (session.n = n))
    expect(new Set(store.calls.map(({ key }) => key)).size).toBe(1)
    await visit((session) => session.regenerate())
    expect(store.records.size).toBe(1)
    const [set, destroy] = store.calls.slice(-2)
    expect(set!.key).not.toBe(destroy!.key)
    expect(destroy!.key).toBe(store.calls[0]!.key)
  })

  it('may answer at once, be an instance of a class, or a class made for each request', async () => {
    const records = new Map<string, unknown>()
    class SyncStore {
      readonly #records = records
      static made: unknown[] = []
      constructor(ctx?: unknown) {
        SyncStore.made.push(ctx)
      }
      get(key: string): unknown {
        return this.#records.get(key)
      }
      set(key: string, record: unknown): void {
        this.#records.set(key, record)
      }
      destroy(key: string): void {
        this.#records.delete(key)
      }
    }
    for (const place of [{ store: new SyncStore() }, { ContextStore: SyncStore }]) {
      const manager = createSessionManager({ secrets: SECRET, ...place })
      const visitor = createVisitor(manager)
      await visitor.visit((session) => (session.user = 'fred'))
      expect((await manager.load(visitor.jar.header, 'ctx')).user).toBe('fred')
      await visitor.visit((session) => session.destroy())
      expect(records.size).toBe(0)
    }
    expect(SyncStore.made).toEqual([undefined, undefined, 'ctx', undefined])
  })

  it('may answer with the very object it was given', async () => {
    const live = new Map<string, unknown>()
    const store: Store = {
      get: (key) => live.get(key),
      set: (key, record) => void live.set(key, record),
      destroy: (key) => void live.delete(key),
    }
    const { visit, peek } = setUp({ store })
    await visit((session) => (session.cart = { items: [1] }))
    const { cookies } = await visit((session) => session.cart.items.push(2))
    expect(cookies).toHaveLength(1)
    expect((await peek()).cart.items).toEqual([1, 2])
  })

  it('is not asked by a cookie that does not open: 2,000 of them, and as many without', async () => {
    const { visit, jar, store, events } = setUp()
    for (let n = 0; n < 1000; n++) {
      jar.take([`__Host-sid=${'A'.repeat(n)}.${n}; Path=/; Secure`])
      expect((await visit()).cookies).toEqual([])
    }
    const anonymous = setUp({ store })
    for (let n = 0; n < 1000; n++) {
      expect((await anonymous.visit()).cookies).toEqual([])
      expect((await anonymous.visit((session) => session.destroy())).cookies).toEqual([])
    }
    expect(store.calls).toEqual([])
    expect(events).toEqual(Array(1000).fill('tampered'))
  })
})

describe('the key of a record', () => {
  it.each([
    ['32 random bytes', {}, /^[\w-]{43}$/],
    ['a prefix and 32 random bytes', { prefix: 'app:1.' }, /^app:1\.[\w-]{43}$/],
    ['what genid makes', { genid: () => 'my key' }, /^my key$/],
    ['what genid makes, without the prefix', { genid: () => 'k', prefix: 'p:' }, /^k$/],
    ['what genid promises', { genid: async (ctx: unknown) => `of ${ctx}` }, /^of undefined$/],
  ])('is %s', async (_, options, pattern) => {
    for (const encrypt of [true, false]) {
      const { visit, peek, store } = setUp({ ...options, encrypt })
      const { session } = await visit((session) => (session.user = 'fred'))
      expect(session.externalKey).toMatch(pattern)
      expect([...store.records.keys()]).toEqual([session.externalKey])
      expect(await peek()).toMatchObject({ user: 'fred', externalKey: session.externalKey })
    }
  })

  it('is known before the record is stored', async () => {
    const { visit } = setUp({ prefix: 'p:' })
    let early: string | undefined
    const { session } = await visit((session) => {
      early = session.externalKey
      session.user = 'fred'
    })
    expect(session.externalKey).toBe(early)
  })

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['no text', ''],
    ['a number', 12_345],
    ['an object', {}],
    ['what cannot stand in a cookie', 'a; Domain=evil.example'],
    ['a line break', 'a\r\nSet-Cookie: b=c'],
    ['letters that are no ASCII', 'ключ'],
  ])('that genid should make is none: %s', async (_, id) => {
    for (const genid of [() => id, async () => id] as (() => string)[]) {
      const { visit, store } = setUp({ genid, encrypt: false })
      const error = await rejectionOf(visit((session) => (session.user = 'fred')))
      expect(error).toMatchObject({ name: 'SessionError' })
      expect(error.message).not.toContain('evil')
      expect(store.operations()).not.toContain('set')
    }
  })

  it('that genid promises and does not make is an error when it is needed, and not before', async () => {
    const unhandled = hearUnhandled()
    const ids = [Promise.resolve('first')]
    const genid = (): Promise<string> => ids.pop() ?? Promise.reject(new RangeError('no ids'))
    const { visit, store } = setUp({ genid })
    const { session } = await visit((session) => (session.user = 'fred'))
    const manager = createSessionManager({ secrets: SECRET, store, genid })
    session.destroy()
    expect(await manager.commit(session)).toHaveLength(1)
    await new Promise((resolve) => void setTimeout(resolve))
    expect(unhandled).toEqual([])
    expect(store.records.size).toBe(0)
  })

  it('is seen by a store that asks for it as its hash alone', async () => {
    for (const prefix of ['', 'sess:']) {
      const { visit, store } = setUp({ prefix }, true)
      const { session } = await visit((session) => (session.user = 'fred'))
      const [first] = store.calls
      expect(first!.key).toBe(prefix + sha256(session.externalKey!))
      const { session: second } = await visit((session) => session.regenerate())
      await visit((session) => session.destroy())
      const ids = [session.externalKey!, second.externalKey!]
      const hashes = ids.map((id) => prefix + sha256(id))
      expect(store.calls.map(({ key }) => hashes.indexOf(key))).toEqual([0, 0, 1, 0, 1, 1])
      const seen = JSON.stringify(store.calls)
      for (const id of ids) expect(seen).not.toContain(id.slice(prefix.length))
    }
  })

  it('is seen as it is where hashKeys is false, or by a store that does not ask', async () => {
    for (const [options, hashedKeys] of [
      [{ hashKeys: false }, true],
      [{}, false],
      [{ hashKeys: true }, undefined],
    ] as const) {
      const { visit, store } = setUp(options, hashedKeys)
      const { session } = await visit((session) => (session.user = 'fred'))
      expect(store.calls[0]!.key).toBe(session.externalKey)
    }
  })
})

describe('a record that is not there', () => {
  it('gives a new session under a new key: 1,000 good cookies', async () => {
    const { visit, peek, store, events } = setUp()
    const keys = new Set<string>()
    for (let n = 0; n < 1000; n++) {
      await visit((session) => (session.n = n))
      keys.add([...store.records.keys()][0]!)
      store.records.clear()
      const session = await peek()
      expect(session.toJSON()).toEqual({})
      keys.add(session.externalKey!)
    }
    expect(keys.size).toBe(2000)
    expect(new Set(events)).toEqual(new Set(['missed']))
  })

  it('is not written by a request that does nothing', async () => {
    const { visit, store, done } = setUp({ rolling: true, renew: true })
    await visit((session) => (session.user = 'fred'))
    store.records.clear()
    done()
    expect((await visit()).cookies).toEqual([])
    expect(done()).toEqual(['get'])
  })

  it('is what a cookie with data has, and a cookie with a key where there is no store', async () => {
    const clock = createClock()
    const base = { secrets: SECRET, now: clock.now }
    const events: string[] = []
    const on = onTrouble(({ type }) => events.push(type))
    const plain = createSessionManager({ ...base, on })
    const stored = createSessionManager({ ...base, on, store: createMemoryStore(clock) })
    for (const [from, to] of [
      [plain, stored],
      [stored, plain],
    ] as const) {
      const visitor = createVisitor(from)
      await visitor.visit((session) => (session.user = 'fred'))
      expect((await to.load(visitor.jar.header)).toJSON()).toEqual({})
      expect(events.splice(0)).toEqual(['missed'])
    }
  })
})

describe('a record that is over', () => {
  it('is no session, and goes', async () => {
    const { visit, peek, store, events } = setUp()
    await visit((session) => (session.user = 'fred'))
    const [key, json] = [...store.records][0]!
    store.records.set(key, JSON.stringify({ ...JSON.parse(json), _expire: 1 }))
    const session = await peek()
    expect(session.toJSON()).toEqual({})
    expect(session.externalKey).not.toBe(key)
    expect(store.records.size).toBe(0)
    expect(events).toEqual(['expired'])
  })
})

import { describe, expect, it } from 'vitest'
import { createKvSimulator } from '../../adapters/testing.ts'
import { createKvStore } from '../../adapters/workers-kv.ts'
import { createMemoryStore } from '../../src/memory.ts'
import {
  createSessionManager,
  type Session,
  type SessionManager,
  type SessionOptions,
  type SessionRecord,
} from '../../src/index.ts'
import { createClock, DAY, HOUR, MINUTE, type Clock } from '../fixtures/clock.ts'
import { cookieHeader, parseSetCookie } from '../fixtures/cookies.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { onTrouble } from '../fixtures/events.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor } from '../fixtures/visitor.ts'

const remembered = 30 * DAY

interface Setting {
  manager: SessionManager<any>
  clock: Clock
  events: string[]
  /** The cookie that both requests bring. */
  header: string
  /** Two sessions of one visitor, loaded before either is committed. */
  a: Session
  b: Session
}

async function setUp(
  options: (clock: Clock) => Partial<SessionOptions>,
  begin: (session: any) => unknown = (session) => (session.user = 'fred'),
): Promise<Setting> {
  const clock = createClock()
  const events: string[] = []
  const manager = createSessionManager<any>({
    secrets: SECRET,
    now: clock.now,
    on: onTrouble(({ type }) => events.push(type)),
    maxAge: DAY,
    ...options(clock),
  })
  const { jar, visit } = createVisitor(manager)
  await visit(begin)
  const { header } = jar
  const [a, b] = [await manager.load(header), await manager.load(header)]
  return { manager, clock, events, header, a, b }
}

/** How long the browser is to keep the session, in milliseconds. */
function lifeOf(cookies: string[]): number {
  return Number(parseSetCookie(cookies[0]!).attributes.get('max-age')) * 1000
}

describe.each([
  ['under a sealed id', true],
  ['under a signed id', false],
])('a session’s own maxAge, with a store that compares, %s', (_, encrypt) => {
  const options = (clock: Clock): Partial<SessionOptions> => ({
    store: createMemoryStore(clock),
    encrypt,
  })

  it('stays where another request changes something else', async () => {
    const { manager, a, b, events, clock } = await setUp(options)
    a.maxAge = remembered
    b.cart = ['book']
    await manager.commit(a)
    const last = await manager.commit(b)

    expect(b.maxAge).toBe(remembered)
    if (encrypt) expect(lifeOf(last)).toBe(remembered)
    clock.pass(remembered - MINUTE)
    const found = await manager.load(cookieHeader(last))
    expect(found).toMatchObject({ user: 'fred', cart: ['book'], maxAge: remembered })
    expect(events).toEqual([])
  })

  it('is merged where it is the later of two changes', async () => {
    const { manager, a, b, events } = await setUp(options)
    a.maxAge = remembered
    b.cart = ['book']
    await manager.commit(b)
    const last = await manager.commit(a)

    const found = await manager.load(cookieHeader(last))
    expect(found).toMatchObject({ user: 'fred', cart: ['book'], maxAge: remembered })
    expect(events).toEqual([])
  })

  it('stays where a request comes later, with the cookie of before', async () => {
    const { manager, a, header } = await setUp(options)
    a.maxAge = remembered
    await manager.commit(a)
    const late = await manager.load(header)
    expect(late.maxAge).toBe(remembered)
    late.cart = ['book']

    const found = await manager.load(cookieHeader(await manager.commit(late)))
    expect(found).toMatchObject({ cart: ['book'], maxAge: remembered })
  })

  it('goes along to a new id', async () => {
    const { manager, a, b } = await setUp(options)
    a.maxAge = remembered
    await b.regenerate()
    await manager.commit(a)
    const last = await manager.commit(b)

    expect(await manager.load(cookieHeader(last))).toMatchObject({ maxAge: remembered })
  })

  it('is the stored one where both assigned one, and an event says so', async () => {
    const { manager, a, b, events } = await setUp(options)
    a.maxAge = remembered
    b.maxAge = HOUR
    await manager.commit(a)
    const last = await manager.commit(b)

    expect(await manager.load(cookieHeader(last))).toMatchObject({ maxAge: remembered })
    expect(events).toEqual(['conflict'])
  })

  it('is gone where one of them took it away, and the other did not touch it', async () => {
    const { manager, a, b } = await setUp(options, (session) => {
      Object.assign(session, { user: 'fred', maxAge: remembered })
    })
    a.maxAge = undefined as never
    b.cart = ['book']
    await manager.commit(a)
    const last = await manager.commit(b)

    expect(await manager.load(cookieHeader(last))).toMatchObject({ cart: ['book'], maxAge: DAY })
  })

  it('is not merged where conflict is "error", also where nothing else was changed', async () => {
    const { manager, a, b } = await setUp((clock) => ({ ...options(clock), conflict: 'error' }))
    a.cart = ['book']
    b.maxAge = remembered
    await manager.commit(a)

    expect(await rejectionOf(manager.commit(b))).toMatchObject({ code: 'ERR_SESSION_CONFLICT' })
  })

  it('is assigned again by an update() that is made again', async () => {
    const { manager, header, a, b, events } = await setUp(options)
    a.maxAge = HOUR
    await manager.commit(a)
    await b.update((session) => {
      session.maxAge = session.maxAge === HOUR ? remembered : 2 * HOUR
    })

    expect(await manager.load(header)).toMatchObject({ maxAge: remembered })
    expect(events).toEqual([])
  })

  it('stays where an update() is made again and again, others having stored', async () => {
    const { manager, header, b, events } = await setUp(options)
    const others = [await manager.load(header), await manager.load(header)]
    others[0]!.maxAge = remembered
    others[1]!.cart = ['book']
    await b.update(async (session) => {
      session.n = 1
      const other = others.shift()
      if (other) await manager.commit(other)
    })

    const found = await manager.load(header)
    expect(found).toMatchObject({ n: 1, cart: ['book'], maxAge: remembered })
    expect(events).toEqual([])
  })

  it('is stored in a later commit of the request that had it from another', async () => {
    const { manager, a, b } = await setUp(options)
    a.maxAge = remembered
    await manager.commit(a)
    b.cart = ['book']
    await b.save()
    b.cart.push('pen')
    const last = await manager.commit(b)

    const found = await manager.load(cookieHeader(last))
    expect(found).toMatchObject({ cart: ['book', 'pen'], maxAge: remembered })
  })
})

describe('a session’s own maxAge', () => {
  const inMemory = (clock: Clock): Partial<SessionOptions> => ({ store: createMemoryStore(clock) })

  it('gives way to taking it away, where both assigned', async () => {
    const { manager, a, b, events } = await setUp(inMemory, (session) => {
      Object.assign(session, { user: 'fred', maxAge: remembered })
    })
    a.maxAge = HOUR
    b.maxAge = undefined as never
    await manager.commit(a)
    const last = await manager.commit(b)

    expect(await manager.load(cookieHeader(last))).toMatchObject({ maxAge: DAY })
    expect(events).toEqual(['conflict'])
  })

  it('is told by the record, and that it was the configured one by nothing', async () => {
    const store = createRecordingStore()
    const { manager, header } = await setUp(() => ({ store }))
    const records = (): SessionRecord[] => [...store.records.values()].map((one) => JSON.parse(one))
    expect(records()[0]).not.toHaveProperty('_own')
    const session = await manager.load(header)
    session.maxAge = remembered
    await manager.commit(session)

    expect(records()[0]).toMatchObject({ _own: true, _maxAge: remembered })
  })

  it('is that of the cookie where a record does not tell whose it is', async () => {
    const store = createRecordingStore()
    const { manager, header } = await setUp(
      () => ({ store }),
      (session) => Object.assign(session, { user: 'fred', maxAge: remembered }),
    )
    for (const [key, json] of store.records) {
      store.records.set(key, json.replace('"_own":true,', ''))
    }

    expect(await manager.load(header)).toMatchObject({ maxAge: remembered })
  })

  it('comes back with the next request where one only let the session live on meanwhile', async () => {
    const { manager, clock, a, b } = await setUp((clock) => ({ ...inMemory(clock), rolling: true }))
    clock.pass(12 * HOUR)
    a.maxAge = remembered
    await manager.commit(a)
    const touched = await manager.commit(b)
    const next = await manager.load(cookieHeader(touched))
    const last = await manager.commit(next)

    expect(next.maxAge).toBe(remembered)
    expect(lifeOf(last)).toBe(remembered)
  })

  describe('in Workers KV', () => {
    const start = async () => {
      let marks: number[] = []
      const setting = await setUp((clock) => {
        const kv = createKvSimulator({ now: clock.now, writeInterval: 0 }).at('here')
        const put: typeof kv.put = (key, value, options) => {
          if (key.endsWith(':ended')) marks.push(options!.expirationTtl! * 1000)
          return kv.put(key, value, options)
        }
        return { store: createKvStore({ ...kv, put }) }
      })
      const { manager, header, a } = setting
      a.maxAge = remembered
      const remembering = cookieHeader(await manager.commit(a))
      return { ...setting, remembering, late: await manager.load(header), marks }
    }

    it('stays where a request comes later, with the cookie of before', async () => {
      const { manager, late } = await start()
      expect(late.maxAge).toBe(remembered)
      late.cart = ['book']

      const found = await manager.load(cookieHeader(await manager.commit(late)))
      expect(found).toMatchObject({ cart: ['book'], maxAge: remembered })
    })

    it.each<[string, (session: Session) => unknown]>([
      ['a logout', (session) => session.destroy()],
      ['a new id', (session) => session.regenerate()],
    ])('is what the mark of %s outlives, in a cookie or a record of before', async (_, act) => {
      const { manager, late, remembering, marks } = await start()
      await act(late)
      await manager.commit(late)
      expect(marks.pop()).toBeGreaterThan(remembered)

      const { manager: other, remembering: long, marks: more } = await start()
      const short = await other.load(long)
      short.maxAge = HOUR
      await other.commit(short)
      const thief = await other.load(long)
      expect(thief.maxAge).toBe(HOUR)
      await act(thief)
      await other.commit(thief)
      expect(more.pop()).toBeGreaterThan(remembered)
      expect((await manager.load(remembering)).isNew).toBe(true)
    })
  })

  it('is merged where a session has outgrown its cookie', async () => {
    const { manager, a, b } = await setUp((clock) => ({ ...inMemory(clock), overflow: 'store' }))
    const letter = 'x'.repeat(5000)
    Object.assign(a, { letter, maxAge: remembered })
    Object.assign(b, { letter, cart: ['book'] })
    await manager.commit(a)
    const last = await manager.commit(b)

    const found = await manager.load(cookieHeader(last))
    expect(found).toMatchObject({ cart: ['book'], maxAge: remembered })
  })

  it.each<[string, Partial<SessionOptions>]>([
    ['in a sealed cookie', {}],
    ['in a signed cookie', { encrypt: false }],
    ['in a store of three methods', { store: createRecordingStore() }],
  ])('is what the last response says, %s', async (_, options) => {
    const { manager, a, b } = await setUp(() => options)
    a.maxAge = remembered
    b.cart = ['book']
    await manager.commit(a)
    const last = await manager.commit(b)

    expect(await manager.load(cookieHeader(last))).toMatchObject({ cart: ['book'], maxAge: DAY })
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createSessionManager, type SessionOptions } from '../src/index.ts'
import { createMemoryStore } from '../src/memory.ts'
import { onTrouble } from './fixtures/events.ts'
import { copyCookies } from './fixtures/cookies.ts'
import { createKvApplication, type KvApplication } from './fixtures/kv-application.ts'
import { SECRET } from './fixtures/secrets.ts'
import { createVisitor, type Visitor } from './fixtures/visitor.ts'
import { runWorker, type RunningWorker } from './workerd/running.ts'

const LARGE = 'x'.repeat(4000)

let worker: RunningWorker

beforeAll(async () => {
  worker = await runWorker('export default { fetch: () => new Response() }')
})

afterAll(() => worker.stop())

beforeEach(async () => {
  for (const key of (await worker.kv.list()).keys) await worker.kv.delete(key.name)
})

const setUp = (options?: Partial<SessionOptions>): KvApplication =>
  createKvApplication(worker, options)

async function views(visitor: Visitor): Promise<unknown> {
  return (await visitor.peek()).views
}

describe('the number of the last write', () => {
  it('counts up, in the record and in the cookie', async () => {
    const { visitor, claims, record } = setUp()
    for (const count of [1, 2, 3]) {
      await visitor.visit((session) => (session.views = count))

      expect(claims()).toMatchObject({ n: count, d: { views: count } })
      expect(await record()).toMatchObject({ _version: count, views: count })
    }
  })

  it('stays as it is where nothing is written', async () => {
    const { visitor, claims } = setUp()
    await visitor.visit((session) => (session.views = 1))
    await visitor.visit()

    expect(claims().n).toBe(1)
  })

  it('goes on from the cookie’s where the record is older', async () => {
    const { visitor, claims, kv, record } = setUp()
    await visitor.visit((session) => (session.views = 1))
    await kv.hold()
    await visitor.visit((session) => (session.views = 2))
    await visitor.visit((session) => (session.views = 3))

    expect(claims().n).toBe(3)
    expect(await record()).toMatchObject({ _version: 3, views: 3 })
  })

  it('goes on from the record’s where the cookie is older', async () => {
    const { visitor, manager, claims } = setUp()
    await visitor.visit((session) => (session.views = 1))
    const other = createVisitor(manager)
    copyCookies(visitor.jar, other.jar)
    await other.visit((session) => (session.views = 2))
    await visitor.visit((session) => (session.views = session.views + 1))

    expect(claims()).toMatchObject({ n: 3, d: { views: 3 } })
  })

  it('is data’s own business in data', async () => {
    const { visitor, record } = setUp()
    await visitor.visit((session) => Object.assign(session, { n: 9, _version: 99, views: 1 }))

    expect(await record()).toMatchObject({ n: 9, _version: 1 })
    expect({ ...(await visitor.peek()) }).toEqual({ n: 9, views: 1 })
  })
})

describe('the snapshot', () => {
  it('is in the cookie with data that fit, and with messages', async () => {
    const { visitor, claims } = setUp()
    await visitor.visit((session) => {
      session.user = 'Ada'
      session.flash('notice', 'hello')
    })

    expect(claims()).toMatchObject({ d: { user: 'Ada' }, f: { notice: 'hello' }, n: 1 })
  })

  it('is not there with data that do not, and comes back when they do', async () => {
    const { visitor, claims } = setUp()
    await visitor.visit((session) => {
      session.text = LARGE
      session.flash('notice', 'hello')
    })
    expect(claims()).toEqual(
      expect.objectContaining({ n: 1, sid: expect.stringMatching(/^[\w-]{43}$/) }),
    )
    expect(Object.keys(claims())).toEqual(['sid', 'iat', 'exp', 'ct', 'n'])
    expect({ ...(await visitor.peek()) }).toEqual({ text: LARGE })

    await visitor.visit((session) => (session.text = 'short'))
    expect(claims()).toMatchObject({ n: 2, d: { text: 'short' } })
  })

  it('takes a cookie to 4096 bytes and not one further', async () => {
    const { visitor, claims } = setUp()
    const sizes: Record<string, number[]> = { true: [], false: [] }
    for (let length = 2750; length < 2900; length++) {
      await visitor.visit((session) => (session.text = 'x'.repeat(length)))
      sizes[`${'d' in claims()}`]!.push(visitor.jar.header.length - 1)
    }

    expect(sizes.true!.length * sizes.false!.length).toBeGreaterThan(0)
    expect(Math.max(...sizes.true!)).toBeGreaterThan(4090)
    expect(Math.max(...sizes.true!)).toBeLessThanOrEqual(4096)
    expect(Math.max(...sizes.false!)).toBeLessThan(500)
  })

  it.each<[string, Partial<SessionOptions>]>([
    ['keys of the application’s own', { genid: () => 'visitor-42' }],
    ['a prefix', { prefix: 'shop:' }],
  ])('is not there with %s, which take its place', async (_, options) => {
    const { visitor, claims, kv } = setUp(options)
    await visitor.visit((session) => (session.views = 1))
    expect(claims()).toMatchObject({ d: expect.stringMatching(/^(visitor-42|shop:.{43})$/), n: 1 })
    expect(claims()).not.toHaveProperty('f')

    await kv.hold()
    await visitor.visit((session) => (session.views = 2))
    expect(claims().n).toBe(2)
    expect(await views(visitor)).toBe(1)
    kv.release()
    expect(await views(visitor)).toBe(2)
  })

  it('is there with keys of the application’s own that look like ours', async () => {
    const { visitor, claims } = setUp({ genid: () => 'k'.repeat(43) })
    await visitor.visit((session) => (session.views = 1))

    expect(claims()).toMatchObject({ sid: 'k'.repeat(43), d: { views: 1 }, n: 1 })
  })

  it('is not there in the signed format, whose value is the key alone', async () => {
    const { visitor, kv, record } = setUp({ encrypt: false })
    await visitor.visit((session) => (session.views = 1))
    expect(visitor.jar.header).toMatch(/^__Host-sid=[\w-]{43}; __Host-sid\.sig=[\w-]{43}$/)

    await kv.hold()
    await visitor.visit((session) => (session.views = 2))
    expect(await views(visitor)).toBe(1)
    kv.release()
    expect(await views(visitor)).toBe(2)
    expect(await record()).toMatchObject({ _version: 2 })
  })
})

describe('the cookie of another mode', () => {
  const small = { views: 1 }
  const large = { views: 1, text: LARGE }

  it.each([
    ['with a snapshot', small],
    ['without one', large],
  ])('of KV does not open where the session is in the cookie: %s', async (_, data) => {
    const { visitor, clock, events } = setUp()
    await visitor.visit((session) => Object.assign(session, data))
    const on = onTrouble(({ type }) => events.push(type))
    const manager = createSessionManager({ secrets: SECRET, now: clock.now, on })

    expect(await manager.load(visitor.jar.header)).toMatchObject({ isNew: true })
    expect(events).toEqual(['missed'])
  })

  it('that has the session in it does not open where KV has', async () => {
    const { manager, clock, events } = setUp()
    const visitor = createVisitor(createSessionManager({ secrets: SECRET, now: clock.now }))
    await visitor.visit((session) => (session.views = 1))

    expect(await manager.load(visitor.jar.header)).toMatchObject({ isNew: true })
    expect(events).toEqual(['missed'])
  })

  it('of KV has no snapshot for a store that always knows', async () => {
    const { visitor, create, events } = setUp()
    await visitor.visit((session) => (session.views = 1))
    const manager = create({ store: createMemoryStore() })

    expect(await manager.load(visitor.jar.header)).toMatchObject({ isNew: true })
    expect(events).toEqual(['missed'])
  })
})

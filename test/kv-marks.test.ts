import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createKvStore } from '../adapters/workers-kv.ts'
import { createSessionManager, type SessionOptions } from '../src/index.ts'
import { createClock, DAY, HOUR, MINUTE, SECOND } from './fixtures/clock.ts'
import { copyCookies } from './fixtures/cookies.ts'
import { SECRET } from './fixtures/secrets.ts'
import { createVisitor } from './fixtures/visitor.ts'
import { createHoldingKv } from './workerd/holding-kv.ts'
import { runWorker, type RunningWorker } from './workerd/running.ts'

/** The longest that a location may go without hearing of an end, and ten seconds. */
const MARGIN = 100 * SECOND

let worker: RunningWorker

beforeAll(async () => {
  worker = await runWorker('export default { fetch: () => new Response() }')
})

afterAll(() => worker.stop())

beforeEach(async () => {
  for (const key of (await worker.kv.list()).keys) await worker.kv.delete(key.name)
})

/** A browser with a session in KV, and somebody elsewhere with a copy of its cookie. */
async function setUp(options: Partial<SessionOptions> = {}) {
  const clock = createClock(Date.now())
  await worker.holdKvClock(clock.now())
  const there = createHoldingKv(worker.kv)
  const create = (kv: Parameters<typeof createKvStore>[0]) =>
    createSessionManager({
      secrets: SECRET,
      store: createKvStore(kv),
      now: clock.now,
      ...options,
    })
  const visitor = createVisitor(create(worker.kv))
  const thief = createVisitor(create(there))
  await visitor.visit((session) => (session.views = 1))
  /** Hands the thief what the browser has. */
  const steal = (): void => copyCookies(visitor.jar, thief.jar)
  const pass = async (ms: number): Promise<void> => {
    clock.pass(ms)
    await worker.passKvTime(ms)
  }
  return { clock, there, visitor, thief, steal, pass }
}

/** For how long from a time KV keeps the one mark in it, in milliseconds. */
async function markLife(now: number): Promise<number> {
  const marks = (await worker.kv.list()).keys.filter(({ name }) => name.endsWith(':ended'))
  expect(marks).toHaveLength(1)
  return marks[0]!.expiration! * 1000 - now
}

const end = (session: { destroy(): void }): void => session.destroy()

describe('the mark of an end', () => {
  it('beats the snapshot in a copied cookie', async () => {
    const { visitor, thief, steal } = await setUp()
    steal()
    await visitor.visit(end)

    expect(await thief.peek()).toMatchObject({ isNew: true })
  })

  it('beats a snapshot of a later write', async () => {
    const { visitor, thief, steal, there } = await setUp()
    steal()
    await there.hold()
    await visitor.visit(end)
    await thief.visit((session) => (session.views = 9))
    expect(await thief.peek()).toMatchObject({ views: 9 })
    there.release()

    expect(await thief.peek()).toMatchObject({ isNew: true })
  })

  it('is not undone by writes that come late', async () => {
    const { visitor, thief, steal, there, pass } = await setUp({ prefix: 'shop:' })
    steal()
    await there.hold()
    await visitor.visit(end)
    for (const views of [2, 3, 4]) {
      await pass(20 * SECOND)
      await thief.visit((session) => (session.views = views))
    }
    there.release()
    expect(await thief.peek()).toMatchObject({ isNew: true })
    await thief.visit((session) => (session.views = 5))
    expect(Object.keys(await thief.peek())).toEqual(['views'])
  })

  it.each<[string, Partial<SessionOptions>, number | 'session' | undefined, number]>([
    ['the session’s', {}, undefined, DAY],
    ['the session’s own, if that is longer', {}, 30 * DAY, 30 * DAY],
    ['the configured one, if that is longer', { maxAge: 2 * DAY }, HOUR, 2 * DAY],
    [
      'thirty days for one that lives as long as the browser',
      { maxAge: 'session' },
      undefined,
      30 * DAY,
    ],
    ['the same for one of its own', {}, 'session', 30 * DAY],
    ['no longer than a session may exist', { absoluteMaxAge: HOUR }, 30 * DAY, HOUR],
    ['that of a short one', { maxAge: MINUTE }, undefined, MINUTE],
    ['that of a signed cookie', { encrypt: false }, undefined, DAY],
    ['a signed cookie’s own', { encrypt: false }, 30 * DAY, 30 * DAY],
  ])(
    'lives as long as a cookie may, made while it is not known: %s',
    async (_, options, own, life) => {
      const { visitor, clock } = await setUp(options)
      if (own) await visitor.visit((session) => (session.maxAge = own))
      await visitor.visit(end)

      expect(Math.abs((await markLife(clock.now())) - life - MARGIN)).toBeLessThanOrEqual(SECOND)
    },
  )

  it('lives as long after a new id, for the old one', async () => {
    const { visitor, clock } = await setUp()
    await visitor.visit((session) => session.regenerate())

    expect(Math.abs((await markLife(clock.now())) - DAY - MARGIN)).toBeLessThanOrEqual(SECOND)
  })

  it('lives as long for a record that the application refuses', async () => {
    let isValid = true
    const { visitor, clock } = await setUp({ valid: () => isValid })
    await visitor.visit((session) => (session.maxAge = 30 * DAY))
    isValid = false
    await visitor.peek()

    expect(Math.abs((await markLife(clock.now())) - 30 * DAY - MARGIN)).toBeLessThanOrEqual(SECOND)
  })

  it.each<[string, Partial<SessionOptions>]>([
    ['where it is not known yet', { prefix: 'shop:' }],
    ['where it cannot be read', { onStoreError: 'anonymous' }],
  ])('is left, and lives as long, by a logout %s', async (_, options) => {
    const clock = createClock(Date.now())
    await worker.holdKvClock(clock.now())
    const there = createHoldingKv(worker.kv)
    await there.hold()
    const failing = { ...there, get: () => Promise.reject(new Error('KV GET failed: 500')) }
    const [here, elsewhere] = [worker.kv, options.prefix ? there : failing].map((kv) =>
      createSessionManager({
        secrets: SECRET,
        store: createKvStore(kv),
        now: clock.now,
        ...options,
      }),
    )
    const visitor = createVisitor(here!)
    await visitor.visit((session) => (session.maxAge = 30 * DAY))
    const { header } = visitor.jar
    const session = await elsewhere!.load(header)
    expect(session.isNew).toBe(true)
    session.destroy()
    expect(await elsewhere!.commit(session)).toHaveLength(1)

    expect(Math.abs((await markLife(clock.now())) - 30 * DAY - MARGIN)).toBeLessThanOrEqual(SECOND)
    expect(await here!.load(header)).toMatchObject({ isNew: true })
  })

  it.each([true, false])('outlives the last cookie of a thief, encrypt %s', async (encrypt) => {
    const { visitor, thief, steal, there, pass } = await setUp({
      maxAge: HOUR,
      encrypt,
      rolling: true,
    })
    steal()
    await there.hold()
    await visitor.visit(end)
    await pass(89 * SECOND)
    await thief.visit((session) => (session.views = 9))
    there.release()
    const isNew: boolean[] = []
    for (let time = 0; time < HOUR + 2 * MINUTE; time += 10 * SECOND) {
      await pass(10 * SECOND)
      isNew.push((await thief.peek()).isNew)
    }

    expect(new Set(isNew)).toEqual(new Set([true]))
  })
})

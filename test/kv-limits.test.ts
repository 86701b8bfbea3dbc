import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createKvStore } from '../adapters/workers-kv.ts'
import { createSessionManager, type SessionManager, type SessionOptions } from '../src/index.ts'
import { createClock, MINUTE } from './fixtures/clock.ts'
import { cookieHeader } from './fixtures/cookies.ts'
import { SECRET } from './fixtures/secrets.ts'
import { createFaultyKv, type FaultyKv } from './workerd/faulty-kv.ts'
import { runWorker, type RunningWorker } from './workerd/running.ts'

let worker: RunningWorker

beforeAll(async () => {
  worker = await runWorker('export default { fetch: () => new Response() }')
})

afterAll(() => worker.stop())

beforeEach(async () => {
  for (const { name } of (await worker.kv.list()).keys) await worker.kv.delete(name)
})

afterEach(() => void vi.useRealTimers())

/** What production answers to a second write of a key within a second. */
const tooMany = (operation: string) => new Error(`KV ${operation} failed: 429 Too Many Requests`)

const write = { rolling: false, changed: true, ctx: undefined }
const touch = { rolling: true, changed: false, ctx: undefined }

describe('429 Too Many Requests', () => {
  /** Lets the 1.1 seconds before the second attempt go by. */
  async function waitOut(
    kv: FaultyKv,
    calls: readonly string[],
    again: readonly string[] = calls,
  ): Promise<void> {
    await vi.advanceTimersByTimeAsync(1099)
    expect(kv.calls).toEqual(calls)
    await vi.advanceTimersByTimeAsync(1)
    expect(kv.calls).toEqual([...calls, ...again])
  }

  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))

  it('is no error when only the life of a session is extended', async () => {
    const kv = createFaultyKv(worker.kv)
    kv.faults.put = [tooMany('PUT')]
    await createKvStore(kv).set('key', { views: 1 }, 60_000, touch)

    expect(kv.calls).toEqual(['put'])
    expect(vi.getTimerCount()).toBe(0)
  })

  it('is waited out once when data are written', async () => {
    const kv = createFaultyKv(worker.kv)
    kv.faults.put = [tooMany('PUT')]
    const done = createKvStore(kv).set('key', { views: 1 }, 60_000, write)
    await waitOut(kv, ['put'])
    await done

    expect(await worker.kv.get('key')).toBe('{"views":1}')
  })

  it('is an error the second time', async () => {
    const kv = createFaultyKv(worker.kv)
    kv.faults.put = [tooMany('PUT'), tooMany('PUT')]
    const done = Promise.resolve(createKvStore(kv).set('key', {}, 60_000, write))
    const outcome = done.then(
      () => 'kept',
      (error: Error) => error.message,
    )
    await waitOut(kv, ['put'])

    expect(await outcome).toBe('KV PUT failed: 429 Too Many Requests')
  })

  it.each([
    ['the record', ['delete'], ['delete']],
    ['the mark', ['put'], ['put']],
    ['both, at the same time', ['put', 'delete'], ['put', 'delete']],
  ] as const)('is waited out once at a logout: %s', async (_, faults, again) => {
    await worker.kv.put('key', '{}')
    const kv = createFaultyKv(worker.kv)
    for (const name of faults) kv.faults[name] = [tooMany(name.toUpperCase())]
    const done = createKvStore(kv).destroy('key', { ctx: undefined })
    await waitOut(kv, ['put', 'delete'], again)
    await done

    expect(await worker.kv.get('key')).toBe(null)
    expect(await worker.kv.get('key:ended')).toBe('1')
  })

  it.each([
    ['of the mark is an error of a logout', 'put', 'KV 429 Too Many Requests'],
    ['of the record is none: the mark has ended the session', 'delete', 'ended'],
  ] as const)('a second time %s', async (_, name, expected) => {
    const kv = createFaultyKv(worker.kv)
    kv.faults[name] = [tooMany(name), new Error('KV 429 Too Many Requests')]
    const store = createKvStore(kv)
    const done = Promise.resolve(store.destroy('key', { ctx: undefined }))
    const outcome = done.then(
      () => 'ended',
      (error: Error) => error.message,
    )
    await waitOut(kv, ['put', 'delete'], [name])

    expect(await outcome).toBe(expected)
    expect(await worker.kv.get('key:ended')).toBe(expected === 'ended' ? '1' : null)
  })

  it.each(['put', 'delete'] as const)('is told from other errors of a logout: %s', async (name) => {
    const kv = createFaultyKv(worker.kv)
    kv.faults[name] = [new Error('Network connection lost.')]
    const done = createKvStore(kv).destroy('key', { ctx: undefined })

    await expect(done).rejects.toThrow('Network connection lost.')
    expect(kv.calls).toEqual(['put', 'delete'])
  })

  it.each([
    'KV PUT failed: 500 Internal Server Error',
    'KV put() limit exceeded for the day.',
    'Network connection lost.',
  ])('is told from other errors, which are not waited out: %s', async (message) => {
    for (const options of [write, touch]) {
      const kv = createFaultyKv(worker.kv)
      kv.faults.put = [new Error(message)]
      const done = createKvStore(kv).set('key', {}, 60_000, options)

      await expect(done).rejects.toThrow(message)
      expect(kv.calls).toEqual(['put'])
    }
  })
})

describe('a session in KV whose writes are too many', () => {
  /** A manager over a namespace, and the cookie of a session in it. */
  async function begin(options: Partial<SessionOptions> = {}) {
    const kv = createFaultyKv(worker.kv)
    const clock = createClock()
    const manager = createSessionManager({
      secrets: SECRET,
      store: createKvStore(kv),
      now: clock.now,
      ...options,
    })
    const session = await manager.load(null)
    session.views = 1
    const cookie = cookieHeader(await manager.commit(session))
    kv.calls.length = 0
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    return { kv, manager, cookie, clock }
  }

  async function views(manager: SessionManager, cookie: string): Promise<unknown> {
    return (await manager.load(cookie)).views
  }

  it('keeps changed data, a second later', async () => {
    const { kv, manager, cookie } = await begin()
    const session = await manager.load(cookie)
    kv.faults.put = [tooMany('PUT')]
    session.views = 2
    const cookies = manager.commit(session)
    await vi.advanceTimersByTimeAsync(1100)

    expect(await cookies).toHaveLength(1)
    expect(await views(manager, cookie)).toBe(2)
  })

  it('keeps changed data that are saved by hand', async () => {
    const { kv, manager, cookie } = await begin()
    const session = await manager.load(cookie)
    kv.faults.put = [tooMany('PUT')]
    session.views = 2
    const saved = session.save()
    await vi.advanceTimersByTimeAsync(1100)
    await saved

    expect(await views(manager, cookie)).toBe(2)
  })

  it('keeps a session with a new id', async () => {
    const { kv, manager, cookie } = await begin()
    const session = await manager.load(cookie)
    kv.faults.put = [tooMany('PUT')]
    await session.regenerate()
    const cookies = manager.commit(session)
    await vi.advanceTimersByTimeAsync(1100)

    expect(await views(manager, cookieHeader(await cookies))).toBe(1)
  })

  it('keeps what beforeSave adds to a session that rolls', async () => {
    const beforeSave = (_: unknown, session: { views: number }) => void (session.views = 9)
    const { kv, manager, cookie, clock } = await begin({ rolling: true, touchAfter: 0 })
    const rolling = createSessionManager({
      secrets: SECRET,
      store: createKvStore(kv),
      now: clock.now,
      rolling: true,
      touchAfter: 0,
      beforeSave,
    })
    clock.pass(MINUTE)
    const session = await rolling.load(cookie)
    kv.faults.put = [tooMany('PUT')]
    const cookies = rolling.commit(session)
    await vi.advanceTimersByTimeAsync(1100)
    await cookies

    expect(await views(manager, cookie)).toBe(9)
  })

  it('rolls on without an error', async () => {
    const { kv, manager, cookie, clock } = await begin({ rolling: true, touchAfter: 0 })
    clock.pass(MINUTE)
    const session = await manager.load(cookie)
    kv.faults.put = [tooMany('PUT')]

    expect(await manager.commit(session)).toHaveLength(1)
    expect(kv.calls).toEqual(['get', 'put'])
    expect(await views(manager, cookie)).toBe(1)
  })

  it('rolls on once a minute at most, counted from the last save', async () => {
    const { kv, manager, cookie, clock } = await begin({ rolling: true, touchAfter: 0 })
    let header = cookie
    const visit = async (wait: number): Promise<number> => {
      clock.pass(wait)
      const cookies = await manager.commit(await manager.load(header))
      header = cookieHeader(cookies) || header
      return cookies.length
    }
    expect(await visit(MINUTE - 1)).toBe(0)
    expect(await visit(1)).toBe(1)
    expect(await visit(MINUTE - 1)).toBe(0)
    expect(await visit(1)).toBe(1)
    expect(kv.calls.join(' ')).toBe('get get put get get put')
  })

  it('rolls on a session too short for that at half its time', async () => {
    const { manager, cookie, clock } = await begin({ rolling: true, touchAfter: 0, maxAge: MINUTE })
    clock.pass(MINUTE / 2 - 1)
    expect(await manager.commit(await manager.load(cookie))).toHaveLength(0)
    clock.pass(1)
    expect(await manager.commit(await manager.load(cookie))).toHaveLength(1)
  })

  it('fails if they are still too many, and sends no cookie', async () => {
    const { kv, manager } = await begin()
    const session = await manager.load(null)
    kv.faults.put = [tooMany('PUT'), tooMany('PUT')]
    session.views = 1
    const outcome = manager.commit(session).catch((error: unknown) => error)
    await vi.advanceTimersByTimeAsync(1100)

    expect(await outcome).toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: 'The session store failed to set (Error).',
    })
    expect((await worker.kv.list()).keys).toHaveLength(1)
  })

  it('tells of a read that fails without what KV had to say', async () => {
    const { kv, manager, cookie } = await begin()
    kv.faults.get = [new Error('KV GET failed: 500 key=SECRET')]

    await expect(manager.load(cookie)).rejects.toThrow('The session store failed to get (Error).')
  })
})

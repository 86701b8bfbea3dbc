import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createKvStore } from '../adapters/workers-kv.ts'
import {
  createSessionManager,
  SessionError,
  type SessionManager,
  type SessionOptions,
} from '../src/index.ts'
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
const read = { rolling: false, ctx: undefined }

describe('createKvStore()', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'SESSIONS'],
    ['another binding', { fetch() {} }],
  ])('refuses %s for a namespace', (_, namespace) => {
    expect(() => createKvStore(namespace as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_OPTIONS',
        message: expect.stringContaining('is its binding in wrangler.toml'),
      }),
    )
  })

  it('says what it is', () => {
    expect(createKvStore(createFaultyKv(worker.kv))).toMatchObject({
      consistency: 'eventual',
      hashedKeys: true,
    })
  })

  it('keeps, finds and forgets a record', async () => {
    const store = createKvStore(createFaultyKv(worker.kv))
    await store.set('key', { user: 'Zoë 🐦', _expire: 1 }, 60_000, write)

    expect(await worker.kv.get('key')).toBe('{"user":"Zoë 🐦","_expire":1}')
    expect(await store.get('key', 60_000, read)).toEqual({ user: 'Zoë 🐦', _expire: 1 })
    await store.destroy('key', { ctx: undefined })
    expect(await store.get('key', 60_000, read)).toBe(null)
    await store.destroy('key', { ctx: undefined })
  })

  it('calls KV once for each', async () => {
    const kv = createFaultyKv(worker.kv)
    const store = createKvStore(kv)
    await store.set('key', {}, 60_000, write)
    await store.get('key', 60_000, read)
    await store.destroy('key', { ctx: undefined })

    expect(kv.calls).toEqual(['put', 'get', 'delete'])
  })

  it('puts a prefix before every key', async () => {
    const store = createKvStore(createFaultyKv(worker.kv), { prefix: 'session:' })
    await store.set('key', { views: 1 }, 60_000, write)

    expect((await worker.kv.list()).keys.map(({ name }) => name)).toEqual(['session:key'])
    expect(await store.get('key', 60_000, read)).toEqual({ views: 1 })
    await store.destroy('key', { ctx: undefined })
    expect((await worker.kv.list()).keys).toEqual([])
  })

  it.each([
    [3_600_000, 3600],
    [3_600_001, 3601],
    [61_500, 62],
    [60_000, 60],
    [1, 60],
    [undefined, 86_400],
    ['session' as const, 86_400],
  ])('for a maxAge of %s asks KV to keep a record for %d seconds', async (maxAge, seconds) => {
    const kv = createFaultyKv(worker.kv)
    const put = vi.spyOn(kv, 'put')
    await createKvStore(kv).set('key', {}, maxAge, write)

    expect(put.mock.calls).toEqual([['key', '{}', { expirationTtl: seconds }]])
  })

  it.each(['not json', '', '{"a":', 'undefined', '\u0000'])(
    'finds no record in %j',
    async (value) => {
      await worker.kv.put('key', value)

      expect(await createKvStore(createFaultyKv(worker.kv)).get('key', 60_000, read)).toBe(null)
    },
  )

  it('leaves a __proto__ out of what it finds', async () => {
    await worker.kv.put('key', '{"__proto__":{"admin":true},"views":1}')
    const record = await createKvStore(createFaultyKv(worker.kv)).get('key', 60_000, read)

    expect(record).toEqual({ views: 1 })
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype)
  })

  it.each([
    ['x'.repeat(512), true],
    ['x'.repeat(513), false],
    ['字'.repeat(170), true],
    ['字'.repeat(171), false],
  ])('takes a key of up to 512 bytes: %#', async (key, fits) => {
    const kv = createFaultyKv(worker.kv)
    const store = createKvStore(kv)
    const outcome = await Promise.resolve(store.set(key, {}, 60_000, write)).then(
      () => 'kept',
      (error: SessionError) => error.code,
    )

    expect(outcome).toBe(fits ? 'kept' : 'ERR_SESSION_OPTIONS')
    expect(await store.get(key, 60_000, read)).toEqual(fits ? {} : null)
    await store.destroy(key, { ctx: undefined })
    expect(kv.calls).toEqual(fits ? ['put', 'get', 'delete'] : [])
  })
})

describe('429 Too Many Requests', () => {
  /** Lets the 1.1 seconds before the second attempt go by. */
  async function waitOut(kv: FaultyKv, calls: string[]): Promise<void> {
    await vi.advanceTimersByTimeAsync(1099)
    expect(kv.calls).toEqual(calls)
    await vi.advanceTimersByTimeAsync(1)
    expect(kv.calls).toEqual([...calls, calls.at(-1)])
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

  it('is waited out once at a logout', async () => {
    await worker.kv.put('key', '{}')
    const kv = createFaultyKv(worker.kv)
    kv.faults.delete = [tooMany('DELETE')]
    const done = createKvStore(kv).destroy('key', { ctx: undefined })
    await waitOut(kv, ['delete'])
    await done

    expect(await worker.kv.get('key')).toBe(null)
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
    const manager = createSessionManager({ secrets: SECRET, store: createKvStore(kv), ...options })
    const session = await manager.load(null)
    session.views = 1
    const cookie = cookieHeader(await manager.commit(session))
    kv.calls.length = 0
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    return { kv, manager, cookie }
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
    const { kv, manager, cookie } = await begin({ rolling: true })
    const rolling = createSessionManager({
      secrets: SECRET,
      store: createKvStore(kv),
      rolling: true,
      beforeSave,
    })
    const session = await rolling.load(cookie)
    kv.faults.put = [tooMany('PUT')]
    const cookies = rolling.commit(session)
    await vi.advanceTimersByTimeAsync(1100)
    await cookies

    expect(await views(manager, cookie)).toBe(9)
  })

  it('rolls on without an error', async () => {
    const { kv, manager, cookie } = await begin({ rolling: true })
    const session = await manager.load(cookie)
    kv.faults.put = [tooMany('PUT')]

    expect(await manager.commit(session)).toHaveLength(1)
    expect(kv.calls).toEqual(['get', 'put'])
    expect(await views(manager, cookie)).toBe(1)
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

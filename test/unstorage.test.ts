import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createStorage, prefixStorage, type Driver, type Storage } from 'unstorage'
import cloudflareKv from 'unstorage/drivers/cloudflare-kv-binding'
import fs from 'unstorage/drivers/fs'
import http from 'unstorage/drivers/http'
import lruCache from 'unstorage/drivers/lru-cache'
import memory from 'unstorage/drivers/memory'
import redisDriver from 'unstorage/drivers/redis'
import { createStorageServer } from 'unstorage/server'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { describeStore } from '../adapters/testing.ts'
import { createUnstorageStore, type UnstorageStoreOptions } from '../adapters/unstorage.ts'
import { createSessionManager } from '../src/index.ts'
import { end, read, write } from './fetch/fixture.ts'
import { listen } from './fetch/server.ts'
import { createClock, DAY } from './fixtures/clock.ts'
import { rejectionOf } from './fixtures/errors.ts'
import { SECRET } from './fixtures/secrets.ts'
import { createVisitor } from './fixtures/visitor.ts'
import { runWorker, type RunningWorker } from './workerd/running.ts'

const runner = { describe, it }
const url = process.env['REDIS_URL']!
const redis = new Redis(url)
const hex = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A driver at work, and what puts it away. */
interface Open {
  driver: Driver
  close?(): Promise<unknown>
}

const redisBase = (): string => `unstorage-test:${crypto.randomUUID()}`

function openRedis(base: string = redisBase()): Open {
  const driver = redisDriver({ url, base })
  return {
    driver,
    async close() {
      for (const key of await redis.keys(`${base}:*`)) await redis.del(key)
      await driver.dispose?.()
    },
  }
}

const drivers: Record<string, () => Open | Promise<Open>> = {
  memory: () => ({ driver: memory() }),
  'lru-cache': () => ({ driver: lruCache({}) }),
  async fs() {
    const base = await mkdtemp(join(tmpdir(), 'unstorage-test-'))
    return { driver: fs({ base }), close: () => rm(base, { recursive: true }) }
  },
  redis: () => openRedis(),
  async http() {
    const { handle } = createStorageServer(createStorage())
    const { url, stop } = await listen(handle)
    return { driver: http({ base: url }), close: stop }
  },
}

// What unstorage leaves out of JSON it tells the console.
beforeAll(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))
afterAll(async () => {
  vi.restoreAllMocks()
  redis.disconnect()
})

describe.each(Object.keys(drivers))('createUnstorageStore() over the driver %s', (name) => {
  describe.each(['strong', 'eventual'] as const)('that is %s', (consistency) => {
    describeStore(
      'a store',
      async () => {
        const { driver, close } = await drivers[name]!()
        const clock = createClock(Date.now())
        const store = createUnstorageStore(createStorage({ driver }), {
          consistency,
          now: clock.now,
        })
        return { store, advance: clock.pass, now: clock.now, ...(close && { dispose: close }) }
      },
      runner,
    )
  })
})

describe('createUnstorageStore() over Workers KV', () => {
  let worker: RunningWorker
  beforeAll(async () => {
    worker = await runWorker('export default { fetch: () => new Response() }')
  })
  afterAll(() => worker.stop())

  const open = (options?: UnstorageStoreOptions): ReturnType<typeof createUnstorageStore> => {
    const driver = cloudflareKv({ binding: worker.kv as never })
    return createUnstorageStore(createStorage({ driver }), { consistency: 'eventual', ...options })
  }

  describeStore(
    'a store',
    () => {
      const clock = createClock(Date.now())
      return { store: open({ now: clock.now }), advance: clock.pass, now: clock.now }
    },
    runner,
  )

  it('has KV forget records and marks by itself', async () => {
    const store = open({ prefix: 'kv:' })
    await store.set('a', { n: 1 }, 3_600_500, write)
    await store.set('b', { n: 2 }, 1000, write)
    await store.destroy('b', { ...end, maxAge: 7_200_000 })
    const { keys } = await worker.kv.list()
    const now = Date.now() / 1000
    const left = Object.fromEntries(
      keys.map(({ name, expiration }) => [name, Math.round((expiration! - now) / 60)]),
    )

    expect(left).toMatchObject({ [`kv:${hex('a')}`]: 60, [`kv:${hex('b')}-ended`]: 120 })
    expect(left).not.toHaveProperty(`kv:${hex('b')}`)
  })
})

describe('createUnstorageStore()', () => {
  let storage: Storage
  beforeEach(() => void (storage = createStorage()))
  afterEach(() => storage.dispose())

  it('takes any storage of unstorage’s', async () => {
    const storages: Storage[] = [storage, prefixStorage(storage, 'inner')]
    const typed: Storage<string> = createStorage<string>()
    for (const each of [...storages, createStorage<{ n: number }>()]) {
      await createUnstorageStore(each).set('key', { n: 1 }, DAY, write)
    }
    await createUnstorageStore(typed).set('key', { n: 1 }, DAY, write)

    const name = `session:${hex('key')}`
    expect(await storage.getKeys()).toEqual([name, `inner:${name}`])
    expect(await typed.getKeys()).toEqual([name])
  })

  it.each([undefined, null, {}, 'redis://'])('refuses %j for a storage', (given) => {
    const make = (): unknown => createUnstorageStore(given as never)
    expect(make).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_OPTIONS',
        message: 'createUnstorageStore() needs a storage: give it what createStorage() returns.',
      }),
    )
  })

  it.each([
    [{ prefix: 'a?b:' }, 'Session option "prefix" must be letters, digits and :/_-.'],
    [{ prefix: '../' }, 'Session option "prefix" must be letters, digits and :/_-.'],
    [{ prefix: 'é' }, 'Session option "prefix" must be letters, digits and :/_-.'],
    [{ consistency: 'weak' }, `Session option "consistency" must be 'strong' or 'eventual'.`],
  ])('refuses %j', (options, message) => {
    expect(() => createUnstorageStore(storage, options as never)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_OPTIONS', message }),
    )
  })

  it('reaches what is mounted under its prefix', async () => {
    const other = memory()
    storage.mount('sessions', other)
    const store = createUnstorageStore(storage, { prefix: 'sessions:' })
    await store.set('key', { n: 1 }, DAY, write)

    expect(await other.getKeys('', {})).toEqual([hex('key')])
  })

  it('lets a driver that can forget records by itself', async () => {
    const base = redisBase()
    const { driver, close } = openRedis(base)
    const store = createUnstorageStore(createStorage({ driver }))
    await store.set('key', { n: 1 }, 59_001, write)
    const left = await redis.pttl(`${base}:session:${hex('key')}`)
    await close!()

    expect(left).toBeGreaterThan(50_000)
    expect(left).toBeLessThanOrEqual(60_000)
  })

  it('has a server of unstorage’s hand that on', async () => {
    const { driver, close } = openRedis()
    const { handle } = createStorageServer(createStorage({ driver }))
    const server = await listen(handle)
    const front = createStorage({ driver: http({ base: server.url }) })
    await createUnstorageStore(front).set('key', { n: 1 }, 60_000, write)
    const [name] = await redis.keys(`unstorage-test:*:session:${hex('key')}`)
    const left = await redis.ttl(name!)
    await server.stop()
    await close!()

    expect(left).toBeGreaterThan(50)
    expect(left).toBeLessThanOrEqual(60)
  })

  it('leaves what is over where it is, until it is asked for', async () => {
    const clock = createClock()
    const store = createUnstorageStore(storage, { now: clock.now })
    await store.set('a', { n: 1 }, 1000, write)
    await store.set('b', { n: 2 }, 1000, write)
    clock.pass(1000)

    expect(await store.get('a', 1, read)).toBe(null)
    expect(await storage.getKeys()).toEqual([`session:${hex('b')}`])
  })

  it.each(['text', '"text"', '42', '[{"n":1}]', '{"n":1', 'null'])(
    'finds no record where something else is kept: %s',
    async (text) => {
      await storage.setItem(`session:${hex('key')}`, text)
      expect(await createUnstorageStore(storage).get('key', 1, read)).toBe(null)
    },
  )

  it('keeps ids out of the storage, and out of errors', async () => {
    const options = {
      secrets: SECRET,
      store: createUnstorageStore(storage),
      genid: () => 'id-4417',
    }
    const { visit, peek } = createVisitor(createSessionManager(options))
    await visit((session) => (session.user = 'ada'))

    expect(await peek()).toEqual({ user: 'ada' })
    expect(JSON.stringify(await storage.getKeys())).not.toContain('id-4417')
    storage.setItem = () => Promise.reject(new Error('id-4417 hunter2'))
    const error = await rejectionOf(visit((session) => (session.n = 1)))
    expect(error).toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(String(error)).not.toMatch(/4417|hunter2/)
  })

  it('fails a logout if either of its writes fails, and makes both', async () => {
    const store = createUnstorageStore(storage, { consistency: 'eventual' })
    await store.set('key', { n: 1 }, DAY, write)
    const { removeItem } = storage
    storage.removeItem = () => Promise.reject(new Error('no'))

    expect(await rejectionOf(Promise.resolve(store.destroy('key', end)))).toEqual(new Error('no'))
    storage.removeItem = removeItem
    expect(await store.get('key', 1, read)).toEqual({ _ended: true })
  })

  it('keeps a session ended that a slow request writes again, where it is eventual', async () => {
    const store = createUnstorageStore(storage, { consistency: 'eventual' })
    const manager = createSessionManager({ secrets: SECRET, store })
    const { visit, jar } = createVisitor(manager)
    await visit((session) => (session.user = 'ada'))
    const cookie = jar.header
    const slow = await manager.load(cookie)
    await visit((session) => session.destroy())
    slow.late = true
    await manager.commit(slow)

    expect(await manager.load(cookie)).toMatchObject({ isNew: true, length: 0 })
  })
})

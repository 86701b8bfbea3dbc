import { randomUUID } from 'node:crypto'
import { RESP_TYPES } from 'redis'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createRedisStore, type RedisClient } from '../adapters/redis.ts'
import { createSessionManager, type SessionRecord, type Store } from '../src/index.ts'
import { DAY } from './fixtures/clock.ts'
import { createDocumentedStore } from './fixtures/documented-store.ts'
import { rejectionOf } from './fixtures/errors.ts'
import { startSentinel, type RedisSentinel } from './fixtures/redis-sentinel.ts'
import { startServer, type RedisServer } from './fixtures/redis-server.ts'
import { SECRET } from './fixtures/secrets.ts'
import { createVisitor } from './fixtures/visitor.ts'
import {
  openIoredis,
  openNodeRedis,
  openNodeRedisPool,
  openIoredisSentinel,
  openNodeRedisSentinel,
  type OpenClient,
} from './redis/clients.ts'
import {
  describeContract,
  describeScripts,
  describeSuite,
  read,
  write,
  type FullStore,
} from './redis/contract.ts'
import { describeRaces } from './redis/races.ts'

const url = process.env['REDIS_URL']!
const raw = new Redis(url)

afterAll(() => raw.disconnect())

type Kind = [name: string, open: () => Promise<OpenClient<RedisClient>>]

const kinds: Kind[] = [
  ['ioredis', () => openIoredis(url)],
  ['redis', () => openNodeRedis(url)],
]

/** Clients that are set up to send or to answer in other ways. */
const variants: Kind[] = [
  ['ioredis, pipelining', () => openIoredis(url, { enableAutoPipelining: true })],
  ['ioredis, numbers as text', () => openIoredis(url, { stringNumbers: true })],
  ['redis, RESP2', () => openNodeRedis(url, { RESP: 2 })],
  [
    'redis, bytes',
    () =>
      openNodeRedis(url, {
        commandOptions: { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } },
      }),
  ],
  ['redis, a pool', () => openNodeRedisPool(url)],
]

describeScripts()

describe.each([...kinds, ...variants])('createRedisStore() over %s', (name, open) => {
  let one: OpenClient<RedisClient>
  let other: OpenClient<RedisClient>

  beforeAll(async () => {
    one = await open()
    other = await open()
  })

  afterAll(async () => {
    await one.close()
    await other.close()
  })

  const openStore = (prefix: string): Store => createRedisStore(one.client, { prefix })

  describeContract(openStore, () => url)
  if (kinds.some(([kind]) => kind === name)) describeSuite(openStore, () => [raw])
  describeRaces(() => {
    const prefix = `test:${randomUUID()}:`
    return [createRedisStore(one.client, { prefix }), createRedisStore(other.client, { prefix })]
  })
})

describe('createRedisStore()', () => {
  it.each([
    ['nothing', undefined],
    ['null', null],
    ['a URL', url],
    ['something else', { get() {} }],
  ])('refuses %s for a client', (_, client) => {
    expect(() => createRedisStore(client as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_OPTIONS',
        message:
          'createRedisStore() needs a client of `ioredis` or of `redis`, or a function that gives one.',
      }),
    )
  })

  it('says the same of a client that a function gives, once one is needed', async () => {
    const store = createRedisStore(() => undefined as never)
    await expect(store.get('id', 1000, { rolling: false, ctx: undefined })).rejects.toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
    })
  })

  it('puts "session:" before every key, after a prefix that the client has', async () => {
    const keyPrefix = `test:${randomUUID()}:`
    const { client, close } = await openIoredis(url, { keyPrefix })
    const store = createRedisStore(client) as FullStore
    await store.set('key', { n: 1, _expire: 5, _maxAge: 5 }, 60_000, write)
    const previous = (await store.get('key', DAY, read)) as SessionRecord

    expect(await store.touch('key', 60_000, { expire: 7, ctx: undefined })).toBe(true)
    expect(await store.compareAndSet('key', { n: 3 }, 60_000, previous, write)).toBe(false)
    const touched = { n: 1, _expire: 7, _maxAge: 5 }
    expect(await store.compareAndSet('key', { n: 2 }, 60_000, touched, write)).toBe(true)
    await close()
    expect(await raw.get(`${keyPrefix}session:key`)).toBe('{"n":2}')
  })
})

describe('Redis behind a Sentinel', () => {
  let sentinel: RedisSentinel

  beforeAll(async () => void (sentinel = await startSentinel(url)))
  afterAll(() => sentinel.stop())

  it.each<Kind>([
    ['ioredis', () => openIoredisSentinel(sentinel)],
    ['redis', () => openNodeRedisSentinel(sentinel)],
  ])('is found by %s', async (_, open) => {
    const { client, close } = await open()
    const prefix = `test:${randomUUID()}:`
    const manager = createSessionManager({
      secrets: SECRET,
      store: createRedisStore(client, { prefix }),
      rolling: true,
    })
    const { visit, peek } = createVisitor(manager)
    await visit((session) => (session.n = 1))
    await visit()
    await visit((session) => (session.n = 2))

    expect(await peek()).toEqual({ n: 2 })
    expect(await raw.keys(`${prefix}*`)).toHaveLength(1)
    await visit((session) => session.destroy())
    expect(await raw.keys(`${prefix}*`)).toEqual([])
    await close()
  })
})

describe('the store of egg-session’s README', () => {
  const app = { redis: raw }
  const store = createDocumentedStore(app)
  const options = { secrets: SECRET, store, prefix: `test:${randomUUID()}:` }

  it.each([3_600_000, 'session' as const])('keeps sessions, maxAge %s', async (maxAge) => {
    const { visit, peek } = createVisitor(createSessionManager({ ...options, maxAge }))
    const { session } = await visit((session) => (session.user = 'ada'))
    const key = session.externalKey!

    expect(await app.redis.get(key)).toContain('{"user":"ada","_')
    expect(await app.redis.pttl(key)).toBeGreaterThan(3_605_000)
    await visit((session) => (session.cart = [1]))
    expect(await peek()).toEqual({ user: 'ada', cart: [1] })
    await visit((session) => session.regenerate())
    expect(await app.redis.get(key)).toBe(null)
    expect(await peek()).toEqual({ user: 'ada', cart: [1] })
    const left = await visit((session) => session.destroy())
    expect(await app.redis.get(left.session.externalKey!)).toBe(null)
    expect(await peek()).toMatchObject({ isNew: true, length: 0 })
  })

  it('lets the last of two requests at once win, as it always did', async () => {
    const manager = createSessionManager(options)
    const { visit, peek, jar } = createVisitor(manager)
    await visit((session) => (session.user = 'ada'))
    const [first, second] = [await manager.load(jar.header), await manager.load(jar.header)]
    first.cart = [1]
    second.theme = 'dark'
    await manager.commit(first)
    await manager.commit(second)

    expect(await peek()).toEqual({ user: 'ada', theme: 'dark' })
  })

  it('lets a slow request bring a session back, as it always did', async () => {
    const manager = createSessionManager(options)
    const { visit, jar } = createVisitor(manager)
    await visit((session) => (session.user = 'ada'))
    const cookie = jar.header
    const slow = await manager.load(cookie)
    await visit((session) => session.destroy())
    slow.cart = [1]
    await manager.commit(slow)

    expect(await manager.load(cookie)).toEqual({ user: 'ada', cart: [1] })
  })

  it('leaves records that createRedisStore() goes on with', async () => {
    const { visit, jar } = createVisitor(createSessionManager(options))
    const { session } = await visit((session) => (session.user = 'ada'))
    const store = createRedisStore(app.redis, { prefix: '' })
    const manager = createSessionManager({ ...options, store, hashKeys: false })
    const later = createVisitor(manager)
    later.jar.take([`__Host-sid=${jar.header.split('=')[1]}`])
    await later.visit((session) => (session.cart = [1]))

    expect(await later.peek()).toEqual({ user: 'ada', cart: [1] })
    expect(await app.redis.get(session.externalKey!)).toContain('{"user":"ada","cart":[1],"_')
  })
})

describe('what is sent', () => {
  /** A store whose client answers as it is told, and the names of the commands it got. */
  function answers(reply: (command: string) => unknown): { store: FullStore; names: string[] } {
    const names: string[] = []
    const call = async (command: string): Promise<unknown> => {
      names.push(command)
      return reply(command)
    }
    return { store: createRedisStore({ call }) as FullStore, names }
  }

  it('is one command for each call', async () => {
    const { client, close } = await openIoredis(url)
    const call = vi.spyOn(client, 'call')
    const prefix = `test:${randomUUID()}:`
    const manager = createSessionManager({
      secrets: SECRET,
      store: createRedisStore(client, { prefix }),
      rolling: true,
      touchAfter: 0,
    })
    const { visit } = createVisitor(manager)
    const sent = async (act?: (session: any) => unknown): Promise<unknown[]> => {
      await visit(act)
      return call.mock.calls.splice(0).map(([command]) => command)
    }
    await sent((session) => (session.n = 1))
    await sent()

    expect(await sent()).toEqual(['GET', 'EVALSHA'])
    expect(await sent((session) => (session.n = 2))).toEqual(['GET', 'EVALSHA'])
    expect(await sent((session) => session.regenerate())).toEqual(['GET', 'EVALSHA', 'EVALSHA'])
    expect(await sent((session) => session.destroy())).toEqual(['GET', 'DEL'])
    await close()
  })

  it('is the script itself where a server does not know it', async () => {
    const { store, names } = answers((command) => {
      if (command === 'EVALSHA') throw new Error('NOSCRIPT No matching script. Please use EVAL.')
      return 1
    })

    expect(await store.compareAndSet('key', {}, 1, null, write)).toBe(true)
    expect(await store.touch('key', 1, { expire: 1, ctx: undefined })).toBe(true)
    expect(names).toEqual(['EVALSHA', 'EVAL', 'EVALSHA', 'EVAL'])
  })

  it.each<[string, (store: FullStore) => unknown]>([
    ['get', (store) => store.get('key', 1, read)],
    ['set', (store) => store.set('key', {}, 1, write)],
    ['compareAndSet', (store) => store.compareAndSet('key', {}, 1, null, write)],
    ['touch', (store) => store.touch('key', 1, { expire: 1, ctx: undefined })],
    ['destroy', (store) => store.destroy('key', { ctx: undefined })],
  ])('is not sent again when it fails: %s()', async (_, act) => {
    const { store, names } = answers(() => {
      throw new Error('Connection is closed.')
    })

    await rejectionOf(Promise.resolve(act(store)))
    expect(names).toHaveLength(1)
  })

  it.each([null, undefined, 'OK', 2, -1, {}, '', Number.NaN])(
    'is no success if the answer to a script is %j',
    async (answer) => {
      const { store } = answers(() => answer)

      await expect(store.compareAndSet('key', {}, 1, null, write)).rejects.toThrow('Redis failed.')
    },
  )
})

describe('a failing server', () => {
  const canary = 'canary-4417'
  let server: RedisServer
  let admin: Redis

  beforeAll(async () => {
    server = await startServer()
    admin = new Redis(server.url)
    admin.on('error', () => {})
  })

  afterAll(async () => {
    admin.disconnect()
    await server.stop()
  })

  const clients: [string, () => Promise<OpenClient<RedisClient>>][] = [
    [
      'ioredis',
      () => openIoredis(server.url, { showFriendlyErrorStack: true, retryStrategy: () => null }),
    ],
    ['redis', () => openNodeRedis(server.url, { socket: { reconnectStrategy: false } })],
  ]

  it.each(clients)('gets the script once and the SHA-1 from then on, over %s', async (_, open) => {
    const { client, close } = await open()
    const store = createRedisStore(client) as FullStore
    await admin.script('FLUSH')
    await admin.config('RESETSTAT')
    for (let n = 0; n < 5; n++) await store.compareAndSet(`key${n}`, { n }, 60_000, null, write)
    const stats = await admin.info('commandstats')

    expect(stats).toMatch(/cmdstat_eval:calls=1,/)
    expect(stats).toMatch(/cmdstat_evalsha:calls=5,/)
    await admin.flushall()
    await close()
  })

  /** What a host's log might show of an error. */
  const allOf = (error: any): string =>
    [
      error,
      error.stack,
      error.cause,
      JSON.stringify(error, Object.getOwnPropertyNames(error)),
    ].join()

  it.each(clients)('tells no more than the kind of failure, over %s', async (_, open) => {
    const { client, close } = await open()
    const store = createRedisStore(client) as FullStore
    const manager = createSessionManager({ secrets: SECRET, store, genid: () => canary })
    const { visit, jar } = createVisitor(manager)
    await visit((session) => (session.user = canary))
    const [key] = await admin.keys('*')
    await admin.config('SET', 'maxmemory', '1')
    try {
      const error = await rejectionOf(visit((session) => (session.user = `${canary}2`)))
      expect(error.message).toMatch(/^The session store failed to set \(\w+ OOM\)\.$/)
      const direct = await rejectionOf(Promise.resolve(store.set(canary, { canary }, 1, write)))
      expect(direct).toMatchObject({ message: 'Redis failed.', code: 'OOM' })
      for (const text of [allOf(error), allOf(direct)]) {
        expect(text).not.toContain(canary)
        expect(text).not.toContain(key)
        expect(text).not.toMatch(/EVAL|PX/)
      }
    } finally {
      await admin.config('SET', 'maxmemory', '0')
    }
    expect(jar.header).toContain('sid')
    await admin.flushall()
    await close()
  })

  it.each(clients)('that is gone fails, over %s', async (_, open) => {
    const { client, close } = await open()
    const manager = createSessionManager({
      secrets: SECRET,
      store: createRedisStore(client),
      storeTimeout: 5000,
    })
    const { visit } = createVisitor(manager)
    await visit((session) => (session.user = canary))
    await admin.call('CLIENT', 'KILL', 'TYPE', 'normal')
    await new Promise((resolve) => setTimeout(resolve, 50))
    const error = await rejectionOf(visit())

    expect(error.code).toMatch(/^ERR_SESSION_(STORE|TIMEOUT)$/)
    expect(error.message).toMatch(
      /^The session store (failed to get \(\w+\)|took longer than 5000 ms to get)\.$/,
    )
    await close()
  })
})

import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisStore } from '../adapters/redis.ts'
import { createKvSimulator, describeStore } from '../adapters/testing.ts'
import { createKvStore, type KvNamespace } from '../adapters/workers-kv.ts'
import { createSessionManager, type Store } from '../src/index.ts'
import { createMemoryStore } from '../src/memory.ts'
import { createClock } from './fixtures/clock.ts'
import { createDocumentedStore } from './fixtures/documented-store.ts'
import { SECRET } from './fixtures/secrets.ts'
import { createVisitor } from './fixtures/visitor.ts'
import { runWorker, type RunningWorker } from './workerd/running.ts'

const runner = { describe, it }

describeStore(
  'createMemoryStore()',
  () => {
    const clock = createClock()
    return { store: createMemoryStore(clock), advance: clock.pass, now: clock.now }
  },
  runner,
)

describe('Workers KV', () => {
  let worker: RunningWorker
  const start = Date.now()
  let passed = 0

  beforeAll(async () => {
    worker = await runWorker('export default { fetch: () => new Response() }')
    await worker.holdKvClock(start)
  })
  afterAll(() => worker.stop())

  // The control of KV's clock comes with a limit to values, which is none of KV's.
  const small = {
    describe,
    it(name: string, body: () => Promise<void>): void {
      const tell = name.includes('sixty kilobytes') ? it.skip : it
      tell(name, body)
    },
  }

  describeStore(
    'createKvStore(), in a namespace of workerd',
    () => ({
      store: createKvStore(worker.kv as unknown as KvNamespace),
      now: () => start + passed,
      async advance(ms) {
        await worker.passKvTime(ms)
        passed += ms
      },
    }),
    small,
  )

  describeStore(
    'createKvStore(), in one of many locations',
    () => {
      const clock = createClock()
      const kv = createKvSimulator({ now: clock.now, lag: 5000, writeInterval: 0 })
      return { store: createKvStore(kv.at('OSL')), advance: clock.pass, now: clock.now }
    },
    runner,
  )
})

describe('Redis', () => {
  let redis: Redis
  beforeAll(() => {
    redis = new Redis(process.env['REDIS_URL']!)
  })
  afterAll(() => redis.quit())

  describeStore(
    'createRedisStore()',
    () => {
      const prefix = `stores-test:${crypto.randomUUID()}:`
      return {
        store: createRedisStore(redis, { prefix }),
        advance: (ms) => age(redis, prefix, ms),
        dispose: () => clear(redis, prefix),
      }
    },
    runner,
  )

  // It hands times on as they are: 'session', which Egg gives nobody, and fractions are refused.
  const tell = it
  const whole = {
    describe,
    it(name: string, body: () => Promise<void>): void {
      const cannot = /"session"|fraction|browser session/.test(name)
      const refused = (): Promise<void> => expect(body()).rejects.toThrow('not an integer')
      tell(cannot ? `cannot: ${name}` : name, cannot ? refused : body)
    },
  }

  describeStore(
    'the store of egg-session’s README',
    () => {
      const prefix = `stores-test:${crypto.randomUUID()}:`
      return {
        store: createDocumentedStore({ redis: prefixed(redis, prefix) }),
        advance: (ms) => age(redis, prefix, ms),
        dispose: () => clear(redis, prefix),
      }
    },
    whole,
  )
})

/** Redis keeps its own time: what is there is made as old as if that had passed. */
async function age(redis: Redis, prefix: string, ms: number): Promise<void> {
  for (const key of await redis.keys(`${prefix}*`)) {
    const left = await redis.pttl(key)
    if (left > ms) await redis.pexpire(key, left - ms)
    else await redis.del(key)
  }
}

async function clear(redis: Redis, prefix: string): Promise<void> {
  for (const key of await redis.keys(`${prefix}*`)) await redis.del(key)
}

/** The commands of an application's client that puts a prefix before every key. */
function prefixed(redis: Redis, prefix: string): Pick<Redis, 'get' | 'set' | 'del'> {
  return {
    get: (key) => redis.get(prefix + String(key)),
    set: (key: string, ...rest: [string, 'PX', number]) => redis.set(prefix + key, ...rest),
    del: (key: string) => redis.del(prefix + key),
  } as Pick<Redis, 'get' | 'set' | 'del'>
}

/** Stores as applications write them for koa-session and Egg. */
describe('a store of one’s own', () => {
  describeStore(
    'of three functions on a Map',
    () => {
      const records = new Map<string, string>()
      const store: Store = {
        get: (key) => (records.has(key) ? JSON.parse(records.get(key)!) : undefined),
        set: (key, record) => void records.set(key, JSON.stringify(record)),
        destroy: (key) => void records.delete(key),
      }
      return { store }
    },
    runner,
  )

  describeStore(
    'that is an object with the records in it, as in koa-session’s own tests',
    () => {
      const sessions: Record<string, unknown> = Object.create(null)
      const store: Store = {
        async get(key) {
          return sessions[key]
        },
        async set(key, record) {
          sessions[key] = record
        },
        async destroy(key) {
          sessions[key] = undefined
        },
      }
      return { store }
    },
    { ...runner, keepsObjects: true },
  )

  /** A table of rows. */
  class TableStore implements Store {
    #rows: { id: string; text: string; end: number }[] = []
    readonly #now: () => number

    constructor(now: () => number = Date.now) {
      this.#now = now
    }

    async get(key: string): Promise<unknown> {
      const row = this.#rows.find(({ id, end }) => id === key && this.#now() < end)
      return row ? JSON.parse(row.text) : null
    }

    async set(key: string, record: object, maxAge?: number | 'session'): Promise<void> {
      await this.destroy(key)
      const end = this.#now() + (typeof maxAge === 'number' ? maxAge : 86_400_000)
      this.#rows.push({ id: key, text: JSON.stringify(record), end })
    }

    async destroy(key: string): Promise<void> {
      this.#rows = this.#rows.filter(({ id }) => id !== key)
    }
  }

  describeStore(
    'that is an instance of a class',
    () => {
      const clock = createClock()
      return { store: new TableStore(clock.now), advance: clock.pass, now: clock.now }
    },
    runner,
  )

  const shared = new Map<string, unknown>()

  /** koa-session's `ContextStore`: made for each request, and handed its context. */
  class ContextStore implements Store {
    readonly ctx: unknown
    constructor(ctx: unknown) {
      this.ctx = ctx
    }
    async get(key: string): Promise<unknown> {
      return shared.get(key)
    }
    async set(key: string, record: object): Promise<void> {
      shared.set(key, record)
    }
    async destroy(key: string): Promise<void> {
      shared.set(key, undefined)
    }
  }

  describeStore('that is made for each request', () => ({ store: new ContextStore({}) }), {
    ...runner,
    keepsObjects: true,
  })

  it('that is made for each request is the same store for the next', async () => {
    const manager = createSessionManager({ secrets: SECRET, ContextStore })
    const { visit, peek } = createVisitor(manager)
    await visit((session) => (session.user = 'fred'))
    await visit((session) => (session.n = 1))

    expect((await peek()).toJSON()).toEqual({ user: 'fred', n: 1 })
    await visit((session) => session.destroy())
    expect((await peek()).isNew).toBe(true)
  })
})

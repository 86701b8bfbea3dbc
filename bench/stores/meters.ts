import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Store } from 'session-kit'
import { createFetchStore, createStoreHandler } from 'session-kit/fetch'
import { createMemoryStore } from 'session-kit/memory'
import { createRedisStore } from 'session-kit/redis'
import { createUpstashStore } from 'session-kit/upstash'
import { createKvStore } from 'session-kit/workers-kv'
import { startRedis } from '../../test/fixtures/redis-server.ts'
import { SECRET } from '../../test/fixtures/secrets.ts'
import { startUpstash } from '../../test/fixtures/upstash-server.ts'
import { runWorker } from '../../test/workerd/running.ts'
import { add, countOperations, type Counts } from './acts.ts'
import { openWorker } from './places.ts'

/** A store with what it asks of its server counted. */
export interface Meter {
  name: string
  store: Store
  counts: Counts
  /** Gives what the server itself has counted since this was asked last. */
  take?(): Promise<Counts>
}

/** Opens each store on the real thing; `stop` ends what was started. */
export async function openMeters(): Promise<{ meters: Meter[]; stop(): Promise<void> }> {
  const server = await startRedis()
  const redis = new Redis(server.url)
  const upstash = await startUpstash(server.url)
  const objects = await openWorker()
  const kv = await runWorker('export default { fetch: () => new Response() }')
  const prefix = `calls:${randomUUID()}:`
  return {
    meters: [
      meterMemory(),
      meterRedis(redis, prefix),
      {
        name: 'Upstash',
        store: createUpstashStore({ url: upstash.url, token: upstash.token }, { prefix }),
        counts: {},
        async take() {
          const counts: Counts = {}
          for (const name of upstash.commands()) add(counts, name)
          upstash.requests.length = 0
          return counts
        },
      },
      {
        name: 'Durable Object',
        store: createFetchStore(new URL('objects', objects.url)),
        counts: {},
        async take() {
          const response = await fetch(new URL('counts', objects.url))
          return ((await response.json()) as { storage: Counts }).storage
        },
      },
      meterFetch(),
      meterKv(kv.kv),
      meterThreeMethods(redis),
    ],
    async stop() {
      const keys = await redis.keys(`${prefix}*`)
      if (keys.length) await redis.del(keys)
      await redis.quit()
      await Promise.all([upstash.stop(), objects.stop(), kv.stop()])
      await server.stop()
    },
  }
}

function meterMemory(): Meter {
  const counts: Counts = {}
  return { name: 'memory', store: countOperations(createMemoryStore(), counts), counts }
}

function meterRedis(redis: Redis, prefix: string): Meter {
  const counts: Counts = {}
  const client = {
    call(command: string, ...args: (string | number)[]): Promise<unknown> {
      add(counts, command)
      return redis.call(command, ...args)
    },
  }
  return { name: 'Redis', store: createRedisStore(client, { prefix }), counts }
}

function meterFetch(): Meter {
  const counts: Counts = {}
  const handler = createStoreHandler(createMemoryStore(), { secret: SECRET })
  const target = {
    fetch(request: Request): Promise<Response> {
      add(counts, request.method)
      return handler(request)
    },
  }
  return { name: 'fetch', store: createFetchStore(target, { secret: SECRET }), counts }
}

function meterKv(kv: Awaited<ReturnType<typeof runWorker>>['kv']): Meter {
  const counts: Counts = {}
  const namespace = {
    get(keys: string[], type: 'text') {
      add(counts, 'key read', keys.length)
      return kv.get(keys, type)
    },
    put(key: string, value: string, options: { expirationTtl: number }) {
      add(counts, 'put')
      return kv.put(key, value, options)
    },
    delete(key: string) {
      add(counts, 'delete')
      return kv.delete(key)
    },
  }
  return { name: 'Workers KV', store: createKvStore(namespace), counts }
}

/** The store of egg-session's README. */
function meterThreeMethods(redis: Redis): Meter {
  const counts: Counts = {}
  const store: Store = {
    async get(key) {
      add(counts, 'GET')
      return JSON.parse((await redis.get(key)) ?? 'null')
    },
    async set(key, record, maxAge) {
      add(counts, 'SET')
      await redis.set(key, JSON.stringify(record), 'PX', maxAge as number)
    },
    async destroy(key) {
      add(counts, 'DEL')
      await redis.del(key)
    },
  }
  return { name: 'three methods', store, counts }
}

import * as fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisStore } from '../adapters/redis.ts'
import { createKvStore } from '../adapters/workers-kv.ts'
import { createFetchStore } from '../src/fetch.ts'
import { createSessionManager, type SessionManager, type Store } from '../src/index.ts'
import { createClock, NOON } from './fixtures/clock.ts'
import { check, patience } from './fixtures/properties.ts'
import { startRedis, type RedisServer } from './fixtures/redis-server.ts'
import { SECRET } from './fixtures/secrets.ts'
import { createVisitor } from './fixtures/visitor.ts'

let server: RedisServer
let redis: Redis
beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url)
})
afterAll(async () => {
  redis.disconnect()
  await server.stop()
})

const record = JSON.stringify({ user: 'fred', list: [1, { a: 'é' }], _expire: NOON + 1e6 })

/** What may be where a record should be: a record with some bytes changed, or anything at all. */
const changed = fc
  .array(
    fc.record({
      at: fc.nat(record.length),
      length: fc.nat(8),
      part: fc.oneof(
        fc.constantFrom(
          '"__proto__":{"admin":true},',
          '{',
          '}',
          '"',
          ',',
          '[[[',
          'null',
          '1e999',
          '\\',
        ),
        fc.string({ unit: 'binary', maxLength: 4 }),
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((edits) =>
    Buffer.from(
      edits.reduce(
        (text, { at, length, part }) => text.slice(0, at) + part + text.slice(at + length),
        record,
      ),
    ),
  )
const bytes = fc.oneof(
  changed,
  changed,
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((text) => Buffer.from(text)),
  fc.constantFrom(
    ...['', 'null', '[]', '{}', '"x"', '1', '\ufeff{}', '['.repeat(5000)].map((text) =>
      Buffer.from(text),
    ),
  ),
)

interface Place {
  name: string
  store: Store
  put(key: string, bytes: Buffer): unknown
}

/** A binding of Workers KV, which hands out texts. */
function textKv(): Place {
  let text: string | null = null
  const binding = {
    get: async ([name]: string[]) => new Map([[name, text]]),
    put: async () => {},
    delete: async () => {},
  }
  return {
    name: 'Workers KV',
    store: createKvStore(binding as never),
    put: (_, bytes) => (text = new TextDecoder().decode(bytes)),
  }
}

/** A server that answers a read with anything. */
function anyServer(): Place {
  let answer: Buffer<ArrayBuffer> = Buffer.alloc(0)
  const fetch = async (request: Request): Promise<Response> =>
    request.method === 'GET'
      ? new Response(answer)
      : new Response(null, { status: 204, headers: { etag: '"1"' } })
  const binding = { fetch: (url: string, init?: RequestInit) => fetch(new Request(url, init)) }
  return {
    name: 'a server',
    store: createFetchStore(binding as never),
    put: (_, bytes) => (answer = Buffer.from(bytes)),
  }
}

const places: (() => Place)[] = [
  textKv,
  anyServer,
  () => ({
    name: 'Redis',
    store: createRedisStore(redis, { prefix: 'bytes:' }),
    put: (key, bytes) => redis.set(`bytes:${key}`, bytes),
  }),
]

describe.each([0, 1, 2])('any bytes in place of a record: store %d of three', (index) => {
  it(
    'are a session that can be read and changed, or a new one',
    async () => {
      const { store, put } = places[index]!()
      let key = ''
      const spied: Store = { ...store, get: (name, ...rest) => store.get((key = name), ...rest) }
      const manager: SessionManager<any> = createSessionManager({
        secrets: SECRET,
        key: 'sid',
        store: spied,
        now: createClock().now,
      })
      const visitor = createVisitor(manager)
      await visitor.visit((session) => (session.user = 'barney'))
      const { header } = visitor.jar
      await manager.load(header)

      const property = fc.asyncProperty(bytes, async (bytes) => {
        await put(key, bytes)
        const session = await manager.load(header)
        expect(Object.keys(session).filter((name) => name.startsWith('_'))).toEqual([])
        expect(session.admin).toBe(undefined)
        if (session.isNew) expect({ ...session }).toEqual({})
        session.added = 1
        expect(await manager.commit(session)).toHaveLength(1)
        expect(Object.keys(Object.prototype)).toEqual([])
      })
      await check('any answer of a store', property, 0.25)
    },
    patience,
  )
})

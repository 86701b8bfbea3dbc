/**
 * Sessions in Redis, over the client that an application has: `ioredis` (as egg-redis and
 * `@eggjs/redis` give it) or `redis`.
 *
 * @module
 */
import { parseJson, SessionError, type SessionRecord, type Store } from '../src/index.ts'

/** The part of a client of `ioredis` that is used. */
export interface IoredisClient {
  call(command: string, ...args: (string | number)[]): Promise<unknown>
}

/** The part of a client of `redis` that is used. */
export interface NodeRedisClient {
  sendCommand(args: string[]): Promise<unknown>
}

/** How records are kept. */
export interface RedisStoreOptions {
  /** What every key begins with (default `'session:'`). */
  prefix?: string
}

const DAY = 86_400_000

/**
 * Keeps records in Redis, as JSON, each as long as its session lives.
 *
 * `createRedisStore(app.redis)` takes the place of the store in egg-session's README. That one
 * used the bare id as the key: `prefix: ''` together with the option `hashKeys: false` goes on
 * with the records it wrote.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS` if the client is neither.
 */
export function createRedisStore(
  client: IoredisClient | NodeRedisClient,
  options: RedisStoreOptions = {},
): Store {
  const { prefix = 'session:' } = options
  const send = commandsOf(client)

  return {
    consistency: 'strong',
    hashedKeys: true,

    async get(key) {
      const text = await send('GET', prefix + key)
      if (typeof text !== 'string') return null
      try {
        return parseJson(text) as SessionRecord
      } catch {
        // Something else is kept under this key; what is no record counts as missing.
        return null
      }
    },

    async set(key, record, maxAge) {
      const life = typeof maxAge === 'number' ? Math.ceil(maxAge) : DAY
      await send('SET', prefix + key, JSON.stringify(record), 'PX', String(life))
    },

    async destroy(key) {
      await send('DEL', prefix + key)
    },
  }
}

function commandsOf(
  client: IoredisClient | NodeRedisClient,
): (command: string, ...args: string[]) => Promise<unknown> {
  // A client of ioredis has a `sendCommand` too, of another kind.
  if ('call' in client) return (command, ...args) => client.call(command, ...args)
  if ('sendCommand' in client) return (...args) => client.sendCommand(args)
  throw new SessionError(
    'ERR_SESSION_OPTIONS',
    'createRedisStore() needs a client of `ioredis` or of `redis`.',
  )
}

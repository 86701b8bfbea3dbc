/**
 * Sessions in Redis, over the client that an application has: `ioredis` (as egg-redis and
 * `@eggjs/redis` give it) or `redis`; a single server, Sentinel, or a Redis Cluster.
 *
 * @module
 */
import { SessionError, type Store } from '../src/index.ts'
import { createStoreOver, type Send } from './redis-scripts.ts'

/** The part of a client or a cluster of `ioredis` that is used. */
export interface IoredisClient {
  call(command: string, ...args: (string | number)[]): Promise<unknown>
}

/** The part of a client or a pool of `redis` that is used. */
export interface NodeRedisClient {
  sendCommand(args: string[]): Promise<unknown>
}

/** The part of a cluster of `redis` that is used. */
export interface NodeRedisCluster {
  readonly masters: unknown
  sendCommand(firstKey: string, isReadonly: boolean, args: string[]): Promise<unknown>
}

/** The part of a Sentinel client of `redis` that is used. */
export interface NodeRedisSentinel {
  getSentinelNode(): unknown
  sendCommand(isReadonly: boolean, args: string[]): Promise<unknown>
}

/** A client of `ioredis` or of `redis`, connected or about to be. */
export type RedisClient = IoredisClient | NodeRedisClient | NodeRedisCluster | NodeRedisSentinel

/** How records are kept. */
export interface RedisStoreOptions {
  /** What every key begins with (default `'session:'`). */
  prefix?: string
}

/**
 * Keeps records in Redis, as JSON, each as long as its session lives and ten seconds more. Changes
 * are made by scripts that compare first: of requests at once none undoes another, and a session
 * that was destroyed stays destroyed. The user needs the right to run `EVAL` and `EVALSHA`.
 *
 * `createRedisStore(() => app.redis)` takes the place of the store in egg-session's README; the
 * function is for Egg 4, whose `app.redis` is not there yet while `app.js` runs. That store used
 * the bare id as the key: `prefix: ''` together with the option `hashKeys: false` goes on with the
 * records it wrote.
 *
 * Three things are the client's. It reconnects; until then requests fail after `storeTimeout`. It
 * is to read from masters: a replica may be behind (`scaleReads` of `ioredis`). And `ioredis` sends
 * a command again whose answer a broken connection lost: `autoResendUnfulfilledCommands: false`
 * turns that off, where `session.update()` must not run twice on such a day.
 *
 * @param client Or a function that gives it, asked once, when a session is first needed. Closing
 *   it is the application's business.
 * @throws SessionError `ERR_SESSION_OPTIONS` if the client is neither; of a function's client every
 *   operation says so.
 */
export function createRedisStore(
  client: RedisClient | (() => RedisClient),
  options: RedisStoreOptions = {},
): Store {
  const { prefix = 'session:' } = options
  return createStoreOver(typeof client === 'function' ? later(client) : senderOf(client), prefix)
}

function later(client: () => RedisClient): Send {
  let send: Send | undefined
  return async (key, args) => (send ??= senderOf(client()))(key, args)
}

function senderOf(client: RedisClient): Send {
  const given = Object(client) as RedisClient
  // A client of ioredis has a `sendCommand` too, of another kind.
  if ('call' in given) return (_, [command, ...args]) => given.call(command!, ...args)
  // What is read here is written next: the replicas of a master may be behind.
  if ('masters' in given) return (key, args) => given.sendCommand(key, false, args)
  if ('getSentinelNode' in given) return (_, args) => given.sendCommand(false, args)
  if ('sendCommand' in given) return (_, args) => given.sendCommand(args)
  throw new SessionError(
    'ERR_SESSION_OPTIONS',
    'createRedisStore() needs a client of `ioredis` or of `redis`, or a function that gives one.',
  )
}

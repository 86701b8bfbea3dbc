import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis'
import {
  createClient,
  createClientPool,
  createCluster,
  createSentinel,
  type RedisClientOptions,
  type RedisClusterOptions,
} from 'redis'
import type {
  IoredisClient,
  NodeRedisClient,
  NodeRedisCluster,
  NodeRedisSentinel,
} from '../../adapters/redis.ts'
import type { RedisSentinel } from '../fixtures/redis-sentinel.ts'

/** A client that a test opened. */
export interface OpenClient<client> {
  client: client
  close(): Promise<void> | void
}

/** Opens a client of `ioredis`. */
export async function openIoredis(
  url: string,
  options: RedisOptions = {},
): Promise<OpenClient<IoredisClient>> {
  const client = new Redis(url, options)
  client.on('error', () => {})
  await client.ping()
  return { client, close: () => client.disconnect() }
}

/** Opens a client of `redis`. */
export async function openNodeRedis(
  url: string,
  options: RedisClientOptions<{}, {}, {}, 2 | 3, any> = {},
): Promise<OpenClient<NodeRedisClient>> {
  const client = createClient({ url, ...options })
  client.on('error', () => {})
  await client.connect()
  return { client, close: () => client.destroy() }
}

/** Opens a pool of `redis`. */
export async function openNodeRedisPool(url: string): Promise<OpenClient<NodeRedisClient>> {
  const client = createClientPool({ url })
  client.on('error', () => {})
  await client.connect()
  return { client, close: () => client.destroy() }
}

/** Opens a client of `ioredis` that asks a Sentinel where the master is. */
export async function openIoredisSentinel(
  sentinel: RedisSentinel,
): Promise<OpenClient<IoredisClient>> {
  const { host, port, name } = sentinel
  const client = new Redis({ sentinels: [{ host, port }], name })
  client.on('error', () => {})
  await client.ping()
  return { client, close: () => client.disconnect() }
}

/** Opens a client of `redis` that asks a Sentinel where the master is. */
export async function openNodeRedisSentinel(
  sentinel: RedisSentinel,
): Promise<OpenClient<NodeRedisSentinel>> {
  const { host, port, name } = sentinel
  const client = createSentinel({ name, sentinelRootNodes: [{ host, port }] })
  client.on('error', () => {})
  await client.connect()
  return { client, close: () => client.destroy() }
}

/** Opens a cluster of `ioredis`. */
export async function openIoredisCluster(
  urls: readonly string[],
  options: ClusterOptions = {},
): Promise<OpenClient<IoredisClient>> {
  const client = new Cluster([...urls], options)
  client.on('error', () => {})
  await client.ping()
  return { client, close: () => client.disconnect() }
}

/** Opens a cluster of `redis`. */
export async function openNodeRedisCluster(
  urls: readonly string[],
  options: Partial<RedisClusterOptions> = {},
): Promise<OpenClient<NodeRedisCluster>> {
  const client = createCluster({ rootNodes: urls.map((url) => ({ url })), ...options })
  client.on('error', () => {})
  await client.connect()
  return { client, close: () => client.destroy() }
}

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisStore, type RedisClient } from '../adapters/redis.ts'
import type { SessionRecord } from '../src/index.ts'
import { DAY } from './fixtures/clock.ts'
import { startCluster, type RedisCluster } from './fixtures/redis-cluster.ts'
import { openIoredisCluster, openNodeRedisCluster, type OpenClient } from './redis/clients.ts'
import { describeSuite, read, write, type FullStore } from './redis/contract.ts'
import { describeRaces } from './redis/races.ts'

let cluster: RedisCluster

beforeAll(async () => {
  cluster = await startCluster()
})

afterAll(() => cluster.stop())

const kinds: [string, () => Promise<OpenClient<RedisClient>>][] = [
  ['ioredis', () => openIoredisCluster(cluster.urls)],
  [
    'ioredis, pipelining',
    () => openIoredisCluster(cluster.urls, { enableAutoPipelining: true, scaleReads: 'all' }),
  ],
  ['redis', () => openNodeRedisCluster(cluster.urls)],
  ['redis, from one node', () => openNodeRedisCluster(cluster.urls.slice(1, 2))],
]

describe.each(kinds)('createRedisStore() over a cluster of %s', (name, open) => {
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

  const openStore = (prefix = `test:${randomUUID()}:`): FullStore =>
    createRedisStore(one.client, { prefix }) as FullStore

  it('spreads records over the nodes, and each knows the scripts', async () => {
    await Promise.all(cluster.nodes.map((node) => node.flushall()))
    await Promise.all(cluster.nodes.map((node) => node.script('FLUSH')))
    const store = openStore()
    const keys = Array.from({ length: 60 }, (_, index) => `key${index}`)
    const all = <result>(act: (key: string) => result): Promise<Awaited<result>[]> =>
      Promise.all(keys.map(act))
    const record = { n: 1, _expire: 100, _maxAge: 50 }

    const created = await all((key) => store.compareAndSet(key, record, 60_000, null, write))
    expect(new Set(created)).toEqual(new Set([true]))
    const sizes = await Promise.all(cluster.nodes.map((node) => node.dbsize()))
    expect(sizes.reduce((sum, size) => sum + size)).toBe(60)
    expect(Math.min(...sizes)).toBeGreaterThan(5)

    const touched = await all((key) => store.touch(key, 90_000, { expire: 200, ctx: undefined }))
    expect(new Set(touched)).toEqual(new Set([true]))
    const found = await all((key) => store.get(key, DAY, read))
    expect(found).toEqual(keys.map(() => ({ n: 1, _expire: 200, _maxAge: 50 })))
    await all((key) => store.set(key, { n: 2 }, 60_000, write))
    const late = await Promise.all(
      keys.map((key, index) =>
        store.compareAndSet(key, { n: 3 }, 60_000, found[index] as SessionRecord, write),
      ),
    )
    expect(new Set(late)).toEqual(new Set([false]))
    await all((key) => store.destroy(key, { ctx: undefined }))
    expect(await Promise.all(cluster.nodes.map((node) => node.dbsize()))).toEqual([0, 0, 0])
  })

  it('follows a slot that has moved to another node', async () => {
    const store = openStore('{moving}')
    await store.set('key', { n: 1 }, 60_000, write)
    const previous = (await store.get('key', DAY, read)) as SessionRecord
    const slot = Number(await cluster.nodes[0]!.call('CLUSTER', 'KEYSLOT', '{moving}key'))
    const owner = await ownerOf('{moving}key')
    const next = (owner + 1) % 3
    await move(slot, owner, next)

    expect(await store.compareAndSet('key', { n: 2 }, 60_000, previous, write)).toBe(true)
    expect(await store.get('key', DAY, read)).toEqual({ n: 2 })
    expect(await ownerOf('{moving}key')).toBe(next)
    await move(slot, next, owner)
    expect(await store.touch('key', 60_000, { expire: 1, ctx: undefined })).toBe(true)
    await store.destroy('key', { ctx: undefined })
  })

  if (!name.includes(',')) describeSuite(openStore, () => cluster.nodes)
  describeRaces(() => {
    const prefix = `test:${randomUUID()}:`
    return [createRedisStore(one.client, { prefix }), createRedisStore(other.client, { prefix })]
  })
})

/** Which node answers for a key. */
async function ownerOf(key: string): Promise<number> {
  const answers = await Promise.allSettled(cluster.nodes.map((node) => node.exists(key)))
  return answers.findIndex(({ status }) => status === 'fulfilled')
}

/** Moves a slot and its keys, as `redis-cli --cluster reshard` does. */
async function move(slot: number, from: number, to: number): Promise<void> {
  const [source, target] = [cluster.nodes[from]!, cluster.nodes[to]!]
  const [sourceId, targetId] = await Promise.all(
    [source, target].map((node) => node.call('CLUSTER', 'MYID') as Promise<string>),
  )
  await target.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', sourceId!)
  await source.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', targetId!)
  const keys = (await source.call('CLUSTER', 'GETKEYSINSLOT', slot, 100)) as string[]
  const { host, port } = target.options
  for (const key of keys) await source.migrate(host!, port!, key, 0, 5000)
  for (const node of [target, source, ...cluster.nodes]) {
    await node.call('CLUSTER', 'SETSLOT', slot, 'NODE', targetId!)
  }
}

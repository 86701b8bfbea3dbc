import * as fc from 'fast-check'
import { Redis } from 'ioredis'
import { afterAll, describe, expect, it } from 'vitest'
import { createRedisStore } from '../adapters/redis.ts'
import type { SessionRecord, Store } from '../src/index.ts'
import { check, checkBy, patience, seed } from './fixtures/properties.ts'
import { playInWorkerd } from './in-workerd/play.ts'
import type { ActName } from './interleavings/acts.ts'
import { comparing, kinds, type Kind } from './interleavings/kinds.ts'
import { ordersOf, plansOf } from './interleavings/plans.ts'

const redis = new Redis(process.env['REDIS_URL']!)
let worlds = 0

afterAll(() => redis.disconnect())

const all: Record<string, Kind> = {
  ...kinds,
  'in Redis': comparing(() => createRedisStore(redis, { prefix: `overlap:${++worlds}:` })),
}

describe.each(Object.entries(all))('requests that overlap, with sessions %s,', (_, kind) => {
  it(
    'keep every promise, in any order',
    async () => {
      const { property, seen } = plansOf(kind)
      await check('requests that overlap', property, 1 / 7)

      const { taken, moved, ended, dropped, inTurn } = seen
      expect(Math.min(taken, moved, ended)).toBeGreaterThan(20)
      expect(dropped > 20).toBe(kind.compares)
      expect(inTurn > 20).toBe(kind.placeOf(0) === kind.placeOf(1))
    },
    patience,
  )
})

describe('requests that overlap, with sessions in Durable Objects,', () => {
  it(
    'keep every promise, in any order',
    () =>
      checkBy(
        'requests that overlap',
        (seed, runs) =>
          playInWorkerd({ what: 'requests that overlap', seed, runs, isSpoilt: false }),
        1 / 7,
      ),
    patience,
  )

  it('do not where the objects compare nothing', async () => {
    const what = 'requests that overlap'
    const requests = playInWorkerd({ what, seed, runs: 100, isSpoilt: true })
    await expect(requests).rejects.toThrow(`{ seed: ${seed}, path: "`)
  })
})

describe('requests that overlap, of chosen kinds,', () => {
  it.each<[string, ActName[]]>([
    ['give a new id and change', ['give a new id', 'change its own key']],
    ['give new ids', ['log in', 'log in, by hand', 'give a new id']],
    ['change and log out', ['change its own key, by hand', 'log out', 'change the same key']],
    ['count', ['count with update()', 'count with update() twice', 'count with update()']],
    ['only read, and give a new id', ['read', 'read', 'log in']],
    ['log out and give a new id', ['log out and begin anew', 'log in', 'read']],
  ])(
    '%s at once, in any order',
    async (_, names) => {
      await check('requests that overlap', ordersOf(kinds['in memory'], names), 0.02)
      expect(names.length).toBeGreaterThan(1)
    },
    patience,
  )
})

describe('the same thousand orders tell of a store that', () => {
  const broken: Record<string, (store: Store) => Store> = {
    'compares nothing': (store) => ({
      ...store,
      compareAndSet(key, record, maxAge, _, options) {
        void store.set(key, record, maxAge, options)
        return true
      },
    }),
    'changes what is gone': (store) => ({
      ...store,
      compareAndSet(key, record, maxAge, previous, options) {
        const isGone = store.get(key, maxAge, options) === null
        return store.compareAndSet!(key, record, maxAge, isGone ? null : previous, options)
      },
    }),
    'lets what is over live on': (store) => ({
      ...store,
      touch(key, maxAge, { expire, ctx }) {
        const options = { rolling: true, changed: false, ctx }
        const record = store.get(key, maxAge, options) as SessionRecord | null
        if (record) void store.set(key, { ...record, _expire: expire }, maxAge, options)
        return record !== null
      },
    }),
    'destroys nothing': (store) => ({ ...store, destroy: () => {} }),
  }

  it.each(Object.entries(broken))(
    '%s',
    async (_, tamper) => {
      const { property } = plansOf(kinds['in memory'], tamper)

      // The seed is in what a failure tells.
      await expect(
        fc.assert(property, { numRuns: 1000, seed, endOnFailure: true }),
      ).rejects.toThrow(`seed: ${seed}`)
    },
    patience,
  )

  const alsoBroken: Record<string, (store: Store) => Store> = {
    'destroys nothing': broken['destroys nothing']!,
    'answers with what was there at first': (store) => {
      const first = new Map<string, unknown>()
      return {
        ...store,
        async get(key, ...rest) {
          if (!first.has(key)) first.set(key, await store.get(key, ...rest))
          return structuredClone(first.get(key))
        },
      }
    },
  }

  it.each(
    (['in a store of three methods', 'in Workers KV, from one location'] as const).flatMap((name) =>
      Object.entries(alsoBroken).map(([what, tamper]) => [what, name, tamper] as const),
    ),
  )(
    '%s, also %s',
    async (_, name, tamper) => {
      const { property } = plansOf(kinds[name], tamper)

      await expect(
        fc.assert(property, { numRuns: 1000, seed, endOnFailure: true }),
      ).rejects.toThrow(`seed: ${seed}`)
    },
    patience,
  )
})

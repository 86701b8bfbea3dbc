import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SessionRecord, Store } from '../src/index.ts'
import { actNames, type ActName } from './interleavings/acts.ts'
import { invariants } from './interleavings/invariants.ts'
import { check, patience, seed } from './fixtures/properties.ts'
import { play, withScheduledPauses, type Plan, type World } from './interleavings/world.ts'

const plans = fc.record<Plan>({
  names: fc.array(fc.constantFrom(...actNames), { minLength: 2, maxLength: 4 }),
  rolling: fc.boolean(),
  conflict: fc.constantFrom('merge', 'merge', 'merge', 'error'),
})

/** Plays a plan, in an order that the scheduler decides, and looks at what came of it. */
async function playAndCheck(
  scheduler: fc.Scheduler,
  plan: Plan,
  tamper?: (store: Store) => Store,
): Promise<World> {
  const world = await withScheduledPauses(scheduler, () => play(scheduler, plan, tamper))
  for (const [sentence, hold] of Object.entries(invariants)) {
    try {
      hold(world, plan)
    } catch (error) {
      const story = JSON.stringify(world.outcomes, null, 1)
      throw new Error(`${sentence}: ${(error as Error).message}\n${story}`, { cause: error })
    }
  }
  return world
}

describe('requests that overlap', () => {
  it(
    'keep every promise, in any order',
    async () => {
      const seen = { taken: 0, dropped: 0, moved: 0, ended: 0 }
      const property = fc.asyncProperty(fc.scheduler(), plans, async (scheduler, plan) => {
        const { outcomes } = await playAndCheck(scheduler, plan)
        for (const { named, cleared, found, name } of outcomes) {
          if (named) seen.taken++
          if (named && named !== found && found) seen.moved++
          if (cleared) seen.ended++
          if (!named && !cleared && found && name !== 'read') seen.dropped++
        }
      })
      await check('requests that overlap', property, 0.7)

      // Orders that are all alike would prove nothing.
      expect(Math.min(...Object.values(seen))).toBeGreaterThan(50)
    },
    patience,
  )

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
      const property = fc.asyncProperty(
        fc.scheduler(),
        fc.boolean(),
        async (scheduler, rolling) => {
          await playAndCheck(scheduler, { names, rolling, conflict: 'merge' })
        },
      )
      await check('requests that overlap', property, 0.05)
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
      const property = fc.asyncProperty(fc.scheduler(), plans, async (scheduler, plan) => {
        await playAndCheck(scheduler, plan, tamper)
      })

      // The seed is in what a failure tells.
      await expect(
        fc.assert(property, { numRuns: 1000, seed, endOnFailure: true }),
      ).rejects.toThrow(`seed: ${seed}`)
    },
    patience,
  )
})

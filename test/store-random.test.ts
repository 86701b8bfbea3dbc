import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Store } from '../src/index.ts'
import { faults } from './faults/list.ts'
import { HOUR, MINUTE, SECOND } from './fixtures/clock.ts'
import { simulate, type Step } from './fixtures/failing-store-model.ts'
import { check, patience, seed } from './fixtures/properties.ts'

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

// That a record does not tell whose it is, is known; and a clock that jumps ends sessions.
const names = Object.keys(faults).filter((name) => !/another session|clock jumps/.test(name))

const ask = fc.record({
  who: fc.nat(3),
  path: fc.constantFrom('read', 'read', 'set', 'set', 'in', 'out', 'move'),
  fault: fc.option(fc.constantFrom(...names), { nil: undefined, freq: 2 }),
  nth: fc.integer({ min: 1, max: 4 }),
})
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: ask },
  { weight: 2, arbitrary: fc.record({ wait: fc.constantFrom(1, SECOND, MINUTE, HOUR) }) },
  { weight: 1, arbitrary: fc.record({ steal: fc.nat(2) }) },
)
const config = fc.record({
  policy: fc.constantFrom('throw', 'anonymous'),
  rolling: fc.boolean(),
})

const steps = fc.noBias(fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }))

/** Plays histories at a store; what is told to the console of a logout that failed is of no interest. */
function histories(tamper?: (store: Store) => Store): fc.IAsyncProperty<unknown> {
  vi.spyOn(console, 'error').mockImplementation(() => {})
  return fc.asyncProperty(config, steps, async (config, steps) => {
    vi.clearAllTimers()
    expect(await simulate(config, steps, tamper)).toEqual([])
  })
}

describe('browsers and a thief at a store that fails', () => {
  it(
    'see nothing that they must not see',
    async () => {
      await check('histories of a store that fails', histories())
    },
    patience,
  )

  it.each<[string, (store: Store) => Store]>([
    ['destroys nothing', (store) => ({ ...store, destroy: () => {} })],
    [
      'forgets a write in ten',
      (store) => {
        let writes = 0
        return {
          ...store,
          compareAndSet: (...given) => ++writes % 10 === 0 || store.compareAndSet!(...given),
        }
      },
    ],
    [
      'never answers, and is waited for',
      (store) => ({
        ...store,
        get: (...given) =>
          new Promise((resolve) => setTimeout(() => resolve(store.get(...given)), 1900)),
        compareAndSet: (...given) =>
          new Promise((resolve) => setTimeout(() => resolve(store.compareAndSet!(...given)), 1900)),
      }),
    ],
  ])('see it of one that %s', async (_, tamper) => {
    const property = histories(tamper)
    await expect(fc.assert(property, { numRuns: 200, seed, endOnFailure: true })).rejects.toThrow(
      `seed: ${seed}`,
    )
  })
})

import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { HOUR, MINUTE, NOON, SECOND } from './fixtures/clock.ts'
import { simulate, type Step } from './fixtures/kv-model.ts'
import { check, patience } from './fixtures/properties.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: NOON })
})

afterEach(() => void vi.useRealTimers())

const at = fc.nat(2)
const path = fc.constantFrom(
  ...([
    'read',
    'read',
    'read',
    'set',
    'set',
    'set',
    'large',
    'say',
    'hear',
    'in',
    'out',
    'leave',
  ] as const),
)
const waits = [1, 200, 500, 1100, 3000, 10_000, 29_000, 59_000, 61_000, 75_000, 90_000]
const wait = fc.constantFrom(...waits, 5 * MINUTE, 10 * MINUTE)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ wait }) },
  { weight: 9, arbitrary: fc.record({ who: fc.nat(3), at, path }) },
  {
    weight: 1,
    arbitrary: fc.record({
      who: fc.nat(2),
      race: fc.array(fc.tuple(at, path), { minLength: 2, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ steal: fc.nat(2) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      fault: fc.constantFrom('fails' as const, 'lost' as const, '429' as const),
      at,
      operation: fc.constantFrom('get' as const, 'put' as const, 'delete' as const),
    }),
  },
)
const options = fc.record({
  network: fc.record({ lag: fc.constantFrom(0, SECOND, 10 * SECOND, 25 * SECOND) }),
  rolling: fc.boolean(),
  maxAge: fc.constantFrom(10 * MINUTE, HOUR),
  encrypt: fc.constantFrom(true, true, true, false),
})

/** A copied cookie in use while its owner logs out, and afterwards. */
const theft = fc
  .record({ who: fc.nat(2), at, wait, there: at, uses: fc.array(fc.tuple(wait, at, path)) })
  .map(({ who, at, wait, there, uses }): Step[] => [
    { who, at, path: 'set' },
    { wait },
    { steal: who },
    { who: 3, at: there, path: 'read' },
    { who, at, path: 'out' },
    { who: 3, at: there, path: 'set' },
    ...uses.flatMap(([wait, at, path]) => [{ wait }, { who: 3, at, path }]),
  ])
/** A browser that writes in one location what another one has read before. */
const journey = fc
  .record({
    who: fc.nat(2),
    here: at,
    there: at,
    waits: fc.tuple(wait, fc.constantFrom(1, 500, 3000), fc.constantFrom(9000, 55_000, 80_000)),
  })
  .map(({ who, here, there, waits }): Step[] => [
    { who, at: here, path: 'set' },
    { wait: waits[0] },
    { who, at: there, path: 'read' },
    { wait: waits[1] },
    { who, at: here, path: 'set' },
    { wait: waits[2] },
    { who, at: there, path: 'read' },
  ])
const steps = fc.oneof(
  { weight: 30, arbitrary: step.map((one) => [one]) },
  { weight: 1, arbitrary: theft },
  { weight: 1, arbitrary: journey },
)
const histories = fc
  .noBias(fc.array(steps, { minLength: 1, maxLength: 60 }))
  .map((steps) => steps.flat())

describe('browsers and a thief in three locations', () => {
  it(
    'see nothing that they must not see',
    async () => {
      const property = fc.asyncProperty(options, histories, async (options, steps) => {
        vi.clearAllTimers()
        vi.setSystemTime(NOON)
        expect(await simulate(options, steps)).toEqual([])
      })
      await check('histories of three locations', property)
    },
    patience,
  )
})

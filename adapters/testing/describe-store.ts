import type { Awaitable } from '../../src/index.ts'
import { compareSection, compareTimeSection } from './compare-cases.ts'
import { contractSection, copySection, timeSection } from './contract-cases.ts'
import { fidelitySection, keySection } from './fidelity-cases.ts'
import { endingRaces } from './race-endings.ts'
import { updateRaces } from './race-updates.ts'
import { weakRaces } from './race-weak.ts'
import { sessionSection } from './session-cases.ts'
import { touchSection, touchTimeSection } from './touch-cases.ts'
import { Skipped, Trial, type Section, type StoreUnderTest, type TrialOptions } from './trial.ts'
import { userSection } from './user-cases.ts'

/** The two functions of a test runner that the suite is told with. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown
  it(name: string, body: (...context: any[]) => Promise<void>): unknown
}

/** How a store is tried, and by what. */
export interface StoreSuiteOptions extends TrialOptions, Partial<TestRunner> {}

const sections: readonly Section[] = [
  contractSection,
  copySection,
  fidelitySection,
  keySection,
  timeSection,
  compareSection,
  compareTimeSection,
  touchSection,
  touchTimeSection,
  sessionSection,
  updateRaces,
  endingRaces,
  userSection,
  weakRaces,
]

/**
 * Tries a store against the whole contract: its methods, what becomes of the data, keys and times,
 * every race of overlapping requests, and the lists of users' sessions, played through a session
 * manager. What a store declares
 * by its methods is tried as well, `compareAndSet` and `touch`; for a store without `compareAndSet`
 * the weaker promise is.
 *
 * It runs under any runner with `describe` and `it`: vitest, node:test, mocha. They are handed over
 * or, where they are global, found.
 *
 * ```js
 * import { describe, it } from 'node:test'
 * import { describeStore } from 'session-kit/testing'
 *
 * describeStore('my store', () => ({ store: createMyStore() }), { describe, it })
 * ```
 *
 * @param name What the store is called in the report.
 * @param create Makes the store of one case.
 * @throws TypeError if there is no runner.
 */
export function describeStore(
  name: string,
  create: () => Awaitable<StoreUnderTest>,
  options: StoreSuiteOptions = {},
): void {
  const { describe, it } = findRunner(options)
  describe(name, () => {
    for (const section of sections) {
      describe(section.subject, () => {
        for (const [sentence, run] of section.cases) {
          // The runner's context comes first or as `this`, and must not count as a parameter:
          // mocha would take it for a callback.
          it(sentence, async function (this: unknown, ...context: unknown[]) {
            const subject = await create()
            try {
              const trial = new Trial(subject, options)
              demand(section, trial)
              await run(trial)
            } catch (error) {
              if (!(error instanceof Skipped)) throw error
              skip(context[0] ?? this, error.message)
            } finally {
              await subject.dispose?.()
            }
          })
        }
      })
    }
  })
}

function findRunner(options: StoreSuiteOptions): TestRunner {
  const global = globalThis as Partial<TestRunner>
  const { describe = global.describe, it = global.it } = options
  if (describe && it) return { describe, it }
  throw new TypeError(
    'describeStore() needs a test runner: hand over its functions as { describe, it }.',
  )
}

/** Leaves a case out that is about what the store does not have, or does. */
function demand({ needs, lacks }: Section, trial: Trial): void {
  const has = (name: 'compareAndSet' | 'touch'): boolean => trial.store[name] !== undefined
  const given = needs === 'advance' ? trial.hasClock : !needs || has(needs)
  if (!given) throw new Skipped(`there is no ${needs}`)
  if (lacks && has(lacks)) throw new Skipped(`there is ${lacks}`)
}

function skip(context: unknown, reason: string): void {
  const { skip } = Object(context) as { skip?(reason: string): void }
  skip?.call(context, reason)
}

import {
  describeStore,
  type StoreSuiteOptions,
  type StoreUnderTest,
} from '../../adapters/testing.ts'
import type { Awaitable } from '../../src/index.ts'

/** What became of the suite's cases: by their sentences, with the subject before them. */
export interface Report {
  passed: string[]
  skipped: string[]
  /** With what the case had to say. */
  failed: Map<string, string>
}

/** How a runner calls a case: with a context of its own, in one of the ways there are. */
type Call = (body: (...context: any[]) => Promise<void>, skip: () => void) => Promise<void>

const byArgument: Call = (body, skip) => body({ skip })

/**
 * Runs the suite on a store, as a test runner would.
 *
 * @param only The cases to run, by their sentences; else all.
 */
export async function reportOn(
  create: () => Awaitable<StoreUnderTest>,
  options: StoreSuiteOptions = {},
  call: Call = byArgument,
  only?: readonly string[],
): Promise<Report> {
  const cases: [name: string, body: (...context: any[]) => Promise<void>][] = []
  let subjects: string[] = []
  describeStore('store', create, {
    ...options,
    describe(name, body) {
      const outer = subjects
      subjects = [...outer, name]
      body()
      subjects = outer
    },
    it: (name, body) => void cases.push([[...subjects.slice(1), name].join(': '), body]),
  })
  const report: Report = { passed: [], skipped: [], failed: new Map() }
  for (const [name, body] of cases) {
    if (only && !only.includes(name)) continue
    let isSkipped = false
    try {
      await call(body, () => void (isSkipped = true))
      report[isSkipped ? 'skipped' : 'passed'].push(name)
    } catch (error) {
      report.failed.set(name, error instanceof Error ? error.message : String(error))
    }
  }
  return report
}

/** Checks that any runtime can run: it needs neither a test runner nor Node. */
export interface Check {
  suite: string
  name: string
  run(): Promise<void>
}

/** What came of a check; `error` if it failed. */
export interface Outcome {
  suite: string
  name: string
  error?: string
}

/** Runs checks one after the other: some of them move the clock. */
export async function runAll(checks: readonly Check[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const { suite, name, run } of checks) {
    try {
      await run()
      outcomes.push({ suite, name })
    } catch (error) {
      outcomes.push({ suite, name, error: String(error) })
    }
  }
  return outcomes
}

/** Compares two values as JSON. */
export function equal(seen: unknown, expected: unknown): void {
  const [left, right] = [JSON.stringify(seen), JSON.stringify(expected)]
  if (left !== right) throw new Error(`It is ${left}, not ${right}.`)
}

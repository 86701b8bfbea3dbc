import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createVitest } from 'vitest/node'
import { configFor } from './tests.ts'
import type { SecurityMutant } from './security.ts'

const root = path.join(import.meta.dirname, '../..')

/** What became of a mutant; anything but the first is a fault. */
export type Verdict = 'killed' | 'SURVIVED' | 'NOT FOUND' | 'NOT RUN'

/** Tries mutants one after the other; tells whether all were killed. */
export async function tryAll(mutants: readonly SecurityMutant[]): Promise<boolean> {
  let isGood = true
  for (const mutant of mutants) {
    const verdict = await tryOut(mutant)
    console.log(`${verdict.padEnd(9)} ${mutant.name} (${mutant.file})`)
    isGood &&= verdict === 'killed'
  }
  return isGood
}

/** A file's text with the mutant in it; `null` unless what it replaces is there exactly once. */
export function mutated({ file, find, replace }: SecurityMutant): string | null {
  const parts = readFileSync(path.join(root, file), 'utf8').split(find)
  return parts.length === 2 ? parts.join(replace) : null
}

/**
 * Tries a mutant: its tests are served the changed text, and the file stays as it is. It counts as
 * killed where a test fails, and not where the text does not load, or is not even asked for.
 */
export async function tryOut(mutant: SecurityMutant): Promise<Verdict> {
  const text = mutated(mutant)
  if (text === null) return 'NOT FOUND'
  const file = path.join(root, mutant.file)
  let isLoaded = false
  const states = await run(mutant.tests, (id) => {
    if (id !== file) return undefined
    isLoaded = true
    return text
  })
  if (!states || !isLoaded) return 'NOT RUN'
  return states.includes('failed') ? 'killed' : 'SURVIVED'
}

/** Runs tests on what `load` gives for some files; `undefined` if one of the tests does not load. */
async function run(
  tests: readonly string[],
  load: (file: string) => string | undefined,
): Promise<string[] | undefined> {
  const { test, ...config } = configFor(tests, [{ name: 'mutant', enforce: 'pre', load }])
  const vitest = await createVitest(
    'test',
    { ...test, config: false, watch: false, bail: 1, reporters: [{}] },
    config,
  )
  try {
    await vitest.start()
    const modules = vitest.state.getTestModules()
    if (modules.length < tests.length || modules.some((one) => one.errors().length > 0)) return
    return modules.flatMap((one) => [...one.children.allTests()].map((test) => test.result().state))
  } finally {
    await vitest.close()
    process.exitCode = undefined
  }
}

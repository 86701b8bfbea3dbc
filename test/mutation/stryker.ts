import path from 'node:path'
import { Stryker } from '@stryker-mutator/core'

export type Mutants = Awaited<ReturnType<Stryker['runMutationTest']>>

/** What is kept between runs: of a file that is as it was, a mutant is not tried again. */
const RESULTS = 'test/mutation/.results'

/** What no test of a mutant reads, and need not be copied for it. */
const LEFT_OUT = ['bench', 'docs', 'examples', 'dist', 'scripts', 'test/hosts', '.results']

/**
 * Tries every mutant that Stryker makes of a file, each with the tests that reach it and no other.
 *
 * @param force Whether those of an earlier run are tried again.
 */
export function mutate(
  file: string,
  tests: readonly string[],
  { force, concurrency }: { force: boolean; concurrency: number },
): Promise<Mutants> {
  // Not by the option `testFiles`: with that, what runs while a file loads is never mutated.
  process.env['TESTS'] = tests.join(' ')
  process.env['FUZZ'] = '0.0001'
  // Each mutant has a worker of its own, and most of its time goes into loading the same modules.
  process.env['NODE_COMPILE_CACHE'] = path.resolve(`${RESULTS}/compiled`)
  return new Stryker({
    mutate: [file],
    testRunner: 'vitest',
    plugins: [import.meta.resolve('@stryker-mutator/vitest-runner')],
    vitest: { configFile: 'test/mutation/vitest.config.ts', related: false },
    coverageAnalysis: 'perTest',
    concurrency,
    // A busy machine is slow: only what never ends is to be taken for it.
    timeoutMS: 30_000,
    dryRunTimeoutMinutes: 15,
    incremental: true,
    incrementalFile: `${RESULTS}/${file.replaceAll('/', '.')}.json`,
    force,
    ignorePatterns: LEFT_OUT,
    reporters: [],
    logLevel: 'error',
    allowConsoleColors: false,
  } as ConstructorParameters<typeof Stryker>[0]).runMutationTest()
}

import { startTests, type Suite, type Test, type VitestRunner } from '@vitest/runner'
import { beginAssertions, checkAssertions } from './expect.ts'
import { vi } from './vi.ts'

/** What came of a test. */
export interface Outcome {
  /** The test's file. */
  file: string
  /** The test's name, behind those of the suites around it. */
  name: string
  state: 'passed' | 'failed' | 'left out'
  error?: string
}

/** Tests that are left out: those of a file whose name begins so. */
export interface LeftOut {
  file: string
  name: string
}

type Files = Record<string, () => Promise<unknown>>

/** Runs the tests of some files, one after the other. */
export async function runFiles(files: Files, leftOut: readonly LeftOut[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = []
  for (const [file, load] of Object.entries(files)) {
    const isLeftOut = (name: string): boolean =>
      leftOut.some((one) => one.file === file && name.startsWith(one.name))
    const [root] = await startTests([file], createRunner(load, isLeftOut))
    outcomes.push(...outcomesOf(root!, file))
    vi.useRealTimers()
    vi.restoreAllMocks()
  }
  return outcomes
}

function createRunner(load: () => unknown, isLeftOut: (name: string) => boolean): VitestRunner {
  return {
    importFile: load,
    onCollected(files) {
      for (const { test, name } of files.flatMap((file) => testsOf(file))) {
        if (isLeftOut(name)) test.mode = 'skip'
      }
    },
    onBeforeTryTask: beginAssertions,
    onAfterTryTask: checkAssertions,
    config: {
      root: '/',
      setupFiles: [],
      name: undefined,
      passWithNoTests: false,
      testNamePattern: undefined,
      allowOnly: false,
      sequence: { seed: 0, hooks: 'stack', setupFiles: 'list' },
      chaiConfig: undefined,
      maxConcurrency: 1,
      testTimeout: 120_000,
      hookTimeout: 120_000,
      retry: 0,
      includeTaskLocation: false,
      tags: [],
      tagsFilter: undefined,
      strictTags: false,
    },
  }
}

function testsOf(suite: Suite, before: string[] = []): { test: Test; name: string }[] {
  return suite.tasks.flatMap((task) => {
    const path = [...before, task.name]
    return task.type === 'suite' ? testsOf(task, path) : [{ test: task, name: path.join(' > ') }]
  })
}

function outcomesOf(root: Suite, file: string): Outcome[] {
  const tests = testsOf(root).map(({ test, name }): Outcome => {
    if (test.mode === 'skip') return { file, name, state: 'left out' }
    if (test.result?.state === 'pass') return { file, name, state: 'passed' }
    return { file, name, state: 'failed', error: errorsOf(test) || 'It did not run.' }
  })
  return [...tests, ...faultsOf(root, file)]
}

/** What failed of a file or a suite outside its tests. */
function faultsOf(suite: Suite, file: string): Outcome[] {
  const inner = suite.tasks.flatMap((task) => (task.type === 'suite' ? faultsOf(task, file) : []))
  const error = errorsOf(suite)
  return error ? [...inner, { file, name: suite.name, state: 'failed', error }] : inner
}

function errorsOf({ result }: Test | Suite): string {
  return (result?.errors ?? [])
    .map(({ message, stack, diff }) => [message, diff, stack].filter(Boolean).join('\n'))
    .join('\n')
}

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { reasons } from './left-out.ts'
import { printReport, type Result } from './report.ts'
import type { Outcome } from './runner/run.ts'
import type { Runtime } from './runtimes.ts'
import { suites } from './suites.ts'

let said: string

beforeEach(() => {
  said = ''
  vi.spyOn(console, 'log').mockImplementation((line) => void (said += `${line}\n`))
})
afterEach(() => void vi.restoreAllMocks())

const runtime = (name: string): Runtime => ({
  name,
  engine: 'node',
  suites: ['hono', 'package'],
  run: () => expect.unreachable(),
})

/** A test that passed in each file, and those that Bun leaves out. */
const outcomes: Outcome[] = [
  ...[...suites.hono, ...suites.package].map((file): Outcome => ({
    file,
    name: 'holds',
    state: 'passed',
  })),
  ...reasons
    .filter(({ runtimes, file }) => runtimes.test('Bun') && file === 'hono.test.ts')
    .flatMap(({ file, names }) =>
      names.map((name): Outcome => ({ file, name, state: 'left out' })),
    ),
]

const report = (result: Partial<Extract<Result, { engine: string }>> = {}): Result => ({
  engine: 'node',
  outcomes,
  ...result,
})

/** Whether all is well where Bun says that, and another runtime has passed all. */
const judge = (result: Result): boolean =>
  printReport([
    [runtime('Bun'), result],
    [
      runtime('another'),
      report({ outcomes: outcomes.map((one) => ({ ...one, state: 'passed' })) }),
    ],
  ])

describe('the report', () => {
  it('is good where every test has passed or is left out for a reason, which it tells', () => {
    expect(judge(report())).toBe(true)
    expect(said).toMatch(/^Bun +- +1 passed, 1 left out +1 passed +-$/m)
    expect(said).toMatch(/^another +- +2 passed +1 passed +-$/m)
    expect(said).toContain('Bun: it names a type for the copy of a body whose response named none')
    expect(said).toContain('5 passed, 0 failed, 1 skipped')
  })

  it('is bad where a runtime did not start', () => {
    expect(judge({ error: new Error('spawn bun ENOENT') })).toBe(false)
    expect(said).toMatch(/^Bun +did not run/m)
    expect(said).toContain('Bun: it did not run. Error: spawn bun ENOENT')
    expect(said).toContain('1 failed')
  })

  it('is bad where a test failed', () => {
    const failed: Outcome = { ...outcomes[0]!, state: 'failed', error: 'expected 1 to be 2' }
    expect(judge(report({ outcomes: outcomes.with(0, failed) }))).toBe(false)
    expect(said).toMatch(/^Bun +- +0 passed, 1 failed, 1 left out +1 passed +-$/m)
    expect(said).toContain('Bun: hono.test.ts: holds: expected 1 to be 2')
  })

  it('is bad where a runtime ran fewer tests than another', () => {
    expect(judge(report({ outcomes: outcomes.slice(1) }))).toBe(false)
    expect(said).toContain('Bun: hono.test.ts has 1 tests, and elsewhere 2.')
  })

  it('is bad where a runtime took the other engine', () => {
    expect(judge(report({ engine: 'web' }))).toBe(false)
    expect(said).toContain('Bun: it runs the web engine, not its own.')
  })

  it('is bad where what is to be left out is not there', () => {
    const passed = outcomes.map((one): Outcome => ({ ...one, state: 'passed' }))
    expect(judge(report({ outcomes: passed }))).toBe(false)
    expect(said).toMatch(/^Bun: hono\.test\.ts: .* is to be left out, and is not there\.$/m)
  })
})

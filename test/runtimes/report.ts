import { reasons } from './left-out.ts'
import type { Outcome } from './runner/run.ts'
import type { Report, Runtime } from './runtimes.ts'
import { suiteNames, suites, type SuiteName } from './suites.ts'

/** What a runtime said, or why it said nothing. */
export type Result = Report | { error: unknown }

type Row = [runtime: Runtime, result: Result]

/** Prints a table of what passed, what was left out and why, and what failed; tells whether all is well. */
export function printReport(rows: Row[]): boolean {
  const counts = countTests(rows)
  printTable([
    ['runtime', ...suiteNames],
    ...rows.map((row) => [row[0].name, ...suiteNames.map((suite) => cellOf(row, suite))]),
  ])
  printLeftOut(rows)
  const faults = rows.flatMap((row) => faultsOf(row, counts))
  for (const fault of faults) console.log(fault)
  const outcomes = rows.flatMap(outcomesOf)
  const count = (state: Outcome['state']): number =>
    outcomes.filter((outcome) => outcome.state === state).length
  const failed = Math.max(count('failed'), faults.length)
  console.log(`\n${count('passed')} passed, ${failed} failed, ${count('left out')} skipped`)
  return !faults.length
}

function outcomesOf([, result]: Row): Outcome[] {
  return 'outcomes' in result ? result.outcomes : []
}

const filesOf = (runtime: Runtime): string[] => runtime.suites.flatMap((suite) => suites[suite])

const nameOf = ({ file, name }: Outcome): string => `${file}: ${name}`

function cellOf([runtime, result]: Row, suite: SuiteName): string {
  if ('error' in result) return 'did not run'
  if (!runtime.suites.includes(suite)) return '-'
  const files: readonly string[] = suites[suite]
  const outcomes = result.outcomes.filter(({ file }) => files.includes(file))
  return (['passed', 'failed', 'left out'] as const)
    .map((state) => [outcomes.filter((one) => one.state === state).length, state] as const)
    .filter(([count, state]) => count || state === 'passed')
    .map(([count, state]) => `${count} ${state}`)
    .join(', ')
}

function printTable(rows: string[][]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows) {
    const cells = row.map((cell, column) => cell.padEnd(widths[column]!))
    console.log(cells.join('  ').trimEnd())
  }
}

function printLeftOut(rows: Row[]): void {
  console.log('\n-: Koa is for what has the servers of Node.\nLeft out:')
  for (const { runtimes, why, file, names } of reasons) {
    const where = rows
      .map(([runtime]) => runtime)
      .filter((runtime) => runtimes.test(runtime.name) && filesOf(runtime).includes(file))
      .map(({ name }) => name)
    if (!where.length) continue
    console.log(`  ${where.join('; ')}: ${why}`)
    for (const name of names) console.log(`    ${file}: ${name}`)
  }
}

/** How many tests there are in each file: as many as any runtime found. */
function countTests(rows: Row[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const outcomes of rows.map(outcomesOf)) {
    for (const [file, own] of Map.groupBy(outcomes, ({ file }) => file)) {
      counts.set(file, Math.max(own.length, counts.get(file) ?? 0))
    }
  }
  return counts
}

function faultsOf(row: Row, counts: Map<string, number>): string[] {
  const [runtime, result] = row
  const { name, engine } = runtime
  if ('error' in result) return [`${name}: it did not run. ${String(result.error)}`]
  const found = Map.groupBy(result.outcomes, ({ file }) => file)
  const sizes = filesOf(runtime).map(
    (file) => [file, found.get(file)?.length ?? 0, counts.get(file)] as const,
  )
  const failed = result.outcomes.filter(({ state }) => state === 'failed')
  return [
    ...(result.engine === engine ? [] : [`it runs the ${result.engine} engine, not its own.`]),
    ...sizes
      .filter(([, size, count]) => size === 0 || size !== count)
      .map(([file, size, count]) => `${file} has ${size} tests, and elsewhere ${count}.`),
    ...idleRules(row).map((test) => `${test} is to be left out, and is not there.`),
    ...failed.map((outcome) => `${nameOf(outcome)}: ${outcome.error}`),
  ].map((fault) => `${name}: ${fault}`)
}

/** What is to be left out and matches no test. */
function idleRules(row: Row): string[] {
  const [runtime] = row
  const leftOut = outcomesOf(row).filter(({ state }) => state === 'left out')
  return reasons
    .filter(({ runtimes, file }) => runtimes.test(runtime.name) && filesOf(runtime).includes(file))
    .flatMap(({ file, names }) => names.map((begin) => `${file}: ${begin}`))
    .filter((begin) => !leftOut.some((outcome) => nameOf(outcome).startsWith(begin)))
}

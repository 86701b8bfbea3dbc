import type { Outcome } from './load.ts'

/** Prints a table: names to the left, everything else to the right. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows) {
    console.log(
      row
        .map((cell, column) =>
          column ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
        )
        .join('  ')
        .trimEnd(),
    )
  }
}

/** Prints what came of a load. */
export function printOutcome(outcome: Outcome): void {
  const { name, sessions, requests, seconds, times, operations } = outcome
  const { 'another round': again = 0, ...calls } = operations
  const rate = Math.round(requests / seconds)
  console.log(`\n${name}: ${sessions} sessions, ${rate} requests/s for ${seconds.toFixed(0)} s`)
  printTable([
    ['ms', 'requests', 'median', 'p99'],
    ...[...times].map(([act, list]) => [
      act,
      String(list.length),
      quantile(list, 0.5).toFixed(1),
      quantile(list, 0.99).toFixed(1),
    ]),
  ])
  const list = Object.entries(calls).map(([operation, times]) => `${operation} ${times}`)
  console.log(`operations of the store: ${list.join(', ')}`)
  console.log(`rounds on account of other requests: ${again}`)
  console.log(`errors: ${outcome.errors}`)
  for (const sentence of outcome.sentences) console.log(`  ${sentence}`)
  console.log(`increments: ${outcome.increments}, lost: ${outcome.lost}`)
}

export function quantile(list: readonly number[], part: number): number {
  const sorted = list.toSorted((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN
}

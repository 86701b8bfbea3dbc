import { readFileSync } from 'node:fs'
import type { Mutants } from './stryker.ts'

/** What became of the mutants of a file. */
export interface FileResult {
  file: string
  mutants: Mutants
  seconds: number
}

interface Count {
  killed: number
  survived: number
  /** Did not even load: nobody could ship it. */
  invalid: number
  score: number
}

function count(mutants: Mutants): Count {
  const of = (...states: string[]): number =>
    mutants.filter(({ status }) => states.includes(status)).length
  const killed = of('Killed', 'Timeout')
  const invalid = of('RuntimeError', 'CompileError')
  const survived = mutants.length - killed - invalid
  return { killed, survived, invalid, score: (100 * killed) / (killed + survived) }
}

/** Prints a line for each file and the total; tells whether that reaches what is asked for. */
export function printFiles(results: FileResult[], least: number): boolean {
  const all = results.flatMap(({ mutants }) => mutants)
  const rows = [
    ...results.map((one) => ({ ...one, ...count(one.mutants) })),
    {
      file: 'all',
      seconds: results.reduce((sum, one) => sum + one.seconds, 0),
      ...count(all),
    },
  ]
  console.log(`\n${'file'.padEnd(36)}   score   killed survived  invalid  seconds`)
  for (const { file, score, killed, survived, invalid, seconds } of rows) {
    const numbers = [killed, survived, invalid, Math.round(seconds)]
    const cells = numbers.map((number) => `${number}`.padStart(9)).join('')
    console.log(`${file.padEnd(36)}${`${score.toFixed(1)} %`.padStart(8)}${cells}`)
  }
  const { score } = rows.at(-1)!
  if (score < least) console.log(`\nToo few: ${least} % have to be killed.`)
  return score >= least
}

/** Shows the mutants that no test noticed, each as a line before and after. */
export function printSurvivors(file: string, mutants: Mutants): void {
  const lines = readFileSync(file, 'utf8').split('\n')
  for (const { status, location, mutatorName, replacement } of mutants) {
    if (status === 'Killed' || status === 'Timeout') continue
    const { start, end } = location
    const line = lines[start.line - 1]!
    const isShort = start.line === end.line
    const was = line.slice(start.column - 1, isShort ? end.column - 1 : undefined)
    console.log(`${status}: ${file}:${start.line}:${start.column} (${mutatorName})`)
    console.log(`  - ${was}${isShort ? '' : ' …'}\n  + ${replacement}`)
  }
}

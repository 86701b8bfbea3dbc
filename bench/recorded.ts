// What the aims came to that are missed, as the run has it that docs/performance.md shows.
import { readFileSync, writeFileSync } from 'node:fs'
import { isMet, type Aim } from './aims.ts'

const file = new URL('recorded.json', import.meta.url)

/** Figures by the runtime and by the aim. */
export type Recorded = Record<string, Record<string, number>>

/** The figures of the last run that was saved. */
export function readRecorded(): Recorded {
  return JSON.parse(readFileSync(file, 'utf8')) as Recorded
}

/** Keeps what a run came to where it misses an aim, and forgets what is reached by now. */
export function record(runtime: string, aims: readonly Aim[]): void {
  const all = readRecorded()
  const known = { ...all[runtime] }
  for (const aim of aims) {
    if (isMet(aim)) delete known[aim.what]
    else known[aim.what] = Number(aim.measured.toFixed(2))
  }
  writeFileSync(file, `${JSON.stringify({ ...all, [runtime]: known }, null, 2)}\n`)
}

// What the aims came to that are missed, as the guard has measured them itself: a short run's figures are not
// those of a long one.
import { readFileSync, writeFileSync } from 'node:fs'
import { isMet, type Aim } from './aims.ts'

const file = new URL('recorded.json', import.meta.url)

/** Figures by the runtime and by the aim. */
export type Recorded = Record<string, Record<string, number>>

/** The figures of the last run that was saved. */
export function readRecorded(): Recorded {
  return JSON.parse(readFileSync(file, 'utf8')) as Recorded
}

/** Keeps the worst that several tries came to, where that misses an aim. */
export function record(tries: Record<string, readonly Aim[][]>): void {
  const recorded = Object.entries(tries).map(([runtime, tries]) => {
    const worst = tries[0]!.map((aim) => {
      const all = tries.map((aims) => aims.find(({ what }) => what === aim.what)!.measured)
      return { ...aim, measured: aim.isLeast ? Math.min(...all) : Math.max(...all) }
    })
    const missed = worst.filter((aim) => !isMet(aim))
    const entries = missed.map(({ what, measured }) => [what, Number(measured.toFixed(2))])
    return [runtime, Object.fromEntries(entries)]
  })
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(recorded), null, 2)}\n`)
}

// What a session costs a request through Hono: this library, and others, in one run, interleaved.
import { honoAims, type Runtime } from './aims.ts'
import { buildFor } from './engines.ts'
import { cases, honoApps, honoSubjects } from './hono-apps.ts'
import { measureAbove, type Effort, type Times } from './measure.ts'
import { NO_WORK } from './names.ts'
import { importPeer } from './peers/index.ts'
import { cell, table, type Measured } from './report.ts'
import type { Subject } from './subject.ts'

/** What is timed of a case, and the Set-Cookie lines of each. */
interface Prepared {
  subjects: Subject[]
  lines: Record<string, number>
}

/** µs of processor time above an application without sessions; the chart is of the last case. */
export async function benchHono(runtime: Runtime, effort: Effort): Promise<Measured> {
  const apps = await honoApps(await buildFor('workerd'), await buildFor('node'), importPeer)
  return measureHono((index) => honoSubjects(apps, index), runtime, effort)
}

/**
 * Measures requests through Hono, here or in workerd.
 *
 * @param prepare Gives what is to be timed of a case.
 */
export async function measureHono(
  prepare: (index: number) => Promise<Prepared>,
  runtime: Runtime,
  effort: Effort,
): Promise<Measured> {
  const columns: Map<string, Times>[] = []
  const counts: Record<string, number>[] = []
  for (const [index, { isJudged }] of cases.entries()) {
    if (effort.isGuard && !isJudged) continue
    const { subjects, lines } = await prepare(index)
    columns.push(await measureAbove(subjects, effort))
    counts.push(lines)
  }
  const rows = [...columns[0]!.keys()].map((name) => [
    name,
    ...columns.map((column) => cell(column.get(name)!)),
    counts.map((lines) => lines[name]).join(', '),
  ])
  const heads = cases.map(({ title }) => title)
  return {
    table: table([`${runtime}: Hono`, ...heads, 'Set-Cookie lines'], rows),
    aims: honoAims(columns, runtime),
    bars: [...columns.at(-1)!]
      .filter(([name]) => name !== NO_WORK)
      .map(([name, { median }]) => ({ name, value: median })),
  }
}

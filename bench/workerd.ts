// What seals, requests through Hono and first requests cost in workerd, this library and others.
import { coldAims, sealAims } from './aims.ts'
import { measureHono } from './hono.ts'
import { measure, type Effort, type Times } from './measure.ts'
import { sizes } from './names.ts'
import { table, type Measured } from './report.ts'
import { sealTable } from './seal.ts'
import { KIT_COLD, measureCold } from './workerd/cold.ts'
import { startLibraries, subjectsOf } from './workerd/running.ts'
import { measureSteps } from './workerd/steps.ts'

/** µs of processor time of workerd, and ms of a cold start. */
export async function benchWorkerd(effort: Effort): Promise<Measured> {
  const running = await startLibraries()
  const seals: Map<string, Times>[] = []
  let hono: Measured
  try {
    for (const size of sizes) {
      seals.push(await measure((await subjectsOf(running, 'seal', size)).subjects, effort))
    }
    hono = await measureHono((index) => subjectsOf(running, 'hono', index), 'workerd', effort)
  } finally {
    await running.stop()
  }
  const cold = await measureCold(effort)
  const tables = [
    sealTable(seals, 'workerd'),
    hono.table,
    coldTable('workerd: first request of a fresh isolate', cold),
  ]
  return {
    table: tables.join('\n\n'),
    aims: [
      ...sealAims(seals, 'workerd'),
      ...hono.aims,
      ...coldAims(cold.get(KIT_COLD)!.median / 1000),
    ],
  }
}

/** Where the time of a cold start goes: ms, each step with all that come before it. */
export async function benchCold(effort: Effort): Promise<string> {
  return coldTable('workerd: a first session, up to where', await measureSteps(effort))
}

function coldTable(title: string, times: Map<string, Times>): string {
  const rows = [...times].map(([name, { low, median, high }]) => [
    name,
    `${milliseconds(median)} (${milliseconds(low)} to ${milliseconds(high)})`,
  ])
  return table([title, 'ms above an empty Worker'], rows)
}

function milliseconds(time: number): string {
  return (time / 1000).toFixed(2)
}

/**
 * `npm run bench:guard`: a short run of what the aims name. It fails where an aim is missed by more than a
 * quarter in three tries, one after the other. Where an aim has not been reached, what such runs came to stands in
 * its place (recorded.json), and the table says so. With `--save` each is tried three times, and the worst of them is
 * what later runs are held to.
 */
import { alarmOf, isAlarming, isMet, type Aim, type Runtime } from './aims.ts'
import { SHORT } from './measure.ts'
import { nodes, runOn, type NodePart } from './nodes.ts'
import { installPeers } from './peers/index.ts'
import { readRecorded, record } from './recorded.ts'
import { table } from './report.ts'
import { benchWorkerd } from './workerd.ts'

const TRIES = 3

interface Section {
  runtime: Runtime
  measure(): Promise<Aim[]>
}

installPeers()
const parts: NodePart[] = ['seal', 'hono', 'koa']
const sections: Section[] = [
  ...nodes().flatMap(({ runtime, binary }) =>
    parts.map((part) => ({
      runtime,
      measure: async () => (await runOn(binary, part, 'short')).aims,
    })),
  ),
  { runtime: 'workerd', measure: async () => (await benchWorkerd(SHORT)).aims },
]

const isSaved = process.argv.includes('--save')
const recorded = readRecorded()
const tries: Record<string, Aim[][]> = {}
const rows: string[][] = []
for (const { runtime, measure } of sections) {
  let aims: Aim[] = []
  let failed: Set<string> | undefined
  for (let number = 0; number < TRIES && (isSaved || failed?.size !== 0); number++) {
    aims = await measure()
    const all = (tries[runtime] ??= [])
    all[number] = [...(all[number] ?? []), ...aims]
    const alarming = aims
      .filter((aim) => isAlarming(aim, recorded[runtime]?.[aim.what]))
      .map(({ what }) => what)
    failed = new Set(alarming.filter((what) => failed?.has(what) ?? true))
  }
  for (const aim of aims) {
    const isFailed = failed!.has(aim.what)
    if (isFailed && !isSaved) process.exitCode = 1
    rows.push([
      runtime,
      aim.what,
      aim.measured.toFixed(2),
      limitOf(aim, recorded[runtime]?.[aim.what]),
      verdictOf(aim, isFailed),
    ])
  }
}
console.log(table(['', 'aim', 'measured', 'limit', ''], rows))
if (isSaved) record(tries)

function limitOf(aim: Aim, recorded: number | undefined): string {
  const limit = `${aim.isLeast ? 'at least' : 'at most'} ${aim.limit}`
  const known = recorded === undefined ? '' : `, was ${recorded}`
  return `${limit}${known}; alarm at ${alarmOf(aim, recorded).toFixed(2)}`
}

function verdictOf(aim: Aim, isFailed: boolean): string {
  if (isFailed) return '**slower than it was**'
  return isMet(aim) ? 'met' : 'missed, within what is known'
}

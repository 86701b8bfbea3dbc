/**
 * `npm run bench`, or parts of it: `npm run bench -- seal koa`. With `--save` the tables and the
 * chart are put into docs/; with `--short` a run takes a tenth of the time, to see that it works.
 */
import { availableParallelism, cpus, totalmem } from 'node:os'
import { saveChart } from './chart.ts'
import { LONG, SHORT } from './measure.ts'
import { nodes, runOn, versionsOf, type NodePart } from './nodes.ts'
import { installPeers, peerVersions } from './peers/index.ts'
import { aimTable, save, type Measured } from './report.ts'

const parts: Record<string, () => Promise<string>> = {
  seal: () => onNodes('seal'),
  hono: () => onNodes('hono'),
  koa: () => onNodes('koa'),
  workerd: async () => {
    const { table, aims } = await (await import('./workerd.ts')).benchWorkerd(effort)
    return `${table}\n\n${aimTable({ workerd: aims })}`
  },
  cold: async () => (await import('./workerd.ts')).benchCold(effort),
  egg: async () => (await (await import('./egg.ts')).benchEgg(effort)).table,
  store: async () => (await import('./store.ts')).benchStore(isShort ? 0.5 : 2.5),
  size: async () => (await import('./size.ts')).benchSize(),
}

const options = process.argv.slice(2).filter((argument) => argument.startsWith('--'))
const asked = process.argv.slice(2).filter((argument) => !options.includes(argument))
const isSaved = options.includes('--save')
const isShort = options.includes('--short')
const effort = isShort ? { ...SHORT, isGuard: false } : LONG
const unknown = [
  ...options.filter((option) => !/^--(save|short)$/.test(option)),
  ...asked.filter((name) => !parts[name]),
]
if (unknown.length) {
  console.error(`Unknown: ${unknown.join(' ')}. The parts are ${Object.keys(parts).join(', ')}.`)
  process.exit(2)
}

installPeers()
const memory = `${Math.round(totalmem() / 2 ** 30)} GB`
const machine = `${availableParallelism()} x ${cpus()[0]?.model.trim() || process.arch}, ${memory}`
const day = new Date().toISOString().slice(0, 10)
report(
  'machine',
  `${day}. ${await versionsOf()}, ${process.platform}, ${machine}. Of npm: ${peerVersions()}.`,
)
// What fails keeps nothing that was measured before it from the page.
for (const [name, run] of Object.entries(parts)) {
  if (asked.length && !asked.includes(name)) continue
  try {
    report(name, await run())
  } catch (error) {
    console.error(`${name} failed:`, error)
    process.exitCode = 1
  }
}

/** A part on each version of Node, and what the aims say of all of them. */
async function onNodes(part: NodePart): Promise<string> {
  const measured: [string, Measured][] = []
  for (const { runtime, binary } of nodes()) {
    measured.push([runtime, await runOn(binary, part, isShort ? 'brief' : 'long')])
  }
  const [[, { bars }]] = measured as [[string, Measured]]
  if (isSaved && bars) {
    saveChart('A Hono request that reads and writes its session: µs above one without', bars)
  }
  const tables = measured.map(([, { table }]) => table)
  const aims = measured.map(([runtime, { aims }]) => [runtime, aims])
  return [...tables, aimTable(Object.fromEntries(aims))].join('\n\n')
}

function report(part: string, text: string): void {
  console.log(`${text}\n`)
  // Of the machine a run of everything alone may tell: a part beside older ones may be of another.
  if (isSaved && (part !== 'machine' || !asked.length)) save(part, text)
}

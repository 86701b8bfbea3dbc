/**
 * `npm run bench`, or parts of it: `npm run bench -- seal koa`. With `--save` the tables and the
 * chart are put into docs/.
 */
import { availableParallelism, cpus, totalmem } from 'node:os'
import { saveChart } from './chart.ts'
import { installPeers, peerVersions } from './peers/index.ts'
import { save } from './report.ts'

const parts: Record<string, () => Promise<string>> = {
  seal: async () => (await import('./seal.ts')).benchSeal(),
  hono: async () => {
    const { text, bars } = await (await import('./hono.ts')).benchHono()
    if (isSaved)
      saveChart('A Hono request that reads and writes its session: µs above one without', bars)
    return text
  },
  koa: async () => (await import('./koa.ts')).benchKoa(),
  size: async () => (await import('./size.ts')).benchSize(),
}
const asked = process.argv.slice(2).filter((argument) => argument !== '--save')
const isSaved = process.argv.includes('--save')

installPeers()
const memory = `${Math.round(totalmem() / 2 ** 30)} GB`
const machine = `${availableParallelism()} x ${cpus()[0]?.model.trim() || process.arch}, ${memory}`
report(
  'machine',
  `Node ${process.version}, ${process.platform}, ${machine}. Of npm: ${peerVersions()}.`,
)
for (const [name, run] of Object.entries(parts)) {
  if (asked.length === 0 || asked.includes(name)) report(name, await run())
}

function report(part: string, text: string): void {
  console.log(`${text}\n`)
  if (isSaved) save(part, text)
}

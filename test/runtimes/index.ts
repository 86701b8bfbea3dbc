/**
 * Runs the suites of the core and of the adapters of Hono and Koa in the runtimes that the package
 * is for, with the package as npm packs it, and prints a table of what passed. The runtimes are
 * those that npm packages ship for Linux on x64; `npm ci` gets them when the command runs. One that
 * does not start has failed.
 *
 *     npm run test:runtimes
 *     npm run test:runtimes -- Bun 'Node 20'    (those alone)
 */
import { rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { SECRET } from '../fixtures/secrets.ts'
import { bundles } from './bundle.ts'
import { installed, preparePeers } from './peers.ts'
import { printReport, type Result } from './report.ts'
import { runtimes, type Runtime } from './runtimes.ts'

const names = process.argv.slice(2)
const unknown = names.filter((name) => runtimes.every((runtime) => runtime.name !== name))
if (unknown.length) throw new Error(`There is no runtime ${unknown.join()}.`)
const chosen = runtimes.filter(({ name }) => !names.length || names.includes(name))

await preparePeers()
const sealed = await seal()
const results = new Map<Runtime, Result>()
const waiting = [...chosen]
await Promise.all(Array.from({ length: os.availableParallelism() }, work))
await rm(bundles, { recursive: true, force: true })
process.exit(printReport(chosen.map((runtime) => [runtime, results.get(runtime)!])) ? 0 : 1)

/** Seals a cookie on this Node, for all to open. */
async function seal(): Promise<{ cookie: string; data: object }> {
  const { createSessionManager } = await import(path.join(installed, 'dist/src/index.js'))
  const manager = createSessionManager({ secrets: SECRET })
  const data = { user: 'Zoë', list: [1, null, { deep: '\u{1F36A}' }] }
  const session = await manager.load('')
  const [line] = await manager.commit(Object.assign(session, data))
  return { cookie: line.split(';')[0], data }
}

async function work(): Promise<void> {
  for (let runtime = waiting.shift(); runtime; runtime = waiting.shift()) {
    const started = performance.now()
    const { name, suites } = runtime
    const result = await runtime
      .run({ runtime: name, suites, sealed })
      .catch((error) => ({ error }))
    results.set(runtime, result)
    console.error(`${name}: ${Math.round((performance.now() - started) / 1000)} s`)
  }
}

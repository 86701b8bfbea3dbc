/**
 * Runs a part on the version of Node that it is started with, and prints what it measured as JSON:
 * `node bench/on-node.ts koa long`.
 */
import type { Runtime } from './aims.ts'
import { benchHono } from './hono.ts'
import { benchKoa } from './koa.ts'
import { LONG, SHORT, type Effort } from './measure.ts'
import { benchSeal } from './seal.ts'

const parts = { seal: benchSeal, hono: benchHono, koa: benchKoa }
/** The guard's, all of it in little time, and what the tables are made with. */
const efforts: Record<string, Effort> = {
  short: SHORT,
  brief: { ...SHORT, isGuard: false },
  long: LONG,
}
const [part, effort] = process.argv.slice(2) as [keyof typeof parts, string]
const runtime = `Node ${process.versions.node.split('.')[0]}` as Runtime
process.stdout.write(
  JSON.stringify(await parts[part](runtime, efforts[effort]!)),
  // Some of the libraries leave something open.
  () => process.exit(),
)

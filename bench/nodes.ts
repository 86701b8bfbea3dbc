// The versions of Node that are measured, each in a process of its own.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Runtime } from './aims.ts'
import { peersFolder } from './peers/index.ts'
import type { Measured } from './report.ts'

/** The parts that run on each of them. */
export type NodePart = 'seal' | 'hono' | 'koa'

/** The binaries: the one that runs this, and one that comes as a package where there is one. */
export function nodes(): { runtime: Runtime; binary: string }[] {
  const node26 = `${peersFolder}node_modules/node26/bin/node`
  return [
    { runtime: 'Node 24', binary: process.execPath },
    ...(existsSync(node26) ? [{ runtime: 'Node 26' as const, binary: node26 }] : []),
  ]
}

/** What they say of themselves: `Node v24.21.0 and v26.10.0`. */
export async function versionsOf(): Promise<string> {
  const versions = await Promise.all(
    nodes().map(async ({ binary }) => (await promisify(execFile)(binary, ['--version'])).stdout),
  )
  return `Node ${versions.map((version) => version.trim()).join(' and ')}`
}

/** Runs a part on a version of Node. */
export async function runOn(
  binary: string,
  part: NodePart,
  effort: 'long' | 'brief' | 'short',
): Promise<Measured> {
  const script = fileURLToPath(new URL('on-node.ts', import.meta.url))
  const child = spawn(binary, [script, part, effort], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')])
  if (code !== 0) throw new Error(`${part} failed on ${binary}.`)
  return JSON.parse(printed) as Measured
}

import { gzipSync } from 'node:zlib'
import { bundle, root, worker } from '../bundle.ts'
import { printTable } from './report.ts'

/** The subpaths of stores. */
export const subpaths = [
  'memory',
  'redis',
  'upstash',
  'durable-object',
  'fetch',
  'workers-kv',
  'unstorage',
  'express-store',
] as const

/** What a store weighs in bytes, as users import it: minified, and then with gzip -9. */
export interface Size {
  /** Alone, with all that it needs of the core. */
  alone: number
  /** What it adds to a Worker that has `session-kit` already. */
  added: number
}

/** Measures a store's subpath; peers are not counted. */
export async function sizeOf(subpath: string): Promise<Size> {
  const [core, both, alone] = await Promise.all([
    weigh('session-kit'),
    weigh('session-kit', `session-kit/${subpath}`),
    weigh(`session-kit/${subpath}`),
  ])
  return { alone, added: both - core }
}

async function weigh(...names: string[]): Promise<number> {
  const contents = names.map((name) => `export * from ${JSON.stringify(name)}`).join('\n')
  return gzipSync(await bundle(contents, root, worker), { level: 9 }).length
}

/** Prints the sizes of all stores. */
export async function printSizes(): Promise<void> {
  console.log('\nbytes, minified, gzip -9')
  const rows = await Promise.all(
    subpaths.map(async (subpath) => {
      const { alone, added } = await sizeOf(subpath)
      return [`session-kit/${subpath}`, String(alone), String(added)]
    }),
  )
  printTable([['', 'alone', 'beside the core'], ...rows])
}

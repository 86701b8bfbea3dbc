/** The runtimes that the package is for, and how each runs suites. */
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { Miniflare } from 'miniflare'
import { bundleAround, bundleWhole, type Given } from './bundle.ts'
import { execute, peers } from './peers.ts'
import type { Outcome } from './runner/run.ts'
import { suiteNames, type SuiteName } from './suites.ts'

/** What a runtime may take for all of it, in milliseconds. */
const LIMIT = 900_000

/** What a runtime says. */
export interface Report {
  /** The crypto engine that its conditions chose. */
  engine: string
  outcomes: Outcome[]
}

export interface Runtime {
  name: string
  /** The engine that its conditions have to choose. */
  engine: 'node' | 'web'
  suites: SuiteName[]
  run(given: Given): Promise<Report>
}

/** What needs no server of Node's. */
const portable = suiteNames.filter((name) => name !== 'koa')
const edge = fileURLToPath(new URL('edge.mjs', import.meta.url))
const bun = '@oven/bun-linux-x64/bin/bun'
const deno = '@deno/linux-x64-glibc/deno'
const denoRun = ['run', '--quiet', '--no-lock', '--node-modules-dir=manual', '--allow-all']
const workerd = ['workerd', 'worker']

export const runtimes: Runtime[] = [
  ...[20, 22, 24, 26].flatMap((version) => {
    const program = `node${version}/bin/node`
    return [
      command(`Node ${version}`, 'node', program),
      command(`Node ${version}, web`, 'web', program, '-C', 'browser'),
    ]
  }),
  command('Bun', 'node', bun),
  command('Bun, web', 'web', bun, '--conditions=browser'),
  command('Deno', 'web', deno, ...denoRun),
  {
    // Bundled for Node: by itself it takes the other engine.
    name: 'Deno, node',
    engine: 'node',
    suites: portable,
    async run(given) {
      const whole = { conditions: ['node'], hasNode: true, form: 'program' } as const
      return start(installed(deno), [...denoRun, await bundleWhole(given, whole)])
    },
  },
  {
    name: 'workerd',
    engine: 'web',
    suites: portable,
    run: async (given) => runWorkerd(await bundleWhole(given, { conditions: workerd })),
  },
  {
    name: 'workerd, node',
    engine: 'node',
    suites: portable,
    async run(given) {
      const file = await bundleWhole(given, { conditions: ['node'], hasNode: true })
      return runWorkerd(file, ['nodejs_compat'])
    },
  },
  {
    name: 'edge-runtime',
    engine: 'web',
    suites: portable,
    async run(given) {
      const whole = { conditions: ['edge-light', 'browser'], form: 'global' } as const
      return start(process.execPath, [edge, await bundleWhole(given, whole)])
    },
  },
]

function installed(program: string): string {
  return path.join(peers, 'node_modules', program)
}

/** A program with files of its own: it loads the package itself. */
function command(
  name: string,
  engine: Runtime['engine'],
  program: string,
  ...args: string[]
): Runtime {
  return {
    name,
    engine,
    suites: suiteNames,
    run: async (given) => start(installed(program), [...args, await bundleAround(given)]),
  }
}

async function start(program: string, args: string[]): Promise<Report> {
  const env = { ...process.env, NODE_OPTIONS: '', DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' }
  const options = { cwd: peers, env, timeout: LIMIT, maxBuffer: 1e8 }
  const { stdout } = await execute(program, args, options)
  return JSON.parse(stdout.trim().split('\n').at(-1)!)
}

async function runWorkerd(file: string, compatibilityFlags: string[] = []): Promise<Report> {
  const worker = `import { run } from './suites.mjs'
    export default { fetch: async () => new Response(await run()) }`
  const modules = { 'main.mjs': worker, 'suites.mjs': await readFile(file, 'utf8') }
  const manifest = {
    mainModule: 'main.mjs',
    modulesRoot: '/',
    modules: Object.fromEntries(
      Object.entries(modules).map(([name, contents]) => [name, { type: 'esm', contents }]),
    ),
  }
  const config = {
    name: 'suites',
    compatibilityDate: '2026-06-01',
    compatibilityFlags,
    manifest,
  }
  const miniflare = new Miniflare({ workers: [{ config }] } as never)
  try {
    const response = await miniflare.dispatchFetch('http://localhost/')
    return (await response.json()) as Report
  } finally {
    await miniflare.dispose()
  }
}

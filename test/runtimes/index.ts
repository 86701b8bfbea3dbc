/**
 * Runs the package in the runtimes that it is for, as npm packs it, and prints a table of what
 * passed. The runtimes are those that npm packages ship for Linux on x64; `npm ci` gets them when
 * the command runs. One that does not start has failed.
 *
 *     npm run test:runtimes
 */
import { execFile } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build, type BuildOptions, type Plugin } from 'esbuild'
import { Miniflare } from 'miniflare'
import type { Outcome } from './check.ts'

/** What a runtime may take for all of it, in milliseconds. */
const LIMIT = 120_000

interface Runtime {
  name: string
  /** The crypto engine that its conditions have to choose. */
  engine: 'node' | 'web'
  run(): Promise<{ engine?: string; outcomes: Outcome[] }>
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const here = path.join(root, 'test/runtimes')
/**
 * A project with the runtimes, and a lock file of its own. Its `tsconfig.json` keeps Bun from the
 * paths of the one around it, which name an engine.
 */
const peers = path.join(here, 'peers')
const bin = path.join(peers, 'node_modules')
const made = path.join(peers, '.run')
const execute = promisify(execFile)
const suites = ['sealed', 'answers', 'memory', 'vectors', 'withSession', 'hono', 'koa']

/** Takes packages from among the peers: around this file is one that has the package's name. */
const fromPeers: Plugin = {
  name: 'from-peers',
  setup(build) {
    build.onResolve({ filter: /^(session-kit|hono)(\/|$)/ }, ({ path, kind, resolveDir }) =>
      resolveDir.startsWith(peers) ? undefined : build.resolve(path, { kind, resolveDir: peers }),
    )
  },
}

/** A cookie that this Node sealed, for the others to open. */
let sealedByNode = ''

await prepare()
sealedByNode = await sealInNode()
const main = path.join(made, 'main.mjs')
await bundle({
  entryPoints: [path.join(here, 'main.ts')],
  outfile: main,
  platform: 'node',
  // What these load is the package itself, by their own conditions.
  packages: 'external',
})

const node = (version: number): Runtime[] => [
  command(`Node ${version}`, 'node', `node${version}/bin/node`, [main, 'koa']),
  command(`Node ${version}, web`, 'web', `node${version}/bin/node`, ['-C', 'browser', main, 'koa']),
]
const runtimes: Runtime[] = [
  ...[20, 22, 24, 26].flatMap(node),
  command('Bun', 'node', '@oven/bun-linux-x64/bin/bun', [main, 'koa']),
  command('Bun, web', 'web', '@oven/bun-linux-x64/bin/bun', ['--conditions=browser', main, 'koa']),
  command('Deno', 'web', '@deno/linux-x64-glibc/deno', [
    ...['run', '--quiet', '--no-lock', '--node-modules-dir=manual', '--allow-all'],
    main,
    'koa',
  ]),
  { name: 'workerd', engine: 'web', run: runWorkerd },
  { name: 'edge-runtime', engine: 'web', run: runEdge },
]

const rows: string[][] = [['runtime', ...suites]]
const faults: string[] = []
for (const runtime of runtimes) rows.push(await rowOf(runtime))
await rm(made, { recursive: true })
printTable(rows)
for (const fault of faults) console.log(fault)
process.exit(faults.length ? 1 : 0)

/** Gets the runtimes, and puts the package among their packages as its users get it. */
async function prepare(): Promise<void> {
  const npm = (...args: string[]): Promise<unknown> => execute('npm', args, { cwd: root })
  await npm('ci', '--prefix', peers, '--ignore-scripts', '--no-audit', '--no-fund')
  await rm(made, { recursive: true, force: true })
  await mkdir(made)
  await npm('pack', '--ignore-scripts', '--pack-destination', made)
  const target = path.join(bin, 'session-kit')
  await mkdir(target)
  const { version } = createRequire(import.meta.url)('../../package.json') as { version: string }
  const tarball = path.join(made, `session-kit-${version}.tgz`)
  await execute('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
}

/** Seals it with the package, by its own conditions. */
async function sealInNode(): Promise<string> {
  const script = path.join(made, 'seal.mjs')
  await bundle({
    stdin: {
      contents: `import { createSessionManager } from 'session-kit'
        import { DATA, OLD } from './suite.ts'
        const manager = createSessionManager({ secrets: OLD })
        const session = await manager.load('')
        Object.assign(session, DATA)
        console.log((await manager.commit(session))[0].split(';')[0])`,
      resolveDir: here,
    },
    outfile: script,
    platform: 'node',
    packages: 'external',
  })
  return (await execute(process.execPath, [script])).stdout.trim()
}

async function bundle(options: BuildOptions): Promise<string> {
  const { outputFiles } = await build({
    bundle: true,
    format: 'esm',
    target: 'es2022',
    // Else the paths that the compiler takes would hold for the bundle, too.
    tsconfigRaw: {},
    define: { SEALED: JSON.stringify(sealedByNode) },
    logLevel: 'error',
    write: options.outfile !== undefined,
    ...options,
  })
  return outputFiles?.[0]?.text ?? ''
}

/** A runtime that is a program: it prints what came of the checks. */
function command(name: string, engine: 'node' | 'web', program: string, args: string[]): Runtime {
  const env = { ...process.env, NODE_OPTIONS: '', DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' }
  return {
    name,
    engine,
    async run() {
      const options = { cwd: made, env, timeout: LIMIT, maxBuffer: 1e8 }
      const { stdout } = await execute(path.join(bin, program), args, options)
      return JSON.parse(stdout.trim().split('\n').at(-1)!)
    },
  }
}

/** The portable checks with everything in them, for a runtime that resolves no package. */
function bundlePortable(options: BuildOptions): Promise<string> {
  return bundle({
    entryPoints: [path.join(here, 'portable.ts')],
    plugins: [fromPeers],
    platform: 'neutral',
    mainFields: ['module', 'main'],
    ...options,
  })
}

async function runWorkerd(): Promise<{ outcomes: Outcome[] }> {
  const contents = await bundlePortable({ conditions: ['workerd', 'worker'] })
  const manifest = {
    mainModule: 'main.mjs',
    modulesRoot: '/',
    modules: { 'main.mjs': { type: 'esm' as const, contents } },
  }
  const config = { name: 'checks', compatibilityDate: '2026-06-01', manifest }
  const miniflare = new Miniflare({ workers: [{ config }] } as never)
  try {
    const response = await miniflare.dispatchFetch('http://localhost/')
    return { outcomes: (await response.json()) as Outcome[] }
  } finally {
    await miniflare.dispose()
  }
}

async function runEdge(): Promise<{ outcomes: Outcome[] }> {
  const code = await bundlePortable({
    conditions: ['edge-light', 'browser'],
    format: 'iife',
    globalName: 'portable',
  })
  const { EdgeVM } = createRequire(path.join(peers, 'package.json'))('@edge-runtime/vm')
  const vm = new EdgeVM()
  vm.evaluate(code)
  // As text: what the other realm made is not of this one's classes.
  const text = await vm.evaluate('portable.runPortable().then((all) => JSON.stringify(all))')
  return { outcomes: JSON.parse(text) }
}

async function rowOf({ name, engine, run }: Runtime): Promise<string[]> {
  let outcomes: Outcome[]
  try {
    const result = await run()
    outcomes = result.outcomes
    if (result.engine && result.engine !== engine) {
      faults.push(`${name}: it runs the ${result.engine} engine, not the ${engine} one.`)
    }
  } catch (error) {
    faults.push(`${name}: it did not run. ${String(error)}`)
    return [name, ...suites.map(() => 'did not run')]
  }
  if (!outcomes.length) faults.push(`${name}: it ran nothing.`)
  for (const { suite, name: check, error } of outcomes) {
    if (error) faults.push(`${name}: ${suite}: ${check}: ${error}`)
  }
  return [name, ...suites.map((suite) => cellOf(outcomes.filter((one) => one.suite === suite)))]
}

function cellOf(outcomes: Outcome[]): string {
  const failed = outcomes.filter(({ error }) => error).length
  if (!outcomes.length) return '-'
  return `${outcomes.length - failed} passed` + (failed ? `, ${failed} failed` : '')
}

function printTable(rows: string[][]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows) {
    console.log(
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
  }
}

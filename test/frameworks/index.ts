/**
 * The recipes of frameworks, as applications: each is installed as its lock file says, with the
 * package as npm packs it and the code of its page, then built, started and visited.
 *
 *     npm run test:frameworks
 *     npm run test:frameworks -- astro next
 */
import { spawnSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { startNode } from '../fixtures/child-server.ts'
import { packInto } from '../fixtures/tarball.ts'
import { applications, filesOf, type Application } from './applications.ts'
import { visit } from './visit.ts'

/** There is one at the build, and another at the start. */
const BUILD_SECRET = 'build-Zr4mX1sKq9Wd7LhTgB2nPf5VcJ8yEa3UoRiYtGwHbQx'
const SECRET = 'start-Q2w8ErT5yUi1OpA7sDf4GhJ0kLz9XcV3bNm6QaWsEdR'

/** What keeps frameworks from telling anybody that they are used. */
const quiet: Record<string, string> = {
  ASTRO_TELEMETRY_DISABLED: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  DO_NOT_TRACK: '1',
}

const asked = process.argv.slice(2)
const names = applications.map(({ name }) => name)
const unknown = asked.filter((name) => !names.includes(name))
if (unknown.length) throw new Error(`No ${unknown.join(', ')}: there is ${names.join(', ')}.`)
const chosen = applications.filter(({ name }) => !asked.length || asked.includes(name))

const folder = await mkdtemp(path.join(tmpdir(), 'session-kit-frameworks-'))
let failed = 0
try {
  const tarball = packInto(folder).file
  for (const application of chosen) {
    try {
      console.log(await tryOut(application, tarball))
    } catch (error) {
      failed += 1
      console.error(error)
    }
  }
} finally {
  await rm(folder, { recursive: true })
}
console.log(`${chosen.length - failed} passed, ${failed} failed`)
process.exit(failed ? 1 : 0)

/** @returns What was done, how long it took, and what was seen. */
async function tryOut(application: Application, tarball: string): Promise<string> {
  const { name, framework } = application
  const project = path.join(folder, name)
  const installed = await secondsOf(() => install(name, tarball, project))
  const built = await secondsOf(() => build(application, project))
  const seen = await look(application, project)

  const manifest = path.join(project, 'node_modules', framework, 'package.json')
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
  const times = `installed in ${installed} s, built in ${built} s`
  return [`${name} ${version}: ${times}`, ...seen].join('\n  ')
}

async function secondsOf(work: () => Promise<void>): Promise<string> {
  const start = performance.now()
  await work()
  return ((performance.now() - start) / 1000).toFixed(1)
}

/** Puts an application together: what stands around its recipe, what the page shows, packages. */
async function install(name: string, tarball: string, project: string): Promise<void> {
  await cp(fileURLToPath(new URL(name, import.meta.url)), project, { recursive: true })
  for (const [file, code] of filesOf(name)) {
    await mkdir(path.dirname(path.join(project, file)), { recursive: true })
    await writeFile(path.join(project, file), code)
  }
  run('npm', ['ci', '--no-audit', '--no-fund'], project)
  const target = path.join(project, 'node_modules/session-kit')
  await mkdir(target)
  run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'], project)
}

async function build({ name, built }: Application, project: string): Promise<void> {
  run('npm', ['run', 'build'], project)
  if (await holds(path.join(project, built), BUILD_SECRET)) {
    throw new Error(`${name} has kept the secret of the build.`)
  }
}

async function look(application: Application, project: string): Promise<string[]> {
  const env = { HOST: '127.0.0.1', HOME: folder, SESSION_SECRET: SECRET, ...quiet }
  const server = await startNode(application.start, env, project)
  try {
    return await visit(application, server.url, SECRET)
  } finally {
    await server.stop()
  }
}

/** Runs a program without what the environment says about this one. */
function run(program: string, args: string[], cwd: string): void {
  const isOwn = /^(npm_(?!config_(registry|cafile|\w*proxy)$)|INIT_CWD$|NODE_(ENV|OPTIONS|PATH)$)/i
  const around = Object.entries(process.env).filter(([name]) => !isOwn.test(name))
  const env = { ...Object.fromEntries(around), ...quiet, CI: '1', SESSION_SECRET: BUILD_SECRET }
  const options = { cwd, env, encoding: 'utf8', maxBuffer: 1e8 } as const
  const { status, stdout, stderr } = spawnSync(program, args, options)
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}\n${stdout}\n${stderr}`)
}

/** Whether a text is in some file of a folder. */
async function holds(folder: string, text: string): Promise<boolean> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    if ((await readFile(path.join(entry.parentPath, entry.name))).includes(text)) return true
  }
  return false
}

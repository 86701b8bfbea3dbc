/** What the README tells somebody who has nothing yet, done to the letter in an empty folder. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, expect, describe, it } from 'vitest'
import { createBrowser } from '../adapters/testing.ts'
import pack from '../package.json' with { type: 'json' }
import egg3 from './hosts/egg3/package.json' with { type: 'json' }
import egg4 from './hosts/egg4/package.json' with { type: 'json' }
import { freePort } from './fixtures/redis-server.ts'
import { packInto } from './fixtures/tarball.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

/** Of each package the version that the project knows, so that no release breaks the test. */
const versions: Record<string, string> = {
  ...pack.devDependencies,
  'egg@3': egg3.dependencies.egg,
  'egg@4': egg4.dependencies.egg,
}

let home = ''
let tarball = ''
let folder = ''
const started: ChildProcess[] = []

beforeAll(() => {
  home = mkdtempSync(path.join(tmpdir(), 'session-kit-readme-'))
  tarball = packInto(home).file
})
afterAll(() => rmSync(home, { recursive: true }))
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const ended = once(child, 'close')
    process.kill(-child.pid!, 'SIGKILL')
    await ended
  }
})

interface Section {
  files: Map<string, string>
  /** What is typed, line by line; the last one starts the server. */
  commands: string[]
}

function sectionOf(heading: string): Section {
  const text = readme.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
  const files = new Map<string, string>()
  for (const [, file, code] of text.matchAll(/^```\w+\n(?:\/\/|#) (\S+\.\w+)\n([^]*?)^```$/gm))
    files.set(file!, code!)
  const [, commands] = /^```sh\n([^]*?)^```$/m.exec(text)!
  return { files, commands: commands!.trim().split('\n') }
}

/** Puts an application into an empty folder, as a reader would. */
function write(files: Section['files']): void {
  folder = path.join(mkdtempSync(path.join(home, 'project-')), 'visits')
  for (const [name, code] of files) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), code)
  }
}

/** A command with the packages that are meant: the one that was packed, others of known versions. */
function exactly(command: string, major: string): string {
  if (!command.startsWith('npm install')) return command
  const words = command.replace(/ #.*/, '').replace('egg@3', `egg@${major}`)
  return words.replaceAll(/ (@?[a-z][\w@/-]*)/g, (all, name: string) => {
    if (name === 'install') return all
    if (name === 'session-kit') return ` ${tarball}`
    return ` ${name.replace(/(?<=.)@.*/, '')}@${versions[name]}`
  })
}

/** What around this process is the machine's, and not this test run's own. */
function surroundings(): NodeJS.ProcessEnv {
  const isOwn =
    /^(npm_(?!config_(registry|cafile|\w*proxy)$)|INIT_CWD$|NODE_(ENV|OPTIONS|PATH)$|VITEST|TEST$)/i
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOwn.test(name)))
}

function start(command: string, env: Record<string, string> = {}): ChildProcess {
  const child = spawn('sh', ['-c', command], {
    cwd: folder,
    detached: true,
    env: {
      ...surroundings(),
      CI: '1',
      NO_UPDATE_NOTIFIER: '1',
      WRANGLER_SEND_METRICS: 'false',
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      npm_config_fund: 'false',
      npm_config_audit: 'false',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  return child
}

function outputOf(child: ChildProcess): () => string {
  let output = ''
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  return () => output
}

async function finish(command: string): Promise<void> {
  const child = start(command)
  const output = outputOf(child)
  const [code] = (await once(child, 'close')) as [number]
  expect(`${command}: ${code}\n${code ? output() : ''}`).toBe(`${command}: 0\n`)
}

/** Starts the server, and waits until it answers. */
async function serve(command: string): Promise<string> {
  const port = await freePort()
  // Wrangler has a port of its own.
  const own = command.includes('wrangler')
    ? ` --ip=127.0.0.1 --port=${port} --inspector-port=0`
    : ''
  const server = start(command + own, { PORT: `${port}` })
  const output = outputOf(server)
  for (let tries = 0; tries < 400 && server.exitCode === null; tries++) {
    const isThere = await fetch(`http://127.0.0.1:${port}/nothing`).then(
      () => true,
      () => false,
    )
    if (isThere) return `http://127.0.0.1:${port}`
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`${command} does not answer:\n${output()}`)
}

describe.each([
  ['Hono on Cloudflare Workers', ''],
  ['Koa', ''],
  ['Egg 3 and 4', '3'],
  ['Egg 3 and 4', '4'],
  ['Any fetch handler', ''],
])('%s %s', (heading, major) => {
  it('counts, with what is on the page and nothing else', { timeout: 300_000 }, async () => {
    const { files, commands } = sectionOf(heading)
    write(files)
    for (const command of commands.slice(0, -1)) await finish(exactly(command, major))
    const url = await serve(commands.at(-1)!)
    const browser = createBrowser(
      (request) => fetch(request.url.replace('http://localhost', url), request),
      { origin: 'http://localhost' },
    )

    for (const count of [1, 2, 3])
      expect(await (await browser.fetch('/')).text()).toBe(`Seen ${count} times`)
  })

  it('takes at most 15 lines a file', () => {
    const lengths = [...sectionOf(heading).files.values()].map((code) => code.split('\n').length)

    expect(Math.max(...lengths)).toBeLessThanOrEqual(15)
  })
})

/** The package in an empty project: what installs it, runs it, compiles it and bundles it. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { nodeResolve } from '@rollup/plugin-node-resolve'
import { build } from 'esbuild'
import { rollup } from 'rollup'
import { build as viteBuild } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import webpack from 'webpack'
import pack from '../package.json' with { type: 'json' }
import { packInto } from './fixtures/tarball.ts'

const execute = promisify(execFile)
const root = fileURLToPath(new URL('..', import.meta.url))
const bin = (name: string): string => path.join(root, 'node_modules', name)

let folder = ''
let tarball = ''

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'session-kit-users-'))
  tarball = packInto(folder).file
  for (const { name, program = process.execPath, add } of installers) {
    const project = projectOf(name)
    mkdirSync(project)
    writeFileSync(path.join(project, 'package.json'), '{"name": "user", "private": true}')
    // A lock file of its own, or Yarn looks for a project around this one.
    if (name.startsWith('yarn')) writeFileSync(path.join(project, 'yarn.lock'), '')
    await run(program, add(), project)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

interface Installer {
  name: string
  /** Node, if it is not named. */
  program?: string
  /** What adds the tarball to a project. */
  add(): string[]
  /** What Node is told to run a file of the project. */
  start(file: string): string[]
}

const plugAndPlay = "yarn, Plug'n'Play"
const yarn = bin('@yarnpkg/cli-dist/bin/yarn.js')

const installers: Installer[] = [
  {
    name: 'npm',
    program: 'npm',
    add: () => ['install', '--offline', '--no-audit', '--no-fund', tarball],
    start: (file) => [file],
  },
  {
    name: 'pnpm',
    add: () => [
      bin('pnpm/bin/pnpm.cjs'),
      ...['add', '--offline', '--store-dir', path.join(folder, 'pnpm-store'), `file:${tarball}`],
    ],
    start: (file) => [file],
  },
  {
    name: 'yarn',
    add: () => [yarn, 'add', `session-kit@file:${tarball}`],
    start: (file) => [file],
  },
  {
    name: plugAndPlay,
    add: () => [yarn, 'add', `session-kit@file:${tarball}`],
    start: (file) => [yarn, 'node', file],
  },
]

const projectOf = (name: string): string => path.join(folder, name.replaceAll(/\W+/g, '-'))

/** Runs a program in a project, without what the environment says to package managers. */
async function run(program: string, args: string[], cwd: string): Promise<string> {
  const own = Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS)/i.test(name))
  const env = {
    ...Object.fromEntries(own),
    YARN_NODE_LINKER: cwd === projectOf(plugAndPlay) ? 'pnp' : 'node-modules',
    YARN_GLOBAL_FOLDER: path.join(folder, 'yarn'),
    YARN_ENABLE_TELEMETRY: '0',
    YARN_ENABLE_NETWORK: '0',
    YARN_ENABLE_IMMUTABLE_INSTALLS: '0',
  }
  try {
    return (await execute(program, args, { cwd, env })).stdout
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    throw new Error(`${args.join(' ')}\n${stdout}\n${stderr}`, { cause: error })
  }
}

/** Writes a file of a project and hands back where it is. */
function write(project: string, name: string, text: string): string {
  const file = path.join(projectOf(project), name)
  writeFileSync(file, text)
  return file
}

const names = Object.entries(pack.exports)
  .filter(([, target]) => typeof target !== 'string')
  .map(([subpath]) => subpath.replace('.', 'session-kit'))

/** What the subpaths import that are for another package. */
const peers = [
  '@opentelemetry/api',
  '@upstash/redis',
  'cloudflare:workers',
  'hono/http-exception',
  'jose',
]
const withPeer = new Set([
  'session-kit/csrf/hono',
  'session-kit/durable-object',
  'session-kit/jose',
  'session-kit/opentelemetry',
  'session-kit/upstash',
])
/** What runs where no other package is. */
const alone = names.filter((name) => !withPeer.has(name))

const application = `
const secrets = 'V9s1kQmJr0Zb3t8xWc5uNf2yHg7pLd4A/eTiOqRwX6M='
async function seen() {
  const manager = createSessionManager({ secrets, store: createMemoryStore() })
  const session = await manager.load('')
  session.user = 'Ada'
  const [cookie] = await manager.commit(session)
  return (await manager.load(cookie.split(';')[0])).user
}
seen().then((user) => console.log(user))
`

describe.each(installers)('installed by $name', ({ name, start }) => {
  const runFile = (file: string, text: string): Promise<string> =>
    run(process.execPath, start(write(name, file, text)), projectOf(name))

  it(`is in ${name === plugAndPlay ? 'an archive' : 'node_modules'}`, async () => {
    const place = await runFile('place.cjs', `console.log(require.resolve('session-kit'))`)

    expect(place.endsWith('/node_modules/session-kit/dist/src/index.js\n')).toBe(true)
    expect(place.includes('.zip/')).toBe(name === plugAndPlay)
  })

  it('brings no other package', async () => {
    const text = `
console.log(require('session-kit/package.json').dependencies)
try {
  require('koa')
} catch ({ code }) {
  console.log(code)
}
`
    expect(await runFile('alone.cjs', text)).toBe('undefined\nMODULE_NOT_FOUND\n')
  })

  it('runs as an ES module', async () => {
    const text = `
import { createSessionManager } from 'session-kit'
import { createMemoryStore } from 'session-kit/memory'
${alone.map((name) => `import '${name}'`).join('\n')}
${application}
`
    expect(await runFile('app.mjs', text)).toBe('Ada\n')
  })

  it('runs by require()', async () => {
    const text = `
const { createSessionManager } = require('session-kit')
const { createMemoryStore } = require('session-kit/memory')
${alone.map((name) => `require('${name}')`).join('\n')}
${application}
`
    expect(await runFile('app.cjs', text)).toBe('Ada\n')
  })
})

describe.each([
  ['bundler', 'esnext', ['main.mts']],
  // It knows of no `require()` of an ES module.
  ['node16', 'node16', ['main.mts']],
  ['nodenext', 'nodenext', ['main.mts', 'main.cts']],
])('for moduleResolution %s', (moduleResolution, module, files) => {
  it('has its types, and a wrong use is an error', async () => {
    const text = `
import { createSessionManager, type Session, type SessionOptions } from 'session-kit'
import { createMemoryStore } from 'session-kit/memory'
${names.map((name, index) => `import * as all${index} from '${name}'\nvoid all${index}`).join('\n')}
interface Visit {
  views?: number
}
const options: SessionOptions = { secrets: 'x', store: createMemoryStore() }
export async function count(): Promise<number> {
  const session: Session<Visit> = await createSessionManager<Visit>(options).load('')
  // @ts-expect-error it is a number
  session.views = 'many'
  return session.views ?? 0
}
`
    for (const name of files) write('npm', name, text)
    const settings = { moduleResolution, module, target: 'es2022', lib: ['es2023', 'dom'] }
    const config = write(
      'npm',
      `tsconfig.${moduleResolution}.json`,
      JSON.stringify({
        // The peers whose types are named are not there.
        compilerOptions: { ...settings, strict: true, noEmit: true, skipLibCheck: true, types: [] },
        files,
      }),
    )

    await run(process.execPath, [bin('typescript/bin/tsc'), '-p', config], projectOf('npm'))
  })
})

/** What runs where nothing of Node is. */
const portable = names.filter((name) => !['session-kit/egg', 'session-kit/koa'].includes(name))

interface Bundler {
  name: string
  /** Bundles a file by a condition, and hands back the code. */
  bundle(file: string, condition: string): Promise<string>
}

const bundlers: Bundler[] = [
  {
    name: 'esbuild',
    async bundle(file, condition) {
      const { outputFiles } = await build({
        entryPoints: [file],
        bundle: true,
        write: false,
        minify: true,
        format: 'esm',
        platform: 'neutral',
        conditions: [condition],
        external: peers,
      })
      return outputFiles[0]!.text
    },
  },
  {
    name: 'rollup',
    async bundle(input, condition) {
      const plugins = [nodeResolve({ exportConditions: [condition] })]
      const made = await rollup({ input, plugins, external: peers })
      const { output } = await made.generate({ format: 'es' })
      await made.close()
      // Comments are not taken out.
      return output[0].code.replaceAll(/^\s*(\/\*\*|\*|\/\/).*$/gm, '')
    },
  },
  {
    name: 'vite',
    async bundle(input, condition) {
      const made = await viteBuild({
        root: projectOf('npm'),
        configFile: false,
        logLevel: 'silent',
        resolve: { conditions: [condition] },
        build: { write: false, rolldownOptions: { input, external: peers } },
      })
      if (!('output' in made)) throw new Error('It is more than one bundle.')
      return made.output[0].code
    },
  },
  {
    name: 'webpack',
    async bundle(entry, condition) {
      const target = condition === 'browser' ? 'web' : 'webworker'
      const output = { path: path.join(folder, 'webpack'), filename: `${condition}.js` }
      const externals = Object.fromEntries(peers.map((name) => [name, 'var globalThis.peer']))
      const compiler = webpack({ mode: 'production', target, entry, output, externals })!
      const stats = await new Promise<webpack.Stats>((resolve, reject) => {
        compiler.run((error, stats) => (error ? reject(error) : resolve(stats!)))
      })
      if (stats.hasErrors()) throw new Error(stats.toString())
      await new Promise((resolve) => compiler.close(resolve))
      return readFileSync(path.join(output.path, output.filename), 'utf8')
    },
  },
]

describe.each(bundlers)('bundled by $name', ({ bundle }) => {
  it.each(['browser', 'worker'])(
    'needs nothing of Node for the condition %s',
    async (condition) => {
      const imports = portable.map((name, index) => `import * as all${index} from '${name}'`)
      const uses = portable.map((_, index) => `all${index}`)
      const text = `${imports.join('\n')}\nglobalThis.kit = [${uses.join()}]`
      const code = await bundle(write('npm', 'entry.mjs', text), condition)

      expect(code).toContain('AES-GCM')
      expect(code).toContain('createSessionManager')
      expect(code).not.toMatch(/\bnode:|(?<!globalThis\.)\bBuffer\b|\bprocess\.|\brequire\(/)
    },
  )
})

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { diffLines } from '../../cli/init/diff.ts'
import { planWorker } from '../../cli/init/worker.ts'
import { parseJsonc } from '../../cli/jsonc.ts'
import { parseToml } from '../../cli/toml.ts'
import { createSessionManager } from '../../src/index.ts'
import { bundleWorker, runWorker, Visitor } from '../workerd/running.ts'
import { run } from './run.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const cleanup: (() => unknown)[] = []

afterEach(async () => {
  for (const end of cleanup.splice(0).toReversed()) await end()
})

type Files = Record<string, string>

/** A folder with an application, where the package is installed. */
function project(files: Files): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'session-kit-init-'))
  cleanup.push(() => rmSync(folder, { recursive: true }))
  const installed = { 'package.json': '{"type": "module", "dependencies": {"session-kit": "1"}}' }
  for (const [name, text] of Object.entries({ ...installed, ...files })) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    writeFileSync(path.join(folder, name), text)
  }
  mkdirSync(path.join(folder, 'node_modules'))
  symlinkSync(root, path.join(folder, 'node_modules/session-kit'))
  for (const name of ['koa', 'hono'])
    symlinkSync(`${root}node_modules/${name}`, path.join(folder, 'node_modules', name))
  return folder
}

async function init(
  args: string[],
  cwd: string,
): Promise<{ code: number; files: string[]; byHand: string; out: string; written: boolean }> {
  const { code, out, error } = await run(['init', ...args, '--json'], { cwd })
  expect(error).toBe('')
  const { changes, byHand, written } = JSON.parse(out) as {
    changes: { file: string }[]
    byHand: string[]
    written: boolean
  }
  return { code, files: changes.map(({ file }) => file), byHand: byHand.join('\n'), out, written }
}

const text = (folder: string, file: string): string => readFileSync(path.join(folder, file), 'utf8')

/** Counts a visitor's pages at an application that was set up. */
async function views(url: URL | string): Promise<string[]> {
  const visitor = new Visitor({ url: new URL(url) })
  return [(await visitor.get('/')).body, (await visitor.get('/')).body]
}

const WRANGLER = 'name = "shop"\nmain = "src/index.ts"\ncompatibility_date = "2026-06-01"\n'

const HONO = `import { Hono } from 'hono'

const app = new Hono<{ Bindings: { SECRET: string } }>()

app.get('/', async (c) => {
  const session = await c.var.session
  session.views = (session.views ?? 0) + 1
  return c.text(\`\${session.views}\`)
})

export default app
`

const CHAINED = `import { Hono } from 'hono'

export default new Hono()
  .get('/', async (c) => {
    const session = await c.var.session
    session.views = (session.views ?? 0) + 1
    return c.text(String(session.views))
  })
`

/** Runs a Worker as it stands in a folder. */
async function startWorker(folder: string, entry: string): Promise<URL> {
  const code = await bundleWorker(pathToFileURL(path.join(folder, entry)))
  const [, secret] = /SESSION_SECRET="(.+)"/.exec(text(folder, '.dev.vars'))!
  const running = await runWorker(code, undefined, {
    env: { SESSION_SECRET: { type: 'text', value: secret! } },
  })
  cleanup.push(() => running.stop())
  return running.url
}

describe('session-kit init hono', () => {
  it.each([
    ['an application in statements', HONO],
    ['an application in a chain', CHAINED],
  ])('gives %s a session that works in a Worker', async (_, source) => {
    const folder = project({ 'wrangler.toml': WRANGLER, 'src/index.ts': source })

    const { code, files, byHand } = await init(['hono', '--write'], folder)

    expect(files).toEqual(['src/index.ts', 'wrangler.toml', '.dev.vars', '.gitignore'])
    expect(code).toBe(1)
    expect(byHand).toBe('npx session-kit keygen | npx wrangler secret put SESSION_SECRET')
    expect(await views(await startWorker(folder, 'src/index.ts'))).toEqual(['1', '2'])
    expect(await run(['doctor', folder])).toMatchObject({ code: 0 })
  })

  it('writes the chain as the application has it', async () => {
    const folder = project({ 'wrangler.toml': WRANGLER, 'src/index.ts': CHAINED })

    await init(['hono', '--write'], folder)

    expect(text(folder, 'src/index.ts')).toBe(
      CHAINED.replace(
        "'hono'\n",
        "'hono'\nimport { createKvStore } from 'session-kit/workers-kv'\n" +
          "import { session } from 'session-kit/hono'\n",
      ).replace(
        'new Hono()\n',
        `new Hono()
  .use(
    session((c) => ({
      secrets: c.env.SESSION_SECRET,
      store: createKvStore(c.env.SESSIONS),
    })),
  )
`,
      ),
    )
  })

  it('keeps the data in the cookie if asked', async () => {
    const folder = project({ 'wrangler.toml': WRANGLER, 'src/index.ts': HONO })

    const { files } = await init(['hono', '--cookie', '--write'], folder)

    expect(files).toEqual(['src/index.ts', '.dev.vars', '.gitignore'])
    expect(text(folder, 'src/index.ts')).not.toContain('workers-kv')
    expect(await views(await startWorker(folder, 'src/index.ts'))).toEqual(['1', '2'])
  })

  it('sets up a server where there is no Worker', async () => {
    const folder = project({
      'app.js': "import { Hono } from 'hono'\nexport const app = new Hono()\n",
    })

    const { files, byHand } = await init(['hono', '--write'], folder)

    expect(files).toEqual(['app.js'])
    expect(byHand).toMatch(/SESSION_SECRET/)
    expect(text(folder, 'app.js')).toContain('.use(session({ secrets: process.env.SESSION_SECRET')
  })

  it('changes nothing the second time', async () => {
    const folder = project({ 'wrangler.toml': WRANGLER, 'src/index.ts': HONO })
    await init(['hono', '--write'], folder)

    expect(await init(['hono', '--write'], folder)).toMatchObject({ files: [], written: false })
  })

  it('tells what to do where it does not find the place', async () => {
    const folder = project({ 'wrangler.toml': WRANGLER, 'src/index.ts': 'export const a = 1\n' })

    const { code, files, byHand } = await init(['hono'], folder)

    expect(code).toBe(1)
    expect(files).not.toContain('src/index.ts')
    expect(byHand).toMatch(/Put this behind your `new Hono\(\)`:\n\.use\(\n {2}session\(/)
  })
})

describe('session-kit init koa', () => {
  const KOA = `import Koa from 'koa'

const app = new Koa()

app.use((ctx) => {
  ctx.session.views = (ctx.session.views ?? 0) + 1
  ctx.body = String(ctx.session.views)
})

export default app
`

  async function startKoa(file: string): Promise<string> {
    process.env['SESSION_SECRET'] = 'V9s1kQmJr0Zb3t8xWc5uNf2yHg7pLd4A/eTiOqRwX6M='
    cleanup.push(() => delete process.env['SESSION_SECRET'])
    const { default: app } = (await import(pathToFileURL(file).href)) as {
      default: { listen(port: number, host: string): import('node:http').Server }
    }
    const server = app.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    cleanup.push(() => new Promise((resolve) => server.close(resolve)))
    return `http://127.0.0.1:${(server.address() as { port: number }).port}`
  }

  it('gives an application sessions', async () => {
    const folder = project({ 'app.js': KOA })

    expect((await init(['koa', '--write'], folder)).files).toEqual(['app.js'])
    expect(text(folder, 'app.js')).toBe(
      KOA.replace("'koa'\n", "'koa'\nimport session from 'session-kit/koa'\n").replace(
        'new Koa()\n',
        'new Koa()\napp.keys = [process.env.SESSION_SECRET]\napp.use(session(app))\n',
      ),
    )
    expect(await views(await startKoa(path.join(folder, 'app.js')))).toEqual(['1', '2'])
  })

  it('keeps the keys, the semicolons and the require() of an application', async () => {
    const source = "const Koa = require('koa');\nconst app = new Koa();\napp.keys = ['a'];\n"
    const folder = project({ 'server.cjs': source })

    await init(['koa', '--write'], folder)

    expect(text(folder, 'server.cjs')).toBe(
      "const Koa = require('koa');\nconst session = require('session-kit/koa');\n" +
        "const app = new Koa();\napp.use(session(app));\napp.keys = ['a'];\n",
    )
  })

  it('changes the name alone where koa-session was', async () => {
    const source =
      "import session from 'koa-session'\nimport Koa from 'koa'\nconst app = new Koa()\napp.use(session({}, app))\n"
    const folder = project({ 'app.js': source })

    const { code, files } = await init(['koa', '--write'], folder)

    expect([code, files]).toEqual([0, ['app.js']])
    expect(text(folder, 'app.js')).toBe(source.replace('koa-session', 'session-kit/koa'))
  })
})

describe('session-kit init egg', () => {
  const ENTRY = "{ enable: true, package: 'session-kit/egg' }"

  it.each([
    ['no list', undefined, 'config/plugin.js', `exports.session = ${ENTRY}\n`],
    ['an empty list', '', 'config/plugin.js', `exports.session = ${ENTRY}\n`],
    [
      'a list of exports',
      'exports.redis = true\n',
      'config/plugin.js',
      `exports.redis = true\nexports.session = ${ENTRY}\n`,
    ],
    [
      "Egg's own plugin",
      'exports.session = true\n',
      'config/plugin.js',
      `exports.session = ${ENTRY}\n`,
    ],
    [
      'an object',
      "module.exports = {\n  redis: { enable: true, package: 'egg-redis' },\n}\n",
      'config/plugin.js',
      `module.exports = {\n  session: ${ENTRY},\n  redis: { enable: true, package: 'egg-redis' },\n}\n`,
    ],
    [
      'TypeScript',
      "import { EggPlugin } from 'egg'\n\nconst plugin: EggPlugin = {\n  // one\n}\n\nexport default plugin\n",
      'config/plugin.ts',
      `import { EggPlugin } from 'egg'\n\nconst plugin: EggPlugin = {\n  session: ${ENTRY},\n  // one\n}\n\nexport default plugin\n`,
    ],
  ])('names the plugin where there is %s', async (_, before, file, after) => {
    const folder = project(before === undefined ? {} : { [file]: before })

    const { code, files } = await init(['egg', '--write'], folder)

    expect([code, files]).toEqual([0, [file]])
    expect(text(folder, file)).toBe(after)
    expect(await init(['egg'], folder)).toMatchObject({ code: 0, files: [] })
  })

  it('leaves alone what it does not understand, and tells the line', async () => {
    const folder = project({ 'config/plugin.js': 'exports.session = makePlugin()\n' })

    expect(await init(['egg', '--write'], folder)).toMatchObject({
      code: 1,
      files: [],
      byHand: `Name the plugin in config/plugin.js: session: ${ENTRY}`,
    })
  })
})

describe('session-kit init fetch', () => {
  it('makes the sessions of a Worker, and the handler that is told works', async () => {
    const folder = project({ 'wrangler.toml': WRANGLER, 'tsconfig.json': '{}' })

    const { files, byHand } = await init(['fetch', '--write'], folder)

    expect(files).toEqual(['src/session.ts', 'wrangler.toml', '.dev.vars', '.gitignore'])
    writeFileSync(path.join(folder, 'src/index.ts'), /import \{ withSession[^]*/.exec(byHand)![0])
    expect(await views(await startWorker(folder, 'src/index.ts'))).toEqual([
      'Seen 1 times',
      'Seen 2 times',
    ])
  })

  it('leaves a file alone that is there', async () => {
    const folder = project({ 'src/session.js': 'export {}\n' })

    expect(await init(['fetch', '--write'], folder)).toMatchObject({ code: 1, files: [] })
    expect(text(folder, 'src/session.js')).toBe('export {}\n')
  })
})

describe('session-kit init', () => {
  it('shows the change, and writes nothing without a yes', async () => {
    const folder = project({ 'wrangler.toml': WRANGLER, 'src/index.ts': HONO })

    const { code, out } = await run(['init', 'hono'], { cwd: folder })

    expect(code).toBe(1)
    expect(out).toContain("+import { session } from 'session-kit/hono'\n")
    expect(out).toContain('+[[kv_namespaces]]\n+binding = "SESSIONS"\n')
    expect(out).toMatch(/Nothing was written: --write does\.\n$/)
    expect(text(folder, 'src/index.ts')).toBe(HONO)
    expect(existsSync(path.join(folder, '.dev.vars'))).toBe(false)
  })

  it('makes a secret that the kit takes, and shows it to nobody', async () => {
    const folder = project({ 'wrangler.toml': WRANGLER, '.dev.vars': 'OTHER=1' })

    const { out } = await init(['hono', '--write'], folder)

    const [, secret] = /^OTHER=1\nSESSION_SECRET="(.{44})"\n$/.exec(text(folder, '.dev.vars'))!
    createSessionManager({ secrets: secret! })
    expect(out).not.toContain(secret)
    expect(out).toContain('SESSION_SECRET=\\"…\\"')
  })

  it('reminds of the package where it is not installed', async () => {
    const folder = project({ 'package.json': '{}', 'config/plugin.js': '' })

    expect((await init(['egg'], folder)).byHand).toBe('npm install session-kit')
  })

  it.each([[[]], [['express']], [['__proto__']], [['hono', 'nowhere']], [['hono', '.', 'more']]])(
    'does not understand %j',
    async (args) => {
      const { code, out, error } = await run(['init', ...args])

      expect([code, out]).toEqual([2, ''])
      expect(error).toMatch(/^session-kit: .+\nSee session-kit --help\.\n$/)
    },
  )
})

describe('the namespace in a configuration of wrangler', () => {
  const plan = (file: string, text: string): string | undefined => {
    const config = file.endsWith('.toml') ? parseToml(text) : parseJsonc(text)
    const project = { read: () => 'SESSION_SECRET=1\n', keepsInCookie: false, entry: undefined }
    const { changes } = planWorker(project, { file, text, config: config as never })
    return changes.find((change) => change.file === file)?.after
  }

  it.each([
    ['wrangler.jsonc', '{}', '{\n  "kv_namespaces": [{ "binding": "SESSIONS" }]}'],
    [
      'wrangler.jsonc',
      '{\n  // The Worker\n  "name": "shop",\n}\n',
      '{\n  "kv_namespaces": [{ "binding": "SESSIONS" }],\n  // The Worker\n  "name": "shop",\n}\n',
    ],
    [
      'wrangler.json',
      '{ "kv_namespaces": [{ "binding": "A", "id": "0" }] }',
      '{ "kv_namespaces": [{ "binding": "A", "id": "0" }, { "binding": "SESSIONS" }] }',
    ],
    [
      'wrangler.toml',
      'kv_namespaces = [\n  { binding = "A" },\n]\n',
      'kv_namespaces = [\n  { binding = "A" }, { binding = "SESSIONS" } ]\n',
    ],
    [
      'wrangler.toml',
      '[[kv_namespaces]]\nbinding = "A"\n[vars]\nA = "1"\n',
      '[[kv_namespaces]]\nbinding = "A"\n[vars]\nA = "1"\n\n' +
        '# Without an id the first deploy creates the namespace.\n' +
        '[[kv_namespaces]]\nbinding = "SESSIONS"\n',
    ],
  ])('is added to %s: %j', (file, before, after) => {
    expect(plan(file, before)).toBe(after)
  })

  it('is added to any JSON, and nothing else is', () => {
    const config = fc.dictionary(
      fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
      fc.jsonValue(),
    )
    const namespaces = fc.option(fc.array(fc.record({ binding: fc.string() })), { nil: undefined })
    fc.assert(
      fc.property(config, namespaces, fc.constantFrom(undefined, 2), (config, had, space) => {
        const given = { ...config, ...(had && { kv_namespaces: had }) }
        const after = plan('wrangler.json', JSON.stringify(given, null, space))

        // What it cannot do safely it leaves to the user.
        if (after !== undefined) {
          const { kv_namespaces, ...rest } = parseJsonc(after) as Record<string, unknown>
          const { kv_namespaces: _, ...others } = given as Record<string, unknown>
          expect(rest).toEqual(JSON.parse(JSON.stringify(others)))
          expect(kv_namespaces).toEqual([...(had ?? []), { binding: 'SESSIONS' }])
        }
      }),
    )
  })
})

describe('the lines of a change', () => {
  it('make the new text of the old one', () => {
    const line = fc.constantFrom('a', 'b', 'c', '')
    fc.assert(
      fc.property(fc.array(line), fc.array(line), (before, after) => {
        const lines = diffLines(
          before.map((one) => `${one}\n`).join(''),
          after.map((one) => `${one}\n`).join(''),
        ).filter((one) => one !== '…')
        const count = (sign: string): number => lines.filter((one) => one[0] === sign).length

        expect(count('+') - count('-')).toBe(after.length - before.length)
        if (before.join('\n') === after.join('\n') && before.length === after.length)
          expect(lines).toEqual([])
      }),
    )
  })

  it('leave out what is far from it', () => {
    const text = Array.from({ length: 9 }, (_, index) => `${index}\n`).join('')

    expect(diffLines(text, text.replace('4\n', 'x\n'))).toEqual([
      ' 2',
      ' 3',
      '-4',
      '+x',
      ' 5',
      ' 6',
      '…',
    ])
  })
})

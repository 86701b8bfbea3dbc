import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build, type BuildOptions } from 'esbuild'
import { describe, expect, it } from 'vitest'

/** What Hono's adapter with the core may weigh in a Worker, in bytes: minified, gzip -9. */
const LARGEST = 17_250

const root = fileURLToPath(new URL('..', import.meta.url))

interface Bundle {
  code: string
  /** The files that are in it, without their folder. */
  files: string[]
}

/** Bundles what a package's user would import by these names. */
async function bundle(names: string[], target: BuildOptions): Promise<Bundle> {
  const options = {
    stdin: {
      contents: names.map((name) => `export * from ${JSON.stringify(name)}`).join('\n'),
      resolveDir: root,
    },
    bundle: true,
    // Else the paths that the compiler takes in here would hold for the bundle, too.
    tsconfigRaw: {},
    format: 'esm',
    target: 'es2022',
    minify: true,
    external: ['hono', 'hono/*'],
    ...target,
  } satisfies BuildOptions
  const { outputFiles, metafile } = await build({ ...options, metafile: true, write: false })
  const inputs = Object.values(metafile.outputs)[0]!.inputs
  return {
    code: outputFiles[0]!.text,
    files: Object.keys(inputs)
      .filter((file) => file !== '<stdin>')
      .map((file) => file.replace(/^dist\//, ''))
      .toSorted(),
  }
}

const workerd: BuildOptions = { platform: 'neutral', conditions: ['workerd', 'worker'] }
const browser: BuildOptions = { platform: 'browser' }
const node: BuildOptions = { platform: 'node' }

describe('session-kit/hono in a Worker', () => {
  it(`weighs at most ${LARGEST} bytes`, async () => {
    const { code } = await bundle(['session-kit/hono'], workerd)
    const size = gzipSync(code, { level: 9 }).length
    console.log(`session-kit/hono: ${code.length} bytes minified, ${size} with gzip -9`)

    expect(size).toBeLessThanOrEqual(LARGEST)
  })

  it('has no store and no other host in it', async () => {
    const { files } = await bundle(['session-kit/hono'], workerd)

    expect(files.filter((file) => file.startsWith('adapters/'))).toEqual(['adapters/hono.js'])
    expect(files).not.toContain('src/memory.js')
    expect(files).not.toContain('src/host.js')
  })

  it('takes no more than the store if Workers KV is added', async () => {
    const alone = await bundle(['session-kit/hono'], workerd)
    const both = await bundle(['session-kit/hono', 'session-kit/workers-kv'], workerd)

    expect(both.files.filter((file) => !alone.files.includes(file))).toEqual([
      'adapters/workers-kv.js',
    ])
  })

  it('knows nothing of tokens until csrf() is added, which brings little besides', async () => {
    const alone = await bundle(['session-kit/hono'], workerd)
    const both = await bundle(['session-kit/hono', 'session-kit/csrf/hono'], workerd)
    const added = both.files.filter((file) => !alone.files.includes(file))

    expect(added).toEqual([
      'adapters/csrf/hono.js',
      'src/csrf-options.js',
      'src/csrf-origin.js',
      'src/csrf-tokens.js',
      'src/csrf.js',
    ])
    const sizes = [alone, both].map(({ code }) => gzipSync(code, { level: 9 }).length)
    console.log(`session-kit/csrf/hono: ${sizes[1]! - sizes[0]!} bytes more with gzip -9`)
    expect(sizes[1]! - sizes[0]!).toBeLessThanOrEqual(1900)
  })

  it('imports nothing', async () => {
    const { code } = await bundle(['session-kit/hono'], workerd)

    expect(code).not.toMatch(/\bimport\b/)
  })
})

describe('session-kit/jose', () => {
  /** What it adds to the core, its share of `jose` included. */
  async function added(contents: string): Promise<number> {
    const stdin = { contents, resolveDir: root }
    const both = await bundle(['session-kit/hono'], { ...workerd, stdin })
    const core = await bundle(['session-kit/hono'], workerd)
    const sizes = [both, core].map(({ code }) => gzipSync(code, { level: 9 }).length)
    return sizes[0]! - sizes[1]!
  }

  it.each([
    ['all of it', '*', 14_000],
    ['what reads alone', '{ jwsReadOnly }', 13_000],
  ])(`weighs no more than it does: %s`, async (what, names, largest) => {
    const size = await added(
      `export * from 'session-kit/hono'\nexport ${names} from 'session-kit/jose'`,
    )
    console.log(`session-kit/jose, ${what}: ${size} bytes more with gzip -9`)

    expect(size).toBeLessThanOrEqual(largest)
  })

  it('alone brings jose', async () => {
    const { files: core } = await bundle(['session-kit', 'session-kit/hono'], workerd)
    const { files } = await bundle(['session-kit/jose'], workerd)
    const isJose = (file: string): boolean => file.includes('node_modules/jose/')

    expect(core.filter(isJose)).toEqual([])
    expect(files.filter(isJose).length).toBeGreaterThan(5)
  })
})

describe.each([
  ['session-kit'],
  ['session-kit/hono'],
  ['session-kit/workers-kv'],
  ['session-kit/memory'],
  ['session-kit/fetch'],
  ['session-kit/jose'],
  ['session-kit/legacy'],
  ['session-kit/unstorage'],
  ['session-kit/express-store'],
  ['session-kit/revocation'],
  ['session-kit/server-timing'],
  ['session-kit/csrf'],
  ['session-kit/csrf/hono'],
  ['session-kit/csrf/koa'],
  ['session-kit/inspector/hono'],
  ['session-kit/inspector/koa'],
])('%s', (name) => {
  it.each([
    ['Workers', workerd],
    ['browsers', browser],
    ['any other runtime', { platform: 'neutral' }],
  ] satisfies [string, BuildOptions][])('needs nothing of Node in %s', async (_, options) => {
    const { code, files } = await bundle([name], options)

    expect(code).not.toMatch(/node:|(?<!globalThis\.)\bBuffer\b|\bprocess\b|\brequire\b|\bglobal\b/)
    expect(files).not.toContain('src/seal/engine-node.js')
  })
})

describe('the crypto engine', () => {
  it.each([
    ['workerd', workerd, 'web'],
    ['browser', browser, 'web'],
    ['deno', { platform: 'neutral', conditions: ['deno'] }, 'web'],
    ['none that is known', { platform: 'neutral' }, 'web'],
    ['node', node, 'node'],
    ['bun', { platform: 'node', conditions: ['bun'] }, 'node'],
    ['workerd with nodejs_compat', { platform: 'node', conditions: ['workerd', 'node'] }, 'web'],
  ] satisfies [string, BuildOptions, string][])(
    'for the condition %s is in the bundle alone',
    async (_, options, engine) => {
      const { files } = await bundle(['session-kit'], options)

      expect(files.filter((file) => /engine-/.test(file))).toEqual([`src/seal/engine-${engine}.js`])
    },
  )

  it('is that of Node where Node resolves the package itself', async () => {
    const { code } = await bundle(['session-kit'], node)

    expect(code).toMatch(/from\s*"node:crypto"/)
    const { engine } = (await import('#engine')) as { engine: { hash(text: string): unknown } }
    expect(engine.hash('')).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
  })
})

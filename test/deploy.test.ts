import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { bundleDemo, bundleFolder, type DemoBundle } from './fixtures/demo.ts'
import { SECRET } from './fixtures/secrets.ts'
import { runWorker, Visitor } from './workerd/running.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

describe('wrangler deploy', () => {
  let bundle: DemoBundle

  beforeAll(async () => {
    bundle = await bundleDemo()
  })

  it('passes as a dry run, with the KV binding', () => {
    expect(bundle.log).toMatch(/env\.SESSIONS\s+KV Namespace/)
    expect(bundle.log).toContain('--dry-run: exiting now.')
  })

  it('warns of nothing', () => {
    expect(bundle.log).not.toMatch(/warning|node:|nodejs_compat/i)
  })

  it('makes a bundle that needs nothing of Node', () => {
    expect(bundle.code).not.toMatch(/\bnode:|(?<!globalThis\.)\bBuffer\b|\bprocess\b|\brequire\(/)
  })

  it('takes the Web Crypto engine, and no source beside what is built from it', () => {
    expect(bundle.code).toContain('dist/src/seal/engine-web.js')
    expect(bundle.code).not.toContain('engine-node')
    expect(bundle.code).not.toMatch(/^\/\/ (src|adapters)\//m)
  })
})

describe('the Durable Object of docs/stores.md', () => {
  it('passes as a dry run, and counts in workerd', async () => {
    const page = await readFile(new URL('../docs/stores.md', import.meta.url), 'utf8')
    const section = page.slice(page.indexOf('## Durable Object'))
    const [toml, code] = ['toml', 'js'].map(
      (kind) => new RegExp(`\`\`\`${kind}\\n(.*?)\`\`\``, 's').exec(section)![1]!,
    )
    const folder = await mkdtemp(path.join(tmpdir(), 'session-kit-object-'))
    try {
      await mkdir(path.join(folder, 'node_modules'))
      await symlink(root, path.join(folder, 'node_modules/session-kit'))
      await writeFile(path.join(folder, 'index.js'), code!)
      const head = 'name = "test"\nmain = "index.js"\ncompatibility_date = "2026-06-01"\n'
      await writeFile(path.join(folder, 'wrangler.toml'), head + toml)
      const { log, code: bundle } = await bundleFolder(folder)
      expect(log).toMatch(/env\.SESSION \(SessionObject\)\s+Durable Object/)
      expect(log).not.toMatch(/warning|node:|nodejs_compat/i)

      const worker = await runWorker(bundle, undefined, {
        env: {
          SESSION: { type: 'durable-object', worker: 'test', exportName: 'SessionObject' },
          SESSION_SECRET: { type: 'text', value: SECRET },
        },
        exports: { SessionObject: { type: 'durable-object', storage: 'sqlite' } },
      })
      try {
        const visitor = new Visitor(worker)
        expect((await visitor.get('/')).body).toBe('1')
        expect((await visitor.get('/')).body).toBe('2')
      } finally {
        await worker.stop()
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

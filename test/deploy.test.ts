import { beforeAll, describe, expect, it } from 'vitest'
import { bundleDemo, type DemoBundle } from './fixtures/demo.ts'

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
    expect(bundle.code).not.toMatch(/\bnode:|\bBuffer\b|\bprocess\b|\brequire\(/)
  })

  it('takes the Web Crypto engine, and no source beside what is built from it', () => {
    expect(bundle.code).toContain('dist/src/seal/engine-web.js')
    expect(bundle.code).not.toContain('engine-node')
    expect(bundle.code).not.toMatch(/^\/\/ (src|adapters)\//m)
  })
})

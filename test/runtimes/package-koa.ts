/** The adapter of Koa over HTTP by the names of the package, and `require()`. */
import { createRequire } from 'node:module'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { session } from 'session-kit/koa'
import { createMemoryStore } from 'session-kit/memory'
import { describe, expect, it } from 'vitest'
import { SECRET } from '../fixtures/secrets.ts'
import { copyCookies, page, sendHostile, visit, type Ask } from './flow.ts'

/** Serves the application on loopback while something is asked of it. */
async function serving(options: any, use: (ask: Ask) => Promise<void>): Promise<void> {
  const app = new Koa()
  app.keys = [SECRET]
  app.use(session(options, app))
  app.use(async (ctx) => {
    ctx.body = await page(ctx.path, ctx['session'])
  })
  const server = await new Promise<Server>((resolve) => {
    const server = app.listen(0, '127.0.0.1', () => resolve(server))
  })
  const { port } = server.address() as AddressInfo
  const ask: Ask = (path, cookie) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: cookie ? { cookie } : {} })
  try {
    await use(ask)
  } finally {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

describe('session-kit/koa', () => {
  const inMemory = (): object => ({ store: createMemoryStore() })

  it('keeps a signed session', () => serving({}, visit))
  it('keeps a sealed session', () => serving({ encrypt: true }, visit))
  it('keeps a session in memory', () => serving(inMemory(), visit))
  it('knows no cookie from before a login or logout', () => serving(inMemory(), copyCookies))
  it('answers hostile cookies', () => serving({ encrypt: true }, sendHostile))

  it('gives its function to require()', () => {
    const require = createRequire(import.meta.url)
    expect(require('session-kit/koa')).toBeTypeOf('function')
    expect(require('session-kit').createSessionManager).toBeTypeOf('function')
  })
})

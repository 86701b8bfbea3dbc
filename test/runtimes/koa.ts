/** The adapter of Koa over HTTP, and `require()`, where the runtime has what they need. */
import { createRequire } from 'node:module'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { session } from 'session-kit/koa'
import { createMemoryStore } from 'session-kit/memory'
import { equal, type Check } from './check.ts'
import { copyCookies, page, sendHostile, visit } from './flow.ts'
import { OLD } from './suite.ts'

type Ask = (path: string, cookie: string) => Promise<Response>

/** Serves the application on loopback while something is asked of it. */
async function serving(options: any, use: (ask: Ask) => Promise<void>): Promise<void> {
  const app = new Koa()
  app.keys = [OLD]
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

const koa: Record<string, () => Promise<void>> = {
  'keeps a signed session': () => serving({}, visit),
  'keeps a sealed session': () => serving({ encrypt: true }, visit),
  'keeps a session in memory': () => serving({ store: createMemoryStore() }, visit),
  'knows no cookie from before a login or logout': () =>
    serving({ store: createMemoryStore() }, copyCookies),
  'answers hostile cookies': () => serving({ encrypt: true }, sendHostile),
  async 'gives its function to require()'() {
    const require = createRequire(import.meta.url)
    equal(typeof require('session-kit/koa'), 'function')
    equal(typeof require('session-kit').createSessionManager, 'function')
  },
}

export const koaChecks: Check[] = Object.entries(koa).map(([name, run]) => ({
  suite: 'koa',
  name,
  run,
}))

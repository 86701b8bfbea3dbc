import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Koa, { type Middleware } from 'koa'
import { describe, expect, it, onTestFinished } from 'vitest'
import { serveStore } from '../../adapters/koa.ts'
import type { Store } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createFetchStore, createStoreHandler } from '../../src/fetch.ts'
import { SECRET } from '../fixtures/secrets.ts'

const read = { rolling: false, ctx: undefined }
const write = { rolling: false, changed: true, ctx: undefined }

/** A Koa application that serves a store, and a client of it. */
async function setUp(first?: Middleware): Promise<{ url: string; store: Store; client: Store }> {
  const store = createMemoryStore()
  const app = new Koa()
  app.silent = true
  if (first) app.use(first)
  app.use(serveStore('/sessions/', createStoreHandler(store, { secret: SECRET })))
  app.use((ctx) => {
    ctx.body = 'a page'
  })
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, store, client: createFetchStore(`${url}/sessions/`, { secret: SECRET }) }
}

/** What body parsers do. */
const parser: Middleware = async (ctx, next) => {
  const chunks = await ctx.req.toArray()
  Object.assign(ctx.request, { rawBody: Buffer.concat(chunks).toString() })
  await next()
}

describe('serveStore()', () => {
  it.each([
    ['before any body parser', undefined],
    ['behind one', parser],
  ])('serves a store to a fetch store elsewhere, %s', async (_, first) => {
    const { client, store } = await setUp(first)
    const record = { user: 'Žluťoučký 🐎' }
    await client.set('a/b?c', record, 60_000, write)
    expect(await store.get('a/b?c', 1, read)).toEqual(record)
    expect(await client.get('a/b?c', 1, read)).toEqual(record)
    expect(await client.compareAndSet!('a/b?c', { n: 1 }, 60_000, { n: 0 }, write)).toBe(false)
    expect(await client.compareAndSet!('a/b?c', { n: 1 }, 60_000, record, write)).toBe(true)
    await client.destroy('a/b?c', { ctx: undefined })
    expect(await client.get('a/b?c', 1, read)).toBe(null)
  })

  it('lets nobody in without the secret, and leaves other paths alone', async () => {
    const { url } = await setUp()
    const refused = await fetch(`${url}/sessions/key`)
    expect([refused.status, await refused.text()]).toEqual([401, ''])
    expect(await (await fetch(`${url}/sessions`)).text()).toBe('a page')
  })

  it.each(['sessions/', '/sessions', ''])('refuses the path %j', (path) => {
    const handler = createStoreHandler(createMemoryStore(), { secret: SECRET })
    expect(() => serveStore(path, handler)).toThrow('must begin and end with a slash')
  })
})

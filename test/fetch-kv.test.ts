import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Redis } from 'ioredis'
import Koa from 'koa'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { session as koaSession } from '../adapters/koa.ts'
import { createRedisStore } from '../adapters/redis.ts'
import { createFetchStore, createStoreHandler } from '../src/fetch.ts'
import { createSessionManager, type SessionManager, type Store } from '../src/index.ts'
import { createMemoryStore } from '../src/memory.ts'
import { timesOf } from './fetch/fixture.ts'
import { listen, toRequest, type Server } from './fetch/server.ts'
import { SECRET, SECRETS } from './fixtures/secrets.ts'
import { createVisitor } from './fixtures/visitor.ts'
import { bundleWorker, runWorker, Visitor, type RunningWorker } from './workerd/running.ts'

const STORE_SECRET = SECRETS[3]!

let worker: RunningWorker
/** A Koa application that opens a store of its own, and plays tricks elsewhere. */
let origin: Server
/** The store that the origin opens at present. */
let opened: Store
/** What came to the origin. */
let visited: string[] = []

beforeAll(async () => {
  origin = await listen(createOrigin())
  const text = (value: string): object => ({ type: 'text', value })
  const env = {
    ORIGIN: text(origin.url),
    STORE_SECRET: text(STORE_SECRET),
    SELF: { type: 'worker', worker: 'test', exportName: 'Kv' },
  }
  const code = await bundleWorker(new URL('fetch/worker.ts', import.meta.url))
  worker = await runWorker(code, undefined, { env })
})

afterAll(async () => {
  await worker.stop()
  await origin.stop()
})

beforeEach(async () => {
  visited = []
  for (const { name } of (await worker.kv.list()).keys) await worker.kv.delete(name)
})

function createOrigin(): (request: IncomingMessage, response: ServerResponse) => unknown {
  const tricks: Record<string, (ctx: Koa.Context) => unknown> = {
    redirect: (ctx) => ctx.redirect('/stolen'),
    hang: ({ res }) => once(res, 'close'),
    drip({ res }) {
      res.writeHead(200)
      const drops = setInterval(() => res.write(' '), 50)
      return once(res, 'close').finally(() => clearInterval(drops))
    },
    async huge({ res }) {
      res.writeHead(200)
      for (let n = 0; n < 200 && !res.destroyed; n++) {
        res.write(' '.repeat(65_536))
        await new Promise((resolve) => setTimeout(resolve, 1))
      }
      res.end()
    },
    junk: (ctx) => (ctx.body = '<!doctype html>'),
  }
  const app = new Koa()
  // Some who ask do not stay for the answer.
  app.silent = true
  app.use(async (ctx, next) => {
    const [, place] = ctx.path.split('/')
    visited.push(`${ctx.method} ${place}`)
    if (place !== 'sessions') return next()
    const handler = createStoreHandler(opened, { secret: STORE_SECRET })
    const response = await handler(toRequest(ctx.req))
    ctx.status = response.status
    ctx.set(Object.fromEntries(response.headers))
    ctx.body = await response.text()
  })
  app.use((ctx) => tricks[ctx.path.split('/')[1]!]?.(ctx))
  return app.callback()
}

/** What KV holds. */
async function contents(): Promise<Record<string, unknown>> {
  const { keys } = await worker.kv.list()
  const values = keys.map(async ({ name }) => [name, JSON.parse((await worker.kv.get(name))!)])
  return Object.fromEntries(await Promise.all(values))
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

describe('an origin that keeps its sessions in a Worker’s KV', () => {
  const storeOf = (secret = STORE_SECRET): Store =>
    createFetchStore(new URL('sessions', worker.url), { secret, consistency: 'eventual' })

  const managerOf = (options: object = {}): SessionManager<any> =>
    createSessionManager({ key: '__Host-sid', secrets: SECRET, store: storeOf(), ...options })

  it('finds them again, under the hash of their ids', async () => {
    const visitor = createVisitor(managerOf())
    const { session } = await visitor.visit((session) => (session.user = 'Zoë 🐦'))
    expect((await visitor.peek()).user).toBe('Zoë 🐦')

    expect(await contents()).toEqual({
      [sha256(session.externalKey!)]: {
        user: 'Zoë 🐦',
        _version: 1,
        _expire: expect.any(Number),
        _maxAge: 86_400_000,
      },
    })
    const [found] = (await worker.kv.list()).keys
    const left = found!.expiration! - Date.now() / 1000
    expect(left).toBeGreaterThan(86_400)
    expect(left).toBeLessThan(86_412)
  })

  it('ends them for good, and the mark of that outlives their cookies', async () => {
    const visitor = createVisitor(managerOf())
    const { session } = await visitor.visit((session) => (session.user = 'fred'))
    const key = sha256(session.externalKey!)
    const copy = visitor.jar.header
    await visitor.visit((session) => session.destroy())

    expect(Object.keys(await contents())).toEqual([`${key}:ended`])
    const [found] = (await worker.kv.list()).keys
    const left = found!.expiration! - Date.now() / 1000
    expect(left).toBeGreaterThan(86_400)
    expect((await managerOf().load(copy)).isNew).toBe(true)
  })

  it('shares them with the Worker itself, which is bound to its store', async () => {
    const origin = createVisitor(managerOf())
    await origin.visit((session) => (session.user = 'fred'))
    const browser = new Visitor(worker)
    const [name, value] = origin.jar.header.split('=') as [string, string]
    browser.cookies.set(name, value)

    expect((await browser.get('/bound/read')).body).toBe('{"user":"fred"}')
    await browser.post('/bound/count')
    expect({ ...(await managerOf().load(browser.cookieHeader)) }).toEqual({
      user: 'fred',
      views: 1,
    })
  })

  it('may be a Koa application', async () => {
    const app = new Koa()
    app.keys = [SECRET]
    app.use(koaSession({ key: 'sid', store: storeOf() }, app))
    app.use((ctx) => {
      if (ctx.method === 'POST') ctx.session!.views = (ctx.session!.views ?? 0) + 1
      ctx.body = `${ctx.session!.views}`
    })
    const server = await listen(app.callback())
    try {
      const visitor = new Visitor({ url: new URL(server.url) })
      for (const views of ['1', '2']) expect((await visitor.post('/')).body).toBe(views)
      expect((await visitor.get('/')).body).toBe('2')
      expect(Object.values(await contents())).toMatchObject([{ views: 2 }])
    } finally {
      await server.stop()
    }
  })

  it('is refused with another secret, and learns nothing', async () => {
    const visitor = createVisitor(managerOf({ store: storeOf(SECRETS[4]) }))
    const failure = await visitor
      .visit((session) => (session.user = 'fred'))
      .catch((error: unknown) => error)

    expect(failure).toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(await contents()).toEqual({})
    const bare = await fetch(new URL(`sessions/${sha256('x')}`, worker.url))
    expect([bare.status, await bare.text()]).toEqual([401, ''])
  })

  it('is told if it thinks too much of KV', async () => {
    const store = createFetchStore(new URL('sessions', worker.url), { secret: STORE_SECRET })
    const failure = await createVisitor(managerOf({ store }))
      .visit((session) => (session.user = 'fred'))
      .catch((error: unknown) => error)

    expect(failure).toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
      message: `Session option "consistency" must be 'eventual', as the session server says.`,
    })
    expect(await contents()).toEqual({})
  })

  it('waits for it a moment', async () => {
    const visitor = createVisitor(managerOf())
    await visitor.visit((session) => (session.user = 'fred'))
    const times = await timesOf('a load from a Worker’s KV', visitor.peek)

    expect(times[50]).toBeLessThan(1000)
  })
})

describe.each(['memory', 'Redis'])(
  'a Worker that keeps its sessions at an origin, in %s',
  (kind) => {
    let redis: Redis

    beforeAll(() => {
      redis = new Redis(process.env['REDIS_URL']!)
      opened = kind === 'Redis' ? createRedisStore(redis) : createMemoryStore()
    })

    afterAll(() => redis.disconnect())

    it('finds them again, and ends them', async () => {
      const visitor = new Visitor(worker)
      for (const views of ['1', '2', '3']) {
        expect((await visitor.post('/origin/count')).body).toBe(views)
      }
      expect(visited).toEqual(
        ['PUT', 'GET', 'PUT', 'GET', 'PUT'].map((method) => `${method} sessions`),
      )
      const { cookieHeader } = visitor
      await visitor.post('/origin/out')

      expect((await visitor.get('/origin/read', cookieHeader)).body).toBe('{}')
    })

    it('gives them a new id', async () => {
      const visitor = new Visitor(worker)
      await visitor.post('/origin/count')
      const old = visitor.cookieHeader
      await visitor.post('/origin/in')

      expect((await visitor.get('/origin/read')).body).toBe('{"views":1,"user":"Ada"}')
      expect((await visitor.get('/origin/read', old)).body).toBe('{}')
    })

    it('shares them with the origin', async () => {
      const manager = createSessionManager({ key: '__Host-sid', secrets: SECRET, store: opened })
      const browser = new Visitor(worker)
      await browser.post('/origin/count')
      const visit = await manager.load(browser.cookieHeader)
      expect({ ...visit }).toEqual({ views: 1 })
      visit['user'] = 'fred'
      await manager.commit(visit)

      expect((await browser.get('/origin/read')).body).toBe('{"views":1,"user":"fred"}')
    })

    it('keeps the changes of both, if both change one at once', async () => {
      const manager = createSessionManager({ key: '__Host-sid', secrets: SECRET, store: opened })
      const browser = new Visitor(worker)
      await browser.post('/origin/count')
      const slow = await manager.load(browser.cookieHeader)
      slow['user'] = 'fred'
      await browser.post('/origin/count')
      await manager.commit(slow)

      expect((await browser.get('/origin/read')).body).toBe('{"views":2,"user":"fred"}')
    })
  },
)

describe('a Worker whose origin plays tricks', () => {
  let browser: Visitor

  beforeAll(async () => {
    opened = createMemoryStore()
    browser = new Visitor(worker)
    await browser.post('/origin/count')
  })

  it('follows no redirect', async () => {
    const { status, body } = await browser.get('/redirect/read')

    expect(status).toBe(500)
    expect(body).toBe(
      'ERR_SESSION_STORE: The session server answered 302, a redirect, which is not followed.',
    )
    expect(visited).toEqual(['GET redirect'])
  })

  it.each(['hang', 'drip'])('waits no longer than its time: %s', async (trick) => {
    const begun = performance.now()
    const { status, body } = await browser.get(`/${trick}/read`)

    expect(performance.now() - begun).toBeLessThan(1500)
    expect([status, body]).toEqual([
      500,
      'ERR_SESSION_TIMEOUT: The session server took longer than 200 ms.',
    ])
    expect(visited).toEqual([`GET ${trick}`])
  })

  it.each(['huge', 'junk'])('takes an answer that is no record for none: %s', async (trick) => {
    const { status, body } = await browser.get(`/${trick}/read`)

    expect([status, body]).toEqual([200, '{}'])
  })

  it('says no more than it has to where nobody is', async () => {
    const { status, body } = await browser.get('/nobody/read')

    expect(status).toBe(500)
    expect(body).toMatch(/^ERR_SESSION_STORE: The session store failed to get \(\w+\)\.$/)
  })
})

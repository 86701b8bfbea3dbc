import { EventEmitter, once } from 'node:events'
import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RedisStore } from 'connect-redis'
import * as fc from 'fast-check'
import expressSession, { MemoryStore } from 'express-session'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { fromExpressRecord, toExpressRecord } from '../adapters/express-record.ts'
import {
  createExpressStore,
  type ExpressSessionStore,
  type ExpressStoreOptions,
} from '../adapters/express-store.ts'
import { describeStore } from '../adapters/testing.ts'
import { createSessionManager, type SessionManager } from '../src/index.ts'
import { end, read, write } from './fetch/fixture.ts'
import { DAY, NOON } from './fixtures/clock.ts'
import { rejectionOf } from './fixtures/errors.ts'
import { SECRET } from './fixtures/secrets.ts'
import { createVisitor } from './fixtures/visitor.ts'

const require = createRequire(import.meta.url)
const express = require('express') as () => any
const createFileStore = require('session-file-store') as (session: unknown) => any

const client = createClient({ url: process.env['REDIS_URL']! })
beforeAll(async () => void (await client.connect()))
afterAll(() => client.destroy())

const openRedis = (prefix: string): RedisStore => new RedisStore({ client, prefix })

async function forget(prefix: string): Promise<void> {
  const keys = await client.keys(`${prefix}*`)
  if (keys.length) await client.del(keys)
}

/** A record goes at its `_expire`, also if it was to be kept for longer. */
const whole = {
  describe,
  it(name: string, body: () => Promise<void>): void {
    const tell = name.includes('the time of a get for no time') ? it.skip : it
    tell(name, body)
  },
}

describe('the contract', () => {
  // These stores know no time but the real one.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
  afterEach(() => void vi.useRealTimers())
  const advance = (ms: number): unknown => vi.setSystemTime(Date.now() + ms)

  describeStore(
    'in express-session’s MemoryStore',
    () => ({ store: createExpressStore(new MemoryStore()), advance }),
    whole,
  )

  describeStore(
    'in connect-redis',
    () => {
      const prefix = `express-test:${crypto.randomUUID()}:`
      return {
        store: createExpressStore(openRedis(prefix)),
        // Redis keeps its own time: what is there is made as old as if that had passed.
        async advance(ms) {
          advance(ms)
          for (const key of await client.keys(`${prefix}*`)) {
            const left = await client.pTTL(key)
            if (left > ms) await client.pExpire(key, left - ms)
            else await client.del(key)
          }
        },
        dispose: () => forget(prefix),
      }
    },
    whole,
  )
})

describe('createExpressStore() over session-file-store', () => {
  it('keeps sessions in files', async () => {
    const path = await mkdtemp(join(tmpdir(), 'express-test-'))
    const FileStore = createFileStore(expressSession)
    const files = new FileStore({ path, retries: 0, reapInterval: -1, logFn() {} })
    const store = createExpressStore(files)
    const { visit, peek } = createVisitor(createSessionManager({ secrets: SECRET, store }))
    await visit((session) => (session.cart = [1]))
    await visit((session) => session.cart.push(2))

    expect(await peek()).toEqual({ cart: [1, 2] })
    expect(await store.get('never', 1, read)).toBe(null)
    await store.destroy('never', end)
    await visit((session) => session.destroy())
    expect((await peek()).isNew).toBe(true)
    await rm(path, { recursive: true })
  })
})

/** An Express application with express-session, as its users write it. */
async function openExpress(
  store: expressSession.Store,
  options: Partial<expressSession.SessionOptions> = {},
): Promise<{ ask(path: string, id?: string): Promise<any>; close(): Promise<void> }> {
  const app = express()
  const cookie = { maxAge: 3_600_000 }
  const own = { secret: SECRET, resave: false, saveUninitialized: false, store, cookie }
  app.use(expressSession({ ...own, ...options }))
  app.get('/set', (req: any, res: any) => {
    req.session.user = 'ada'
    res.json({ id: req.sessionID })
  })
  app.get('/add', (req: any, res: any) => {
    req.session.n = (req.session.n ?? 0) + 1
    res.json(req.session)
  })
  app.get('/', (req: any, res: any) => res.json(req.session))
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    async ask(path, id) {
      const mac = createHmac('sha256', SECRET).update(id ?? '')
      const signed = `s:${id}.${mac.digest('base64').replace(/=+$/, '')}`
      const headers = { ...(id && { cookie: `connect.sid=${encodeURIComponent(signed)}` }) }
      const response = await fetch(base + path, { headers })
      return response.json()
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

describe.each(['MemoryStore', 'connect-redis'])('beside express-session on %s', (name) => {
  const prefix = `express-test:${crypto.randomUUID()}:`
  let kept: expressSession.Store
  let app: Awaited<ReturnType<typeof openExpress>>

  beforeEach(async () => {
    kept = name === 'MemoryStore' ? new MemoryStore() : openRedis(prefix)
    app = await openExpress(kept)
  })
  afterEach(async () => {
    await app.close()
    await forget(prefix)
  })

  const managerOf = (more: object = {}, options?: ExpressStoreOptions): SessionManager =>
    createSessionManager({
      secrets: SECRET,
      store: createExpressStore(kept, options),
      hashKeys: false,
      ...more,
    })

  it('reads what Express wrote', async () => {
    const begun = Date.now()
    const { id } = await app.ask('/set')
    const record: any = await createExpressStore(kept).get(id, 1, read)

    expect(record).toEqual({ user: 'ada', _expire: expect.any(Number), _maxAge: 3_600_000 })
    expect(record._expire).toBeGreaterThanOrEqual(begun + 3_600_000)
    expect(record._expire).toBeLessThanOrEqual(Date.now() + 3_600_000)
  })

  it('writes what Express reads, and reads what Express made of it', async () => {
    const { visit, peek } = createVisitor(managerOf())
    const { session } = await visit((session) => {
      Object.assign(session, { user: 'ada', cookie: 'chocolate', id: 7, save: 'no' })
      session.flash('note', 'hi')
    })
    const id = session.externalKey!

    expect(await app.ask('/', id)).toMatchObject({ user: 'ada', cookie: { path: '/' } })
    expect(await app.ask('/add', id)).toMatchObject({ user: 'ada', n: 1 })
    const data = { user: 'ada', cookie: 'chocolate', id: 7, save: 'no', n: 1 }
    const seen = await peek()
    expect({ ...seen }).toEqual(data)
    expect((seen as any).flash).toBeDefined()
    await visit((session) => (session.m = 1))
    expect(await app.ask('/', id)).toMatchObject({ user: 'ada', n: 1, m: 1 })
    await visit((session) => session.destroy())
    expect(await app.ask('/', id)).not.toHaveProperty('user')
  })

  it('keeps a browser session one', async () => {
    const { visit, peek } = createVisitor(managerOf({ maxAge: 'session' }))
    const { session } = await visit((session) => (session.user = 'ada'))
    await app.ask('/add', session.externalKey!)
    const { cookie } = await app.ask('/', session.externalKey!)

    expect(cookie).toMatchObject({ originalMaxAge: null, expires: null })
    expect(await peek()).toEqual({ user: 'ada', n: 1 })
  })

  it('has Express send its cookie as it was told', async () => {
    const cookie = { path: '/', httpOnly: true, secure: true, sameSite: 'lax' as const }
    const { visit } = createVisitor(managerOf({}, { cookie }))
    const { session } = await visit((session) => (session.user = 'ada'))

    expect((await app.ask('/', session.externalKey!)).cookie).toMatchObject(cookie)
  })
})

describe('createExpressStore()', () => {
  /** A store that answers as it is told. */
  function answering(answer: (done: (error?: unknown, value?: unknown) => void) => unknown) {
    const act = (...values: any[]): unknown => answer(values.at(-1))
    return Object.assign(new EventEmitter(), { get: act, set: act, destroy: act })
  }
  const cookie = { originalMaxAge: DAY, expires: new Date(NOON) }

  it.each([undefined, null, {}, MemoryStore, 'redis://'])('refuses %s for a store', (given) => {
    expect(() => createExpressStore(given as never)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_OPTIONS' }),
    )
  })

  it('refuses an "expires" that it does not know', () => {
    expect(() => createExpressStore(new MemoryStore(), { expires: 'never' as never })).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_OPTIONS' }),
    )
  })

  it('takes ENOENT for no record, as express-session does', async () => {
    const store = createExpressStore(answering((done) => done({ code: 'ENOENT' })))

    expect(await store.get('key', 1, read)).toBe(null)
    await store.destroy('key', end)
    const failed = Promise.resolve(store.set('key', {}, 1, write))
    expect(await rejectionOf(failed)).toEqual({ code: 'ENOENT' })
  })

  it.each<[string, (done: (error?: unknown) => void) => unknown]>([
    ['answers an error', (done) => done(new Error('no'))],
    [
      'throws',
      () => {
        throw new Error('no')
      },
    ],
    ['rejects', () => Promise.reject(new Error('no'))],
  ])('fails where the store %s', async (_, answer) => {
    const store = createExpressStore(answering(answer))
    for (const act of [
      () => store.get('key', 1, read),
      () => store.set('key', {}, 1, write),
      () => store.destroy('key', end),
    ]) {
      expect(await rejectionOf(Promise.resolve(act()))).toEqual(new Error('no'))
    }
  })

  it('is waited for no longer than storeTimeout', async () => {
    const store = createExpressStore(answering(() => {}))
    const manager = createSessionManager({ secrets: SECRET, store, storeTimeout: 20 })
    const failed = createVisitor(manager).visit((session) => (session.n = 1))

    expect(await rejectionOf(failed)).toMatchObject({ code: 'ERR_SESSION_TIMEOUT' })
  })

  it('fails at once while the store is disconnected', async () => {
    const kept = new MemoryStore()
    const store = createExpressStore(kept)
    kept.emit('disconnect')
    const failed = Promise.resolve(store.get('key', 1, read))
    expect(await rejectionOf(failed)).toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: 'The session store is disconnected.',
    })
    kept.emit('connect')
    expect(await store.get('key', 1, read)).toBe(null)
  })

  it('hands out what is over for the core to judge, and a browser session not at all', async () => {
    const find = (cookie: object, options?: ExpressStoreOptions): unknown =>
      createExpressStore(
        answering((done) => done(null, { n: 1, cookie })),
        { now: () => NOON + 1, ...options },
      ).get('key', 1, read)

    expect(await find(cookie)).toEqual({ n: 1, _expire: NOON, _maxAge: DAY })
    expect(await find({ ...cookie, originalMaxAge: null })).toBe(null)
    const expires = 'store'
    expect(await find(cookie, { expires })).toEqual({ n: 1, _maxAge: DAY })
    expect(await find({ ...cookie, originalMaxAge: null }, { expires })).toMatchObject({ n: 1 })
  })

  it('leaves a store’s own objects alone', async () => {
    const live = { cookie, cart: { items: [1] }, at: new Date(NOON) }
    const store = createExpressStore(answering((done) => done(null, live)))
    const found: any = await store.get('key', 1, read)
    found.cart.items.push(2)

    expect(live.cart.items).toEqual([1])
    expect(found.at).toBe(new Date(NOON).toJSON())
  })

  it('tells a store the time that is left as express-session would', async () => {
    const set = vi.fn<(id: string, record: any, done: () => void) => void>((_, __, done) => done())
    const kept = { ...answering(() => {}), set } as ExpressSessionStore
    const store = createExpressStore(kept, { now: () => NOON })
    await store.set('key', { _expire: NOON + 5000, _maxAge: DAY }, DAY, write)
    await store.set('key', { _session: true }, DAY, write)
    const [timed, browser] = set.mock.calls.map(([, record]) => record.cookie)

    expect(timed).toMatchObject({ originalMaxAge: DAY, expires: new Date(NOON + 5000) })
    expect(timed.maxAge).toBe(5000)
    expect(browser).toMatchObject({ originalMaxAge: null, expires: new Date(NOON + DAY) })
    expect(JSON.stringify(browser)).not.toContain('maxAge')
  })
})

describe('a record', () => {
  const name = fc.oneof(fc.string(), fc.constantFrom('cookie', 'id', 'constructor', 'req', 'save'))
  const data = fc
    .dictionary(name, fc.jsonValue())
    .map((given) => Object.fromEntries(Object.entries(given).filter(([key]) => key[0] !== '_')))
  const time = fc.integer({ min: 1, max: 4e12 })
  const life = fc.oneof(
    fc.record({ _expire: time, _maxAge: time }),
    fc.constant({ _session: true as const }),
  )

  it('comes back as it was, whatever its data are called', () => {
    fc.assert(
      fc.property(data, life, (data, life) => {
        const record = { ...data, ...life }
        const stored = JSON.stringify(toExpressRecord(record, { end: NOON }))
        expect(fromExpressRecord(JSON.parse(stored))).toEqual(JSON.parse(JSON.stringify(record)))
      }),
    )
  })

  it.each([
    undefined,
    null,
    'text',
    [],
    {},
    { cookie: null },
    { cookie: 'a' },
    { cookie: { expires: 'never', originalMaxAge: 1 } },
  ])('is none that express-session did not write: %j', (stored) => {
    expect(fromExpressRecord(stored)).toBe(null)
  })
})

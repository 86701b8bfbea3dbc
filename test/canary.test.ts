import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Redis as Upstash } from '@upstash/redis'
import { Redis } from 'ioredis'
import { createClient } from 'redis'
import { createStorage, defineDriver } from 'unstorage'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createDurableObjectStore } from '../adapters/durable-object.ts'
import { createExpressStore } from '../adapters/express-store.ts'
import {
  cookieSession,
  eggEncrypted,
  eggSigned,
  expressSession,
  honoSession,
  honoSessions,
  ironSession,
  koaSigned,
} from '../adapters/legacy.ts'
import { createRedisStore } from '../adapters/redis.ts'
import { createFaultyStore } from '../adapters/testing.ts'
import { createUnstorageStore } from '../adapters/unstorage.ts'
import { createUpstashStore } from '../adapters/upstash.ts'
import { createKvStore } from '../adapters/workers-kv.ts'
import { createFetchStore, createStoreHandler } from '../src/fetch.ts'
import { createSessionManager, type Reader, type Session, type Store } from '../src/index.ts'
import { createMemoryStore } from '../src/memory.ts'
import { createRevocation } from '../src/revocation.ts'
import { run } from './cli/run.ts'
import { hosts, type Route } from './faults/hosts.ts'
import { canaries, fail, listen, talkativeError, type Ears } from './fixtures/canary.ts'
import { createClock, DAY } from './fixtures/clock.ts'
import { cookieHeader } from './fixtures/cookies.ts'
import { freePort } from './fixtures/redis-server.ts'
import { createVisitor } from './fixtures/visitor.ts'

// workerd's class, of which a store needs nothing.
vi.mock('cloudflare:workers', () => ({ DurableObject: Object }))

const { secret, id, data, client, credential } = canaries

let ears: Ears
beforeEach(() => void (ears = listen()))
afterEach(() => {
  checkSilence()
  vi.restoreAllMocks()
})

/** Of what was thrown, told to the console, and seen of objects, nothing is a canary. */
function checkSilence(): void {
  expect(ears.count).toBeGreaterThan(0)
  expect(ears.caught()).toEqual([])
}

describe.each(Object.keys(hosts) as (keyof typeof hosts)[])('in %s', (name) => {
  const routes: Record<string, Route> = {
    '/in': (session) => Object.assign(session, { user: data }) && '',
    '/read': (session) => String(session.user === data),
    '/move': async (session) => (await session.regenerate(), ''),
    '/out': (session) => (session.destroy(), ''),
    '/cycle': (session) => (session.self = session) && '',
    '/large': (session) => (session.fill = data.repeat(500)) && '',
    '/age': (session) => (session.maxAge = data as never) && '',
    '/throw': (session) => {
      session.n = 1
      throw new Error('the application’s own')
    },
  }

  it.each([
    ['in the cookie', false, true],
    ['in the cookie, signed', false, false],
    ['in a store', true, true],
    ['in a store, signed', true, false],
  ])('sessions %s tell nothing, whatever goes wrong', async (_, hasStore, encrypt) => {
    const clock = createClock()
    const store = createFaultyStore(createMemoryStore(clock))
    const handler = hosts[name](
      {
        secrets: secret,
        encrypt,
        now: clock.now,
        on: ears.hear,
        ...(hasStore && { store, genid: () => `${id}${crypto.randomUUID()}` }),
      },
      routes,
      (error) => ears.hear(error),
    )
    let cookie = ''
    const ask = async (route: string, header = cookie): Promise<string[]> => {
      const response = await handler(
        new Request(`https://a.example${route}`, { headers: { cookie: header } }),
      )
      const { status, headers } = response
      const lines = headers.getSetCookie()
      headers.delete('set-cookie')
      ears.hear([status, [...headers], await response.text()])
      return lines
    }
    cookie = cookieHeader(await ask('/in'))
    expect(cookie).not.toBe('')
    for (const route of Object.keys(routes)) {
      await ask(route)
      for (const method of ['get', 'compareAndSet', 'set', 'destroy', 'touch'] as const) {
        store.plan = { [method]: { kind: 'reject', error: talkativeError() } }
        await ask(route)
        store.plan = { [method]: { kind: 'answer', value: `${client} ${data}` } }
        await ask(route)
      }
      store.plan = {}
    }
    for (const header of [
      cookie.slice(0, -3),
      `${cookie}; ${cookie}x`,
      `x${cookie}`,
      `sid=${data}`,
    ])
      await ask('/read', header)
    clock.pass(2 * DAY)
    await ask('/read')
  })
})

/** Uses a store in every way, well and badly, and hears what its sessions say. */
async function use(store: Store): Promise<void> {
  ears.hear(store)
  for (const key of [id, `${id}/..`, id.repeat(30)]) {
    const genid = (): string => key
    const config = { secrets: secret, store, genid, on: ears.hear, storeTimeout: 500 }
    const manager = createSessionManager<any>(config)
    const visitor = createVisitor(manager)
    const acts: ((session: Session) => unknown)[] = [
      (session) => (session.user = data),
      () => {},
      (session) => session.regenerate(),
      (session) => session.destroy(),
    ]
    // A cookie of a session that is there, or was.
    const calm = createSessionManager<any>({ ...config, store: createMemoryStore() })
    const first = await calm.load(null)
    first.user = data
    visitor.jar.take(await calm.commit(first))
    for (const act of acts) await ears.attempt(() => visitor.visit(act))
  }
}

describe('a store tells neither its credentials nor what its client says', () => {
  it('Redis, over ioredis', async () => {
    const port = await freePort()
    const redis = new Redis({
      port,
      password: credential,
      retryStrategy: null,
      maxRetriesPerRequest: 0,
    })
    redis.on('error', () => {})
    await use(createRedisStore(redis))
    await use(createRedisStore({ call: async () => fail() }))
    await ears.attempt(() => createRedisStore({ url: credential } as never))
    redis.disconnect()
  })

  it('Redis, over redis', async () => {
    const url = `redis://user:${credential}@127.0.0.1:${await freePort()}`
    const redis = createClient({ url, socket: { reconnectStrategy: false } })
    redis.on('error', () => {})
    await redis.connect().catch(() => {})
    await use(createRedisStore(redis as never))
  })

  it('Upstash', async () => {
    const url = `http://127.0.0.1:${await freePort()}`
    await use(createUpstashStore({ url, token: credential }))
    const own = new Upstash({ url, token: credential, retry: { retries: 0 } })
    await use(createUpstashStore(own))
    await ears.attempt(() => createUpstashStore({ url: credential, token: credential }))
    await ears.attempt(() => createUpstashStore({ token: credential } as never))
  })

  it('a store on another machine', async () => {
    const url = `http://127.0.0.1:${await freePort()}/sessions/`
    for (const options of [{ token: credential }, { secret: credential }]) {
      await use(createFetchStore(url, options))
      const answers = [401, 500, 302, 413, 200].map((status) => async () => {
        const headers = { location: `https://evil.example/${client}`, 'x-error': client }
        return new Response(status === 302 ? null : `${client} ${data}`, { status, headers })
      })
      for (const fetch of [...answers, async () => fail()]) {
        await use(createFetchStore({ fetch } as never, options))
      }
    }
    await ears.attempt(() => createFetchStore(`https://user:${credential}@a.example/`))
    await ears.attempt(() => createFetchStore(`https://a.example/?key=${credential}`))
    await ears.attempt(() => createFetchStore(`http://${credential}.example/`))
    await ears.attempt(() => createFetchStore(url, { token: credential.slice(1) }))
    await ears.attempt(() => createFetchStore(url, { token: [credential, credential] }))
  })

  it('its server half', async () => {
    const broken = { get: fail, set: fail, destroy: fail } as unknown as Store
    for (const options of [{ token: credential }, { secret: credential }]) {
      const handler = createStoreHandler(broken, options)
      ears.hear(handler)
      const store = createFetchStore({ fetch: handler } as never, options)
      await use(store)
      for (const authorization of [
        'Bearer x',
        `Bearer ${credential}`,
        `HMAC-SHA-256 ${credential}`,
      ]) {
        const request = new Request(`https://a.example/${id}`, { headers: { authorization } })
        const response = await handler(request)
        ears.hear([response.status, [...response.headers], await response.text()])
      }
    }
    await ears.attempt(() => createStoreHandler(broken, { token: credential.slice(1) }))
  })

  it('Workers KV', async () => {
    const binding = { get: async () => fail(), put: async () => fail(), delete: async () => fail() }
    await use(createKvStore(binding as never))
    await ears.attempt(() => createKvStore({ token: credential } as never))
  })

  it('Durable Objects', async () => {
    const namespace = {
      idFromName: (name: string) => name,
      get: () => ({ fetch: async () => fail() }),
    }
    await use(createDurableObjectStore(namespace as never))
    await ears.attempt(() => createDurableObjectStore({ token: credential } as never))
  })

  it('unstorage', async () => {
    const driver = defineDriver((options: { token: string }) => ({
      name: 'talkative',
      options,
      hasItem: fail,
      getItem: fail,
      setItem: fail,
      removeItem: fail,
      getKeys: fail,
    }))
    await use(createUnstorageStore(createStorage({ driver: driver({ token: credential }) })))
    await ears.attempt(() => createUnstorageStore({ token: credential } as never))
  })

  it('a store of express-session', async () => {
    const answer = (...values: unknown[]): void =>
      (values.at(-1) as (error: unknown) => void)(talkativeError())
    const own = { token: credential, get: answer, set: answer, destroy: answer }
    await use(createExpressStore(own as never))
    await ears.attempt(() => createExpressStore({ token: credential } as never))
  })

  it('a list of revoked sessions', async () => {
    const store = createFaultyStore(createMemoryStore(), {
      get: { kind: 'reject', error: talkativeError() },
      set: { kind: 'reject', error: talkativeError() },
    })
    const revocation = createRevocation(store)
    ears.hear(revocation)
    const { isRevoked, revoke, revokeAll } = revocation
    const principal = (session: any): string => session.user
    const manager = createSessionManager({ secrets: secret, isRevoked, principal, on: ears.hear })
    const { visit, jar } = createVisitor(manager)
    await visit((session) => (session.user = data))
    await ears.attempt(() => manager.load(jar.header))
    store.plan = { set: { kind: 'reject', error: talkativeError() } }
    await ears.attempt(() => visit((session) => revoke(session)))
    await ears.attempt(() => revokeAll(data))
    await ears.attempt(() => createRevocation({ token: credential } as never))
    // What it keeps is neither an id nor a user.
    store.plan = {}
    await visit((session) => revoke(session))
    await revokeAll(data)
    ears.hear(store.calls.map(({ key, record }) => [key, record]))
    expect(store.calls.length).toBeGreaterThan(1)
  })
})

describe('a reader tells neither its keys nor what it reads', () => {
  const until = Date.now() + DAY
  const verify = (found: object): object => found
  const brokenStore = { get: (_: string, done: (error: Error) => void) => done(talkativeError()) }
  const makers: Record<string, (more: object) => Reader> = {
    eggEncrypted: (more) => eggEncrypted({ keys: [credential], until, verify, ...more }),
    eggSigned: (more) => eggSigned({ keys: credential, until, ...more }),
    koaSigned: (more) => koaSigned({ keys: [credential], until, ...more }),
    cookieSession: (more) => cookieSession({ keys: [credential], until, ...more }),
    expressSession: (more) =>
      expressSession({
        keys: credential,
        until,
        store: { ...brokenStore, set() {}, destroy() {} } as never,
        ...more,
      }),
    honoSession: (more) => honoSession({ keys: credential, until, ...more }),
    honoSessions: (more) => honoSessions({ keys: credential, until, ...more }),
    ironSession: (more) => ironSession({ keys: credential, until, ...more }),
  }

  it.each(Object.entries(makers))('%s', async (_, make) => {
    const reader = make({ key: 'old' })
    ears.hear(reader)
    ears.hear({ accept: [reader] })
    const values = [data, `${data}.${id}`, `s%3A${id}.${data}`, `Fe26.2*1*${data}*${id}****~2`]
    const config = { secrets: secret, on: ears.hear, accept: [reader] }
    for (const manager of [
      createSessionManager<any>(config),
      createSessionManager<any>({
        ...config,
        store: { get: fail, set: fail, destroy: fail } as never,
      }),
    ]) {
      for (const value of values) {
        await ears.attempt(() => manager.load(`old=${value}; old.sig=${value}`))
      }
    }
    for (const more of [
      { until: credential },
      { until: undefined },
      { keys: { a: credential } },
      { keys: [credential, 5] },
      { key: `${credential};` },
      { maxAge: credential },
      { digest: credential },
      { verify: credential },
      { store: credential },
      { [`${credential}`]: 1 },
    ]) {
      if (!Object.keys(more)[0]!.startsWith(credential)) await ears.attempt(() => make(more))
    }
  })

  it('expressSession, whose store tells all it knows', async () => {
    const { libraries, SECRET } = await import('./legacy/libraries.ts')
    const { write } = libraries.find(({ name }) => name === 'express-session')!
    const reader = expressSession({
      keys: SECRET,
      until,
      store: { ...brokenStore, set() {}, destroy() {} } as never,
    })
    const header = await write({ user: data })
    const manager = createSessionManager<any>({ secrets: secret, on: ears.hear, accept: [reader] })
    const before = ears.count
    await ears.attempt(() => manager.load(header))
    expect(ears.count).toBeGreaterThan(before)
  })
})

describe('the command tells no secret, and no data in what it says went wrong', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'canary-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  it.each<[string, string[], object]>([
    ['inspect, without a secret', ['inspect', 'COOKIE'], {}],
    ['inspect, under another secret', ['inspect', 'COOKIE'], { SESSION_SECRET: credential }],
    ['inspect, under a weak one', ['inspect', 'COOKIE'], { SESSION_SECRET: credential.slice(9) }],
    ['inspect, of a damaged cookie', ['inspect', 'COOKIEx'], { SESSION_SECRET: secret }],
    ['inspect, for machines', ['inspect', '--json', 'COOKIE'], { SESSION_SECRET: credential }],
    ['inspect, with what it does not know', ['inspect', `--${credential}`, 'COOKIE'], {}],
    ['inspect, with too much', ['inspect', credential, data], {}],
    ['a command that there is not', [credential], {}],
    ['rotate', ['rotate', credential], { SESSION_SECRET: secret }],
    ['rotate, of a weak one', ['rotate'], { SESSION_SECRET: credential.slice(9) }],
    ['keygen, with what it does not know', ['keygen', '--bytes', credential], {}],
    ['doctor', ['doctor'], { SESSION_SECRET: secret }],
  ])('%s', async (_, args, env) => {
    const manager = createSessionManager<any>({ secrets: secret, key: 'sid' })
    const session = await manager.load(null)
    session.user = data
    const cookie = cookieHeader(await manager.commit(session))
    writeFileSync(
      path.join(folder, 'wrangler.toml'),
      `compatibility_date = "2026-06-01"\n[vars]\nSESSION_SECRET = "${credential}"\nOTHER = "${data}`,
    )
    writeFileSync(path.join(folder, '.dev.vars'), `SESSION_SECRET=${credential.slice(20)}\n`)
    const given = args.map((arg) => arg.replace('COOKIE', cookie))
    const { out, error, code } = await run(given, { cwd: folder, env: env as {} })
    ears.hear(out)
    ears.hear(error)
    expect(out + error).not.toBe('')
    expect(code).toBeLessThan(3)
  })
})

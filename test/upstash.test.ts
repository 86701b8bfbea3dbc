import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { Redis } from '@upstash/redis'
import { Redis as EdgeRedis } from '@upstash/redis/cloudflare'
import { build } from 'esbuild'
import { Redis as Ioredis } from 'ioredis'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createUpstashStore } from '../adapters/upstash.ts'
import { createSessionManager, type SessionManager, type Store } from '../src/index.ts'
import { DAY } from './fixtures/clock.ts'
import { Jar } from './fixtures/cookies.ts'
import { errorOf, rejectionOf } from './fixtures/errors.ts'
import { startServer, type RedisServer } from './fixtures/redis-server.ts'
import { SECRET } from './fixtures/secrets.ts'
import { startUpstash, type Fault, type UpstashServer } from './fixtures/upstash-server.ts'
import { createVisitor, type Visitor } from './fixtures/visitor.ts'
import { describeContract, describeSuite, read, write, type FullStore } from './redis/contract.ts'
import { describeRaces } from './redis/races.ts'
import { runWorker, type RunningWorker } from './workerd/running.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const canary = 'canary-4417'

let redis: RedisServer
let raw: Ioredis
let upstash: UpstashServer

beforeAll(async () => {
  redis = await startServer()
  raw = new Ioredis(redis.url)
  upstash = await startUpstash(redis.url)
})

afterAll(async () => {
  await upstash.stop()
  raw.disconnect()
  await redis.stop()
})

beforeEach(() => {
  upstash.requests.length = 0
  upstash.faults.length = 0
})

type Given = Parameters<typeof createUpstashStore>[0]

const credentials = (): { url: string; token: string } => ({
  url: upstash.url,
  token: upstash.token,
})

type Kind = [name: string, give: () => Given]

const kinds: Kind[] = [
  ['its url and token', credentials],
  ['a Redis with its defaults', () => new Redis(credentials())],
]

/** Clients that are set up to send or to answer in other ways. */
const variants: Kind[] = [
  ['a Redis for the edge', () => new EdgeRedis(credentials())],
  [
    'a Redis without extras',
    () =>
      new Redis({
        ...credentials(),
        automaticDeserialization: false,
        enableAutoPipelining: false,
        readYourWrites: false,
        responseEncoding: false,
      }),
  ],
  [
    'a Redis whose signal has long been aborted',
    () => new Redis({ ...credentials(), signal: AbortSignal.abort('late') }),
  ],
]

describe.each([...kinds, ...variants])('createUpstashStore() of %s', (name, give) => {
  const openStore = (prefix: string): Store => createUpstashStore(give(), { prefix })

  describeContract(openStore, () => redis.url)
  if (kinds.some(([kind]) => kind === name)) describeSuite(openStore, () => [raw])
  describeRaces(() => {
    const prefix = `test:${randomUUID()}:`
    return [openStore(prefix), openStore(prefix)]
  })
})

describe('createUpstashStore()', () => {
  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an empty object', {}],
    ['a url alone', { url: `https://${canary}.upstash.io` }],
    ['a token alone', { token: canary }],
    ['what no variable of the environment holds', { url: undefined, token: undefined }],
    ['the url of the other protocol', { url: `rediss://:${canary}@host:6379`, token: canary }],
    ['a client of another library', { call() {} }],
  ])('refuses %s, and says no word of it', (_, given) => {
    const warn = vi.spyOn(console, 'warn')
    const error = errorOf(() => createUpstashStore(given as never))

    expect(error.code).toBe('ERR_SESSION_OPTIONS')
    expect(error.message).toMatch(/^createUpstashStore\(\) needs a (Redis of|"url" that)/)
    expect(`${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`).not.toContain(canary)
    expect(warn).not.toHaveBeenCalled()
  })

  it.each([0, -1, Number.NaN, Infinity, '5'])('refuses a timeout of %s', (timeout) => {
    const error = errorOf(() => createUpstashStore(credentials(), { timeout } as never))

    expect(error.code).toBe('ERR_SESSION_OPTIONS')
  })

  it('puts "session:" before every key', async () => {
    const store = createUpstashStore(credentials())
    await store.set('key', {}, 1000, write)

    expect(upstash.requests.at(-1)!.body).toEqual(['SET', 'session:key', '{}', 'PX', '1000'])
  })
})

describe('what is sent', () => {
  it('is one request for each call', async () => {
    const store = createUpstashStore(credentials())
    const { visit } = createVisitor(
      createSessionManager({ secrets: SECRET, store, rolling: true, touchAfter: 0 }),
    )
    const sent = async (act?: (session: any) => unknown): Promise<unknown[]> => {
      upstash.requests.length = 0
      await visit(act)
      return upstash.commands()
    }
    await sent((session) => (session.n = 1))
    await sent()

    expect(await sent()).toEqual(['GET', 'EVALSHA'])
    expect(await sent((session) => (session.n = 2))).toEqual(['GET', 'EVALSHA'])
    expect(await sent((session) => session.destroy())).toEqual(['GET', 'DEL'])
    expect(new Set(upstash.requests.map(({ path }) => path))).toEqual(new Set(['/']))
  })

  it('is a script once, and its SHA-1 from then on', async () => {
    await raw.script('FLUSH')
    const store = createUpstashStore(credentials()) as FullStore
    for (let n = 0; n < 3; n++) {
      await store.compareAndSet(randomUUID(), { n }, 60_000, null, write)
    }

    expect(upstash.commands()).toEqual(['EVALSHA', 'EVAL', 'EVALSHA', 'EVALSHA'])
  })

  it('tells Upstash nothing but what it has to know', async () => {
    const store = createUpstashStore(credentials())
    await store.get('key', DAY, read)
    await store.get('key', DAY, read)
    const [first, second] = upstash.requests.map(({ headers }) => headers)

    expect(Object.keys(first!).filter((name) => /upstash|auth/.test(name))).toEqual([
      'authorization',
      'upstash-sync-token',
    ])
    expect(first!.authorization).toBe(`Bearer ${upstash.token}`)
    expect(first!['upstash-sync-token']).toBe('')
    expect(second!['upstash-sync-token']).toMatch(/^test=\d+$/)
  })
})

/** How long a client waits for an answer that comes late, in milliseconds; all others come soon. */
const LATE = 500

/** Answers of a server that is ill, or none. */
const faults: [string, Fault, RegExp][] = [
  ['500', { status: 500, body: `{"error":"ERR ${canary}"}` }, /\(UpstashError ERR\)/],
  ['429', { status: 429, body: '{"error":"ERR max daily limit"}' }, /\(UpstashError ERR\)/],
  ['502 with HTML', { status: 502, body: `<p>${canary}` }, /\(UpstashJSONParseError\)/],
  ['500 with null', { status: 500, body: 'null' }, /\(\w+\)/],
  ['401', { status: 401, body: '{"error":"WRONGPASS bad"}' }, /\(UpstashError WRONGPASS\)/],
  ['200 with HTML', { status: 200, body: `<p>${canary}` }, /\(UpstashJSONParseError\)/],
  ['200 with nothing', { status: 200, body: '' }, /\(UpstashJSONParseError\)/],
  ['200 with null', { status: 200, body: 'null' }, /\(TypeError\)/],
  ['200 with []', { status: 200, body: '[]' }, /\(UpstashError\)/],
  ['200 with {}', { status: 200, body: '{}' }, /\(UpstashError\)/],
  ['200 with an object', { status: 200, body: `{"result":{"a":1}}` }, /\(UpstashError\)/],
  ['200 with a list', { status: 200, body: `{"result":["${canary}"]}` }, /\(UpstashError\)/],
  ['200 with true', { status: 200, body: '{"result":true}' }, /\(UpstashError\)/],
  ['200 with an error', { status: 200, body: `{"error":"OOM ${canary}"}` }, /\(UpstashError OOM\)/],
  ['a broken connection', { drop: 'before' }, /\(TypeError\)/],
  ['a broken connection, too late', { drop: 'after' }, /\(TypeError\)/],
  [
    'an answer that takes too long',
    { delay: 2000 },
    new RegExp(`^Upstash took longer than ${LATE} ms\\.$`),
  ],
  [
    'an answer that never ends',
    { stall: true },
    new RegExp(`^Upstash took longer than ${LATE} ms\\.$`),
  ],
]

const acts: Record<string, (session: any) => unknown> = {
  get: () => {},
  set: (session) => (session.secret = `${canary}2`),
  destroy: (session) => session.destroy(),
}

describe.each([
  ['a client made of url and token', credentials],
  [
    'a Redis that tries once',
    () => new Redis({ ...credentials(), retry: { retries: 0 }, responseEncoding: false }),
  ],
] satisfies Kind[])('a fault, over %s', (_, give) => {
  interface Setting extends Visitor {
    manager: SessionManager
    /** Loads the session over another client, which has all the time in the world. */
    look(): Promise<any>
  }

  async function setUp(timeout = 10_000): Promise<Setting> {
    const prefix = `${canary}:`
    const genid = (): string => `${canary}-${randomUUID()}`
    const options = { secrets: SECRET, genid, hashKeys: false, storeTimeout: 10_000 }
    const open = (timeout: number): SessionManager =>
      createSessionManager({ ...options, store: createUpstashStore(give(), { prefix, timeout }) })
    const patient = createVisitor(open(10_000))
    await patient.visit((session) => (session.secret = canary))
    const manager = open(timeout)
    const visitor = createVisitor(manager)
    visitor.jar.take(patient.jar.header.split('; '))
    upstash.requests.length = 0
    return { ...visitor, manager, look: patient.peek }
  }

  describe.each(Object.keys(acts))('on %s', (operation) => {
    it.each(faults)('%s', async (name, fault, kind) => {
      const isLate = fault.delay !== undefined || fault.stall !== undefined
      const { visit, jar, look } = await setUp(isLate ? LATE : undefined)
      const cookie = jar.header
      const isRead = operation === 'get'
      if (!isRead) upstash.faults.push({ delay: 0 })
      upstash.faults.push(fault, ...(isRead ? [fault] : []))
      const error = await rejectionOf(visit(acts[operation]))

      expect(error.code).toBe(isLate ? 'ERR_SESSION_TIMEOUT' : 'ERR_SESSION_STORE')
      expect(error.message).toMatch(kind)
      const text = [error, error.stack, error.cause, JSON.stringify(error)].join()
      for (const secret of [canary, upstash.url, upstash.token]) expect(text).not.toContain(secret)
      const isTriedAgain = isRead && /connection|200 with null|500 with null/.test(name)
      expect(upstash.requests).toHaveLength(isTriedAgain || !isRead ? 2 : 1)

      upstash.faults.length = 0
      expect(jar.header).toBe(cookie)
      const isDone = !fault.status && fault.drop !== 'before'
      const changed = operation === 'set' ? `${canary}2` : undefined
      expect((await look()).secret).toBe(isRead || !isDone ? canary : changed)
    })
  })

  it('is got over if a read finds the connection broken once', async () => {
    const { peek } = await setUp()
    upstash.faults.push({ drop: 'before' })

    expect(await peek()).toEqual({ secret: canary })
    expect(upstash.commands()).toEqual(['GET', 'GET'])
  })

  it('makes no change twice', async () => {
    const { manager, jar, visit, peek } = await setUp()
    await visit((session) => (session.count = 0))
    const session = await manager.load(jar.header)
    upstash.faults.push({ drop: 'after' })
    await rejectionOf(session.update((fresh: any) => fresh.count++))

    expect(await peek()).toMatchObject({ count: 1 })
  })

  it(
    'takes no longer than the timeout in all, though a read is tried twice',
    { retry: 3 },
    async () => {
      const { visit } = await setUp(LATE)
      upstash.faults.push({ delay: 0.8 * LATE, drop: 'after' }, { delay: 2000 })
      const start = performance.now()
      const error = await rejectionOf(visit())

      expect(error.code).toBe('ERR_SESSION_TIMEOUT')
      expect(upstash.requests).toHaveLength(2)
      expect(performance.now() - start).toBeLessThan(1.6 * LATE)
    },
  )
})

describe('a Redis of one’s own', () => {
  it('tries again as often as it is told', async () => {
    const retry = { retries: 2, backoff: () => 1 }
    const store = createUpstashStore(new Redis({ ...credentials(), retry }))
    upstash.faults.push({ drop: 'before' }, { drop: 'before' })
    await store.set('key', {}, 1000, write)

    expect(upstash.commands()).toEqual(['SET', 'SET', 'SET'])
  })

  it('with the wrong token is refused by Upstash, and the token not told', async () => {
    const store = createUpstashStore(new Redis({ ...credentials(), token: canary }))
    const error = await rejectionOf(Promise.resolve(store.get('key', DAY, read)))

    expect(error).toMatchObject({ message: 'Redis failed.', code: 'WRONGPASS' })
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain(canary)
  })
})

describe('in workerd', () => {
  let worker: RunningWorker

  beforeAll(async () => {
    const { outputFiles } = await build({
      entryPoints: [`${root}test/upstash/worker.ts`],
      bundle: true,
      // Else the paths that the compiler takes in here would hold for the bundle, too.
      tsconfigRaw: {},
      format: 'esm',
      target: 'es2022',
      platform: 'browser',
      conditions: ['workerd', 'worker'],
      minify: true,
      write: false,
    })
    worker = await runWorker(outputFiles[0]!.text)
  })

  afterAll(() => worker.stop())

  describe.each(['made', 'given'])('over a client %s', (kind) => {
    let jar: Jar

    beforeEach(() => void (jar = new Jar()))
    afterEach(() => void (upstash.faults.length = 0))

    async function visit(path: string, token = upstash.token): Promise<any> {
      const response = await fetch(new URL(path, worker.url), {
        headers: { 'x-kind': kind, 'x-url': upstash.url, 'x-token': token, cookie: jar.header },
      })
      jar.take(response.headers.getSetCookie())
      return response.json()
    }

    it('a session lives, is given a new id, and ends', async () => {
      expect(await visit('/count')).toEqual({ count: 1 })
      expect(await visit('/count')).toEqual({ count: 2 })
      const before = jar.header
      expect(await visit('/in')).toEqual({ count: 2, user: 'ada' })
      expect(jar.header).not.toBe(before)
      expect(await visit('/read')).toEqual({ count: 2, user: 'ada' })
      const last = jar.header
      await visit('/out')
      expect(jar.header).toBe('')
      jar.take(last.split('; '))
      expect(await visit('/read')).toEqual({})
    })

    it('counts all of twenty requests at once', async () => {
      await visit('/count')
      const counts = await Promise.all(Array.from({ length: 19 }, () => visit('/count')))

      expect(counts.map(({ count }) => count).toSorted((a, b) => a - b)).toEqual(
        Array.from({ length: 19 }, (_, index) => index + 2),
      )
      expect(await visit('/read')).toEqual({ count: 20 })
    })

    it.each<[string, Fault, RegExp]>([
      [
        '500',
        { status: 500, body: `{"error":"ERR ${canary}"}` },
        /failed to get \(UpstashError ERR\)/,
      ],
      ['HTML', { status: 200, body: `<p>${canary}` }, /failed to get \(UpstashJSONParseError\)/],
      ['an error', { status: 200, body: `{"error":"ERR ${canary}"}` }, /get \(UpstashError ERR\)/],
      ['a slow answer', { delay: 2000 }, /^Upstash took longer than 800 ms\.$/],
      ['an endless answer', { stall: true }, /^Upstash took longer than 800 ms\.$/],
    ])('fails at %s, and is read as no data', async (_, fault, message) => {
      await visit('/count')
      upstash.faults.push(fault)
      const error = await visit('/count')

      expect(error.message).toMatch(message)
      expect(JSON.stringify(error)).not.toContain(canary)
      expect(await visit('/read')).toEqual({ count: 1 })
    })

    it('a read gets over a broken connection, once', async () => {
      await visit('/count')
      upstash.faults.push({ drop: 'before' })

      expect(await visit('/read')).toEqual({ count: 1 })
    })

    it('a wrong token is refused', async () => {
      await visit('/count')
      const { message } = await visit('/read', canary)

      expect(message).toBe('The session store failed to get (UpstashError WRONGPASS).')
    })
  })
})

describe('the package', () => {
  it('takes @upstash/redis in with this store alone', async () => {
    const { exports } = JSON.parse(await readFile(`${root}package.json`, 'utf8')) as {
      exports: Record<string, { default?: string }>
    }
    const taking: string[] = []
    for (const [name, { default: entry }] of Object.entries(exports)) {
      if (!entry?.endsWith('.js')) continue
      const { metafile } = await build({
        absWorkingDir: root,
        entryPoints: [entry],
        bundle: true,
        tsconfigRaw: {},
        format: 'esm',
        platform: 'node',
        packages: 'external',
        metafile: true,
        write: false,
        outdir: 'unused',
      })
      const imports = Object.values(metafile.outputs).flatMap((output) => output.imports)
      if (imports.some(({ path }) => path.startsWith('@upstash'))) taking.push(name)
    }

    expect(taking).toEqual(['./upstash'])
  })
})

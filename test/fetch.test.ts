import { createHash } from 'node:crypto'
import { afterAll, describe, expect, it } from 'vitest'
import { createKvSimulator, describeStore } from '../adapters/testing.ts'
import { createKvStore } from '../adapters/workers-kv.ts'
import {
  createFetchStore,
  createStoreHandler,
  type FetchStoreOptions,
  type FetchTarget,
} from '../src/fetch.ts'
import { SessionError, type Store } from '../src/index.ts'
import { createMemoryStore } from '../src/memory.ts'
import { createClock } from './fixtures/clock.ts'
import { SECRET, SECRETS } from './fixtures/secrets.ts'
import { createRecorder, end, read, write } from './fetch/fixture.ts'
import { serve, type Server } from './fetch/server.ts'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url')

describe('the contract', () => {
  const servers: Server[] = []
  afterAll(() => Promise.all(servers.map(({ stop }) => stop())))

  describeStore(
    'in a handler of the same process',
    () => {
      let passed = 0
      const now = (): number => Date.now() + passed
      const handler = createStoreHandler(createMemoryStore({ now }), { secret: SECRET, now })
      return {
        store: createFetchStore({ fetch: handler }, { secret: SECRET, now }),
        advance: (ms) => (passed += ms),
      }
    },
    { describe, it },
  )

  describeStore(
    'on a server of Node’s',
    async () => {
      let passed = 0
      const now = (): number => Date.now() + passed
      const handler = createStoreHandler(createMemoryStore({ now }), { token: SECRET })
      const server = await serve(handler)
      servers.push(server)
      return {
        store: createFetchStore(server.url, { token: SECRET }),
        advance: (ms) => (passed += ms),
        dispose: server.stop,
      }
    },
    { describe, it },
  )

  describeStore(
    'in front of Workers KV',
    () => {
      const clock = createClock(Date.now())
      const kv = createKvSimulator({ now: clock.now, lag: 5000, writeInterval: 0 })
      const handler = createStoreHandler(createKvStore(kv.at('OSL')), { token: SECRET })
      return {
        store: createFetchStore({ fetch: handler }, { token: SECRET, consistency: 'eventual' }),
        advance: clock.pass,
        now: clock.now,
      }
    },
    { describe, it },
  )

  describeStore(
    'with a store that cannot compare',
    () => {
      let passed = 0
      const { get, set, destroy } = createMemoryStore({ now: () => Date.now() + passed })
      const handler = createStoreHandler({ get, set, destroy }, { authorize: () => true })
      return {
        store: createFetchStore({ fetch: handler }, { compareAndSet: false }),
        advance: (ms) => (passed += ms),
      }
    },
    { describe, it },
  )
})

describe('what goes over the wire', () => {
  const etag = `"${sha256('{"n":1}')}"`

  it.each([
    ['get', (store) => store.get('key', 1, read), 'GET', {}, ''],
    [
      'set',
      (store) => store.set('key', { n: 1 }, 61_500, write),
      'PUT',
      { 'x-ttl': '62' },
      '{"n":1}',
    ],
    [
      'set of a life alone',
      (store) => store.set('key', { n: 1 }, 1, { ...write, changed: false }),
      'PUT',
      { 'x-ttl': '1', 'x-changed': 'false' },
      '{"n":1}',
    ],
    [
      'set without a time',
      (store) => store.set('key', {}, undefined, write),
      'PUT',
      { 'x-ttl': '86400' },
      '{}',
    ],
    [
      'compareAndSet with nothing',
      (store) => store.compareAndSet!('key', { n: 1 }, 1000, null, write),
      'PUT',
      { 'x-ttl': '1', 'if-none-match': '*' },
      '{"n":1}',
    ],
    [
      'compareAndSet with a record',
      (store) => store.compareAndSet!('key', { n: 2 }, 1000, { n: 1 }, write),
      'PUT',
      { 'x-ttl': '1', 'if-match': etag },
      '{"n":2}',
    ],
    [
      'touch',
      (store) => store.touch!('key', 1000, { expire: 5, ctx: undefined }),
      'POST',
      { 'x-ttl': '1' },
      '{"_expire":5}',
    ],
    ['destroy', (store) => store.destroy('key', end), 'DELETE', {}, ''],
    [
      'destroy with a time',
      (store) => store.destroy('key', { ...end, maxAge: 5000 }),
      'DELETE',
      { 'x-ttl': '5' },
      '',
    ],
  ] satisfies [string, (store: Store) => unknown, string, object, string][])(
    'is one request for %s',
    async (_, call, method, headers, body) => {
      const recorder = createRecorder()
      await call(createFetchStore(recorder))
      const [{ headers: given, ...request }, ...others] = recorder.sent as [any]

      expect(others).toEqual([])
      expect(request).toEqual({ method, url: 'https://session.invalid/key', body })
      const { 'content-type': type, ...rest } = given
      expect(rest).toEqual(headers)
      expect(type ?? null).toBe(body ? 'text/plain;charset=UTF-8' : null)
    },
  )

  it('is the tag that the server gave the record, and not one of our own', async () => {
    let tag = 'W/"7"'
    const recorder = createRecorder(() => new Response('{"n":1}', { headers: { etag: tag } }))
    const store = createFetchStore(recorder)
    const first = (await store.get('key', 1, read)) as { n: number }
    tag = '"8"'
    const second = { n: 2 }
    await store.compareAndSet!('key', second, 1, first, write)
    await store.compareAndSet!('key', { n: 3 }, 1, second, write)

    expect(recorder.sent.map(({ headers }) => headers['if-match'])).toEqual([
      undefined,
      '"7"',
      '"8"',
    ])
  })

  it('is no tag of what another has stored', async () => {
    const recorder = createRecorder(
      () => new Response(null, { status: 412, headers: { etag: '"other"' } }),
    )
    const store = createFetchStore(recorder)
    const record = { n: 1 }
    expect(await store.compareAndSet!('key', record, 1, null, write)).toBe(false)
    await store.compareAndSet!('key', { n: 2 }, 1, record, write)

    expect(recorder.sent[1]!.headers['if-match']).toBe(etag)
  })

  it('is a token or a signature, if there is one, and never both', async () => {
    const token = createRecorder()
    await createFetchStore(token, { token: [SECRET, SECRETS[1]!] }).get('key', 1, read)
    expect(token.sent[0]!.headers).toEqual({ authorization: `Bearer ${SECRET}` })

    const signed = createRecorder()
    await createFetchStore(signed, { secret: SECRET, now: () => 5 }).get('key', 1, read)
    expect(signed.sent[0]!.headers).toEqual({
      authorization: expect.stringMatching(/^HMAC-SHA-256 [\w-]{43}$/),
      'x-timestamp': '5',
    })
    expect(JSON.stringify(signed.sent)).not.toContain(SECRET)
  })

  it('goes where the target says', async () => {
    const recorder = createRecorder()
    const keys: string[] = []
    const targets: [FetchTarget, FetchStoreOptions?][] = [
      [recorder, { path: '/a' }],
      [recorder, { path: '/a/b/' }],
      [(key) => (keys.push(key), recorder)],
      [Object.assign(() => {}, recorder)],
    ]
    for (const [target, options] of targets) {
      await createFetchStore(target, options).get('key', 1, read)
    }

    expect(keys).toEqual(['key'])
    expect(recorder.sent.map(({ url }) => url)).toEqual([
      'https://session.invalid/a/key',
      'https://session.invalid/a/b/key',
      'https://session.invalid/key',
      'https://session.invalid/key',
    ])
  })
})

describe('a key', () => {
  const handler = createStoreHandler(createMemoryStore(), { authorize: () => true })

  it.each([
    'a/b',
    'a:b',
    '/a',
    'a/',
    '...',
    '%2e%2e',
    '%',
    'a?b#c',
    'a\\b',
    'a b',
    '+',
    '\0',
    '\n',
    '字🐦',
    "!'()*~",
    'x'.repeat(1024),
  ])('is the same over there: %j', async (key) => {
    const store = createFetchStore({ fetch: handler }, { path: '/a/b' })
    await store.set(key, { key }, 60_000, write)

    expect(await store.get(key, 1, read)).toEqual({ key })
    expect(await store.compareAndSet!(key, { n: 2 }, 1000, { key }, write)).toBe(true)
    expect(await store.touch!(key, 1000, { expire: Date.now(), ctx: undefined })).toBe(true)
    await store.destroy(key, end)
    expect(await store.get(key, 1, read)).toBe(null)
  })

  it.each(['', '.', '..', '\ud800', 'x'.repeat(1025), '字'.repeat(114)])(
    'that no path can hold names nothing, and nothing is sent: %#',
    async (key) => {
      const recorder = createRecorder()
      const store = createFetchStore(recorder)

      expect(await store.get(key, 1, read)).toBe(null)
      expect(await store.touch!(key, 1, { expire: 1, ctx: undefined })).toBe(false)
      await store.destroy(key, end)
      for (const call of [
        () => store.set(key, {}, 1, write),
        () => store.compareAndSet!(key, {}, 1, null, write),
      ]) {
        await expect(call).rejects.toMatchObject({ code: 'ERR_SESSION_OPTIONS' })
      }
      expect(recorder.sent).toEqual([])
    },
  )
})

describe('createFetchStore', () => {
  const codeOf = (target: unknown, options?: unknown): string => {
    try {
      createFetchStore(target as FetchTarget, options as FetchStoreOptions)
      return 'fine'
    } catch (error) {
      expect(error).toBeInstanceOf(SessionError)
      expect(String(error)).not.toMatch(/hunter2/)
      return (error as SessionError).code
    }
  }

  it.each([
    'https://example.com',
    'https://example.com:8443/a/b/',
    new URL('https://example.com/'),
    'http://localhost:8787',
    'http://127.0.0.1/',
    'http://[::1]:1/a',
  ])('takes %s', (target) => {
    expect(codeOf(target)).toBe('fine')
  })

  it.each([
    'http://example.com',
    'http://127.0.0.2',
    'http://localhost.example.com',
    'http://localhost@example.com',
    'ftp://localhost',
    'file:///etc',
    'data:text/plain,1',
    'https://user:hunter2@example.com',
    'https://hunter2@example.com',
    'https://example.com/?token=hunter2',
    'https://example.com/#hunter2',
    'example.com',
    '/sessions',
    '',
    null,
    undefined,
    42,
    {},
  ])('refuses %s', (target) => {
    expect(codeOf(target)).toBe('ERR_SESSION_OPTIONS')
  })

  it.each([
    [{ token: SECRET, secret: SECRETS[1] }, 'ERR_SESSION_OPTIONS'],
    [{ token: 'hunter2' }, 'ERR_SESSION_SECRET'],
    [{ token: `${SECRET} x` }, 'ERR_SESSION_OPTIONS'],
    [{ token: `${SECRET}\r\nx: y` }, 'ERR_SESSION_OPTIONS'],
    [{ token: [SECRET, SECRET] }, 'ERR_SESSION_SECRET'],
    [{ secret: 'hunter2' }, 'ERR_SESSION_SECRET'],
    [{ secret: new Uint8Array(31) }, 'ERR_SESSION_SECRET'],
    [{ timeout: 0 }, 'ERR_SESSION_OPTIONS'],
    [{ timeout: Number.NaN }, 'ERR_SESSION_OPTIONS'],
    [{ maxSize: -1 }, 'ERR_SESSION_OPTIONS'],
    [{ consistency: 'weak' }, 'ERR_SESSION_OPTIONS'],
    [{ path: 'sessions' }, 'ERR_SESSION_OPTIONS'],
    [{ path: '/sessions?a' }, 'ERR_SESSION_OPTIONS'],
  ])('refuses %j', (options, code) => {
    expect(codeOf(createRecorder(), options)).toBe(code)
  })

  it('names the option that is weak', () => {
    expect(() => createFetchStore(createRecorder(), { token: 'short' })).toThrow(
      /^Session option "token" \[0\] is shorter than 32/,
    )
  })

  it('refuses a path beside a URL, which has one', () => {
    expect(codeOf('https://example.com', { path: '/a' })).toBe('ERR_SESSION_OPTIONS')
  })

  it('tells what it is, and shows no credential', () => {
    const store = createFetchStore('https://example.com', { secret: SECRET })
    expect(store).toMatchObject({ consistency: 'strong', hashedKeys: true })
    expect(Object.keys(store).toSorted()).toEqual([
      'compareAndSet',
      'consistency',
      'destroy',
      'get',
      'hashedKeys',
      'set',
      'touch',
    ])
    expect(JSON.stringify(store)).toBe('{"consistency":"strong","hashedKeys":true}')
  })

  it.each([
    [{ consistency: 'eventual' }, false],
    [{ compareAndSet: false }, false],
    [{ consistency: 'eventual', compareAndSet: true }, true],
    [{}, true],
  ] satisfies [FetchStoreOptions, boolean][])(
    'with %j compares and touches: %s',
    (options, has) => {
      const store = createFetchStore(createRecorder(), options)
      expect([!!store.compareAndSet, !!store.touch]).toEqual([has, has])
    },
  )
})

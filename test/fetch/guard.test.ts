import { createHmac } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import {
  createFetchStore,
  createStoreHandler,
  type FetchStoreOptions,
  type StoreHandlerOptions,
} from '../../src/fetch.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createClock } from '../fixtures/clock.ts'
import { errorOf } from '../fixtures/errors.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'
import { createRecorder, read, write } from './fixture.ts'

const KEY_URL = 'https://example.com/a/key'

/** A handler whose store hears nothing that was not let in. */
function setUp(options: Partial<StoreHandlerOptions>) {
  const clock = createClock()
  const store = createMemoryStore({ now: clock.now })
  const touched = vi.fn<(name: unknown) => void>()
  const watched = new Proxy(store, {
    get(target, name) {
      if (name !== 'consistency') touched(name)
      return Reflect.get(target, name)
    },
  })
  const handler = createStoreHandler(watched, { now: clock.now, ...options })
  const statusOf = async (request: Request): Promise<number | string> => {
    touched.mockClear()
    const { status, headers, body } = await handler(request)
    const isQuiet = !body && `${[...headers]}` === 'cache-control,no-store'
    return status !== 401 || (isQuiet && !touched.mock.calls.length) ? status : 'a 401 that tells'
  }
  return { clock, store, statusOf, handler }
}

/** The request that a store would send. */
async function requestOf(
  options: FetchStoreOptions,
  call: 'get' | 'set' | 'create' = 'get',
): Promise<Request> {
  let sent: Request | undefined
  const store = createFetchStore(
    createRecorder((request) => {
      sent = request.clone()
      return new Response('{}', { headers: { etag: '"1"' } })
    }),
    { path: '/a', ...options },
  )
  if (call === 'get') await store.get('key', 1, read)
  if (call === 'set') await store.set('key', { n: 1 }, 60_000, write)
  if (call === 'create') await store.compareAndSet!('key', { n: 1 }, 60_000, null, write)
  return sent!
}

/** The same request but for something. */
async function alter(
  request: Request,
  change: { method?: string; url?: string; body?: string; headers?: Record<string, string | null> },
): Promise<Request> {
  const headers = new Headers(request.headers)
  for (const [name, value] of Object.entries(change.headers ?? {})) {
    if (value === null) headers.delete(name)
    else headers.set(name, value)
  }
  const body = change.body ?? (await request.clone().text())
  const { method = request.method, url = request.url } = change
  return new Request(url, { method, headers, ...(body && { body }) })
}

describe('createStoreHandler', () => {
  it.each([
    [undefined, 'ERR_SESSION_OPTIONS', '"authorize" is missing: give createStoreHandler() '],
    [null, 'ERR_SESSION_OPTIONS', '"authorize" is missing'],
    [{}, 'ERR_SESSION_OPTIONS', '"authorize" is missing'],
    [{ token: '' }, 'ERR_SESSION_OPTIONS', '"authorize" is missing'],
    [{ authorize: null }, 'ERR_SESSION_OPTIONS', '"authorize" is missing'],
    [{ authorize: true }, 'ERR_SESSION_OPTIONS', '"authorize" must be a function'],
    [{ authorize: 'token' }, 'ERR_SESSION_OPTIONS', '"authorize" must be a function'],
    [{ token: SECRET, secret: SECRETS[1] }, 'ERR_SESSION_OPTIONS', '"token" and "secret" exclude'],
    [{ token: SECRET, maxSize: 0 }, 'ERR_SESSION_OPTIONS', '"maxSize" must be'],
    [{ token: 'short' }, 'ERR_SESSION_SECRET', '"token" [0] is shorter'],
    [{ token: [] }, 'ERR_SESSION_SECRET', '"token" must be 1 to 10'],
    [{ secret: 'x'.repeat(64) }, 'ERR_SESSION_SECRET', '"secret" [0] repeats itself'],
  ])('does not begin with %j', (options, code, fault) => {
    const error = errorOf(() => createStoreHandler(createMemoryStore(), options as never))
    expect(error.code).toBe(code)
    expect(error.message.startsWith(`Session option ${fault}`)).toBe(true)
  })
})

describe('a function', () => {
  it('lets in what it answers with true, and nothing else', async () => {
    for (const answer of [false, undefined, null, 1, 'true', {}, new Response('ok')]) {
      for (const authorize of [() => answer, async () => answer]) {
        const { statusOf } = setUp({ authorize: authorize as never })
        expect(await statusOf(new Request(KEY_URL))).toBe(401)
      }
    }
    for (const authorize of [() => true, async () => true]) {
      expect(await setUp({ authorize }).statusOf(new Request(KEY_URL))).toBe(404)
    }
  })

  it('gets the request', async () => {
    const authorize = vi.fn<(request: Request) => boolean>(
      ({ headers }: Request) => headers.get('x-mine') === 'yes',
    )
    const { statusOf } = setUp({ authorize })

    expect(await statusOf(new Request(KEY_URL, { headers: { 'x-mine': 'yes' } }))).toBe(404)
    expect(await statusOf(new Request(KEY_URL, { headers: { 'x-mine': 'no' } }))).toBe(401)
  })

  it('that throws lets nothing in', async () => {
    const failure = new Error('no directory')
    const onError = vi.fn<(error: unknown) => void>()
    const authorize = (): never => {
      throw failure
    }
    const { statusOf } = setUp({ authorize, onError })

    expect(await statusOf(new Request(KEY_URL))).toBe(503)
    expect(onError.mock.calls).toEqual([[failure]])
  })

  it('has to agree with a token', async () => {
    const both = setUp({ authorize: ({ url }) => url.endsWith('key'), token: SECRET })
    const good = await requestOf({ token: SECRET })

    expect(await both.statusOf(good)).toBe(404)
    expect(await both.statusOf(await alter(good, { url: 'https://example.com/other' }))).toBe(401)
    expect(await both.statusOf(new Request(KEY_URL))).toBe(401)
  })
})

describe('a token', () => {
  const statusWith = (authorization: string | null, token: string | string[] = SECRET) => {
    const headers: Record<string, string> = authorization === null ? {} : { authorization }
    return setUp({ token }).statusOf(new Request(KEY_URL, { headers }))
  }

  it.each([`Bearer ${SECRET}`, `bearer ${SECRET}`, `BEARER ${SECRET}`])(
    'lets in: %#',
    async (given) => {
      expect(await statusWith(given)).toBe(404)
    },
  )

  it.each([
    null,
    '',
    SECRET,
    'Bearer',
    'Bearer ',
    `Bearer ${SECRETS[1]}`,
    `Bearer ${SECRET.slice(0, -1)}`,
    `Bearer ${SECRET}=`,
    `Bearer ${SECRET.toLowerCase()}`,
    `Bearer  ${SECRET}`,
    `Bearer ${SECRET} ${SECRET}`,
    `Bearer ${SECRET},${SECRET}`,
    `Basic ${SECRET}`,
    `HMAC-SHA-256 ${SECRET}`,
    `Bearer ${encodeURIComponent(SECRET)}`,
    'Bearer undefined',
    'Bearer null',
    'Bearer [object Object]',
    'Bearer *',
  ])('is needed, word for word: %#', async (given) => {
    expect(await statusWith(given)).toBe(401)
  })

  it('may be one of several', async () => {
    const both = [SECRETS[1]!, SECRET]
    for (const token of both) expect(await statusWith(`Bearer ${token}`, both)).toBe(404)
    expect(await statusWith(`Bearer ${SECRETS[2]}`, both)).toBe(401)
    expect(await statusWith(`Bearer ${both.join()}`, both)).toBe(401)
  })
})

describe('a signature', () => {
  const secret = SECRET

  it('is an HMAC that anybody can make who knows the secret', async () => {
    const request = await requestOf({ secret, now: () => 1_700_000_000_000 }, 'create')
    const text = [
      'session-kit/fetch/v1',
      'PUT',
      '/a/key',
      '1700000000000',
      '60',
      '',
      '',
      '*',
      '{"n":1}',
    ].join('\n')
    const mac = createHmac('sha256', secret).update(text).digest('base64url')

    expect(request.headers.get('authorization')).toBe(`HMAC-SHA-256 ${mac}`)
  })

  it.each(['get', 'set', 'create'] as const)('lets in: %s', async (call) => {
    const { statusOf, clock } = setUp({ secret })
    const request = await requestOf({ secret, now: clock.now }, call)

    expect(await statusOf(request)).toBe(call === 'get' ? 404 : 204)
  })

  it('may be made with one of several secrets, text or bytes', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(32))
    const { statusOf, clock } = setUp({ secret: [SECRETS[1]!, bytes] })

    for (const secret of [SECRETS[1]!, bytes, [bytes, SECRETS[2]!]]) {
      expect(await statusOf(await requestOf({ secret, now: clock.now }))).toBe(404)
    }
    const other = await requestOf({ secret: SECRETS[2]!, now: clock.now })
    expect(await statusOf(other)).toBe(401)
  })

  it.each<[string, Parameters<typeof alter>[1]]>([
    ['the method', { method: 'DELETE' }],
    ['the method, and no body', { method: 'POST' }],
    ['the key', { url: 'https://example.com/a/other' }],
    ['the path', { url: 'https://example.com/b/key' }],
    ['the end of the path', { url: 'https://example.com/a/key/' }],
    ['the spelling of the path', { url: 'https://example.com/a/%6bey' }],
    ['a query', { url: 'https://example.com/a/key?x' }],
    ['the body', { body: '{"n":2}' }],
    ['the body by a space', { body: '{"n":1} ' }],
    ['the body by a byte order mark', { body: '\ufeff{"n":1}' }],
    ['the time by a millisecond', { headers: { 'x-timestamp': '1772539200001' } }],
    ['the spelling of the time', { headers: { 'x-timestamp': '1.7725392e12' } }],
    ['no time', { headers: { 'x-timestamp': null } }],
    ['an empty time', { headers: { 'x-timestamp': '' } }],
    ['a time that is none', { headers: { 'x-timestamp': 'now' } }],
    ['how long', { headers: { 'x-ttl': '61' } }],
    ['how long not', { headers: { 'x-ttl': null } }],
    ['the condition', { headers: { 'if-none-match': null } }],
    ['one more condition', { headers: { 'if-match': '"a"' } }],
    ['the condition for another', { headers: { 'if-none-match': null, 'if-match': '*' } }],
    ['what changes', { headers: { 'x-changed': 'false' } }],
    ['no signature', { headers: { authorization: null } }],
    ['an empty signature', { headers: { authorization: 'HMAC-SHA-256 ' } }],
    ['a bearer', { headers: { authorization: `Bearer ${SECRET}` } }],
    ['a signature of nothing', { headers: { authorization: `HMAC-SHA-256 ${'A'.repeat(43)}` } }],
  ])('does not fit another request: %s', async (_, change) => {
    const { statusOf, clock } = setUp({ secret })
    expect(clock.now()).toBe(1_772_539_200_000)
    const good = await requestOf({ secret, now: clock.now }, 'create')

    expect(await statusOf(await alter(good, change))).toBe(401)
    expect(await statusOf(good)).toBe(204)
  })

  it('does not fit with any of its characters changed', async () => {
    const { statusOf, clock } = setUp({ secret })
    const good = await requestOf({ secret, now: clock.now })
    const header = good.headers.get('authorization')!
    for (let index = 'HMAC-SHA-256 '.length; index < header.length; index++) {
      const letter = header[index] === 'A' ? 'B' : 'A'
      const authorization = header.slice(0, index) + letter + header.slice(index + 1)
      expect(await statusOf(await alter(good, { headers: { authorization } }))).toBe(401)
    }
    for (const end of ['=', 'A', ' ', ' x']) {
      const headers = { authorization: `${header}${end}` }
      expect(await statusOf(await alter(good, { headers }))).toBe(end === ' ' ? 404 : 401)
    }
  })

  it.each([
    [-60_001, 401],
    [-60_000, 404],
    [0, 404],
    [60_000, 404],
    [60_001, 401],
  ])('is good for a minute on either side: %d ms', async (passed, status) => {
    const { statusOf, clock } = setUp({ secret })
    const request = await requestOf({ secret, now: clock.now })
    clock.pass(passed)

    expect(await statusOf(request)).toBe(status)
  })

  it('lets the very same request in again for that time, which a condition makes harmless', async () => {
    const { statusOf, clock, store } = setUp({ secret })
    const blind = await requestOf({ secret, now: clock.now }, 'set')
    const create = await requestOf({ secret, now: clock.now }, 'create')
    expect(await statusOf(create.clone())).toBe(204)

    expect(await statusOf(create.clone())).toBe(412)
    await store.set('key', { n: 2 }, 60_000, write)
    expect(await statusOf(blind.clone())).toBe(204)
    expect(await store.get('key', 1, read)).toEqual({ n: 1 })
    clock.pass(60_001)
    expect(await statusOf(blind.clone())).toBe(401)
  })

  it('covers no host: each store needs a secret of its own', async () => {
    const { statusOf, clock } = setUp({ secret })
    const request = await requestOf({ secret, now: clock.now })

    expect(await statusOf(await alter(request, { url: 'https://other.example/a/key' }))).toBe(404)
  })
})

describe('a store that is not let in', () => {
  it.each<[FetchStoreOptions, StoreHandlerOptions]>([
    [{}, { token: SECRET }],
    [{ token: SECRETS[1]! }, { token: SECRET }],
    [{ secret: SECRETS[1]! }, { secret: SECRET }],
    [{ secret: SECRET, now: () => 0 }, { secret: SECRET }],
    [{ token: SECRET }, { secret: SECRET }],
  ])('tells why: %#', async (mine, theirs) => {
    const handler = createStoreHandler(createMemoryStore(), theirs)
    const store = createFetchStore({ fetch: handler }, mine)

    await expect(store.get('key', 1, read)).rejects.toMatchObject({
      code: 'ERR_SESSION_STORE',
      message:
        'The session server answered 401: ' +
        'the token or secret is another, or the clocks are a minute apart.',
    })
  })
})

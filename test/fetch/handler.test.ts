import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createStoreHandler, type StoreHandlerOptions } from '../../src/fetch.ts'
import type { Store } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createClock, type Clock } from '../fixtures/clock.ts'
import { end, read, write } from './fixture.ts'

const tagOf = (json: string): string => `"${createHash('sha256').update(json).digest('base64url')}"`

let clock: Clock
let store: Store
let handler: (request: Request) => Promise<Response>

beforeEach(() => {
  clock = createClock()
  store = createMemoryStore({ now: clock.now })
  handler = handlerOf(store)
})

function handlerOf(
  store: Store,
  options?: Partial<StoreHandlerOptions>,
): (request: Request) => Promise<Response> {
  return createStoreHandler(store, { authorize: () => true, now: clock.now, ...options })
}

/** An answer in short. */
async function ask(
  method: string,
  path = '/key',
  headers: Record<string, string> = {},
  body?: string | Uint8Array<ArrayBuffer>,
): Promise<{ status: number; tag: string | null; body: string }> {
  const request = new Request(`https://example.com${path}`, { method, headers, body })
  const response = await handler(request)
  expect(response.headers.get('cache-control')).toBe('no-store')
  expect(response.headers.get('content-type')).toBe(response.body ? 'application/json' : null)
  return {
    status: response.status,
    tag: response.headers.get('etag'),
    body: await response.text(),
  }
}

const nothing = { tag: null, body: '' }

describe('GET and HEAD', () => {
  it('find a record, with the SHA-256 of its JSON for a tag', async () => {
    await store.set('key', { user: 'Zoë', n: 1 }, 60_000, write)
    const json = '{"user":"Zoë","n":1}'

    expect(await ask('GET')).toEqual({ status: 200, tag: tagOf(json), body: json })
    expect(await ask('HEAD')).toEqual({ status: 200, tag: tagOf(json), body: '' })
    expect(await ask('GET', '/any/where/key?anything')).toMatchObject({ status: 200 })
  })

  it('find nothing where nothing is', async () => {
    expect(await ask('GET')).toEqual({ status: 404, ...nothing })
    expect(await ask('HEAD')).toEqual({ status: 404, ...nothing })
    await store.set('key', {}, 1000, write)
    clock.pass(1000)
    expect(await ask('GET')).toEqual({ status: 404, ...nothing })
  })

  it('find the record of a store that gives undefined for none', async () => {
    handler = handlerOf({ ...store, get: () => undefined })
    expect(await ask('GET')).toEqual({ status: 404, ...nothing })
  })
})

describe('PUT', () => {
  it('keeps a record for a time', async () => {
    const kept = await ask('PUT', '/key', { 'x-ttl': '60' }, '{ "n": 1 }')

    expect(kept).toEqual({ status: 204, tag: tagOf('{"n":1}'), body: '' })
    expect(await store.get('key', 1, read)).toEqual({ n: 1 })
    clock.pass(59_999)
    expect(await store.get('key', 1, read)).toEqual({ n: 1 })
    clock.pass(1)
    expect(await store.get('key', 1, read)).toBe(null)
  })

  it('keeps one for as long as the store does where no time is given', async () => {
    const set = vi.spyOn(store, 'set')
    await ask('PUT', '/key', {}, '{}')
    await ask('PUT', '/key', { 'x-ttl': '1', 'x-changed': 'false' }, '{}')

    const ctx = expect.any(Request)
    expect(set.mock.calls).toEqual([
      ['key', {}, undefined, { rolling: false, changed: true, ctx }],
      ['key', {}, 1000, { rolling: false, changed: false, ctx }],
    ])
  })

  it('keeps one in place of the one that the tag is of', async () => {
    const ttl = { 'x-ttl': '60' }
    const { tag: first } = await ask('PUT', '/key', ttl, '{"n":1}')
    const condition = { ...ttl, 'if-match': first! }
    const { tag: second, status } = await ask('PUT', '/key', condition, '{"n":2}')
    expect(status).toBe(204)

    expect(await ask('PUT', '/key', condition, '{"n":3}')).toEqual({ status: 412, ...nothing })
    expect(await ask('GET')).toEqual({ status: 200, tag: second, body: '{"n":2}' })
    await store.destroy('key', end)
    for (const tag of [first!, second!, '*']) {
      const late = await ask('PUT', '/key', { ...ttl, 'if-match': tag }, '{"n":4}')
      expect(late).toEqual({ status: 412, ...nothing })
    }
    expect(await store.get('key', 1, read)).toBe(null)
  })

  it('keeps one in nobody’s place, or in anybody’s', async () => {
    const create = { 'x-ttl': '60', 'if-none-match': '*' }
    const anyone = { 'x-ttl': '60', 'if-match': '*' }

    expect(await ask('PUT', '/key', anyone, '{}')).toEqual({ status: 412, ...nothing })
    expect((await ask('PUT', '/key', create, '{"n":1}')).status).toBe(204)
    expect(await ask('PUT', '/key', create, '{"n":2}')).toEqual({ status: 412, ...nothing })
    expect((await ask('PUT', '/key', anyone, '{"n":3}')).status).toBe(204)
    expect(await store.get('key', 1, read)).toEqual({ n: 3 })
  })

  it('lets the store have the last word on a condition', async () => {
    await store.set('key', { n: 1 }, 60_000, write)
    const { get } = store
    handler = handlerOf({
      ...store,
      // Somebody else is as fast.
      async get(...values) {
        const record = await get(...values)
        await store.set('key', { n: 2 }, 60_000, write)
        return record
      },
    })
    const condition = { 'if-match': tagOf('{"n":1}') }

    expect(await ask('PUT', '/key', condition, '{"n":3}')).toEqual({ status: 412, ...nothing })
    expect(await get('key', 1, read)).toEqual({ n: 2 })
  })

  it('lets one of twenty through', async () => {
    const { tag } = await ask('PUT', '/key', {}, '{"n":0}')
    const all = Array.from({ length: 20 }, (_, n) =>
      ask('PUT', '/key', { 'if-match': tag! }, JSON.stringify({ n: n + 1 })),
    )
    const codes = (await Promise.all(all)).map(({ status }) => status)

    expect(codes.filter((status) => status === 204)).toHaveLength(1)
    expect(codes.filter((status) => status === 412)).toHaveLength(19)
  })

  it.each<Record<string, string>>([
    { 'if-match': '"a"', 'if-none-match': '*' },
    { 'if-none-match': '"a"' },
    { 'x-ttl': '0' },
    { 'x-ttl': '-1' },
    { 'x-ttl': '1.5' },
    { 'x-ttl': '1e3' },
    { 'x-ttl': 'Infinity' },
    { 'x-ttl': '1234567890' },
  ])('makes no sense with %j', async (headers) => {
    expect(await ask('PUT', '/key', headers, '{}')).toEqual({ status: 400, ...nothing })
    expect(await store.get('key', 1, read)).toBe(null)
  })

  it.each([
    '',
    'null',
    '[]',
    '42',
    '"text"',
    '{"n":1',
    '\ufeff{}',
    `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
    `{"a":"\\u0000","b":${'{"b":'.repeat(10_000)}1${'}'.repeat(10_001)}`,
  ])('keeps nothing that is no record: %#', async (body) => {
    const onError = vi.fn<(error: unknown) => void>()
    handler = handlerOf(store, { onError })

    expect((await ask('PUT', '/key', {}, body)).status).toBe(400)
    expect(onError).not.toHaveBeenCalled()
  })

  it('leaves a __proto__ out', async () => {
    const { tag } = await ask('PUT', '/key', {}, '{"__proto__":{"admin":true},"n":1}')

    expect(tag).toBe(tagOf('{"n":1}'))
    expect(await ask('GET')).toEqual({ status: 200, tag, body: '{"n":1}' })
  })
})

describe('POST', () => {
  it('lets a record live on', async () => {
    await store.set('key', { n: 1, _expire: clock.now() + 1000 }, 1000, write)
    const _expire = clock.now() + 60_000
    const touched = await ask('POST', '/key', { 'x-ttl': '60' }, JSON.stringify({ _expire }))

    expect(touched).toEqual({ status: 204, ...nothing })
    clock.pass(59_999)
    expect(await store.get('key', 1, read)).toEqual({ n: 1, _expire })
  })

  it('does not where nothing is', async () => {
    expect(await ask('POST', '/key', {}, '{"_expire":1}')).toEqual({ status: 404, ...nothing })
  })

  it('works with a store that compares alone', async () => {
    const { touch: _, ...rest } = store
    handler = handlerOf(rest)
    const body = JSON.stringify({ _expire: clock.now() + 60_000 })
    expect((await ask('POST', '/key', {}, body)).status).toBe(404)
    await store.set('key', { n: 1, _expire: clock.now() }, 60_000, write)
    expect((await ask('POST', '/key', { 'x-ttl': '60' }, body)).status).toBe(204)
    expect((await ask('GET')).body).toBe(`{"n":1,"_expire":${clock.now() + 60_000}}`)
    await store.set('key', { n: 1, _expire: clock.now() - 1 }, 60_000, write)
    expect((await ask('POST', '/key', {}, body)).status).toBe(404)
  })

  it('gives way to others that are faster every time', async () => {
    const { touch: _, ...rest } = store
    const compareAndSet = vi.fn<() => boolean>(() => false)
    handler = handlerOf({ ...rest, compareAndSet })
    await store.set('key', { n: 1 }, 60_000, write)

    expect((await ask('POST', '/key', {}, '{"_expire":1}')).status).toBe(204)
    expect(compareAndSet).toHaveBeenCalledTimes(8)
    expect(await store.get('key', 1, read)).toEqual({ n: 1 })
  })

  it('finds nothing where others have destroyed the record meanwhile', async () => {
    const { touch: _, ...rest } = store
    const compareAndSet = vi.fn<() => boolean>(() => false)
    compareAndSet.mockImplementation(() => {
      if (compareAndSet.mock.calls.length === 8) void store.destroy('key', read)
      return false
    })
    handler = handlerOf({ ...rest, compareAndSet })
    await store.set('key', { n: 1 }, 60_000, write)

    expect((await ask('POST', '/key', {}, '{"_expire":1}')).status).toBe(404)
  })

  it.each(['', '{}', '{"_expire":"1"}', '[1]'])('makes no sense with %j', async (body) => {
    expect(await ask('POST', '/key', {}, body)).toEqual({ status: 400, ...nothing })
  })
})

describe('DELETE', () => {
  it('forgets a record, also if there is none', async () => {
    await store.set('key', {}, 60_000, write)
    for (let time = 0; time < 2; time++) {
      expect(await ask('DELETE')).toEqual({ status: 204, ...nothing })
      expect(await store.get('key', 1, read)).toBe(null)
    }
  })

  it('hands on how long to remember that', async () => {
    const destroy = vi.spyOn(store, 'destroy')
    await ask('DELETE')
    await ask('DELETE', '/key', { 'x-ttl': '90' })

    const ctx = expect.any(Request)
    expect(destroy.mock.calls).toEqual([
      ['key', { ctx }],
      ['key', { ctx, maxAge: 90_000 }],
    ])
  })
})

describe('any request', () => {
  it.each(['PATCH', 'OPTIONS', 'PURGE'])('is known or refused: %s', async (method) => {
    const request = new Request('https://example.com/key', { method })
    const response = await handler(request)

    expect(response.status).toBe(405)
    expect(response.headers.get('allow')).toBe('GET, HEAD, PUT, POST, DELETE')
  })

  it.each(['/', '/sessions/', '/%', '/%ff', '/%E0%A4%A'])('names a key: not %s', async (path) => {
    expect(await ask('GET', path)).toEqual({ status: 400, ...nothing })
  })

  it.each([
    ['a{"n":1}', 7],
    ['x'.repeat(65_537), undefined],
    ['字'.repeat(21_846), undefined],
    [new Uint8Array([0x22, 0xff, 0x22]), undefined],
  ])('is refused if it is too long, or no text: %#', async (body, maxSize) => {
    handler = handlerOf(store, { maxSize })
    expect(await ask('PUT', '/key', {}, body)).toEqual({ status: 413, ...nothing })
  })

  it('is not read to its end if it is too long', async () => {
    let pulled = 0
    const body = new ReadableStream({
      pull(controller) {
        pulled++
        controller.enqueue(new Uint8Array(16_384))
      },
    })
    const init = { method: 'PUT', body, duplex: 'half' } as const
    expect((await handler(new Request('https://example.com/key', init))).status).toBe(413)
    expect(pulled).toBeLessThan(10)
  })

  it.each(['GET', 'HEAD', 'PUT', 'POST', 'DELETE'])(
    'is answered if the store fails: %s',
    async (method) => {
      const failure = new Error('redis://user:hunter2@host key=KEY {"user":"fred"}')
      const fail = vi.fn<() => Promise<never>>(() => Promise.reject(failure))
      const onError = vi.fn<(error: unknown) => void>()
      handler = handlerOf({ get: fail, set: fail, destroy: fail, touch: fail }, { onError })
      const body = /P/.test(method) ? '{"_expire":1}' : undefined

      expect(await ask(method, '/key', {}, body)).toEqual({ status: 503, ...nothing })
      expect(onError.mock.calls).toEqual([[failure]])
    },
  )

  it('is refused where the store cannot do it', async () => {
    const { get, set, destroy } = store
    handler = handlerOf({ get, set, destroy })

    for (const condition of ['if-match', 'if-none-match']) {
      expect(await ask('PUT', '/key', { [condition]: '*' }, '{}')).toEqual({
        status: 501,
        ...nothing,
      })
    }
    expect(await ask('POST', '/key', {}, '{"_expire":1}')).toEqual({ status: 501, ...nothing })
    expect((await ask('PUT', '/key', {}, '{}')).status).toBe(204)
  })

  it.each([
    ['strong', 'strong'],
    ['eventual', 'eventual'],
    [undefined, null],
  ] as const)('learns of a store that is %s', async (consistency, header) => {
    handler = handlerOf({ ...store, consistency } as Store)
    const { headers } = await handler(new Request('https://example.com/key'))

    expect(headers.get('x-consistency')).toBe(header)
  })
})

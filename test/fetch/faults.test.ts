import { once } from 'node:events'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it } from 'vitest'
import { createFetchStore, createStoreHandler, type FetchStoreOptions } from '../../src/fetch.ts'
import { createSessionManager, type SessionError, type Store } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { cookieHeader } from '../fixtures/cookies.ts'
import { onTrouble } from '../fixtures/events.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createRecorder, end, read, write } from './fixture.ts'
import { listen, type Server } from './server.ts'

const servers: Server[] = []

afterEach(() => Promise.all(servers.splice(0).map(({ stop }) => stop())))

async function start(listener: Parameters<typeof listen>[0]): Promise<Server> {
  const server = await listen(listener)
  servers.push(server)
  return server
}

/** A key as the manager makes them, and data that may not leak. */
const KEY = 'iY3hJ0qz7WkQvR5nB8tLxM2cDf6gAs4pEu9oTi1rZwU'
const DATA = { user: 'private-name' }

const calls: [name: string, call: (store: Store) => unknown][] = [
  ['get', (store) => store.get(KEY, 1, read)],
  ['set', (store) => store.set(KEY, DATA, 1, write)],
  ['destroy', (store) => store.destroy(KEY, end)],
  ['compareAndSet', (store) => store.compareAndSet!(KEY, DATA, 1, null, write)],
  ['touch', (store) => store.touch!(KEY, 1, { expire: 1, ctx: undefined })],
]

/** The error of a call, which must give nothing away. */
async function errorOf(store: Store, call: (store: Store) => unknown): Promise<SessionError> {
  const error = await Promise.resolve(call(store)).then(
    (value) => expect.fail(`answered ${JSON.stringify(value)}`),
    (error: SessionError) => error,
  )
  expect(`${error.stack} ${JSON.stringify(error)}`).not.toMatch(/iY3hJ0|private-name|V9s1kQm/)
  return error
}

describe.each(calls)('%s', (name, call) => {
  it.each([301, 302, 303, 307, 308])('follows no redirect: %d', async (status) => {
    const other = await start((_, response) => response.end('{"stolen":true}'))
    const server = await start((_, response) => {
      response.writeHead(status, { location: `${other.url}${KEY}` }).end()
    })
    const error = await errorOf(createFetchStore(server.url, { token: SECRET }), call)

    expect(error).toMatchObject({ code: 'ERR_SESSION_STORE' })
    expect(error.message).toContain(`answered ${status}, a redirect, which is not followed`)
    expect(other.count()).toBe(0)
    expect(server.count()).toBe(1)
  })

  it.each([304, 400, 401, 403, 405, 409, 418, 429, 500, 501, 502, 503])(
    'takes %d for a failure, whatever it says',
    async (status) => {
      const body = status === 304 ? undefined : '{"n":1}'
      const server = await start((_, response) => response.writeHead(status).end(body))
      const { code, message } = await errorOf(createFetchStore(server.url), call)

      expect(code).toBe('ERR_SESSION_STORE')
      expect(message).toMatch(`The session server answered ${status}`)
      expect(server.count()).toBe(1)
    },
  )

  it('takes 413 for a record that is too large', async () => {
    const server = await start((_, response) => response.writeHead(413).end())
    const error = await errorOf(createFetchStore(server.url), call)

    expect(error.code).toBe('ERR_SESSION_TOO_LARGE')
  })

  it.each<[string, (response: ServerResponse) => unknown]>([
    ['before its answer', () => {}],
    ['after its headers', (response) => response.writeHead(200).flushHeaders()],
    ['within its answer', (response) => response.writeHead(200).write('{"n":')],
    ['within text', (response) => response.writeHead(200).write('x')],
  ])('waits no longer than its time for a server that hangs %s', async (_, hang) => {
    const closed: Promise<unknown>[] = []
    const server = await start((request, response) => {
      closed.push(once(response, 'close'))
      request.resume()
      hang(response)
    })
    const begun = performance.now()
    const error = await errorOf(createFetchStore(server.url, { timeout: 150 }), call)

    expect(performance.now() - begun).toBeLessThan(1500)
    expect(error).toMatchObject({
      code: 'ERR_SESSION_TIMEOUT',
      message: 'The session server took longer than 150 ms.',
    })
    expect(server.count()).toBe(1)
    // The connection does not stay open behind our back.
    await Promise.all(closed)
  })

  it('waits no longer for something that does not hear the signal', async () => {
    const deaf = { fetch: () => new Promise<Response>(() => {}) }
    const error = await errorOf(createFetchStore(deaf, { timeout: 50 }), call)

    expect(error.code).toBe('ERR_SESSION_TIMEOUT')
  })

  it('does not take an abort for an answer', async () => {
    const polite = createRecorder(async ({ signal }) => {
      if (!signal.aborted) await once(signal, 'abort')
      return new Response('{"result":"Aborted"}', { headers: { etag: '"1"' } })
    })
    const error = await errorOf(createFetchStore(polite, { timeout: 50 }), call)

    expect(error.code).toBe('ERR_SESSION_TIMEOUT')
  })

  it('is not tried again when its time is over', async () => {
    const recorder = createRecorder(async ({ signal }) => {
      await once(signal, 'abort')
      throw signal.reason
    })
    const { code } = await errorOf(createFetchStore(recorder, { timeout: 50 }), call)
    await new Promise((resolve) => setTimeout(resolve, 20))

    expect(code).toBe('ERR_SESSION_TIMEOUT')
    expect(recorder.sent).toHaveLength(1)
  })

  it('tells a server that is not there by its code alone', async () => {
    const server = await listen(() => {})
    await server.stop()
    const { code } = (await errorOf(createFetchStore(server.url), call)) as { code: string }

    expect(code).toBe('ECONNREFUSED')
  })

  it(`${/get|destroy/.test(name) ? 'is tried once more' : 'is not tried again'} if the connection breaks`, async () => {
    const server = await start((request) => request.socket.destroy())
    await errorOf(createFetchStore(server.url), call)

    expect(server.count()).toBe(/get|destroy/.test(name) ? 2 : 1)
  })

  it('fails if the answer breaks off', async () => {
    const server = await start((request, response) => {
      request.resume()
      response.writeHead(200, { 'content-length': '100', etag: '"1"' }).write('{"n":1}')
      setTimeout(() => response.destroy(), 20)
    })
    await errorOf(createFetchStore(server.url), call)

    expect(server.count()).toBe(1)
  })

  it.each([
    ['strong', 'eventual'],
    ['eventual', 'strong'],
  ] as const)('fails if the store is not %s, but %s', async (consistency, said) => {
    const headers = { 'x-consistency': said, etag: '"1"' }
    const recorder = createRecorder(() => new Response('{}', { headers }))
    const store = createFetchStore(recorder, { consistency, compareAndSet: true })
    const error = await errorOf(store, call)

    expect(error.code).toBe('ERR_SESSION_OPTIONS')
    expect(error.message).toContain(`"consistency" must be '${said}'`)
  })

  it('does not repeat what a server says it is', async () => {
    const headers = { 'x-consistency': 'private-name', etag: '"1"' }
    const recorder = createRecorder(() => new Response('{}', { headers }))
    await call(createFetchStore(recorder))
    expect(recorder.sent).toHaveLength(1)
  })
})

describe('a read after a broken connection', () => {
  it('is not made if a Durable Object is overloaded', async () => {
    const recorder = createRecorder(() => {
      throw Object.assign(new Error('overloaded'), { retryable: true, overloaded: true })
    })
    await errorOf(createFetchStore(recorder), calls[0]![1])

    expect(recorder.sent).toHaveLength(1)
  })

  it('finds what the second attempt brings', async () => {
    let attempts = 0
    const server = await start((request, response) => {
      if (++attempts === 1) request.socket.destroy()
      else response.end('{"n":1}')
    })

    expect(await createFetchStore(server.url).get(KEY, 1, read)).toEqual({ n: 1 })
  })
})

describe('an answer that is no record', () => {
  /** What a store finds in an answer. */
  async function found(body: Buffer | string, options?: FetchStoreOptions): Promise<unknown> {
    const server = await start((_, response) => response.end(body))
    return createFetchStore(server.url, options).get(KEY, 1, read)
  }

  it.each([
    '',
    'null',
    'not json',
    '{"n":1',
    '{"n":1}x',
    '\ufeff{"n":1}',
    '<!doctype html><title>Log in</title>',
    'undefined',
    '\0',
    Buffer.from([0x22, 0xff, 0x22]),
    Buffer.from([0x7b, 0x7d, 0xc3]),
  ])('is none: %j', async (body) => {
    expect(await found(body)).toBe(null)
  })

  it.each(['[]', '42', '"text"', 'true'])(
    'is for the session manager to judge: %s',
    async (body) => {
      expect(await found(body)).toEqual(JSON.parse(body))
      const server = await start((_, response) => response.end(body))
      const events: string[] = []
      const memory = createMemoryStore()
      const first = createSessionManager({ secrets: SECRET, store: memory })
      const session = await first.load(null)
      session.user = 'fred'
      const cookie = cookieHeader(await first.commit(session))
      const manager = createSessionManager({
        secrets: SECRET,
        store: createFetchStore(server.url),
        on: onTrouble(({ type }) => events.push(type)),
      })

      expect((await manager.load(cookie)).isNew).toBe(true)
      expect(events).toEqual(['invalid'])
    },
  )

  it('has no __proto__', async () => {
    const record = await found('{"__proto__":{"admin":true},"n":1}')
    expect(record).toEqual({ n: 1 })
    expect(Object.getPrototypeOf(record)).toBe(Object.prototype)
  })

  it.each([
    [JSON.stringify({ a: 'x'.repeat(65_536 - 8) }), true],
    [JSON.stringify({ a: 'x'.repeat(65_536 - 7) }), false],
    [JSON.stringify({ a: '字'.repeat(30_000) }), false],
  ])('is longer than 65,536 bytes: %#', async (body, fits) => {
    expect(await found(body)).toEqual(fits ? JSON.parse(body) : null)
  })

  it('is longer than `maxSize`', async () => {
    expect(await found('{"n":1}', { maxSize: 7 })).toEqual({ n: 1 })
    expect(await found('{"n":1}', { maxSize: 6 })).toBe(null)
  })

  it('of ten megabytes is not read to its end', async () => {
    let written = 0
    const server = await start(async (_, response) => {
      const chunk = Buffer.alloc(65_536, 0x20)
      while (written < 160 && !response.destroyed) {
        written++
        if (!response.write(chunk)) await new Promise((resolve) => setTimeout(resolve, 1))
      }
      response.end()
    })

    expect(await createFetchStore(server.url).get(KEY, 1, read)).toBe(null)
    expect(written).toBeLessThan(160)
  })

  it('is not inflated to its end either', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000))
    const server = await start((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb)
    })
    const before = process.memoryUsage().arrayBuffers

    expect(await createFetchStore(server.url).get(KEY, 1, read)).toBe(null)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000)
  })
})

describe('a record that is too large', () => {
  it('is not sent', async () => {
    const recorder = createRecorder()
    const store = createFetchStore(recorder, { maxSize: 20 })
    const error = await errorOf(store, () => store.set(KEY, { text: 'private-name é' }, 1, write))

    expect(error).toMatchObject({
      code: 'ERR_SESSION_TOO_LARGE',
      message: 'The session\'s record has 26 bytes, and "maxSize" is 20.',
    })
    expect(recorder.sent).toEqual([])
  })
})

describe('a server that knows no conditions', () => {
  it('is found out by its silence', async () => {
    const store = createFetchStore(createRecorder(() => new Response('OK')))
    const error = await errorOf(store, calls[3]![1])

    expect(error.message).toBe(
      'The session server took no notice of a condition: ' +
        'give createFetchStore() `compareAndSet: false`.',
    )
  })

  it('is found out by its own account', async () => {
    const { get, set, destroy } = createMemoryStore()
    const handler = createStoreHandler({ get, set, destroy }, { authorize: () => true })
    const store = createFetchStore({ fetch: handler })

    for (const name of ['compareAndSet', 'touch']) {
      const { code, message } = await errorOf(store, calls.find(([other]) => other === name)![1])
      expect(code).toBe('ERR_SESSION_STORE')
      expect(message).toContain('give createFetchStore() `compareAndSet: false`')
    }
  })

  it('serves with GET, PUT and DELETE alone, as unstorage’s does', async () => {
    const values = new Map<string, string>()
    const methods: string[] = []
    const server = createRecorder(async (request) => {
      const key = new URL(request.url).pathname
      methods.push(request.method)
      if (request.method === 'GET') {
        const value = values.get(key)
        return new Response(value ?? 'KV value not found', { status: value ? 200 : 404 })
      }
      if (request.method === 'PUT') values.set(key, await request.text())
      else if (request.method === 'DELETE') values.delete(key)
      else return new Response('Method Not Allowed', { status: 405 })
      return new Response('OK')
    })
    const store = createFetchStore(server, { compareAndSet: false })
    const manager = createSessionManager({ secrets: SECRET, store, rolling: true, touchAfter: 0 })
    const session = await manager.load(null)
    session.n = 1
    const cookie = cookieHeader(await manager.commit(session))
    const next = await manager.load(cookie)
    expect(next.n).toBe(1)
    await manager.commit(next)
    const last = await manager.load(cookie)
    last.destroy()
    await manager.commit(last)

    expect(methods).toEqual(['PUT', 'GET', 'PUT', 'GET', 'DELETE'])
    expect(values.size).toBe(0)
    expect(server.sent[2]!.headers['x-changed']).toBe('false')
  })
})

describe('a session whose server is out of order', () => {
  it('is neither saved nor sent, and says nothing of itself', async () => {
    const server = await start((_, response) => response.writeHead(503).end('private-name'))
    const manager = createSessionManager({
      secrets: SECRET,
      store: createFetchStore(server.url, { secret: SECRET }),
    })
    const session = await manager.load(null)
    session.user = 'private-name'
    const error = (await manager.commit(session).catch((error: unknown) => error)) as SessionError

    expect(error).toMatchObject({
      code: 'ERR_SESSION_STORE',
      message: 'The session server answered 503.',
    })
    expect(server.count()).toBe(1)
  })

  it('may go on without, and then costs the time that the store is given', async () => {
    const server = await start(() => {})
    const manager = createSessionManager({
      secrets: SECRET,
      store: createFetchStore(server.url, { timeout: 100 }),
      onStoreError: 'anonymous',
    })
    const memory = createSessionManager({ secrets: SECRET, store: createMemoryStore() })
    const session = await memory.load(null)
    session.user = 'fred'
    const cookie = cookieHeader(await memory.commit(session))
    const begun = performance.now()

    expect((await manager.load(cookie)).isNew).toBe(true)
    expect(performance.now() - begun).toBeLessThan(1000)
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseSetCookie } from './fixtures/cookies.ts'
import { bundleWorker, runWorker, Visitor, type RunningWorker } from './workerd/running.ts'

const noon = Date.UTC(2026, 5, 15, 12)

let code: string
let folder: string
let worker: RunningWorker

beforeAll(async () => {
  code = await bundleWorker()
  folder = await mkdtemp(path.join(tmpdir(), 'session-kit-'))
  worker = await runWorker(code, folder)
})

afterAll(async () => {
  await worker.stop()
  await rm(folder, { recursive: true })
})

describe('the bundle', () => {
  it('needs nothing of Node', () => {
    expect(code).not.toMatch(/\bnode:|(?<!globalThis\.)\bBuffer\b|\bprocess\b|\brequire\b/)
  })

  it('runs where nothing of Node is', async () => {
    const { body } = await new Visitor(worker).get('/runtime?globals=Buffer,process,require,global')

    expect(JSON.parse(body)).toEqual({ agent: 'Cloudflare-Workers', globals: [] })
  })
})

describe.each(['cookie', 'browser', 'kv', 'rolling'])('a session in workerd, kind %s', (kind) => {
  it('is kept from request to request', async () => {
    const visitor = new Visitor(worker)
    const bodies = []
    for (let count = 0; count < 3; count++) bodies.push((await visitor.post(`/${kind}/count`)).body)

    expect(bodies).toEqual(['1', '2', '3'])
    expect((await new Visitor(worker).post(`/${kind}/count`)).body).toBe('1')
  })

  it('takes a login with a new id and a message over a redirect, and a logout', async () => {
    const visitor = new Visitor(worker)
    await visitor.post(`/${kind}/count`)
    const before = visitor.cookieHeader
    const redirect = await visitor.post(`/${kind}/in?user=Ada`)

    expect(redirect.status).toBe(303)
    expect(redirect.headers.get('cache-control')).toBe('private, no-store')
    expect(redirect.headers.get('vary')).toBe('Cookie')
    expect((await visitor.get(`/${kind}/flash`)).body).toBe('"Welcome, Ada."')
    expect((await visitor.get(`/${kind}/flash`)).body).toBe('null')
    expect(visitor.cookieHeader).not.toBe(before)
    expect(JSON.parse((await visitor.get(`/${kind}/read`)).body)).toEqual({
      views: 1,
      user: 'Ada',
      isNew: false,
    })
    await visitor.post(`/${kind}/out`)
    expect(visitor.cookieHeader).toBe('')
    expect((await visitor.get(`/${kind}/read`)).body).toBe('{"isNew":true}')
  })

  it('goes out with a fetched response, whose headers cannot be changed', async () => {
    const answer = await new Visitor(worker).get(`/${kind}/fetched`)

    expect(answer.body).toBe('hello')
    expect(answer.cookies.map((line) => parseSetCookie(line).name)).toEqual([`__Host-${kind}`])
  })

  it('lets a WebSocket through', async () => {
    const url = new URL(`/${kind}/socket`, worker.url)
    url.protocol = 'ws:'
    const socket = new WebSocket(url)
    const message = await new Promise((resolve, reject) => {
      socket.addEventListener('message', ({ data }) => resolve(data))
      socket.addEventListener('error', reject)
    })
    socket.close()

    expect(message).toBe('hello')
  })
})

describe('a restart', () => {
  it('leaves sessions in KV and in cookies as they were', async () => {
    const visitor = new Visitor(worker)
    await visitor.post('/kv/count')
    await visitor.post('/cookie/count')
    await worker.stop()
    worker = await runWorker(code, folder)
    const later = new Visitor(worker)
    for (const [name, value] of visitor.cookies) later.cookies.set(name, value)

    expect((await later.post('/kv/count')).body).toBe('2')
    expect((await later.post('/cookie/count')).body).toBe('2')
  })
})

describe('the end of a session', () => {
  it.each([
    ['cookie', 86_400_000, '86400'],
    ['kv', 86_400_000, '86400'],
    ['short', 30_500, '31'],
  ])('comes to the second, kind %s', async (kind, maxAge, seconds) => {
    const visitor = new Visitor(worker)
    visitor.now = noon
    const { cookies } = await visitor.post(`/${kind}/count`)
    expect(parseSetCookie(cookies[0]!).attributes.get('max-age')).toBe(seconds)
    const cookie = visitor.cookieHeader

    visitor.now = noon + maxAge - 1
    expect((await visitor.get(`/${kind}/read`)).body).toContain('"views":1')
    visitor.now = noon + Math.ceil(maxAge / 1000) * 1000
    const { body, log } = await visitor.get(`/${kind}/read`, cookie)
    expect(body).toBe('{"isNew":true}')
    expect(log).toContain('expired')
  })

  it('is the browser’s with maxAge "session", and the Worker’s after 30 days', async () => {
    const visitor = new Visitor(worker)
    visitor.now = noon
    const { cookies } = await visitor.post('/browser/count')

    expect([...parseSetCookie(cookies[0]!).attributes.keys()]).toEqual([
      'path',
      'secure',
      'httponly',
      'samesite',
    ])
    visitor.now = noon + 30 * 86_400_000 - 1
    expect((await visitor.get('/browser/read')).body).toContain('"views":1')
    visitor.now = noon + 30 * 86_400_000
    expect((await visitor.get('/browser/read')).body).toBe('{"isNew":true}')
  })
})

describe('what a request costs in KV', () => {
  it.each([
    ['untouched, without a cookie', '/kv/untouched', false, []],
    ['untouched, with a cookie', '/kv/untouched', true, []],
    ['read, without a cookie', '/kv/read', false, []],
    ['read', '/kv/read', true, ['get']],
    ['begun: a new id is not looked up', '/kv/count', false, ['put 86410']],
    ['read and written', '/kv/count', true, ['get', 'put 86410']],
    ['saved by hand and at the end', '/kv/count?save=1', true, ['get', 'put 86410']],
    ['ended', '/kv/out', true, ['put 86500', 'delete']],
    ['rolling, not a minute later', '/rolling/read', true, ['get']],
  ])('%s', async (_, path, hasCookie, log) => {
    const visitor = new Visitor(worker)
    if (hasCookie) await visitor.post(path.replace(/[^/]+$/, 'count'))
    const answer = await (/count|out/.test(path) ? visitor.post(path) : visitor.get(path))

    expect(answer.log).toEqual(log)
    expect(answer.cookies.length).toBe(/put|delete/.test(`${log}`) ? 1 : 0)
  })

  it('rolling, a minute later', async () => {
    const visitor = new Visitor(worker)
    visitor.now = noon
    await visitor.post('/rolling/count')
    visitor.now = noon + 60_000

    expect(await visitor.get('/rolling/read')).toMatchObject({
      log: ['get', 'put 86410'],
      cookies: [expect.stringContaining('; Max-Age=86400')],
    })
    expect(await visitor.get('/rolling/read')).toMatchObject({ log: ['get'], cookies: [] })
  })

  it('nothing of a route that does not use the session shows in its headers', async () => {
    const visitor = new Visitor(worker)
    await visitor.post('/kv/count')
    const { headers } = await visitor.get('/kv/untouched')

    expect(headers.get('cache-control')).toBe('public, max-age=60')
    expect(headers.get('vary')).toBe(null)
  })
})

describe('keys', () => {
  it('are derived once in an isolate for each cookie and day', async () => {
    const fresh = await runWorker(code)
    const derived = async (path: string, now: number): Promise<number> => {
      const visitor = new Visitor(fresh)
      visitor.now = now
      return (await visitor.post(path)).derived
    }
    try {
      await Promise.all(Array.from({ length: 20 }, () => derived('/cookie/count', noon)))
      expect(await derived('/cookie/count', noon + 1)).toBe(1)
      expect(await derived('/kv/count', noon)).toBe(2)
      expect(await derived('/cookie/count', noon + 86_400_000)).toBe(3)
      expect(await derived('/cookie/count', noon + 86_400_001)).toBe(3)
    } finally {
      await fresh.stop()
    }
  })
})

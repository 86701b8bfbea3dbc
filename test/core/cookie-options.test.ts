import { describe, expect, it, vi } from 'vitest'
import { createSessionManager, withSession, type SessionOptions } from '../../src/index.ts'
import { Jar, parseSetCookie } from '../fixtures/cookies.ts'
import { errorOf, rejectionOf } from '../fixtures/errors.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'

/** The Set-Cookie values of a request that writes, as a manager makes them. */
async function cookiesOf(
  options: Partial<SessionOptions<Request>>,
  url: string,
  headers?: Record<string, string>,
): Promise<string[]> {
  const manager = createSessionManager<any, Request>({ secrets: SECRET, ...options })
  const session = await manager.load(null, new Request(url, { headers: headers ?? {} }))
  session.views = 1
  return manager.commit(session)
}

async function attributesOf(...request: Parameters<typeof cookiesOf>): Promise<string> {
  const [cookie] = await cookiesOf(...request)
  return cookie!.slice(cookie!.indexOf(';'))
}

const http = 'http://shop.example/'
const https = 'https://shop.example/'

describe("secure: 'auto'", () => {
  const options = { secure: 'auto' } as const

  it('is as the request: Secure over HTTPS, and not over HTTP', async () => {
    expect(await attributesOf(options, https)).toBe(
      '; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400',
    )
    expect(await attributesOf(options, http)).toBe(
      '; Path=/; HttpOnly; SameSite=Lax; Max-Age=86400',
    )
  })

  it('has a key that needs no HTTPS', () => {
    expect(createSessionManager({ secrets: SECRET, ...options }).key).toBe('sid')
  })

  it.each(['__Host-sid', '__Secure-sid', '__Http-sid', '__host-http-sid'])(
    'is not for the key %s, which does',
    (key) => {
      const create = (): unknown => createSessionManager({ secrets: SECRET, key, ...options })
      expect(errorOf(create).message).toBe('Session option "key" needs "secure".')
    },
  )

  it('asks a proxy that is trusted, and no other', async () => {
    const forwarded = { 'x-forwarded-proto': 'https' }
    expect(await attributesOf(options, http, forwarded)).not.toContain('Secure')
    const trusting = { ...options, proxy: true }
    expect(await attributesOf(trusting, http, forwarded)).toContain('; Secure;')
    expect(await attributesOf(trusting, https, { 'x-forwarded-proto': 'http' })).not.toContain(
      'Secure',
    )
    expect(await attributesOf(trusting, https)).toContain('; Secure;')
  })

  it.each([
    ['https, http', true],
    ['HTTPS', true],
    ['http, https', false],
    ['https2', false],
    ['xhttps', false],
  ])('takes the first of X-Forwarded-Proto, as Koa does: %s', async (forwarded, isSecure) => {
    const trusting = { ...options, proxy: true }
    const attributes = await attributesOf(trusting, http, { 'x-forwarded-proto': forwarded })
    expect(attributes.includes('Secure')).toBe(isSecure)
  })

  it('leaves away over HTTP what browsers take from secure cookies alone', async () => {
    const crossSite = { ...options, sameSite: 'None' as 'none', partitioned: true }
    expect(await attributesOf(crossSite, https)).toContain('; SameSite=None; Partitioned;')
    expect(await attributesOf(crossSite, http)).toBe('; Path=/; HttpOnly; Max-Age=86400')
  })

  it('clears the cookie with the attributes that it was set with', async () => {
    const manager = createSessionManager<any, Request>({ secrets: SECRET, ...options })
    for (const url of [http, https]) {
      const jar = new Jar()
      jar.take(await cookiesOf(options, url))
      const session = await manager.load(jar.header, new Request(url))
      session.destroy()
      const [cleared] = await manager.commit(session)
      expect(cleared!.includes('Secure')).toBe(url === https)
      jar.take([cleared!])
      expect(jar.size).toBe(0)
    }
  })

  it.each([undefined, null, {}, { url: '/path' }, { req: {} }, 'https://shop.example/'])(
    'says so where the request is missing: %o',
    async (ctx) => {
      const store = createRecordingStore()
      const manager = createSessionManager<any, any>({ secrets: SECRET, store, ...options })
      const session = await manager.load(null, ctx)
      session.views = 1
      expect(await rejectionOf(manager.commit(session))).toMatchObject({
        code: 'ERR_SESSION_OPTIONS',
        message: expect.stringContaining('hand it to load()'),
      })
      expect(store.calls).toEqual([])
    },
  )
})

describe('an option that is a function of the request', () => {
  const tenant = ({ url }: Request): string => new URL(url).hostname.split('.').slice(-2).join('.')

  it('is asked for each: a domain', async () => {
    const options = { domain: tenant }
    expect(await attributesOf(options, 'https://a.one.example/')).toContain('; Domain=one.example;')
    expect(await attributesOf(options, 'https://b.two.test/')).toContain('; Domain=two.test;')
  })

  it('may set no domain', async () => {
    for (const nothing of [undefined, null]) {
      expect(await attributesOf({ domain: () => nothing }, https)).not.toContain('Domain')
    }
  })

  it('may be the path, secure and sameSite as well', async () => {
    const options: Partial<SessionOptions<Request>> = {
      path: ({ url }) => new URL(url).pathname,
      secure: ({ url }) => (url.includes('shop') ? true : 'auto'),
      sameSite: ({ headers }) => (headers.has('sec-fetch-dest') ? 'none' : 'strict'),
    }
    expect(await attributesOf(options, 'http://shop.example/app')).toContain(
      '; Path=/app; Secure; HttpOnly; SameSite=Strict',
    )
    expect(
      await attributesOf(options, 'https://a.example/', { 'sec-fetch-dest': 'iframe' }),
    ).toContain('; Path=/; Secure; HttpOnly; SameSite=None')
    expect(
      await attributesOf(options, 'http://a.example/', { 'sec-fetch-dest': 'iframe' }),
    ).toContain('; Path=/; HttpOnly; Max-Age')
  })

  it.each(['domain', 'path', 'secure'])('has the key `sid` by default: %s', (name) => {
    const options = { secrets: SECRET, [name]: () => undefined }
    expect(createSessionManager(options as never).key).toBe('sid')
    const named = { ...options, key: '__Host-sid' }
    expect(errorOf(() => createSessionManager(named as never)).message).toContain('"key"')
  })

  it('clears the cookie of its own domain', async () => {
    const options = { secrets: SECRET, domain: tenant }
    const manager = createSessionManager<any, Request>(options)
    const jar = new Jar()
    for (const url of ['https://a.one.example/', 'https://b.two.test/']) {
      jar.take(await cookiesOf(options, url))
    }
    expect(jar.size).toBe(2)
    const session = await manager.load('sid=x', new Request('https://c.one.example/'))
    session.destroy()
    jar.take(await manager.commit(session))
    expect(jar.size).toBe(1)
    expect((await manager.load(jar.header)).isNew).toBe(false)
  })

  it.each([
    ['domain', 'one.example; Secure', 'a domain like example.com'],
    ['domain', '', 'a domain like example.com'],
    ['domain', 7, 'a domain like example.com'],
    ['path', 'app', 'a path: it begins with / and has no ; in it'],
    ['path', undefined, 'a path: it begins with / and has no ; in it'],
    ['secure', undefined, "true, false or 'auto'"],
    ['sameSite', 'laxer', "'strict', 'lax', 'none' or a boolean"],
    ['sameSite', Promise.resolve('lax'), "'strict', 'lax', 'none' or a boolean"],
    ['domain', () => 'one.example', 'a domain like example.com'],
  ])('is held to the rule when it is called: %s %o', async (name, value, words) => {
    const store = createRecordingStore()
    const error = await rejectionOf(cookiesOf({ [name]: () => value, store }, https))
    expect(error).toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
      message: `Session option "${name}" must give ${words}.`,
    })
    expect(store.calls).toEqual([])
  })

  it('fails the commit with what it throws, before anything is written', async () => {
    const store = createRecordingStore()
    const oops = new Error('no such tenant')
    const domain = (): string => {
      throw oops
    }
    expect(await rejectionOf(cookiesOf({ domain, store }, https))).toBe(oops)
    expect(store.calls).toEqual([])
  })

  it('is not asked for a session that sends no cookie', async () => {
    const domain = vi.fn<() => string>(() => 'example.com')
    const manager = createSessionManager<any, Request>({ secrets: SECRET, domain })
    await manager.commit(await manager.load('sid=x', new Request(https)))
    expect(domain).not.toHaveBeenCalled()
  })

  it('gives each request of one manager its own', async () => {
    const options = { secrets: SECRET, domain: tenant }
    const manager = createSessionManager<any, Request>(options)
    for (const domain of ['one.example', 'two.example', 'one.example']) {
      const session = await manager.load('sid=x', new Request(`https://${domain}/`))
      session.destroy()
      const [cookie] = await manager.commit(session)
      expect(parseSetCookie(cookie!).attributes.get('domain')).toBe(domain)
    }
  })

  it('comes with a pair of signed cookies on both', async () => {
    const cookies = await cookiesOf({ domain: tenant, encrypt: false }, 'https://a.one.example/')
    expect(cookies.map((cookie) => parseSetCookie(cookie).attributes.get('domain'))).toEqual([
      'one.example',
      'one.example',
    ])
  })
})

it('withSession hands its request over', async () => {
  const handler = withSession({ secrets: SECRET, secure: 'auto' }, async (_, session) => {
    Object.assign(await session, { views: 1 })
    return new Response()
  })
  expect((await handler(new Request(https))).headers.getSetCookie()[0]).toContain('; Secure;')
  expect((await handler(new Request(http))).headers.getSetCookie()[0]).not.toContain('Secure')
})

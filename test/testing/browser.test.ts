import { describe, expect, it, vi } from 'vitest'
import { createBrowser, type FetchHandler } from '../../adapters/testing.ts'
import { createSessionManager, withSession } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createClock, HOUR } from '../fixtures/clock.ts'
import { SECRET } from '../fixtures/secrets.ts'

const nothing: FetchHandler = () => new Response()

describe('a request', () => {
  it('carries the cookies that the answers before it set', async () => {
    const seen: unknown[] = []
    const browser = createBrowser((request) => {
      seen.push(request.headers.get('cookie'))
      const headers = new Headers([
        ['set-cookie', 'a=1; Path=/'],
        ['set-cookie', 'b=2; Path=/'],
      ])
      return new Response('hello', { headers })
    })
    const response = await browser.fetch('/')
    await browser.fetch('/')
    await browser.fetch('/', { headers: { cookie: 'own=1' } })

    expect(await response.text()).toBe('hello')
    expect(seen).toEqual([null, 'a=1; b=2', 'own=1'])
  })

  it('goes to the origin that was named, or to the host of its address', async () => {
    const handler = vi.fn<FetchHandler>(nothing)
    const browser = createBrowser(handler, { origin: 'http://localhost:8787' })
    await browser.fetch('/a?b=c')
    await browser.fetch('https://other.example/d', { method: 'POST', body: 'e' })
    const [first, second] = handler.mock.calls.map(([request]) => request)

    expect(first!.url).toBe('http://localhost:8787/a?b=c')
    expect([second!.url, second!.method]).toEqual(['https://other.example/d', 'POST'])
    expect(await second!.text()).toBe('e')
  })

  it('hands a redirect back, or follows it where it is asked to', async () => {
    const browser = createBrowser(({ url }) =>
      url.endsWith('/old')
        ? new Response(null, { status: 302, headers: { location: '/new', 'set-cookie': 'a=1' } })
        : new Response(`at ${new URL(url).pathname}`),
    )

    expect((await browser.fetch('/old')).status).toBe(302)
    expect(await (await browser.fetch('/old', { redirect: 'follow' })).text()).toBe('at /new')
    expect(browser.cookieHeader()).toBe('a=1')
  })

  it.each([
    [301, 'POST', 'GET', ''],
    [302, 'POST', 'GET', ''],
    [303, 'POST', 'GET', ''],
    [303, 'PUT', 'GET', ''],
    [302, 'PUT', 'PUT', 'body'],
    [307, 'POST', 'POST', 'body'],
    [308, 'POST', 'POST', 'body'],
    [303, 'HEAD', 'HEAD', ''],
    [302, 'GET', 'GET', ''],
  ])('is after a %d a %s that becomes a %s', async (status, before, after, body) => {
    const browser = createBrowser(async (request) => {
      const headers = { 'x-seen': `${request.method} ${await request.text()}` }
      return request.url.endsWith('/old')
        ? new Response(null, { status, headers: { location: '/new' } })
        : new Response(null, { headers })
    })
    const given = before === 'GET' || before === 'HEAD' ? {} : { body: 'body' }
    const response = await browser.fetch('/old', { method: before, redirect: 'follow', ...given })

    expect(response.headers.get('x-seen')).toBe(`${after} ${body}`.trim())
  })

  it('is not redirected for ever', async () => {
    const handler = vi.fn<FetchHandler>(() => Response.redirect('https://app.example/again'))
    const browser = createBrowser(handler)

    await expect(browser.fetch('/', { redirect: 'follow' })).rejects.toThrow(/more than 20 times/)
    expect(handler).toHaveBeenCalledTimes(21)
  })
})

describe('a session in a browser', () => {
  it('begins, goes on, ends with its time or a logout, and is the same through redirects', async () => {
    const clock = createClock()
    const manager = createSessionManager<{ views?: number }, Request>({
      secrets: SECRET,
      maxAge: HOUR,
      now: clock.now,
      store: createMemoryStore({ now: clock.now }),
    })
    const handler = withSession(manager, async (request, lazy) => {
      const session = await lazy
      const { pathname } = new URL(request.url)
      if (pathname === '/out') session.destroy()
      if (pathname === '/in') {
        session.views = 0
        await session.regenerate()
        return Response.redirect(new URL('/', request.url), 303)
      }
      return new Response(`${(session.views = (session.views ?? 0) + 1)}`)
    })
    const browser = createBrowser(handler, { now: clock.now })
    const views = async (path = '/', init?: RequestInit): Promise<string> =>
      (await browser.fetch(path, init)).text()

    expect([await views(), await views()]).toEqual(['1', '2'])
    expect(browser.cookies()).toMatchObject([{ name: '__Host-sid', hostOnly: true, secure: true }])
    expect(await views('/in', { method: 'POST', redirect: 'follow' })).toBe('1')
    clock.pass(HOUR - 1000)
    expect(await views()).toBe('2')
    clock.pass(HOUR)
    expect(browser.cookies()).toEqual([])
    expect(await views()).toBe('1')
    await browser.fetch('/out')
    expect(await views('http://app.example/')).toBe('1')
  })
})

import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { createBrowser, type Browser } from '../../adapters/testing.ts'
import { createCsrf, type CsrfOptions } from '../../src/csrf.ts'
import { SessionError, withSession, type LazySession } from '../../src/index.ts'
import { errorOf } from '../fixtures/errors.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'

interface Visit {
  user?: string
}

const own = 'https://example.com'
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** An application without a framework: a page with a form, and what it is sent to. */
function site(options: CsrfOptions<Request> = {}, more: object = {}) {
  const csrf = createCsrf(options)
  const handle = withSession<Visit>({ secrets: SECRET, ...more }, async (request, session) => {
    const refusal = await csrf.check(request, session)
    if (refusal) return new Response(refusal, { status: 403 })
    return answer(request, session)
  })

  async function answer(request: Request, session: LazySession<Visit>): Promise<Response> {
    if (request.method === 'GET') return new Response(await csrf.token(session))
    ;(await session).user = 'ada'
    return new Response(await request.text())
  }

  return createBrowser((request) => handle(request), { origin: own })
}

const tokenOf = async (browser: Browser): Promise<string> => (await browser.fetch('/')).text()

/** Sends a form, as the browser of somebody who is on a page of the site does. */
async function send(
  browser: Browser,
  body: string | FormData | null,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<{ status: number; body: string; cookies: string[] }> {
  const response = await browser.fetch('/', {
    method,
    body,
    headers: {
      'sec-fetch-site': 'same-origin',
      origin: own,
      ...(typeof body === 'string' && form),
      ...headers,
    },
  })
  const cookies = response.headers.getSetCookie()
  return { status: response.status, body: await response.text(), cookies }
}

describe('a form', () => {
  it('passes with its token, and the handler reads the body as it was sent', async () => {
    const browser = site()
    const body = `a=1&_csrf=${await tokenOf(browser)}&b=%20&b=2`

    expect(await send(browser, body)).toMatchObject({ status: 200, body })
  })

  it('passes as multipart', async () => {
    const browser = site()
    const data = new FormData()
    data.set('file', new Blob(['x'.repeat(100_000)]), 'x.txt')
    data.set('_csrf', await tokenOf(browser))
    const { status, body } = await send(browser, data)

    expect(status).toBe(200)
    expect(body.length).toBeGreaterThan(100_000)
  })

  it('passes with the token in the header', async () => {
    const browser = site()
    const headers = { 'x-csrf-token': await tokenOf(browser), 'content-type': 'application/json' }

    expect(await send(browser, '{"a":1}', headers)).toMatchObject({ status: 200, body: '{"a":1}' })
  })

  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'MKCOL'])(
    'is refused without one: %s',
    async (method) => {
      const browser = site()
      await tokenOf(browser)

      expect(await send(browser, 'a=1', {}, method)).toEqual({
        status: 403,
        body: 'The request has no CSRF token: neither a field _csrf nor a header x-csrf-token.',
        cookies: [],
      })
    },
  )

  it('is refused with one that is not its session’s', async () => {
    const eve = await tokenOf(site())
    const browser = site()
    await tokenOf(browser)

    expect(await send(browser, `_csrf=${eve}`)).toEqual({
      status: 403,
      body: 'This page is out of date: load it again, and send the form once more.',
      cookies: [],
    })
  })

  it('is refused from another site, be its token good', async () => {
    const browser = site()
    const token = await tokenOf(browser)
    for (const headers of [
      { 'sec-fetch-site': 'cross-site', origin: own },
      { 'sec-fetch-site': 'same-site', origin: own },
      { 'sec-fetch-site': '', origin: 'https://evil.example' },
      { 'sec-fetch-site': '', origin: 'null' },
    ]) {
      expect(await send(browser, `_csrf=${token}`, headers)).toEqual({
        status: 403,
        body: 'The request was sent from a page of another site.',
        cookies: [],
      })
    }
  })

  it('for a login is refused if its page was shown to somebody else: a login by force', async () => {
    const eve = site()
    const forced = await tokenOf(eve)
    const victim = site()
    // A browser so old that it says nothing of where a request comes from.
    const silent = { 'sec-fetch-site': '', origin: '' }
    expect((await send(victim, `_csrf=${forced}`, silent)).status).toBe(403)
    const token = await tokenOf(victim)

    expect((await send(victim, `_csrf=${forced}`, silent)).status).toBe(403)
    expect((await send(victim, `_csrf=${token}`, silent)).status).toBe(200)
  })

  it.each([
    ['text', 'text/plain', (token: string) => `_csrf=${token}`],
    ['JSON', 'application/json', (token: string) => `{"_csrf":"${token}"}`],
    ['no type', '', (token: string) => `_csrf=${token}`],
    ['a broken multipart', 'multipart/form-data; boundary=x', (token: string) => `--y${token}`],
  ])('is no form as %s', async (_, type, write) => {
    const browser = site()
    const body = write(await tokenOf(browser))

    expect((await send(browser, body, { 'content-type': type })).status).toBe(403)
  })

  it('takes no file for a token', async () => {
    const browser = site()
    const data = new FormData()
    data.set('_csrf', new Blob([await tokenOf(browser)]), 'token.txt')

    expect((await send(browser, data)).status).toBe(403)
  })
})

describe('a request that changes nothing', () => {
  it.each(['GET', 'HEAD', 'OPTIONS'])('is not checked: %s', async (method) => {
    const check = createCsrf().check
    const then = vi.fn<() => void>()
    const request = new Request(own, { method, headers: { 'sec-fetch-site': 'cross-site' } })

    // oxlint-disable-next-line unicorn/no-thenable -- that it is not awaited is the point
    expect(await check(request, { then } as never)).toBeUndefined()
    expect(then).not.toHaveBeenCalled()
  })
})

describe('a request that is refused for where it comes from, or has no token', () => {
  it('loads no session', async () => {
    const store = createRecordingStore()
    const browser = site({}, { store })
    await tokenOf(browser)
    store.calls.length = 0
    await send(browser, 'a=1')
    await send(browser, '_csrf=x', { 'sec-fetch-site': 'cross-site' })

    expect(store.operations()).toEqual([])
  })
})

describe('the options', () => {
  it('name the field and the header', async () => {
    const browser = site({ field: 'token', header: 'X-Token' })
    const token = await tokenOf(browser)

    expect((await send(browser, `token=${token}`)).status).toBe(200)
    expect((await send(browser, '', { 'x-token': token })).status).toBe(200)
    expect((await send(browser, `_csrf=${token}`)).body).toContain(
      'field token nor a header X-Token',
    )
  })

  it('trust other origins, which need a token all the same', async () => {
    const browser = site({ trustedOrigins: ['https://app.example'] })
    const token = await tokenOf(browser)
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://app.example' }

    expect((await send(browser, `_csrf=${token}`, headers)).status).toBe(200)
    expect((await send(browser, 'a=1', headers)).status).toBe(403)
  })

  it('let methods pass, and requests', async () => {
    const browser = site({ ignoredMethods: ['POST'] })
    expect((await send(browser, 'a=1')).status).toBe(200)

    const hooked = site({
      skip: async (request) => request.headers.get('authorization')?.startsWith('Bearer ') === true,
    })
    expect((await send(hooked, 'a=1', { authorization: 'Bearer x' })).status).toBe(200)
    expect((await send(hooked, 'a=1')).status).toBe(403)
  })

  it.each([
    ['header', 'a b', 'the name of a header'],
    ['header', '', 'the name of a header'],
    ['field', '', 'the name of a form field'],
    ['field', 'a"b', 'the name of a form field'],
    ['ignoredMethods', ['get'], 'a list of methods in capitals'],
    ['ignoredMethods', 'GET', 'a list of methods in capitals'],
    [
      'trustedOrigins',
      ['app.example'],
      'a list of origins like https://app.example.com, with no path',
    ],
    [
      'trustedOrigins',
      ['https://app.example/'],
      'a list of origins like https://app.example.com, with no path',
    ],
    ['trustedOrigins', ['null'], 'a list of origins like https://app.example.com, with no path'],
    ['trustedOrigins', [/app/], 'a list of origins like https://app.example.com, with no path'],
    ['skip', true, 'a function'],
    ['secrets', 7, 'text, bytes, or a list of them'],
  ])('are checked at once: %s %j', (name, value, words) => {
    const error = errorOf(() => createCsrf({ [name]: value }))

    expect(error).toBeInstanceOf(SessionError)
    expect(error).toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
      message: `CSRF option "${name}" must be ${words}.`,
    })
  })

  it('are known by name, and null leaves one unset', () => {
    expect(errorOf(() => createCsrf({ cookie: 'x' } as never)).message).toBe(
      'CSRF option "cookie" is unknown.',
    )
    expect(() => createCsrf({ header: null, field: undefined, skip: null })).not.toThrow()
  })
})

describe('no refusal tells a token, an id or a secret', () => {
  it('in words, or as an object', async () => {
    const { createGuard } = await import('../../src/csrf.ts')
    const browser = site()
    const token = await tokenOf(browser)
    const other = await tokenOf(site())
    const told: string[] = []
    for (const body of [`_csrf=${other}`, `_csrf=${token.slice(1)}`, `token=${token}`]) {
      told.push((await send(browser, body)).body)
    }
    told.push((await send(browser, `_csrf=${token}`, { 'sec-fetch-site': 'cross-site' })).body)
    const guard = createGuard({ secrets: SECRET })
    const request = { method: 'POST', host: 'a', header: () => token, field: () => token }
    told.push(inspect(await guard.refusal(request, null, () => null), { showHidden: true }))

    const all = told.join('\n')
    expect(told).toHaveLength(5)
    for (const canary of [token, other, SECRET]) {
      const parts = Array.from({ length: canary.length - 7 }, (_, at) => canary.slice(at, at + 8))
      expect(parts.filter((part) => all.includes(part))).toEqual([])
    }
  })
})

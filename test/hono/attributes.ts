import { Hono } from 'hono'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { session, type HonoSessionOptions } from '../../adapters/hono.ts'
import { parseSetCookie } from '../fixtures/cookies.ts'
import { SECRET } from '../fixtures/secrets.ts'

/** The attributes of the cookie that an answer sets. */
async function attributesOf(
  options: HonoSessionOptions,
  url: string,
  headers?: Record<string, string>,
): Promise<Map<string, string>> {
  const app = new Hono().use(session(options)).get('*', async (c) => {
    Object.assign(await c.var.session, { views: 1 })
    return c.text('')
  })
  const response = await app.request(url, { headers: headers ?? {} })
  return parseSetCookie(response.headers.getSetCookie()[0]!).attributes
}

describe("secure: 'auto'", () => {
  it('goes by the URL of the request, and by a proxy that is trusted', async () => {
    const options: HonoSessionOptions = { secrets: SECRET, secure: 'auto' }
    const forwarded = { 'x-forwarded-proto': 'https' }
    const seen = await Promise.all([
      attributesOf(options, 'https://shop.example/'),
      attributesOf(options, 'http://shop.example/'),
      attributesOf(options, 'http://shop.example/', forwarded),
      attributesOf({ ...options, proxy: true }, 'http://shop.example/', forwarded),
    ])

    expect(seen.map((attributes) => attributes.has('secure'))).toEqual([true, false, false, true])
  })
})

describe('an option that is a function of the context', () => {
  it('gives the cookie the domain of the tenant', async () => {
    const options: HonoSessionOptions = {
      secrets: SECRET,
      domain(c) {
        expectTypeOf(c.req.url).toEqualTypeOf<string>()
        return new URL(c.req.url).hostname.replace(/^www\./, '')
      },
    }

    expect((await attributesOf(options, 'https://www.one.example/')).get('domain')).toBe(
      'one.example',
    )
    expect((await attributesOf(options, 'https://two.example/')).get('domain')).toBe('two.example')
  })

  it('answers with an error where it gives what is none', async () => {
    const app = new Hono()
      .use(session({ secrets: SECRET, domain: () => 'no domain' }))
      .get('/', async (c) => {
        Object.assign(await c.var.session, { views: 1 })
        return c.text('')
      })
      .onError((error, c) => c.text(error.message, 500))
    const response = await app.request('/')

    expect(response.status).toBe(500)
    expect(await response.text()).toBe(
      'Session option "domain" must give a domain like example.com.',
    )
    expect(response.headers.getSetCookie()).toEqual([])
  })
})

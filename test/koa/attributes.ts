import { describe, expect, it } from 'vitest'
import type { KoaSessionOptions } from '../../adapters/koa.ts'
import { parseSetCookie } from '../fixtures/cookies.ts'
import { createApp, headerOf, serve, type Context, type Site } from './fixture.ts'

const modes: [string, KoaSessionOptions][] = [
  ['signed', {}],
  ['sealed', { encrypt: true }],
]
const https = { 'x-forwarded-proto': 'https' }
const write = (ctx: Context): void => void (ctx.session!.user = 'ada')

async function siteOf(options: KoaSessionOptions, proxy = false): Promise<Site> {
  const app = createApp(options)
  app.proxy = proxy
  return serve(app)
}

/** The attributes of the Set-Cookie lines, all of which have the same. */
function attributesOf(cookies: string[]): Map<string, string> {
  const [first, ...rest] = cookies.map((cookie) => parseSetCookie(cookie).attributes)
  for (const other of rest) expect(other).toEqual(first)
  return first!
}

describe.each(modes)('the attributes of a cookie: %s', (_, mode) => {
  it("are as ctx.secure says with secure: 'auto'", async () => {
    const options: KoaSessionOptions = { ...mode, secure: 'auto', sameSite: 'none' }
    const [trusting, other] = [await siteOf(options, true), await siteOf(options)]
    const safe = attributesOf((await trusting.visitor().visit(write, https)).cookies)
    const unsafe = [
      await trusting.visitor().visit(write),
      await other.visitor().visit(write, https),
    ].map(({ cookies }) => attributesOf(cookies))

    expect(safe.has('secure')).toBe(true)
    expect(safe.get('samesite')).toBe('none')
    for (const attributes of unsafe) {
      expect(attributes.has('secure')).toBe(false)
      expect(attributes.has('samesite')).toBe(false)
    }
  })

  it('may have the domain of the tenant, when set and when cleared', async () => {
    const options: KoaSessionOptions = { ...mode, domain: (ctx: Context) => ctx.get('x-tenant') }
    const site = await siteOf(options)
    for (const tenant of ['one.example', 'two.example']) {
      const headers = { 'x-tenant': tenant }
      const { cookies } = await site.visitor().visit(write, headers)
      expect(attributesOf(cookies).get('domain')).toBe(tenant)
      const cookie = headerOf(cookies)
      const out = await site.visitor().visit((ctx) => void (ctx.session = null), {
        ...headers,
        cookie,
      })
      expect(attributesOf(out.cookies).get('domain')).toBe(tenant)
    }
  })

  it('may differ in path, secure and sameSite', async () => {
    const site = await siteOf({
      ...mode,
      path: () => '/app',
      secure: () => false,
      sameSite: (ctx: Context) => (ctx.get('x-frame') ? 'none' : 'strict'),
    })
    const attributes = attributesOf((await site.visitor().visit(write)).cookies)
    expect([attributes.get('path'), attributes.get('samesite')]).toEqual(['/app', 'strict'])
    const framed = await site.visitor().visit(write, { 'x-frame': '1' })
    expect(attributesOf(framed.cookies).has('samesite')).toBe(false)
  })

  it('are an error where a function gives none', async () => {
    const site = await siteOf({ ...mode, domain: () => 'no domain' })
    expect((await site.visitor().visit(write)).status).toBe(500)
    expect(site.errors).toMatchObject([{ code: 'ERR_SESSION_OPTIONS' }])
    expect((await site.visitor().visit()).status).toBe(200)
  })
})

import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import Koa3 from 'koa'
import Keygrip from 'keygrip'
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'
import { csrf, type KoaCsrfContext } from '../../adapters/csrf/koa.ts'
import { session, type KoaSessionContext, type KoaSessionOptions } from '../../adapters/koa.ts'
import type { CsrfOptions } from '../../src/csrf.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createJar } from '../koa-parity/jar.ts'
import { KEYS, type Visit } from '../koa/fixture.ts'

const koa2 = createRequire(import.meta.url)('koa2') as typeof Koa3

type App = Koa3<Koa3.DefaultState, KoaSessionContext<Visit> & KoaCsrfContext>

/** What koa-bodyparser and its kin do: they read a form into `ctx.request.body`. */
const parseBody = (): Koa3.Middleware => async (ctx, next) => {
  if (ctx.method !== 'GET') {
    const headers = { 'content-type': ctx.get('content-type') }
    const body = Readable.toWeb(ctx.req) as ReadableStream
    const form = await new Response(body, { headers }).formData().catch(() => new FormData())
    Object.assign(ctx.request, { body: Object.fromEntries(form) })
  }
  await next()
}

interface Site {
  app: App
  errors: any[]
  visitor(): (path: string, body?: string | FormData, headers?: object) => Promise<Answer>
}

interface Answer {
  status: number
  text: string
  headers: Headers
}

/** A running application: pages for GET, and what is sent comes back for POST. */
async function serve(
  Koa: typeof Koa3,
  options: KoaSessionOptions = {},
  guard: CsrfOptions = {},
  keys: unknown = KEYS,
): Promise<Site> {
  const app = new Koa() as App
  const errors: unknown[] = []
  app.keys = keys as string[]
  app.on('error', (error) => errors.push(error))
  app.use(session(options, app))
  app.use(parseBody())
  app.use(csrf(guard))
  app.use(async (ctx) => {
    if (ctx.path === '/form') ctx.body = await ctx.csrf.token()
    else if (ctx.path === '/login') {
      ctx.session!.user = 'ada'
      await ctx.session!.regenerate()
      ctx.body = 'in'
    } else if (ctx.path === '/replace') {
      ctx.session = { user: 'eve' }
      ctx.body = 'replaced'
    } else if (ctx.path === '/logout') {
      ctx.session = null
      ctx.body = 'out'
    } else if (ctx.path === '/ended') {
      ctx.session = null
      ctx.body = await ctx.csrf.token()
    } else ctx.body = JSON.stringify((ctx.request as { body?: unknown }).body ?? null)
  })
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  function visitor(): ReturnType<Site['visitor']> {
    const jar = createJar()
    return async (path, body, headers) => {
      const response = await fetch(origin + path, {
        ...(body !== undefined && { method: 'POST', body }),
        headers: {
          cookie: jar.header('/'),
          ...(typeof body === 'string' && {
            origin,
            'content-type': 'application/x-www-form-urlencoded',
          }),
          ...headers,
        },
      })
      jar.keep(response.headers.getSetCookie())
      return { status: response.status, text: await response.text(), headers: response.headers }
    }
  }
  return { app, errors, visitor }
}

const modes: [string, () => KoaSessionOptions][] = [
  ['signed', () => ({})],
  ['sealed', () => ({ encrypt: true })],
  ['in a store', () => ({ store: createMemoryStore() })],
  ['sealed, in a store', () => ({ encrypt: true, store: createMemoryStore() })],
]

describe.each([
  ['Koa 2', koa2],
  ['Koa 3', Koa3],
])('csrf() for %s', (_, Koa) => {
  describe.each(modes)('with a session that is %s', (_, options) => {
    it('lets a form pass with its token, in a field or in the header', async () => {
      const visit = (await serve(Koa, options())).visitor()
      const { text: token } = await visit('/form')
      const data = new FormData()
      data.set('_csrf', token)

      expect((await visit('/', `a=1&_csrf=${token}`)).text).toBe(`{"a":"1","_csrf":"${token}"}`)
      expect((await visit('/', data)).status).toBe(200)
      expect((await visit('/', 'a=1', { 'x-csrf-token': token })).status).toBe(200)
    })

    it('refuses one without, with somebody else’s, and from another site', async () => {
      const { visitor, errors } = await serve(Koa, options())
      const [visit, eve] = [visitor(), visitor()]
      const { text: token } = await visit('/form')
      const { text: other } = await eve('/form')
      const answers = [
        await visit('/', 'a=1'),
        await visit('/', `_csrf=${other}`),
        await visit('/', `_csrf=${token}`, { origin: 'http://127.0.0.1:1' }),
      ]

      expect(answers.map(({ status, text }) => [status, text])).toEqual([
        [403, 'The request has no CSRF token: neither a field _csrf nor a header x-csrf-token.'],
        [403, 'This page is out of date: load it again, and send the form once more.'],
        [403, 'The request was sent from a page of another site.'],
      ])
      expect(errors.map(({ code, status }) => [code, status])).toEqual(
        answers.map(() => ['ERR_SESSION_CSRF', 403]),
      )
    })

    it.each(['/login', '/replace', '/logout'])('ends tokens at %s', async (path) => {
      const visit = (await serve(Koa, options())).visitor()
      const before = `_csrf=${(await visit('/form')).text}`
      await visit('/login', before)
      const after = `_csrf=${(await visit('/form')).text}`
      expect((await visit('/', before)).status).toBe(403)
      expect((await visit('/', after)).status).toBe(200)
      await visit(path, after)

      // What takes a session's place has its id, if there is one.
      const keeps = path === '/replace' && Object.keys(options()).length > 0
      expect((await visit('/', after)).status).toBe(keeps ? 200 : 403)
    })
  })

  it('costs nothing on a page without a form', async () => {
    const visit = (await serve(Koa)).visitor()
    const { headers } = await visit('/')

    expect([headers.get('set-cookie'), headers.get('vary')]).toEqual([null, null])
    expect((await visit('/form')).headers.get('vary')).toBe('Cookie')
  })
})

describe('csrf() for Koa', () => {
  it('needs secrets of its own where the keys are a Keygrip', async () => {
    const keys = new Keygrip(KEYS)
    const without = await serve(Koa3, {}, {}, keys)
    expect((await without.visitor()('/form')).status).toBe(500)
    expect(without.errors[0]).toMatchObject({ code: 'ERR_SESSION_SECRET' })

    const visit = (await serve(Koa3, {}, { secrets: SECRET }, keys)).visitor()
    const { text: token } = await visit('/form')
    expect((await visit('/', `_csrf=${token}`)).status).toBe(200)
  })

  it('takes the session’s secrets before the application’s keys, as an edge has them', async () => {
    const visit = (await serve(Koa3, { encrypt: true, secrets: SECRET }, {}, undefined)).visitor()
    const { text: token } = await visit('/form')

    expect((await visit('/', `_csrf=${token}`)).status).toBe(200)
  })

  it('takes short keys, as the signed format does', async () => {
    const visit = (await serve(Koa3, {}, {}, ['a key'])).visitor()
    const { text: token } = await visit('/form')

    expect((await visit('/', `_csrf=${token}`)).status).toBe(200)
  })

  it('makes no token for a session that has ended', async () => {
    const { visitor, errors } = await serve(Koa3)

    expect((await visitor()('/ended')).status).toBe(500)
    expect(errors[0].message).toMatch(/has ended: redirect/)
  })

  it('sees a proxy’s host where the application trusts it', async () => {
    const { app, visitor } = await serve(Koa3)
    const visit = visitor()
    const { text: token } = await visit('/form')
    const headers = { origin: 'https://shop.example', 'x-forwarded-host': 'shop.example' }
    expect((await visit('/', `_csrf=${token}`, headers)).status).toBe(403)
    app.proxy = true

    expect((await visit('/', `_csrf=${token}`, headers)).status).toBe(200)
  })

  it('says so if it comes before the session', async () => {
    const app = new Koa3()
    app.silent = true
    app.use(csrf())
    const fault = once(app, 'error') as Promise<[Error]>
    const server = app.listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)

    expect((await fault)[0]).toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
      message: 'csrf() comes after session() in `app.use()`.',
    })
  })

  it('has types for a context', () => {
    const app: App = new Koa3()
    app.use(session({}, app))
    app.use(csrf({ skip: (ctx) => ctx.path === '/hook' }))
    app.use(async (ctx) => {
      expectTypeOf(ctx.csrf.token).returns.toEqualTypeOf<Promise<string>>()
    })
  })
})

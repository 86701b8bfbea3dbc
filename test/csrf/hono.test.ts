import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { engine } from '#engine'
import { getRequestListener } from '@hono/node-server'
import { Hono, type Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { afterEach, describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest'
import { csrf, type CsrfVariables, type HonoCsrfOptions } from '../../adapters/csrf/hono.ts'
import { session, type HonoSessionOptions, type SessionVariables } from '../../adapters/hono.ts'
import { SessionError } from '../../src/index.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { Visitor, type Visit } from '../hono/fixture.ts'

afterEach(() => void vi.restoreAllMocks())

const form = { 'content-type': 'application/x-www-form-urlencoded' }

function site(options: Partial<HonoSessionOptions> = {}, guard: HonoCsrfOptions = {}) {
  return new Hono()
    .use(session<Visit>({ secrets: SECRET, ...options } as HonoSessionOptions), csrf(guard))
    .get('/', (c) => c.text('hello'))
    .get('/form', async (c) => c.text(await c.var.csrf.token()))
    .post('/text', async (c) => c.text(await c.req.text()))
    .post('/raw', async (c) => c.text(await c.req.raw.text()))
    .post('/body', async (c) => c.json(await c.req.parseBody()))
    .post('/login', async (c) => {
      const session = await c.var.session
      session.user = 'ada'
      await session.regenerate()
      return c.redirect('/', 303)
    })
    .post('/logout', (c) => {
      c.var.session.destroy()
      return c.redirect('/', 303)
    })
}

const post = (body: string | FormData, headers = {}): RequestInit => ({
  method: 'POST',
  body,
  headers: { ...(typeof body === 'string' && form), ...headers },
})

describe('csrf() for Hono', () => {
  it.each(['/text', '/raw'])('leaves the body for the handler: %s', async (path) => {
    const visitor = new Visitor(site())
    const body = `a=1&_csrf=${await visitor.read('/form')}`
    const response = await visitor.visit(path, post(body))

    expect([response.status, await response.text()]).toEqual([200, body])
  })

  it('leaves a multipart body, too', async () => {
    const visitor = new Visitor(site())
    const data = new FormData()
    data.set('_csrf', await visitor.read('/form'))
    data.set('a', '1')
    const response = await visitor.visit('/body', post(data))

    expect(await response.json()).toMatchObject({ a: '1' })
  })

  it.each([
    ['parseBody', (c: Context) => c.req.parseBody()],
    ['formData', (c: Context) => c.req.formData()],
    ['text', (c: Context) => c.req.text()],
    ['arrayBuffer', (c: Context) => c.req.arrayBuffer()],
  ])('finds the field where %s() was called before', async (_, read) => {
    const app = new Hono()
      .use(session({ secrets: SECRET }))
      .use(async (c, next) => {
        if (c.req.method === 'POST') await read(c)
        return next()
      })
      .use(csrf())
      .get('/form', async (c) => c.text(await c.var.csrf.token()))
      .post('/body', async (c) => c.json(await c.req.parseBody()))
    const visitor = new Visitor(app)
    const response = await visitor.visit('/body', post(`a=1&_csrf=${await visitor.read('/form')}`))

    expect([response.status, await response.json()]).toMatchObject([200, { a: '1' }])
    expect((await visitor.visit('/body', post('a=1'))).status).toBe(403)
  })

  it('refuses with an HTTPException that tells why, and nothing else', async () => {
    let heard: Error | undefined
    const app = site()
    const visitor = new Visitor(app)
    const plain = await visitor.visit('/text', post('a=1'))
    expect([plain.status, await plain.text()]).toEqual([
      403,
      'The request has no CSRF token: neither a field _csrf nor a header x-csrf-token.',
    ])
    app.onError((error, c) => {
      heard = error
      return c.text('own page', 403)
    })
    const response = await visitor.visit('/text', post('a=1'))

    expect(await response.text()).toBe('own page')
    expect(heard).toBeInstanceOf(HTTPException)
    expect(heard!.cause).toBeInstanceOf(SessionError)
    expect(heard!.cause).toMatchObject({ code: 'ERR_SESSION_CSRF', message: heard!.message })
  })

  it('refuses what comes from another site', async () => {
    const visitor = new Visitor(site())
    const body = `_csrf=${await visitor.read('/form')}`
    const response = await visitor.visit('/text', post(body, { origin: 'https://evil.example' }))

    expect([response.status, await response.text()]).toEqual([
      403,
      'The request was sent from a page of another site.',
    ])
  })

  it.each([
    ['sealed', {}],
    ['signed', { encrypt: false }],
    ['in a store', { store: createRecordingStore() }],
  ])('ends tokens at a login, and at a logout: a session that is %s', async (_, options) => {
    const visitor = new Visitor(site(options))
    const before = `_csrf=${await visitor.read('/form')}`
    expect((await visitor.visit('/text', post(before))).status).toBe(200)
    expect((await visitor.visit('/login', post(before))).status).toBe(303)
    expect((await visitor.visit('/text', post(before))).status).toBe(403)

    const after = `_csrf=${await visitor.read('/form')}`
    expect((await visitor.visit('/logout', post(after))).status).toBe(303)
    expect((await visitor.visit('/text', post(after))).status).toBe(403)
  })

  it('says so if it comes before the session', async () => {
    const app = new Hono().use(csrf()).get('/', (c) => c.text(''))
    let heard: unknown
    app.onError((error, c) => {
      heard = error
      return c.text('', 500)
    })
    await app.request('/')

    expect(heard).toMatchObject({
      code: 'ERR_SESSION_OPTIONS',
      message: 'csrf() comes after session() in `app.use()`.',
    })
  })

  it('belongs to the session that is named', async () => {
    const app = new Hono()
      .use(session<Visit>({ secrets: SECRET }))
      .use(session<Visit, 'admin'>({ secrets: SECRET, as: 'admin', key: '__Host-admin' }))
      .use('/admin/*', csrf({ session: 'admin' }))
      .use('/shop/*', csrf())
      .get('/:part/form', async (c) => c.text(await (c.var as CsrfVariables).csrf.token()))
      .post('/:part', (c) => c.text(''))
      .post('/:part/send', (c) => c.text('sent'))
    const visitor = new Visitor(app)
    const admin = `_csrf=${await visitor.read('/admin/form')}`
    const shop = `_csrf=${await visitor.read('/shop/form')}`
    const status = async (path: string, body: string): Promise<number> =>
      (await visitor.visit(path, post(body))).status

    expect([await status('/admin/send', admin), await status('/shop/send', shop)]).toEqual([
      200, 200,
    ])
    expect([await status('/admin/send', shop), await status('/shop/send', admin)]).toEqual([
      403, 403,
    ])
  })

  it('asks `skip` with the context', async () => {
    const visitor = new Visitor(site({}, { skip: (c) => c.req.path === '/text' }))

    expect((await visitor.visit('/text', post('a=1'))).status).toBe(200)
    expect((await visitor.visit('/raw', post('a=1'))).status).toBe(403)
  })
})

describe('what it costs', () => {
  it('is nothing on a page without a form', async () => {
    const store = createRecordingStore()
    const visitor = new Visitor(site({ store }))
    await visitor.read('/form')
    store.calls.length = 0
    const spies = (Object.keys(engine) as (keyof typeof engine)[]).map((name) =>
      vi.spyOn(engine, name),
    )
    const response = await visitor.visit('/')

    for (const spy of spies) expect(spy).not.toHaveBeenCalled()
    expect(store.operations()).toEqual([])
    expect([...response.headers.keys()]).toEqual(['content-type'])
  })
})

describe('on Node', () => {
  it('reads forms as @hono/node-server hands them over', async () => {
    const server = createServer(getRequestListener(site({ secure: false }).fetch))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const page = await fetch(`${origin}/form`)
    const cookie = page.headers.getSetCookie()[0]!.split(';')[0]!
    const token = await page.text()
    const data = new FormData()
    data.set('_csrf', token)
    data.set('a', '1')
    for (const [path, body] of [
      ['/text', `a=1&_csrf=${token}`],
      ['/raw', `a=1&_csrf=${token}`],
      ['/body', data],
    ] as const) {
      const response = await fetch(origin + path, post(body, { cookie, origin }))
      expect([path, response.status, await response.text()]).toEqual([
        path,
        200,
        typeof body === 'string' ? body : expect.stringContaining('"a":"1"'),
      ])
    }
    const refused = await fetch(`${origin}/text`, post('a=1', { cookie, origin }))
    expect(refused.status).toBe(403)
  })
})

describe('the types', () => {
  it('follow a chain, and can be written out', () => {
    new Hono().use(session<Visit>({ secrets: SECRET }), csrf()).get('/', async (c) => {
      expectTypeOf(c.var.csrf.token).returns.toEqualTypeOf<Promise<string>>()
      expectTypeOf((await c.var.session).views).toEqualTypeOf<number | undefined>()
      return c.text('')
    })
    const app = new Hono<{ Variables: SessionVariables<Visit> & CsrfVariables }>()
    app.use(session<Visit>({ secrets: SECRET }))
    app.use(csrf({ skip: (c) => c.req.path === '/hook', trustedOrigins: ['https://a.example'] }))
    app.post('/', async (c) => c.text(await c.var.csrf.token()))
    // @ts-expect-error it is one text
    void (() => csrf({ header: ['a'] }))
  })
})

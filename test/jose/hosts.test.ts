import { Hono } from 'hono'
import { describe, expect, it, vi } from 'vitest'
import { csrf } from '../../adapters/csrf/hono.ts'
import { viewOf } from '../../adapters/inspector/view.ts'
import { session as honoSession } from '../../adapters/hono.ts'
import { jweFormat, jwsFormat, jwsReadOnly } from '../../adapters/jose.ts'
import type { KoaSessionOptions } from '../../adapters/koa.ts'
import { createSessionManager, type SessionFormat } from '../../src/index.ts'
import { errorOf } from '../fixtures/errors.ts'
import { ED, ED2, ES, OCT, publicOf } from '../fixtures/jwks.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { setCookies, Visitor } from '../hono/fixture.ts'
import { createApp, createBare, headerOf, namesOf, serve } from '../koa/fixture.ts'

const formats: [string, SessionFormat][] = [
  ['jweFormat', jweFormat({ keys: OCT })],
  ['jwsFormat', jwsFormat({ sign: ED })],
  ['jwsFormat, sealed', jwsFormat({ sign: ES, seal: SECRET })],
]
const reads = jwsReadOnly({ verify: publicOf(ED) })
const signs = jwsFormat({ sign: ED })

describe('Koa', () => {
  it.each(formats)('keeps sessions: %s', async (_, format) => {
    const { visitor, errors } = await serve(createApp({ format, key: 'sid' }))
    const { visit, data, jar } = visitor()
    const { cookies } = await visit((ctx) => void (ctx.session!.user = 'fred'))
    expect(namesOf(cookies)).toEqual(['sid'])
    expect(cookies[0]).toMatch(/^sid=eyJ[\w.-]+; path=\/; expires=.*; httponly$/)
    await visit((ctx) => void (ctx.session!.views = 1))
    expect(await data()).toEqual({ user: 'fred', views: 1 })
    expect((await visit((ctx) => ctx.session!.user)).cookies).toEqual([])
    await visit(async (ctx) => {
      await ctx.session!.regenerate()
    })
    expect(await data()).toEqual({ user: 'fred', views: 1 })
    expect(namesOf((await visit((ctx) => void (ctx.session = null))).cookies)).toEqual(['-sid'])
    expect(jar.header('/')).toBeFalsy()
    expect(errors).toEqual([])
  })

  it('loads the session before the handler, which then has it at once', async () => {
    const { run, context } = createBare({ format: signs })
    const cookie = headerOf(await run((ctx) => void (ctx.session!.user = 'fred')))
    await run((ctx) => expect(ctx.session!.user).toBe('fred'), cookie)
    // Before the middleware, as with a store, there is but a fresh one.
    expect({ ...context(cookie).session }).toEqual({})
  })

  it('needs no app.keys, and takes no cookie that they signed', async () => {
    const old = createBare({ key: 'sid', encrypt: false })
    const cookie = headerOf(await old.run((ctx) => void (ctx.session!.user = 'fred')))
    for (const format of [signs, reads]) {
      const { run } = createBare({ key: 'sid', format })
      await run((ctx) => expect({ ...ctx.session }).toEqual({}), cookie)
    }
    const { run } = createBare({ key: 'sid', format: signs }, undefined)
    expect(await run((ctx) => void (ctx.session!.user = 'fred'))).toHaveLength(1)
  })

  it('reads where there is the public key alone, and answers a change with an error', async () => {
    const origin = createBare({ format: signs })
    const cookie = headerOf(await origin.run((ctx) => void (ctx.session!.user = 'fred')))
    const { visitor, errors } = await serve(createApp({ format: reads, rolling: true }))
    const { visit } = visitor()
    const headers = { cookie }
    expect(await visit((ctx) => ctx.session!.user, headers)).toMatchObject({
      status: 200,
      body: 'fred',
      cookies: [],
    })
    for (const handler of [
      (ctx: any) => void (ctx.session.user = 'eve'),
      (ctx: any) => void (ctx.session = null),
      (ctx: any) => void (ctx.session = { user: 'eve' }),
      (ctx: any) => ctx.session.save(),
      (ctx: any) => ctx.session.regenerate(),
    ]) {
      expect(await visit(handler, headers)).toMatchObject({ status: 500, cookies: [] })
    }
    expect(errors).toHaveLength(5)
    expect(errors).toEqual(
      errors.map(() => expect.objectContaining({ code: 'ERR_SESSION_READ_ONLY' })),
    )
  })

  it('keeps the data in a store', async () => {
    const store = createRecordingStore()
    const { visitor } = await serve(createApp({ format: signs, store }))
    const { visit, data } = visitor()
    await visit((ctx) => void (ctx.session!.user = 'fred'))
    expect(await data()).toEqual({ user: 'fred' })
    expect(store.operations()).toEqual(['set', 'get'])
  })

  it('follows another format that is set while it runs', async () => {
    const options: KoaSessionOptions = { format: signs }
    const { run } = createBare(options)
    const cookie = headerOf(await run((ctx) => void (ctx.session!.user = 'fred')))
    options.format = jwsFormat({ sign: [ED2, ED] })
    const cookies = await run((ctx) => expect(ctx.session!.user).toBe('fred'), cookie)
    expect(Buffer.from(cookies[0]!.split(/[=.]/)[2]!, 'base64url').toString()).toContain('"ed-2"')
  })

  it('has no key among the options that a handler sees', async () => {
    const { run } = createBare({ format: signs })
    await run((ctx) => expect('format' in ctx.sessionOptions).toBe(false))
  })

  it.each<[string, object, RegExp]>([
    ['secrets', { secrets: [SECRET] }, /"secrets" and "format" exclude each other/],
    ['encrypt', { encrypt: true }, /"encrypt" and "format" exclude each other/],
    ['signed', { signed: false }, /"signed" and "format" exclude each other/],
    [
      'externalKey',
      { externalKey: { get: () => '', set() {} } },
      /"format" and "externalKey" exclude/,
    ],
    ['no format', { format: 'guest' }, /"format" must be 'host', or a format of session-kit\/jose/],
    ['a weak seal', { format: jwsFormat({ sign: ED, seal: 'short' }) }, /"seal" \[0\] is shorter/],
  ])('refuses at start beside it: %s', (_, options, message) => {
    expect(errorOf(() => createBare({ format: signs, ...options })).message).toMatch(message)
  })

  it('takes what is the default', () => {
    expect(createBare({ format: signs, encrypt: false, signed: true })).toBeTruthy()
  })
})

describe('Hono', () => {
  interface Visit {
    user?: string
  }

  it.each(formats)('keeps sessions: %s', async (_, format) => {
    const app = new Hono()
      .use(honoSession<Visit>({ format }))
      .get('/in', async (c) => {
        ;(await c.var.session).user = 'fred'
        return c.text('')
      })
      .get('/read', async (c) => c.json(await c.var.session))
      .get('/out', (c) => {
        c.var.session.destroy()
        return c.text('')
      })
    const visitor = new Visitor(app)
    await visitor.visit('/in')
    expect(await visitor.read('/read')).toBe('{"user":"fred"}')
    expect(setCookies(await visitor.visit('/out'))).toEqual(['-__Host-sid'])
    expect(await visitor.read('/read')).toBe('{}')
  })

  it('reads where there is the public key alone, with options from the bindings', async () => {
    const origin = new Hono().use(honoSession<Visit>({ format: signs })).get('*', async (c) => {
      ;(await c.var.session).user = 'fred'
      return c.text('')
    })
    const make = vi.fn<(c: any) => { format: typeof reads }>((c) => ({
      format: jwsReadOnly({ verify: JSON.parse(c.env.JWKS) }),
    }))
    const errors: Error[] = []
    const app = new Hono<{ Bindings: { JWKS: string } }>()
      .use(honoSession<Visit>(make))
      .get('/read', async (c) => c.json(await c.var.session))
      .get('/write', async (c) => {
        Object.assign(await c.var.session, { user: 'eve' })
        return c.text('')
      })
      .onError((error, c) => (errors.push(error), c.text('', 500)))
    const before = new Visitor(origin)
    await before.visit('/')
    const visitor = new Visitor(app, { JWKS: JSON.stringify({ keys: [publicOf(ED)] }) })
    for (const [name, value] of before.cookies) visitor.cookies.set(name, value)

    expect(await visitor.read('/read')).toBe('{"user":"fred"}')
    const response = await visitor.visit('/write')
    expect([response.status, setCookies(response)]).toEqual([500, []])
    expect(errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_READ_ONLY' })])
    expect(await visitor.read('/read')).toBe('{"user":"fred"}')
    expect(make).toHaveBeenCalledTimes(1)
  })
})

describe('csrf()', () => {
  const make = (secrets?: string): Hono<any> =>
    new Hono()
      .use(honoSession({ format: signs }), csrf(secrets === undefined ? {} : { secrets }))
      .get('/', async (c) => c.text(await c.var.csrf.token()))
      .post('/', (c) => c.text('done'))
      .onError((error, c) => c.text(error.message, 500))

  it('takes secrets of its own beside a format', async () => {
    const visitor = new Visitor(make(SECRET))
    const token = await visitor.read('/')
    const headers = { 'x-csrf-token': token, 'sec-fetch-site': 'same-origin' }
    expect(await (await visitor.visit('/', { method: 'POST', headers })).text()).toBe('done')
    expect(await new Visitor(make()).read('/')).toMatch(/need the option "secrets" of csrf\(\)/)
  })
})

describe('the inspector', () => {
  it.each<[string, SessionFormat]>([
    ['sealed', jweFormat({ keys: OCT })],
    ['signed', signs],
    ['sealed', jwsFormat({ sign: ED, seal: SECRET })],
  ])('tells that a session is %s', async (expected, format) => {
    const manager = createSessionManager({ format })
    const view = await viewOf(await manager.load(null), '')
    expect(view.format).toBe(expected)
  })
})

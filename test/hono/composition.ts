import { Hono } from 'hono'
import { etag } from 'hono/etag'
import { describe, expect, it } from 'vitest'
import { session, type SessionVariables } from '../../adapters/hono.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { setCookies, Visitor, type Visit } from './fixture.ts'

type Env = { Variables: SessionVariables<Visit> }

const counting = new Hono<Env>().get('/count', async (c) => {
  const session = await c.var.session
  session.views = (session.views ?? 0) + 1
  return c.text(`${session.views}`)
})

describe('parts of an app', () => {
  it('share the session of the whole', async () => {
    const app = new Hono<Env>()
      .use(session<Visit>({ secrets: SECRET }))
      .route('/one', counting)
      .route('/other', counting)
    const visitor = new Visitor(app)

    expect(await visitor.read('/one/count')).toBe('1')
    expect(await visitor.read('/other/count')).toBe('2')
  })

  it('may have a session of their own', async () => {
    const part = new Hono<Env>().use(session<Visit>({ secrets: SECRET })).route('/', counting)
    const app = new Hono().route('/part', part).get('/plain', (c) => c.json('session' in c.var))
    const visitor = new Visitor(app)

    expect(await visitor.read('/part/count')).toBe('1')
    expect(await visitor.read('/part/count')).toBe('2')
    expect(await visitor.read('/plain')).toBe('false')
  })

  it('have a session on a single route', async () => {
    const app = new Hono()
      .get('/', (c) => c.json('session' in c.var))
      .get('/count', session<Visit>({ secrets: SECRET }), async (c) => {
        const session = await c.var.session
        session.views = 1
        return c.text('')
      })

    expect(await (await app.request('/')).json()).toBe(false)
    expect(setCookies(await app.request('/count'))).toEqual(['__Host-sid'])
  })

  it('that are mounted as fetch handlers have a session of their own', async () => {
    const inner = new Hono<Env>().use(session<Visit>({ secrets: SECRET })).route('/', counting)
    const app = new Hono<Env>().use(session<Visit>({ secrets: SECRET }))
    app.mount('/inner', inner.fetch)
    app.get('/called/*', (c) => inner.fetch(new Request('http://localhost/count', c.req.raw)))
    app.all('/count', (c) => inner.fetch(c.req.raw))
    const visitor = new Visitor(app)

    expect(await visitor.read('/inner/count')).toBe('1')
    expect(await visitor.read('/called/it')).toBe('2')
    expect(await visitor.read('/count')).toBe('3')
  })
})

describe('the same middleware twice', () => {
  it('is one session and one write', async () => {
    const store = createRecordingStore()
    const sessions = session<Visit>({ secrets: SECRET, store })
    const app = new Hono<Env>()
      .use(sessions)
      .route('/part', new Hono<Env>().use(sessions).route('/', counting))
    const visitor = new Visitor(app)

    expect(setCookies(await visitor.visit('/part/count'))).toEqual(['__Host-sid'])
    expect(await visitor.read('/part/count')).toBe('2')
    expect(store.operations()).toEqual(['set', 'get', 'set'])
  })

  it('is one session under both names', async () => {
    const app = new Hono()
      .use(session<Visit>({ secrets: SECRET }))
      .use(session<Visit, 'visit'>({ secrets: SECRET, as: 'visit' }))
      .get('/', async (c) => {
        Object.assign(await c.var.visit, { user: 'Ada' })
        return c.text(`${(await c.var.session).user}`)
      })
    const response = await app.request('/')

    expect(await response.text()).toBe('Ada')
    expect(setCookies(response)).toEqual(['__Host-sid'])
  })

  it('is one session though a middleware between has replaced the request', async () => {
    const store = createRecordingStore()
    const sessions = session<Visit>({ secrets: SECRET, store })
    const app = new Hono<Env>()
      .use(sessions)
      .use(async (c, next) => {
        Object.assign(await c.var.session, { user: 'Ada' })
        c.req.raw = new Request(c.req.raw)
        await next()
      })
      .use(sessions)
      .route('/', counting)

    expect(setCookies(await app.request('/count'))).toEqual(['__Host-sid'])
    expect(store.operations()).toEqual(['set'])
  })

  it('serves a Request object that is handed in twice', async () => {
    const app = new Hono<Env>().use(session<Visit>({ secrets: SECRET })).route('/', counting)
    const request = new Request('http://localhost/count')

    expect(await (await app.fetch(request)).text()).toBe('1')
    expect(await (await app.fetch(request)).text()).toBe('1')
  })
})

describe('the order of middleware', () => {
  it('lets those inside use the session before and after the handler', async () => {
    const app = new Hono()
      .use(session<{ steps?: string[] }>({ secrets: SECRET }))
      .use(async (c, next) => {
        const session = await c.var.session
        session.steps = ['before']
        await next()
        session.steps.push('after')
      })
      .get('/', async (c) => c.json((await c.var.session).steps?.push('handler')))
      .get('/steps', async (c) => c.json((await c.var.session).steps))
    const visitor = new Visitor(app)
    const sessions = session<{ steps?: string[] }>({ secrets: SECRET })
    const reader = new Hono()
      .use(sessions)
      .get('/', async (c) => c.json((await c.var.session).steps))
    await visitor.visit('/')
    const response = await reader.request('/', { headers: { cookie: visitor.cookieHeader } })

    expect(await response.json()).toEqual(['before', 'handler', 'after'])
  })

  it('lets those outside see the cookie and add headers', async () => {
    let seen: string[] = []
    const app = new Hono()
      .use(async (c, next) => {
        await next()
        seen = setCookies(c.res)
        c.header('x-time', '1')
        c.header('set-cookie', 'theme=dark', { append: true })
      })
      .use(session<Visit>({ secrets: SECRET }))
      .route('/', counting)
    const response = await app.request('/count')

    expect(seen).toEqual(['__Host-sid'])
    expect(setCookies(response)).toEqual(['__Host-sid', 'theme'])
    expect(response.headers.get('x-time')).toBe('1')
    expect(await response.text()).toBe('1')
  })

  it('lets the session be answered for without a handler', async () => {
    const app = new Hono()
      .use(session<Visit>({ secrets: SECRET }))
      .use(async (c) => {
        const session = await c.var.session
        session.views = 1
        return c.text('closed', 403)
      })
      .get('/', (c) => c.text('open'))
    const response = await app.request('/')

    expect(response.status).toBe(403)
    expect(setCookies(response)).toEqual(['__Host-sid'])
  })

  it('works with a middleware that answers 304 itself', async () => {
    const app = new Hono()
      .use(etag())
      .use(session<Visit>({ secrets: SECRET }))
      .get('/', async (c) => c.text(`${(await c.var.session).user}`))
    const tag = (await app.request('/')).headers.get('etag')!
    const response = await app.request('/', { headers: { 'if-none-match': tag } })

    expect(response.status).toBe(304)
    expect(response.headers.get('vary')).toBe('Cookie')
  })
})

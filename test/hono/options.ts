import { Hono, type Context } from 'hono'
import { describe, expect, it, vi } from 'vitest'
import { session, type HonoSessionOptions } from '../../adapters/hono.ts'
import { createKvStore } from '../../adapters/workers-kv.ts'
import { createSessionManager, type SessionManager } from '../../src/index.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'
import { setCookies, Visitor, type Visit } from './fixture.ts'

const oops = (error: Error, c: Context): Response => c.text(error.message, 500)

describe('session(options)', () => {
  it('checks its options at once', () => {
    expect(() => session({ secrets: 'short' })).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_SECRET' }),
    )
    expect(() => session({ secrets: SECRET, maxAge: -1 })).toThrow(/"maxAge" must be/)
    expect(() => session({ secrets: SECRET, kye: 'sid' } as never)).toThrow(/Did you mean "key"/)
  })

  it.each([[undefined], [null]])('asks for secrets where it is given %s', (nothing) => {
    expect(() => session(nothing as never)).toThrow('Session option "secrets" is missing')
  })

  it('takes null for an option that is not set', async () => {
    const app = new Hono()
      .use(session<Visit>({ secrets: SECRET, as: null, key: null, maxAge: null, store: null }))
      .get('/', async (c) => {
        Object.assign(await c.var.session, { views: 1 })
        return c.text('')
      })

    expect((await app.request('/')).headers.getSetCookie()[0]).toMatch(
      /^__Host-sid=[\w.-]+; Path=\/; Secure; HttpOnly; SameSite=Lax; Max-Age=86400$/,
    )
  })

  it('leaves the object it is given as it is', () => {
    const options = Object.freeze({ secrets: Object.freeze([SECRET]), as: 'visit' as const })
    session(options)

    expect(options).toEqual({ secrets: [SECRET], as: 'visit' })
  })

  it('takes a manager, which may be shared with other code', async () => {
    const manager = createSessionManager<Visit, Context>({ secrets: SECRET })
    const app = new Hono().use(session(manager)).get('/', async (c) => {
      const session = await c.var.session
      session.user ??= 'Ada'
      return c.text(session.user)
    })
    const visitor = new Visitor(app)
    await visitor.visit('/')

    expect(await manager.load(visitor.cookieHeader)).toMatchObject({ user: 'Ada' })
  })

  it('names the variable of a manager with its second argument', async () => {
    const manager = createSessionManager<Visit, Context>({ secrets: SECRET })
    const app = new Hono()
      .use(session(manager, { as: 'visit' }))
      .get('/', async (c) => c.json([(await c.var.visit).isNew, 'session' in c.var]))

    expect(await (await app.request('/')).json()).toEqual([true, false])
  })
})

describe('session(function of the context)', () => {
  const site = (make: (c: Context<any>) => HonoSessionOptions | SessionManager<Visit, Context>) =>
    new Hono().use(session<Visit>(make as never)).get('/', async (c) => {
      const session = await c.var.session
      session.views = (session.views ?? 0) + 1
      return c.text(`${session.views}`)
    })

  it('is called once for each environment object', async () => {
    const make = vi.fn<(c: Context) => { secrets: string }>((c) => ({ secrets: c.env.SECRET }))
    const app = site(make)
    const [one, other] = [{ SECRET }, { SECRET: SECRETS[1]! }]
    const visitor = new Visitor(app, one)

    expect(await visitor.read('/')).toBe('1')
    expect(await visitor.read('/')).toBe('2')
    expect(make).toHaveBeenCalledTimes(1)

    const elsewhere = new Visitor(app, other)
    elsewhere.cookies.set('__Host-sid', visitor.cookies.get('__Host-sid')!)
    expect(await elsewhere.read('/')).toBe('1')
    expect(await elsewhere.read('/')).toBe('2')
    expect(await visitor.read('/')).toBe('3')
    expect(make).toHaveBeenCalledTimes(2)
  })

  const kv = {}
  it.each<[string, () => object | undefined]>([
    ['there is no environment', () => undefined],
    ['the environment is empty, in a service worker', () => ({})],
    ['the environment holds the request, on Node', () => ({ incoming: {}, outgoing: {} })],
    ['the environment tells of the connection, on Deno', () => ({ remoteAddr: {} })],
    ['the environment is the call’s, on Lambda', () => ({ event: {}, requestContext: {} })],
    ['the environment is the call’s, on Netlify', () => ({ context: {} })],
    ['bindings are spread out, on Pages', () => ({ SESSIONS: kv, eventContext: { env: kv } })],
  ])('is called once where %s', async (_, environment) => {
    const make = vi.fn<() => { secrets: string }>(() => ({ secrets: SECRET }))
    const app = site(make)
    for (let count = 0; count < 3; count++) await app.request('/', undefined, environment())

    expect(make).toHaveBeenCalledTimes(1)
  })

  it('may hand over a manager', async () => {
    const manager = createSessionManager<Visit, Context>({ secrets: SECRET })

    expect(await new Visitor(site(() => manager)).read('/')).toBe('1')
  })

  it('tells of a secret that is not bound, at every request', async () => {
    const app = site((c) => ({ secrets: c.env.SECRET })).onError(oops)

    for (const env of [{}, {}, { SECRET: '' }]) {
      const response = await app.request('/', undefined, env)
      expect(response.status).toBe(500)
      expect(await response.text()).toContain('Session option "secrets" is missing')
    }
    expect((await app.request('/', undefined, { SECRET })).status).toBe(200)
  })

  it('tells of a KV namespace that is not bound', async () => {
    const app = site((c) => ({ secrets: SECRET, store: createKvStore(c.env.SESSIONS) }))
    const response = await app.onError(oops).request('/', undefined, {})

    expect(await response.text()).toBe(
      'createKvStore() needs a KV namespace: is its binding in wrangler.toml under ' +
        '[[kv_namespaces]]?',
    )
  })
})

describe('two sessions in one app', () => {
  const site = (store = createRecordingStore()) =>
    new Hono()
      .use(session<Visit>({ secrets: SECRET }))
      .use(
        session<{ level: number }, 'admin'>({ as: 'admin', key: 'admin', secrets: SECRET, store }),
      )
      .get('/both', async (c) => {
        const [visit, admin] = await Promise.all([c.var.session, c.var.admin])
        visit.views = (visit.views ?? 0) + 1
        admin.level = (admin.level ?? 0) + 10
        return c.json([visit.views, admin.level])
      })
      .get('/visit', async (c) => {
        const session = await c.var.session
        session.views = 100
        return c.text('')
      })
      .get('/leave-admin', (c) => {
        c.var.admin.destroy()
        return c.text('')
      })

  it('know nothing of each other', async () => {
    const visitor = new Visitor(site())

    expect(setCookies(await visitor.visit('/both')).toSorted()).toEqual(['__Host-sid', 'admin'])
    expect(await visitor.read('/both')).toBe('[2,20]')
    expect(setCookies(await visitor.visit('/visit'))).toEqual(['__Host-sid'])
    expect(setCookies(await visitor.visit('/leave-admin'))).toEqual(['-admin'])
    expect(await visitor.read('/both')).toBe('[101,10]')
  })

  it('cost what is used of them', async () => {
    const store = createRecordingStore()
    await new Visitor(site(store)).visit('/visit')

    expect(store.operations()).toEqual([])
  })

  it('do not take each other’s cookies', async () => {
    const visitor = new Visitor(site())
    await visitor.visit('/both')
    const [sid, admin] = ['__Host-sid', 'admin'].map((name) => visitor.cookies.get(name)!)
    visitor.cookies.set('__Host-sid', admin!)
    visitor.cookies.set('admin', sid!)

    expect(await visitor.read('/both')).toBe('[1,10]')
  })
})

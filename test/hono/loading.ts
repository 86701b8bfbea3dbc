import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { session } from '../../adapters/hono.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { setCookies, Visitor, type Visit } from './fixture.ts'

describe('c.var.session', () => {
  it('keeps what a handler puts in it for the next request', async () => {
    const app = new Hono().use(session<Visit>({ secrets: SECRET })).get('/', async (c) => {
      const session = await c.var.session
      session.views = (session.views ?? 0) + 1
      return c.text(`${session.views}`)
    })
    const visitor = new Visitor(app)

    expect(await visitor.read('/')).toBe('1')
    expect(await visitor.read('/')).toBe('2')
    expect(await new Visitor(app).read('/')).toBe('1')
  })

  it('sees changes below the first level', async () => {
    const app = new Hono()
      .use(session<Visit>({ secrets: SECRET }))
      .get('/begin', async (c) => {
        Object.assign(await c.var.session, { cart: { items: [] } })
        return c.text('')
      })
      .get('/add', async (c) => {
        const { cart } = await c.var.session
        cart!.items.push('tea')
        return c.text(cart!.items.join())
      })
    const visitor = new Visitor(app)
    await visitor.visit('/begin')

    expect(await visitor.read('/add')).toBe('tea')
    expect(await visitor.read('/add')).toBe('tea,tea')
  })

  it('is one session, loaded once, however often it is awaited', async () => {
    const store = createRecordingStore()
    const app = new Hono()
      .use(session<Visit>({ secrets: SECRET, store }))
      .use(async (c, next) => {
        void c.var.session.then((session) => (session.user ??= 'Ada'))
        await next()
      })
      .get('/', async (c) => {
        const [one, other] = await Promise.all([c.var.session, c.get('session')])
        return c.json([one === other, one === (await c.var.session), one.user])
      })
    const visitor = new Visitor(app)
    await visitor.visit('/')
    store.calls.length = 0

    expect(JSON.parse(await visitor.read('/'))).toEqual([true, true, 'Ada'])
    expect(store.operations()).toEqual(['get'])
  })

  it('costs a route that never awaits it nothing and adds no header', async () => {
    const store = createRecordingStore()
    const app = new Hono()
      .use(session<Visit>({ secrets: SECRET, store, rolling: true }))
      .get('/in', async (c) => {
        Object.assign(await c.var.session, { user: 'Ada' })
        return c.text('')
      })
      .get('/about', (c) => c.text('about', 200, { 'cache-control': 'public, max-age=60' }))
    const visitor = new Visitor(app)
    await visitor.visit('/in')
    store.calls.length = 0
    const response = await visitor.visit('/about')

    expect(Object.fromEntries(response.headers)).toEqual({
      'cache-control': 'public, max-age=60',
      'content-type': 'text/plain; charset=UTF-8',
    })
    expect(store.operations()).toEqual([])
  })

  it('is saved once by save() and the end of the handler together', async () => {
    const store = createRecordingStore()
    const app = new Hono().use(session<Visit>({ secrets: SECRET, store })).get('/', async (c) => {
      const session = await c.var.session
      session.views = 1
      await session.save()
      return c.text(store.operations().join())
    })
    const response = await new Visitor(app).visit('/')

    expect(await response.text()).toBe('set')
    expect(setCookies(response)).toEqual(['__Host-sid'])
    expect(store.operations()).toEqual(['set'])
  })

  it('is saved by manuallyCommit() alone where autoCommit is false', async () => {
    const app = new Hono()
      .use(session<Visit>({ secrets: SECRET, autoCommit: false }))
      .get('/:commit', async (c) => {
        const session = await c.var.session
        session.views = 1
        if (c.req.param('commit') === 'yes') await session.manuallyCommit()
        session.views = 2
        return c.text('')
      })

    expect(setCookies(await new Visitor(app).visit('/yes'))).toEqual(['__Host-sid'])
    expect(setCookies(await new Visitor(app).visit('/no'))).toEqual([])
  })

  it('gets a new id from regenerate() and keeps its data', async () => {
    const store = createRecordingStore()
    const app = new Hono().use(session<Visit>({ secrets: SECRET, store })).get('/in', async (c) => {
      const session = await c.var.session
      session.user = 'Ada'
      if (!session.isNew) await session.regenerate()
      return c.text(session.externalKey!)
    })
    const visitor = new Visitor(app)
    const first = await visitor.read('/in')
    const second = await visitor.read('/in')

    expect(second).not.toBe(first)
    expect([...store.records.keys()]).toEqual([second])
    expect(JSON.parse(store.records.get(second)!)).toMatchObject({ user: 'Ada' })
    expect(store.operations().slice(1)).toEqual(['get', 'set', 'destroy'])
  })

  it('takes a message from one page to the next, over a redirect', async () => {
    const app = new Hono()
      .use(session<Visit>({ secrets: SECRET }))
      .post('/order', async (c) => {
        const session = await c.var.session
        session.flash('notice', 'Ordered.')
        return c.redirect('/', 303)
      })
      .get('/', async (c) => c.json((await c.var.session).flash('notice') ?? null))
    const visitor = new Visitor(app)
    const response = await visitor.visit('/order', { method: 'POST' })

    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toBe('/')
    expect(await visitor.read('/')).toBe('"Ordered."')
    expect(await visitor.read('/')).toBe('null')
  })
})

describe('c.var.session.destroy()', () => {
  const site = (store = createRecordingStore()) =>
    new Hono()
      .use(session<Visit>({ secrets: SECRET, store }))
      .get('/in', async (c) => {
        Object.assign(await c.var.session, { user: 'Ada' })
        return c.text('')
      })
      .get('/out', (c) => {
        c.var.session.destroy()
        return c.text('')
      })
      .get('/read-and-out', async (c) => {
        const session = await c.var.session
        const { user } = session
        c.var.session.destroy()
        return c.json([user, session.user ?? null, (await c.var.session) === session])
      })
      .get('/out-and-read', async (c) => {
        c.var.session.destroy()
        return c.json([(await c.var.session).toJSON(), (await c.var.session).isNew])
      })
      .get('/out-while-loading', async (c) => {
        const loading = c.var.session.then((session) => session.toJSON())
        c.var.session.destroy()
        return c.json(await loading)
      })
      .get('/out-and-in', async (c) => {
        c.var.session.destroy()
        Object.assign(await c.var.session, { user: 'Grace' })
        return c.text('')
      })
      .get('/in-and-out', async (c) => {
        const session = await c.var.session
        session.user = 'Grace'
        if (c.req.query('save')) await session.save()
        await session.regenerate()
        c.var.session.destroy()
        return c.text('')
      })

  async function signedIn(store = createRecordingStore()): Promise<Visitor> {
    const visitor = new Visitor(site(store))
    await visitor.visit('/in')
    store.calls.length = 0
    return visitor
  }

  it('removes the cookie and the record without loading either', async () => {
    const store = createRecordingStore()
    const visitor = await signedIn(store)
    const response = await visitor.visit('/out')

    expect(setCookies(response)).toEqual(['-__Host-sid'])
    expect(response.headers.getSetCookie()[0]).toBe(
      '__Host-sid=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0; ' +
        'Expires=Thu, 01 Jan 1970 00:00:00 GMT',
    )
    expect(store.operations()).toEqual(['destroy'])
    expect(store.records.size).toBe(0)
  })

  it('ends a session that is loaded', async () => {
    const store = createRecordingStore()
    const visitor = await signedIn(store)
    const response = await visitor.visit('/read-and-out')

    expect(await response.json()).toEqual(['Ada', null, true])
    expect(setCookies(response)).toEqual(['-__Host-sid'])
    expect(store.operations()).toEqual(['get', 'destroy'])
  })

  it('leaves an empty session to await', async () => {
    const visitor = await signedIn()
    const response = await visitor.visit('/out-and-read')

    expect(await response.json()).toEqual([{}, true])
    expect(setCookies(response)).toEqual(['-__Host-sid'])
  })

  it('ends a session that is still being loaded', async () => {
    const store = createRecordingStore()
    const visitor = await signedIn(store)
    const response = await visitor.visit('/out-while-loading')

    expect(await response.json()).toEqual({})
    expect(setCookies(response)).toEqual(['-__Host-sid'])
    expect(store.records.size).toBe(0)
  })

  it('sends nothing to a visitor who has no cookie', async () => {
    const store = createRecordingStore()
    const response = await new Visitor(site(store)).visit('/out')

    expect(setCookies(response)).toEqual([])
    expect(store.operations()).toEqual([])
  })

  it('removes a cookie that is forged', async () => {
    const store = createRecordingStore()
    const headers = { cookie: '__Host-sid=forged' }

    expect(setCookies(await site(store).request('/out', { headers }))).toEqual(['-__Host-sid'])
    expect(store.operations()).toEqual([])
  })

  it('makes way for another session in the same request', async () => {
    const store = createRecordingStore()
    const visitor = await signedIn(store)
    const [before] = store.records.keys()
    const response = await visitor.visit('/out-and-in')
    const [after] = store.records.keys()

    expect(setCookies(response)).toEqual(['__Host-sid'])
    expect(after).not.toBe(before)
    expect(store.records.size).toBe(1)
    expect(await visitor.read('/read-and-out')).toContain('Grace')
  })

  it('undoes a login in the same request', async () => {
    const store = createRecordingStore()
    const stranger = await new Visitor(site(store)).visit('/in-and-out')

    expect(setCookies(stranger)).toEqual([])
    expect(store.operations()).toEqual([])

    const known = await signedIn(store)
    expect(setCookies(await known.visit('/in-and-out'))).toEqual(['-__Host-sid'])
    expect(store.operations()).toEqual(['get', 'destroy'])
  })

  it('undoes a login that was saved in the same request', async () => {
    const store = createRecordingStore()
    const response = await new Visitor(site(store)).visit('/in-and-out?save=1')

    expect(setCookies(response)).toEqual(['-__Host-sid'])
    expect(store.operations()).toEqual(['set', 'destroy'])
    expect(store.records.size).toBe(0)
  })
})

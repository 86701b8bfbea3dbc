import Keygrip from 'keygrip'
import Koa from 'koa'
import stockSession from 'koa-session'
import { describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import { createSessionManager, type SessionManager } from '../../src/index.ts'
import { pack, pair } from '../koa-parity/stage.ts'
import {
  createApp,
  createBare,
  headerOf,
  KEYS,
  namesOf,
  pairOf,
  serve,
  setCookies,
  type Context,
  type Site,
  type Visit,
} from './fixture.ts'

const SEALED = /^eyJ[\w-]+\.\.[\w-]{16}\.[\w-]+\.[\w-]{22}$/
const HOUR = 3_600_000

const encrypted = (): Promise<Site> => serve(createApp({ encrypt: true }))

function createManager(secrets: string[] = KEYS): SessionManager<Visit> {
  return createSessionManager<Visit>({ key: 'koa.sess', encrypt: true, secrets })
}

/** A Cookie header in which koa-session has put what a handler left in the session. */
async function stockCookie(options: object, data: object): Promise<string> {
  const app = new Koa()
  app.keys = KEYS
  const middleware = stockSession(options, app)
  const { req, res } = createBare().context()
  const ctx = app.createContext(req, res) as unknown as Context
  await middleware(ctx, async () => void (ctx.session = data))
  return headerOf(setCookies(ctx))
}

describe('encrypt: true', () => {
  it('sends one cookie, which shows nothing of the session', async () => {
    const visitor = (await encrypted()).visitor()
    const { cookies } = await visitor.visit((ctx) => void (ctx.session!.user = 'ada-lovelace'))

    expect(namesOf(cookies)).toEqual(['koa.sess'])
    const [, value] = pairOf(cookies[0]!)
    expect(value).toMatch(SEALED)
    for (const part of value.split('.')) {
      const bytes = Buffer.from(part, 'base64url').toString('latin1')
      expect(bytes).not.toContain('ada')
      expect(Buffer.from(bytes, 'base64').toString('latin1')).not.toContain('ada')
    }
    expect(await visitor.data()).toEqual({ user: 'ada-lovelace' })
  })

  it('seals the same session anew each time', async () => {
    const site = await encrypted()
    const sealed = async (): Promise<string> => {
      const { cookies } = await site.visitor().visit((ctx) => void (ctx.session!.user = 'ada'))
      return pairOf(cookies[0]!)[1]
    }
    expect(await sealed()).not.toBe(await sealed())
  })

  it('gives the session at once, before the middleware and without it', async () => {
    const seen: unknown[] = []
    const app = createApp(
      { encrypt: true },
      { before: (ctx, next) => (seen.push(ctx.session!.user), next()) },
    )
    const visitor = (await serve(app)).visitor()
    await visitor.visit((ctx) => void (ctx.session!.user = 'ada'))
    await visitor.visit()
    expect(seen).toEqual([undefined, 'ada'])

    const { context } = createBare({ encrypt: true })
    expect(context(visitor.jar.header('/')).session!.user).toBe('ada')
  })

  it('keeps what was written before the middleware ran', async () => {
    const app = createApp(
      { encrypt: true },
      { before: (ctx, next) => ((ctx.session!.views = 1), next()) },
    )
    const visitor = (await serve(app)).visitor()
    await visitor.visit()

    expect(await visitor.data()).toEqual({ views: 1 })
  })

  it('sees a change deep in the data, and no change where there is none', async () => {
    const visitor = (await encrypted()).visitor()
    await visitor.visit((ctx) => void (ctx.session!.cart = { items: ['tea'] }))
    const pushed = await visitor.visit((ctx) => ctx.session!.cart!.items.push('milk'))
    const same = await visitor.visit((ctx) => void (ctx.session!.cart = { items: ['tea', 'milk'] }))

    expect(namesOf(pushed.cookies)).toEqual(['koa.sess'])
    expect(same.cookies).toEqual([])
    expect(await visitor.data()).toEqual({ cart: { items: ['tea', 'milk'] } })
  })

  it('removes its one cookie', async () => {
    const visitor = (await encrypted()).visitor()
    await visitor.visit((ctx) => void (ctx.session!.user = 'ada'))
    const { cookies } = await visitor.visit((ctx) => void (ctx.session = null))

    expect(namesOf(cookies)).toEqual(['-koa.sess'])
    expect(await visitor.data()).toEqual({})
  })

  it('opens what was sealed under an older key, and seals it anew', async () => {
    const before = createBare({ encrypt: true }, [KEYS[1]])
    const header = headerOf(await before.run((ctx) => void (ctx.session!.user = 'ada')))
    const after = createBare({ encrypt: true })
    const renewed = await after.run((ctx) => expect(ctx.session!.user).toBe('ada'), header)

    expect(namesOf(renewed)).toEqual(['koa.sess'])
    expect(before.context(headerOf(renewed)).session).toMatchObject({ populated: false })
    expect(after.context(headerOf(renewed)).session).toMatchObject({ user: 'ada' })
  })

  it.each(['secrets', 'app.keys'])('takes its keys from %s', async (from) => {
    const isOption = from === 'secrets'
    const bare = createBare({ encrypt: true, ...(isOption && { secrets: KEYS[1]! }) })
    const header = headerOf(await bare.run((ctx) => void (ctx.session!.user = 'ada')))
    const secret = isOption ? KEYS[1]! : KEYS[0]!

    expect((await createManager([secret]).load(header)).user).toBe('ada')
  })

  it('keeps the key of a store sealed as well', async () => {
    const site = await serve(createApp({ encrypt: true, store: createMemoryStore() }))
    const visitor = site.visitor()
    const { body, cookies } = await visitor.visit((ctx) => {
      ctx.session!.user = 'ada'
      return ctx.session!.externalKey
    })

    expect(body).toMatch(/^[\w-]{43}$/)
    expect(pairOf(cookies[0]!)[1]).toMatch(SEALED)
    expect(cookies.join()).not.toContain(body)
    expect(await visitor.data()).toEqual({ user: 'ada' })
  })
})

describe('a manager and Koa under one key', () => {
  const data = { user: 'ada', cart: { items: ['tea', 'milk'] }, name: 'Ödön 🍵' }

  it('reads what Koa wrote', async () => {
    const visitor = (await encrypted()).visitor()
    await visitor.visit((ctx) => void Object.assign(ctx.session!, data))
    await visitor.visit((ctx) => ctx.session!.flash('notice', 'Welcome'))
    const session = await createManager().load(visitor.jar.header('/'))

    expect(session.toJSON()).toEqual(data)
    expect(session.isNew).toBe(false)
    expect(session.flash('notice')).toBe('Welcome')
  })

  it('writes what Koa reads', async () => {
    const manager = createManager()
    const session = await manager.load(undefined)
    Object.assign(session, data)
    session.maxAge = HOUR
    const header = headerOf(await manager.commit(session))
    const { run } = createBare({ encrypt: true })

    await run((ctx) => {
      expect(ctx.session!.toJSON()).toEqual(data)
      expect(ctx.session!.maxAge).toBe(HOUR)
    }, header)
    expect.assertions(2)
  })

  it('shares a store', async () => {
    const store = createMemoryStore()
    const manager = createSessionManager<Visit>({ key: 'koa.sess', secrets: KEYS, store })
    const { run } = createBare({ encrypt: true, store })
    const header = headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))
    const session = await manager.load(header)
    expect(session.user).toBe('ada')
    session.views = 1
    await manager.commit(session)

    await run((ctx) => expect(ctx.session!.toJSON()).toEqual({ user: 'ada', views: 1 }), header)
  })
})

describe('encrypt: true where koa-session was before', () => {
  const encrypt = { encrypt: true, maxAge: HOUR }

  it('reads a signed cookie and replaces it by a sealed one', async () => {
    const { run, context } = createBare(encrypt)
    const header = await stockCookie({ maxAge: HOUR }, { user: 'ada' })
    const cookies = await run((ctx) => expect(ctx.session!.user).toBe('ada'), header)

    expect(namesOf(cookies)).toEqual(['koa.sess', '-koa.sess.sig'])
    expect(pairOf(cookies[0]!)[1]).toMatch(SEALED)
    expect(context(headerOf(cookies)).session).toMatchObject({ user: 'ada' })
  })

  it('leaves the signed cookie alone where the session is not asked for', async () => {
    const header = await stockCookie({ maxAge: HOUR }, { user: 'ada' })

    expect(await createBare(encrypt).run(() => {}, header)).toEqual([])
  })

  it('removes both of its cookies', async () => {
    const header = await stockCookie({ maxAge: HOUR }, { user: 'ada' })
    const cookies = await createBare(encrypt).run((ctx) => void (ctx.session = null), header)

    expect(namesOf(cookies)).toEqual(['-koa.sess', '-koa.sess.sig'])
  })

  it('does not read a signed cookie that never ends', async () => {
    const { run } = createBare(encrypt)
    const header = await stockCookie({ maxAge: 'session' }, { user: 'ada' })
    const read = await run((ctx) => expect(ctx.session!.toJSON()).toEqual({}), header)
    const written = await run((ctx) => void (ctx.session!.views = 1), header)

    expect(read).toEqual([])
    expect(namesOf(written)).toEqual(['koa.sess', '-koa.sess.sig'])
    expect.assertions(3)
  })

  it.each([
    ['that has ended', { user: 'ada', _expire: Date.now() - 1, _maxAge: HOUR }],
    ['whose end is no number', { user: 'ada', _expire: '9999999999999', _maxAge: HOUR }],
    ['that says nothing of its end', { user: 'ada' }],
  ])('does not read a signed cookie %s', async (_, record) => {
    const { context } = createBare(encrypt)
    const header = pair(pack(record), { secret: KEYS[0]! })

    expect(context(header).session!.toJSON()).toEqual({})
  })

  it('does not read a cookie whose signature is not good', async () => {
    const record = { user: 'ada', _expire: Date.now() + HOUR, _maxAge: HOUR }
    const { context } = createBare(encrypt)
    for (const header of [
      pair(pack(record), { secret: 'somebody else' }),
      `koa.sess=${pack(record)}`,
      `koa.sess=${pack(record)}; koa.sess.sig=`,
    ]) {
      expect(context(header).session!.toJSON()).toEqual({})
    }
  })

  it('does not take a signature for a seal', async () => {
    const { run, context } = createBare(encrypt)
    const sealed = headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))
    const damaged = `${sealed.slice(0, -30)}AAAAAAAA${sealed.slice(-22)}`
    const mac = new Keygrip(KEYS).sign(damaged)

    expect(context(`${damaged}; koa.sess.sig=${mac}`).session!.toJSON()).toEqual({})
  })

  it("goes on with the records in koa-session's store", async () => {
    const records = new Map<string, object>()
    const store = {
      get: async (key: string) => records.get(key),
      set: async (key: string, record: object) => void records.set(key, record),
      destroy: async (key: string) => void records.delete(key),
    }
    const header = await stockCookie({ maxAge: HOUR, store }, { user: 'ada' })
    const [key] = [...records.keys()]
    const { run } = createBare({ ...encrypt, store })
    const cookies = await run((ctx) => {
      expect(ctx.session!.toJSON()).toEqual({ user: 'ada' })
      expect(ctx.session!.externalKey).toBe(key)
    }, header)

    expect(namesOf(cookies)).toEqual(['koa.sess', '-koa.sess.sig'])
    expect([...records.keys()]).toEqual([key])
  })
})

import { Hono, type Context } from 'hono'
import { createFactory } from 'hono/factory'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { session, type SessionVariables } from '../../adapters/hono.ts'
import { createSessionManager, type LazySession, type Session } from '../../src/index.ts'
import { SECRET } from '../fixtures/secrets.ts'
import type { Visit } from './fixture.ts'

/** Bindings as `wrangler types` writes them. */
interface Bindings {
  SECRET: string
}

// The compiler checks what is in here; running it shows that nothing of it fails.
describe('the type of c.var.session', () => {
  it('is inferred through chained use()', async () => {
    const app = new Hono()
      .use(session<Visit>({ secrets: SECRET }))
      .use(async (_, next) => next())
      .get('/', async (c) => {
        expectTypeOf(c.var.session).toEqualTypeOf<LazySession<Visit>>()
        expectTypeOf(c.get('session')).toEqualTypeOf<LazySession<Visit>>()
        const session = await c.var.session
        expectTypeOf(session).toEqualTypeOf<Session<Visit>>()
        expectTypeOf(session.views).toEqualTypeOf<number | undefined>()
        expectTypeOf(session.isNew).toEqualTypeOf<boolean>()
        expectTypeOf(session.externalKey).toEqualTypeOf<string | undefined>()
        session.maxAge = 'session'
        // @ts-expect-error it is neither a number nor 'session'
        const write = (): unknown => (session.maxAge = 'never')
        // @ts-expect-error a Visit has no such key
        const read = (): unknown => session.viewed
        // @ts-expect-error it has to be awaited first
        const early = (): unknown => c.var.session.views
        // @ts-expect-error it tells, and is not told
        const tell = (): unknown => (session.isNew = true)
        return c.json([write, read, early, tell].length)
      })

    expect(await (await app.request('/')).json()).toBe(4)
  })

  it('is inferred in the handlers of a single route', async () => {
    const app = new Hono().get('/', session<Visit>({ secrets: SECRET }), async (c) => {
      expectTypeOf(await c.var.session).toEqualTypeOf<Session<Visit>>()
      return c.text('')
    })

    expect((await app.request('/')).status).toBe(200)
  })

  it('is any JSON where the application does not say', async () => {
    const app = new Hono().use(session({ secrets: SECRET })).get('/', async (c) => {
      const session = await c.var.session
      session.anything = { at: ['all'] }
      expectTypeOf(session.anything).toBeAny()
      return c.text(session.anything.at[0])
    })

    expect(await (await app.request('/')).text()).toBe('all')
  })

  it('is declared by SessionVariables for statements that are not chained', async () => {
    const app = new Hono<{ Bindings: Bindings; Variables: SessionVariables<Visit> }>()
    app.use(session<Visit>((c: Context<{ Bindings: Bindings }>) => ({ secrets: c.env.SECRET })))
    app.get('/', async (c) => {
      expectTypeOf(await c.var.session).toEqualTypeOf<Session<Visit>>()
      expectTypeOf(c.env.SECRET).toEqualTypeOf<string>()
      return c.text('')
    })

    expect((await app.request('/', undefined, { SECRET })).status).toBe(200)
  })

  it('is there in what createFactory makes', async () => {
    const factory = createFactory<{ Variables: SessionVariables<Visit> }>()
    const handlers = factory.createHandlers(session<Visit>({ secrets: SECRET }), async (c) => {
      expectTypeOf(await c.var.session).toEqualTypeOf<Session<Visit>>()
      return c.text('')
    })

    expect(
      (
        await factory
          .createApp()
          .get('/', ...handlers)
          .request('/')
      ).status,
    ).toBe(200)
  })

  it('goes by the name that `as` gives', async () => {
    const app = new Hono()
      .use(session<Visit>({ secrets: SECRET }))
      .use(session<{ level: number }, 'admin'>({ as: 'admin', key: 'admin', secrets: SECRET }))
      .use(session({ as: 'third', key: 'third', secrets: SECRET }))
      .get('/', async (c) => {
        expectTypeOf(await c.var.session).toEqualTypeOf<Session<Visit>>()
        expectTypeOf((await c.var.admin).level).toEqualTypeOf<number>()
        expectTypeOf((await c.var.third).anything).toBeAny()
        // @ts-expect-error nothing goes by this name
        return c.json(c.var.fourth ?? null)
      })

    expect(await (await app.request('/')).json()).toBe(null)
  })

  it('refuses a name that the type arguments do not tell', () => {
    // @ts-expect-error it would go by 'session' in the types and by 'admin' in fact
    session<Visit>({ as: 'admin', secrets: SECRET })
    // @ts-expect-error no such option
    expect(() => session<Visit>({ kye: 'sid', secrets: SECRET })).toThrow(/"kye"/)
  })

  it('is that of the manager', async () => {
    const manager = createSessionManager<Visit, Context>({ secrets: SECRET })
    const app = new Hono()
      .use(session(manager))
      .use(
        session(createSessionManager<{ level: number }>({ key: 'b', secrets: SECRET }), {
          as: 'b',
        }),
      )
      .get('/', async (c) => {
        expectTypeOf(await c.var.session).toEqualTypeOf<Session<Visit>>()
        expectTypeOf(await c.var.b).toEqualTypeOf<Session<{ level: number }>>()
        return c.text('')
      })

    expect((await app.request('/')).status).toBe(200)
  })

  it('is that of the manager which a function of the context hands over', async () => {
    const app = new Hono<{ Bindings: Bindings }>()
      .use(session((c: Context<{ Bindings: Bindings }>) => create(c.env.SECRET)))
      .get('/', async (c) => {
        expectTypeOf(await c.var.session).toEqualTypeOf<Session<Visit>>()
        return c.text('')
      })
    const create = (secrets: string) => createSessionManager<Visit, Context>({ secrets })

    expect((await app.request('/', undefined, { SECRET })).status).toBe(200)
  })

  it('gives callbacks among the options the context', async () => {
    const app = new Hono()
      .use(
        session<Visit>({
          secrets: SECRET,
          valid(c, record) {
            expectTypeOf(c).toEqualTypeOf<Context>()
            return c.req.path === '/' && record.views !== 3
          },
        }),
      )
      .get('/', async (c) => c.text(`${(await c.var.session).isNew}`))

    expect(await (await app.request('/')).text()).toBe('true')
  })
})

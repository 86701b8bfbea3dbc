import Koa, { type DefaultState, type ParameterizedContext } from 'koa'
import * as v from 'valibot'
import { describe, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import session, {
  createSession,
  SessionOptions,
  type KoaSessionContext,
  type KoaSessionOptions,
} from '../../adapters/koa.ts'
import type { SchemaData, Session, SessionData } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'

interface Visit {
  user?: string
  views?: number
  cart?: { items: string[] }
}

// The compiler checks what is in here; running it shows that nothing of it fails.
describe('the types of session-kit/koa', () => {
  it('give ctx.session what the application says it holds', () => {
    const app = new Koa<DefaultState, KoaSessionContext<Visit>>()
    app.use(session({ encrypt: true }, app))
    app.use(async (ctx, next) => {
      expectTypeOf(ctx.session).toEqualTypeOf<Session<Visit> | null>()
      const { session } = ctx
      // @ts-expect-error it is null once it was set to null
      void (() => session.views)
      if (!session) return next()
      const [first] = await ctx.sessions.list('ada', { current: session })
      expectTypeOf(first?.data).toEqualTypeOf<Visit | undefined>()
      expectTypeOf(session.views).toEqualTypeOf<number | undefined>()
      expectTypeOf(session.cart?.items).toEqualTypeOf<string[] | undefined>()
      expectTypeOf(session.isNew).toEqualTypeOf<boolean>()
      expectTypeOf(session.maxAge).toEqualTypeOf<number | 'session'>()
      expectTypeOf(session.externalKey).toEqualTypeOf<string | undefined>()
      expectTypeOf(session.save).returns.toEqualTypeOf<Promise<void>>()
      session.maxAge = 'session'
      session.maxAge = undefined
      session.flash('notice', { text: 'Welcome' })
      expectTypeOf(session.flash('notice')).toBeUnknown()
      await session.update((fresh) => {
        expectTypeOf(fresh.views).toEqualTypeOf<number | undefined>()
      })
      // @ts-expect-error a Visit has no such key
      void session.viewed
      // @ts-expect-error it is a number
      session.views = 'one'
      // @ts-expect-error it is neither a number nor 'session'
      session.maxAge = 'never'
      // @ts-expect-error it tells, and is not told
      session.isNew = true
      return next()
    })
  })

  it('let ctx.session be replaced, and set to null', () => {
    const app = new Koa<DefaultState, KoaSessionContext<Visit>>()
    app.use((ctx) => {
      ctx.session = { user: 'ada' }
      ctx.session = null
      // @ts-expect-error a Visit has no such key
      ctx.session = { usr: 'ada' }
      // @ts-expect-error no text
      ctx.session = 'ada'
    })
  })

  it('hold for functions of a context, too', () => {
    type Context = ParameterizedContext<DefaultState, KoaSessionContext<Visit>>
    const userOf = (ctx: Context): string | undefined => ctx.session?.user
    const app = new Koa<DefaultState, KoaSessionContext<Visit>>()
    app.use((ctx) => {
      ctx.body = userOf(ctx)
    })
    expectTypeOf<Context['sessionOptions']>().toEqualTypeOf<Readonly<Record<string, unknown>>>()
  })

  it('take any data where the application does not say', () => {
    const app = new Koa<DefaultState, KoaSessionContext>()
    app.use((ctx) => {
      expectTypeOf(ctx.session).toEqualTypeOf<Session<SessionData> | null>()
      ctx.session!.anything = { at: ['all'] }
      expectTypeOf(ctx.session!.anything).toBeAny()
    })
  })

  it('leave applications alone that say nothing at all', () => {
    const app = new Koa()
    app.use(session(app))
    app.use((ctx) => {
      expectTypeOf(ctx.session).toBeAny()
    })
  })

  it('know the options of koa-session and their own', () => {
    const app = new Koa()
    const options: KoaSessionOptions = {
      key: 'sid',
      maxAge: 'session',
      rolling: true,
      encrypt: true,
      secrets: ['one', 'two'],
      store: createMemoryStore(),
      externalKey: { get: (ctx) => ctx.get('x-session'), set: (ctx, key) => ctx.set('x', key) },
      sameSite: null,
      signed: null,
    }
    const make = [
      () => session(options, app),
      () => session(app, options),
      () => createSession(null, app),
      () => session(undefined, app),
      // @ts-expect-error neither a time nor 'session'
      () => session({ maxAge: '7d' }, app),
      // @ts-expect-error no boolean
      () => session({ rolling: 'yes' }, app),
      // @ts-expect-error an application is needed
      () => session({}),
    ]
    expectTypeOf(make).toBeArray()
    expectTypeOf(SessionOptions.parse()).toEqualTypeOf<KoaSessionOptions>()
    expectTypeOf<SessionOptions>().toEqualTypeOf<KoaSessionOptions>()
  })

  it('are told by a schema, in middleware that is chained', () => {
    const app = new Koa()
    const schema = z.object({ views: z.number().default(0), user: z.string().optional() })
    app.use(session({ schema }, app)).use((ctx) => {
      expectTypeOf(ctx.session).toEqualTypeOf<Session<{
        views: number
        user?: string | undefined
      }> | null>()
      // @ts-expect-error the schema has no such key
      void ctx.session!.viewed
      ctx.body = ctx.session!.views
    })
    app.use(session<Visit>(app)).use((ctx) => {
      expectTypeOf(ctx.session).toEqualTypeOf<Session<Visit> | null>()
    })
    app.use(session(app)).use((ctx) => {
      expectTypeOf(ctx.session).toBeAny()
    })
    // @ts-expect-error the schema has no `cart`
    void (() => session<{ cart: string[] }>({ schema }, app))
  })

  it('hold beside a schema, which the application’s have to agree with', () => {
    const app = new Koa<DefaultState, KoaSessionContext<Visit>>()
    const schema = v.object({ user: v.optional(v.string()), views: v.optional(v.number()) })
    app.use(session({ schema }, app))
    app.use((ctx) => {
      expectTypeOf(ctx.session).toEqualTypeOf<Session<Visit> | null>()
    })
    expectTypeOf<SchemaData<typeof schema>>().toEqualTypeOf<{
      user?: string | undefined
      views?: number | undefined
    }>()
  })
})

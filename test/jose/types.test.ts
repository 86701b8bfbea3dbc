import { Hono, type Context } from 'hono'
import { createRemoteJWKSet, type JWK } from 'jose'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { session } from '../../adapters/hono.ts'
import { jweFormat, jwsFormat, jwsReadOnly } from '../../adapters/jose.ts'
import type { KoaReadOnlyContext, KoaSessionOptions } from '../../adapters/koa.ts'
import {
  createSessionManager,
  withSession,
  type LazySession,
  type ReadOnlyManager,
  type ReadOnlySession,
  type Session,
  type SessionManager,
} from '../../src/index.ts'
import { ED, OCT, publicOf } from '../fixtures/jwks.ts'
import { SECRET } from '../fixtures/secrets.ts'

interface Visit {
  user?: string
  cart?: { items: string[] }
}

const format = jwsReadOnly({ verify: publicOf(ED) })

// The compiler checks what is in here; running it shows that nothing of it fails.
describe('the types', () => {
  it('of a manager that reads have nothing to write with', async () => {
    const manager = createSessionManager<Visit>({ format, maxAge: 1000 })
    expectTypeOf(manager).toEqualTypeOf<ReadOnlyManager<Visit>>()
    const session = await manager.load(null)
    expectTypeOf(session).toEqualTypeOf<ReadOnlySession<Visit>>()
    expectTypeOf(session.user).toEqualTypeOf<string | undefined>()
    expectTypeOf(session.isNew).toEqualTypeOf<boolean>()
    expectTypeOf(session.maxAge).toEqualTypeOf<number | 'session'>()
    expectTypeOf(session.cart!).toEqualTypeOf<{ readonly items: readonly string[] }>()
    const never = (): unknown[] => [
      // @ts-expect-error it is read alone
      manager.commit(session),
      // @ts-expect-error it is read alone
      manager.destroyAll('ada'),
      // @ts-expect-error it is read alone
      (session.user = 'eve'),
      // @ts-expect-error it is read alone
      session.cart?.items.push('book'),
      // @ts-expect-error it is read alone
      (session.maxAge = 1000),
      // @ts-expect-error it is read alone
      session.save(),
      // @ts-expect-error it is read alone
      session.regenerate(),
      // @ts-expect-error it is read alone
      session.destroy(),
      // @ts-expect-error it is read alone
      session.update(() => {}),
      // @ts-expect-error it is read alone
      session.manuallyCommit(),
      // @ts-expect-error it is read alone
      session.flash('notice'),
    ]
    expect(never).toBeTypeOf('function')
  })

  it('of a manager that writes are those of any other', () => {
    const writes: [SessionManager<Visit>, SessionManager<Visit>, SessionManager<Visit>] = [
      createSessionManager<Visit>({ format: jwsFormat({ sign: ED }) }),
      createSessionManager<Visit>({ format: jweFormat({ keys: OCT }) }),
      createSessionManager<Visit>({ secrets: SECRET }),
    ]
    expect(writes).toHaveLength(3)
    const untyped: any = { secrets: SECRET }
    expectTypeOf(createSessionManager<Visit>(untyped)).toEqualTypeOf<SessionManager<Visit>>()
    const wrong = (): unknown[] => [
      // @ts-expect-error there are no keys
      createSessionManager({}),
      // @ts-expect-error the keys are twice there
      createSessionManager({ secrets: SECRET, format: jweFormat({ keys: OCT }) }),
      // @ts-expect-error a format says itself how it encrypts
      createSessionManager({ encrypt: true, format: jweFormat({ keys: OCT }) }),
    ]
    expect(wrong).toBeTypeOf('function')
  })

  it('of withSession() are those of its manager', () => {
    withSession<Visit>({ format }, async (_, session) => {
      expectTypeOf(session).toEqualTypeOf<PromiseLike<ReadOnlySession<Visit>>>()
      expectTypeOf(await session).toEqualTypeOf<ReadOnlySession<Visit>>()
      return new Response()
    })
    withSession(createSessionManager<Visit, Request>({ format }), async (_, session) => {
      // @ts-expect-error it is read alone
      const write = async (): Promise<unknown> => ((await session).user = 'eve')
      return new Response(typeof write)
    })
    withSession<Visit>({ format: jwsFormat({ sign: ED }) }, (_, session) => {
      expectTypeOf(session).toEqualTypeOf<LazySession<Visit>>()
      return new Response()
    })
    withSession(createSessionManager<Visit, Request>({ secrets: SECRET }), async (_, session) => {
      expectTypeOf(await session).toEqualTypeOf<Session<Visit>>()
      return new Response()
    })
  })

  it('of c.var.session are those of its manager', async () => {
    const reading = new Hono()
      .use(session<Visit>({ format }))
      .use(
        session<Visit, 'admin'>((c: Context) => ({ format, as: 'admin', prefix: c.req.path[1] })),
      )
      .use(session(createSessionManager<Visit, Context>({ format }), { as: 'third' }))
      .get('/', async (c) => {
        expectTypeOf(c.var.session).toEqualTypeOf<PromiseLike<ReadOnlySession<Visit>>>()
        expectTypeOf(await c.var.admin).toEqualTypeOf<ReadOnlySession<Visit>>()
        expectTypeOf(await c.var.third).toEqualTypeOf<ReadOnlySession<Visit>>()
        // @ts-expect-error it is read alone
        const end = (): unknown => c.var.session.destroy()
        return c.text(typeof end)
      })
    const writing = new Hono()
      .use(session<Visit>({ format: jwsFormat({ sign: ED }) }))
      .use(session<Visit, 'admin'>(() => ({ format: jweFormat({ keys: OCT }), as: 'admin' })))
      .get('/', async (c) => {
        expectTypeOf(c.var.session).toEqualTypeOf<LazySession<Visit>>()
        expectTypeOf(await c.var.admin).toEqualTypeOf<Session<Visit>>()
        return c.text('')
      })
    expect((await reading.request('/')).status).toBe(200)
    expect((await writing.request('/')).status).toBe(200)
  })

  it('of ctx.session are the application to say', () => {
    const options: KoaSessionOptions[] = [
      { format },
      { format: jwsFormat({ sign: ED }) },
      { format: 'host' },
    ]
    // @ts-expect-error it is no format
    const wrong: KoaSessionOptions = { format: 'guest' }
    const read = (ctx: KoaReadOnlyContext<Visit>): unknown => {
      expectTypeOf(ctx.session.user).toEqualTypeOf<string | undefined>()
      // @ts-expect-error it is read alone
      return () => (ctx.session = null)
    }
    expect([options.length, wrong, read].length).toBe(3)
  })

  it('of keys are those of jose', () => {
    const jwk: JWK = ED
    const set: { keys: JWK[] } = { keys: [jwk] }
    expect([
      jwsFormat({ sign: jwk }),
      jwsFormat({ sign: set }),
      jwsFormat({ sign: set.keys }),
    ]).toHaveLength(3)
    expect(jwsReadOnly({ verify: createRemoteJWKSet(new URL('https://127.0.0.1/')) })).toBeTypeOf(
      'function',
    )
    expect(jweFormat({ keys: async () => ({ keys: [OCT] }) })).toBeTypeOf('function')
  })
})

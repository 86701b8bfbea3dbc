import { type } from 'arktype'
import { Hono, type Context } from 'hono'
import * as v from 'valibot'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { session } from '../../adapters/hono.ts'
import { createSessionManager, type LazySession, type Session } from '../../src/index.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { setCookies, Visitor } from './fixture.ts'

const schema = z.object({ views: z.number().default(0), user: z.string().optional() })

type Known = { views: number; user?: string | undefined }

describe('a schema', () => {
  it('tells the types of the session, which has its defaults', async () => {
    const app = new Hono().use(session({ secrets: SECRET, schema })).get('/', async (c) => {
      expectTypeOf(c.var.session).toEqualTypeOf<LazySession<Known>>()
      const session = await c.var.session
      expectTypeOf(session).toEqualTypeOf<Session<Known>>()
      // @ts-expect-error the schema has no such key
      void session.viewed
      session.views++
      return c.text(`${session.views}`)
    })
    const visitor = new Visitor(app)

    expect(await visitor.read('/')).toBe('1')
    expect(await visitor.read('/')).toBe('2')
  })

  it('tells them in the words of any library, and by any name', async () => {
    const words = v.object({ theme: v.optional(v.picklist(['light', 'dark']), 'light') })
    const level = type({ 'level?': 'number' })
    const app = new Hono()
      .use(session({ secrets: SECRET, schema: words }))
      .use(session({ secrets: SECRET, schema: level, as: 'admin', key: 'admin' }))
      .get('/', async (c) => {
        const [{ theme }, admin] = [await c.var.session, await c.var.admin]
        expectTypeOf(theme).toEqualTypeOf<'light' | 'dark'>()
        expectTypeOf(admin.level).toEqualTypeOf<number | undefined>()
        return c.json({ theme, level: admin.level ?? null })
      })

    expect(await (await app.request('/')).json()).toEqual({ theme: 'light', level: null })
  })

  it('tells them where the options are a function, or a manager', async () => {
    const app = new Hono<{ Bindings: { SECRET: string } }>()
      .use(session((c) => ({ secrets: (c.env as { SECRET: string }).SECRET, schema })))
      .use(
        session(createSessionManager({ secrets: SECRET, schema, key: 'other' }), { as: 'other' }),
      )
      .get('/', async (c) => {
        expectTypeOf(await c.var.session).toEqualTypeOf<Session<Known>>()
        expectTypeOf(await c.var.other).toEqualTypeOf<Session<Known>>()
        return c.text(`${(await c.var.session).views}`)
      })

    expect(await (await app.request('/', undefined, { SECRET })).text()).toBe('0')
  })

  it('has to be that of the type which is given', () => {
    session<Known>({ secrets: SECRET, schema })
    // @ts-expect-error the schema has no `cart`
    session<{ cart: string[] }>({ secrets: SECRET, schema })
  })

  it('hands migrate the context, and saves what that made', async () => {
    const old = new Hono()
      .use(session<{ name: string }>({ secrets: SECRET }))
      .get('/', async (c) => {
        Object.assign(await c.var.session, { name: 'ada' })
        return c.text('')
      })
    const before = new Visitor(old)
    await before.visit('/')

    const app = new Hono()
      .use(
        session({
          secrets: SECRET,
          schema: z.object({ user: z.string() }),
          migrate(old, c) {
            expectTypeOf(c).toEqualTypeOf<Context | undefined>()
            return { user: `${old['name']} at ${c!.req.path}` }
          },
        }),
      )
      .get('/:page', async (c) => c.text((await c.var.session).user ?? 'nobody'))
    const visitor = new Visitor(app)
    for (const pair of before.cookies) visitor.cookies.set(...pair)
    const first = await visitor.visit('/cart')

    expect([await first.text(), setCookies(first)]).toEqual(['ada at /cart', ['__Host-sid']])
    const second = await visitor.visit('/home')
    expect([await second.text(), setCookies(second)]).toEqual(['ada at /cart', []])
  })
})

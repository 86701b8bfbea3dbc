import { createRequire } from 'node:module'
import { inspect } from 'node:util'
import Koa3 from 'koa'
import { describe, expect, it } from 'vitest'
import { session, type KoaSessionOptions } from '../../adapters/koa.ts'
import { rejectionOf } from '../fixtures/errors.ts'
import { createRecordingStore, type RecordingStore } from '../fixtures/recording-store.ts'
import { createApp, createBare, headerOf, namesOf, pairOf, serve, type Handler } from './fixture.ts'

const encryptions: [string, KoaSessionOptions][] = [
  ['signed', {}],
  ['encrypted', { encrypt: true }],
]

const down = (): never => {
  throw new Error('the store is down')
}

/** What makes a commit fail, beside a store. */
const failing: [string, KoaSessionOptions, Handler][] = [
  ['a cycle', {}, (ctx) => void (ctx.session!.self = ctx.session)],
  ['a BigInt', {}, (ctx) => void (ctx.session!.n = 1n)],
  ['too much for a cookie', {}, (ctx) => void (ctx.session!.text = 'x'.repeat(5000))],
  [
    'a beforeSave that throws',
    {
      beforeSave() {
        throw new Error('not now')
      },
    },
    (ctx) => void (ctx.session!.views = 1),
  ],
  [
    'a store that fails',
    { store: { get: down, set: down, destroy: down } },
    (ctx) => void (ctx.session!.views = 1),
  ],
]

describe.each(encryptions)("a handler's error, %s", (_, options) => {
  it.each(failing)('is not replaced by that of the session: %s', async (_, more, handler) => {
    const { run } = createBare({ ...options, ...more })
    const own = new Error("the page's own")
    const error = await rejectionOf(
      run((ctx) => {
        handler(ctx)
        throw own
      }),
    )

    expect(error).toBe(own)
  })

  it.each(failing)('is told, and so is that of the session: %s', async (_, more, handler) => {
    const { visitor, errors } = await serve(createApp({ ...options, ...more }))
    const { status, body, cookies } = await visitor().visit((ctx) => {
      handler(ctx)
      ctx.throw(418, "the page's own")
    })

    expect([status, body, cookies]).toEqual([418, "the page's own", []])
    expect(errors).toHaveLength(2)
    expect(errors.map(String).join()).toContain("the page's own")
  })

  it.each([['text'], [undefined], [null], [Object.freeze(new Error('frozen'))]])(
    'may be anything: %s',
    async (thrown) => {
      const { run } = createBare(options)
      const result = run((ctx) => {
        ctx.session!.views = 1
        throw thrown
      })

      await expect(result.catch((error: unknown) => [error])).resolves.toEqual([thrown])
    },
  )

  it.each([['text'], [new Error('an error')], [{ status: 404 }]])(
    'does not lose the cookie, whatever it is: %s',
    async (thrown) => {
      const visitor = (await serve(createApp(options))).visitor()
      const { cookies } = await visitor.visit((ctx) => {
        ctx.session!.user = 'ada'
        throw thrown
      })

      expect(namesOf(cookies)[0]).toBe('koa.sess')
      expect(await visitor.data()).toEqual({ user: 'ada' })
    },
  )

  it('keeps the headers that it brings, and the session is saved', async () => {
    const visitor = (await serve(createApp(options))).visitor()
    const { status, cookies } = await visitor.visit((ctx) => {
      ctx.session!.user = 'ada'
      ctx.cookies.set('other', '1')
      ctx.throw(401, { headers: { 'www-authenticate': 'Basic' } })
    })

    expect(status).toBe(401)
    expect(namesOf(cookies)[0]).toBe('koa.sess')
    expect(namesOf(cookies)).not.toContain('other')
    expect(await visitor.data()).toEqual({ user: 'ada' })
  })
})

describe.each(encryptions)('an error that many requests throw, %s', (_, options) => {
  it('carries no cookie from one visitor to another', async () => {
    const { visitor } = await serve(createApp(options))
    const shared = Object.assign(new Error('no such page'), {
      status: 404,
      headers: { 'x-own': '1' },
    })
    const [one, other] = [visitor(), visitor()]
    const [mine, theirs] = await Promise.all([
      one.visit((ctx) => {
        ctx.session!.user = 'ada'
        throw shared
      }),
      other.visit(async () => {
        await new Promise((resolve) => setTimeout(resolve, 20))
        throw shared
      }),
    ])

    expect([mine.status, theirs.status]).toEqual([404, 404])
    expect(namesOf(mine.cookies)[0]).toBe('koa.sess')
    expect(theirs.cookies).toEqual([])
    expect(shared.headers).toEqual({ 'x-own': '1' })
  })

  it('does not show the cookie to those that log it', async () => {
    const app = createApp(options)
    const seen: string[] = []
    app.on('error', (error) => seen.push(inspect(error, { showHidden: true, depth: 9 })))
    const { cookies } = await (await serve(app)).visitor().visit((ctx) => {
      ctx.session!.user = 'ada'
      throw new Error('later')
    })

    expect(seen).toHaveLength(1)
    for (const line of cookies) expect(seen[0]).not.toContain(pairOf(line)[1])
    expect(cookies.length).toBeGreaterThan(0)
  })
})

describe.each(encryptions)('a store that fails, %s', (_, options) => {
  async function start(): Promise<[RecordingStore, ReturnType<typeof createBare>, string]> {
    const store = createRecordingStore()
    const bare = createBare({ ...options, store })
    const header = headerOf(await bare.run((ctx) => void (ctx.session!.user = 'ada')))
    store.calls.length = 0
    return [store, bare, header]
  }

  it('is told of by its own error', async () => {
    const [store, { run }, header] = await start()
    const own = new Error('the store is down')
    store.instead.get = () => Promise.reject(own)

    expect(await rejectionOf(run(() => {}, header))).toBe(own)
  })

  it('keeps the handler from running where it cannot tell whose session it is', async () => {
    const [store, { run }, header] = await start()
    store.instead.get = down
    let hasRun = false
    await rejectionOf(run(() => void (hasRun = true), header))

    expect(hasRun).toBe(false)
    expect(store.operations()).toEqual(['get'])
  })

  it('sends no cookie of what it did not keep', async () => {
    const [store, bare, header] = await start()
    store.instead.set = down
    const before = new Map(store.records)
    for (const [cookie, handler] of [
      [undefined, (ctx) => void (ctx.session!.views = 1)],
      [header, (ctx) => void (ctx.session!.views = 1)],
      [header, (ctx) => ctx.session!.regenerate()],
      [header, (ctx) => ctx.session!.save()],
    ] satisfies [string | undefined, Handler][]) {
      const ctx = bare.context(cookie)
      await rejectionOf(bare.middleware(ctx, async () => handler(ctx)))
      expect(ctx.response.get('set-cookie') || undefined).toBeUndefined()
    }

    expect(store.records).toEqual(before)
  })

  it('loses no session to a regenerate() that it finished by half', async () => {
    const [store, { run }, header] = await start()
    store.instead.destroy = down
    await rejectionOf(run((ctx) => ctx.session!.regenerate(), header))
    delete store.instead.destroy

    await run((ctx) => expect(ctx.session!.user).toBe('ada'), header)
    expect.assertions(1)
  })

  it('removes the cookie at a logout all the same', async () => {
    const [store, { visitor }, header] = await startSite()
    store.instead.destroy = down
    const one = visitor()
    one.jar.seed(header)
    const { status, cookies } = await one.visit((ctx) => void (ctx.session = null))

    expect(status).toBe(500)
    expect(namesOf(cookies)).toContain('-koa.sess')
  })

  it('leaves the page alone with onStoreError: anonymous', async () => {
    const [store, , header] = await start()
    store.instead.get = down
    store.instead.set = down
    const { run } = createBare({ ...options, store, onStoreError: 'anonymous' })
    const cookies = await run((ctx) => {
      expect(ctx.session!.toJSON()).toEqual({})
      ctx.session!.views = 1
    }, header)

    expect(cookies).toEqual([])
    expect(store.operations()).toEqual(['get'])
  })

  async function startSite(): Promise<[RecordingStore, Awaited<ReturnType<typeof serve>>, string]> {
    const [store, , header] = await start()
    return [store, await serve(createApp({ ...options, store })), header]
  }
})

describe('a session whose response is already on its way', () => {
  it.each(encryptions)(
    'is not saved where no cookie could name it, and that is told, %s',
    async (_, options) => {
      const store = createRecordingStore()
      const { visitor, errors } = await serve(createApp({ ...options, store }))
      await visitor().visit((ctx) => {
        ctx.res.end('done')
        ctx.respond = false
        ctx.session!.user = 'ada'
      })

      expect(store.operations()).toEqual([])
      expect(errors).toMatchObject([{ code: 'ERR_SESSION_HEADERS_SENT' }])
    },
  )
})

describe.each([
  ['Koa 2', createRequire(import.meta.url)('koa2') as typeof Koa3],
  ['Koa 3', Koa3],
])('%s', (_, Koa) => {
  it('keeps the cookie of a page that failed', async () => {
    const app = new Koa()
    app.keys = ['n2J1yq0vT5hXb8mWc4RzLd7KsGf9PaEuQo3iYtUx6VM=']
    app.silent = true
    app.use(session({ encrypt: true }, app))
    const visitor = (await serve(app as never)).visitor()
    const { status, cookies } = await visitor.visit((ctx) => {
      ctx.session!.user = 'ada'
      throw new Error('later')
    })

    expect([status, namesOf(cookies)]).toEqual([500, ['koa.sess']])
    expect(await visitor.data()).toEqual({ user: 'ada' })
  })
})

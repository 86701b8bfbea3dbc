import { createRequire } from 'node:module'
import Koa3 from 'koa'
import { describe, expect, it, onTestFinished } from 'vitest'
import { session, type KoaSessionOptions } from '../../adapters/koa.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { listen } from '../fixtures/listen.ts'
import {
  createBare,
  headerOf,
  KEYS,
  namesOf,
  setCookies,
  type Context,
  type Handler,
} from './fixture.ts'

type Headers = Record<string, unknown>

const PUBLIC = { 'cache-control': 'public, max-age=60', 'cdn-cache-control': 'max-age=600' }
const PRIVATE = { 'cache-control': 'private, no-store', vary: 'Cookie' }

const externalKey: KoaSessionOptions['externalKey'] = {
  get: (ctx) => ctx.get('cookie').slice('key='.length),
  set: (ctx, key) => ctx.set('x-session', key),
}

const places: [string, () => KoaSessionOptions][] = [
  ['in a signed cookie', () => ({})],
  ['in a sealed cookie', () => ({ encrypt: true })],
  ['in a store, by a signed cookie', () => ({ store: createRecordingStore() })],
  ['in a store, by a sealed cookie', () => ({ encrypt: true, store: createRecordingStore() })],
  ['in a store, by a key in a header', () => ({ store: createRecordingStore(), externalKey })],
]

/** The headers of an answer that are for caches. */
function forCaches(headers: Headers): Headers {
  const { 'cache-control': cacheControl, 'cdn-cache-control': cdn, vary } = headers
  return {
    ...(cacheControl !== undefined && { 'cache-control': cacheControl }),
    ...(cdn !== undefined && { 'cdn-cache-control': cdn }),
    ...(vary !== undefined && { vary }),
  }
}

/** What is told to caches by a page whose headers say that everybody may keep it. */
function createPage(options: KoaSessionOptions): (
  handler: Handler,
  cookie?: string,
) => Promise<{
  headers: Headers
  cookie: string
}> {
  const { context, middleware } = createBare(options)
  return async (handler, cookie) => {
    const ctx = context(cookie)
    await middleware(ctx, async () => {
      ctx.set(PUBLIC)
      await handler(ctx)
    }).catch(() => {})
    const { 'set-cookie': lines = [], 'x-session': key, ...headers } = ctx.response.headers
    return {
      headers: forCaches(headers),
      cookie: key ? `key=${String(key)}` : headerOf(lines as string[]),
    }
  }
}

const login: Handler = (ctx) => void (ctx.session!.user = 'ada')
const look: Handler = (ctx) => void ctx.session!.user

describe.each(places)('a page whose session is %s', (_, place) => {
  it('is for every cache where nobody asks for the session', async () => {
    const visit = createPage(place())
    const { cookie } = await visit(login)

    expect((await visit(() => {})).headers).toEqual(PUBLIC)
    expect((await visit(() => {}, cookie)).headers).toEqual(PUBLIC)
  })

  it('depends on the cookie where the session is looked at', async () => {
    const visit = createPage(place())
    const { cookie } = await visit(login)
    const told = { ...PUBLIC, vary: 'Cookie' }

    expect((await visit(look)).headers).toEqual(told)
    expect((await visit(look, cookie)).headers).toEqual(told)
    expect((await visit((ctx) => void ctx.sessionOptions['maxAge'], cookie)).headers).toEqual(told)
  })

  it.each<[string, Handler]>([
    ['is changed', (ctx) => void (ctx.session!.views = 1)],
    ['is replaced', (ctx) => void (ctx.session = { user: 'grace' })],
    ['is ended', (ctx) => void (ctx.session = null)],
    ['gets a new id', (ctx) => ctx.session!.regenerate()],
    ['lasts longer', (ctx) => void (ctx.session!.maxAge = 1e9)],
    ['leaves a message', (ctx) => ctx.session!.flash('notice', 'Saved')],
    ['is saved', (ctx) => ctx.session!.save()],
    ['is updated', (ctx) => ctx.session!.update((session) => (session.views = 2))],
    [
      'is saved before the application thinks of caches',
      async (ctx) => {
        await ctx.session!.save()
        ctx.set(PUBLIC)
      },
    ],
    [
      'is changed before the handler fails',
      (ctx) => {
        ctx.session!.views = 1
        throw new Error('later')
      },
    ],
  ])('is for nobody else where the session %s', async (_, handler) => {
    const visit = createPage(place())
    const { cookie } = await visit(login)

    expect((await visit(handler, cookie)).headers).toEqual(PRIVATE)
  })

  it('tells the application’s own words beside', async () => {
    const visit = createPage(place())
    const told = async (own: Record<string, string | string[]>): Promise<Headers> =>
      (
        await visit((ctx) => {
          ctx.remove('cdn-cache-control')
          login(ctx)
          ctx.set(own)
        })
      ).headers

    expect(await told({ vary: ['Accept', 'Origin'] })).toEqual({
      ...PRIVATE,
      vary: 'Accept,Origin, Cookie',
    })
    expect(await told({ vary: '*' })).toEqual({ ...PRIVATE, vary: '*' })
    expect(await told({ vary: 'COOKIE' })).toEqual({ ...PRIVATE, vary: 'COOKIE' })
    expect(await told({ 'cache-control': 'no-store, max-age=0' })).toEqual({
      ...PRIVATE,
      'cache-control': 'no-store, max-age=0',
    })
  })
})

it.each(places.slice(2))(
  'a page is for nobody else where the session is kept alive, though nobody asked for it: %s',
  async (_, place) => {
    const options = place()
    const { cookie } = await createPage(options)(login)
    const { headers } = await createPage({ ...options, rolling: true })(() => {}, cookie)

    expect(headers).toEqual(PRIVATE)
  },
)

describe('a signed cookie', () => {
  it.each([
    ['gets a new signature, for its key is old', [KEYS[1]], '', 'koa.sess.sig'],
    ['loses its signature, for it is none', KEYS, 'x', '-koa.sess.sig'],
  ])('that %s, is kept by nobody, though nobody asked', async (_, keys, more, name) => {
    const store = createRecordingStore()
    const before = createBare({ store }, keys)
    const cookie = headerOf(await before.run((ctx) => void (ctx.session!.user = 'ada')))
    const { context, middleware } = createBare({ store })
    const ctx = context(`${cookie}${more}`)
    await middleware(ctx, async () => {})

    expect(namesOf(setCookies(ctx))).toEqual([name])
    expect(forCaches(ctx.response.headers)).toEqual(PRIVATE)
  })

  it('of somebody else does not count', async () => {
    const visit = createPage({})
    const { headers } = await visit((ctx) => {
      look(ctx)
      ctx.cookies.set('koa.session', '1')
    })

    expect(headers).toEqual({ ...PUBLIC, vary: 'Cookie' })
  })
})

describe.each([
  ['Koa 2', createRequire(import.meta.url)('koa2') as typeof Koa3],
  ['Koa 3', Koa3],
])('%s', (_, Koa) => {
  /** Serves one handler, and what stands around the session. */
  async function serve(
    handler: Handler,
    options: KoaSessionOptions = {},
    around?: (ctx: Context, next: () => Promise<void>) => unknown,
  ): Promise<() => Promise<Response>> {
    const app = new Koa()
    Object.assign(app, { keys: KEYS, silent: true })
    app.on('error', () => {})
    if (around) app.use(around as never)
    app.use(session({ encrypt: true, ...options }, app))
    app.use(handler as never)
    const { origin, stop } = await listen(app.callback())
    onTestFinished(stop)
    return () => fetch(origin)
  }

  const told = ({ headers }: Response): Headers => forCaches(Object.fromEntries(headers))

  it.each<[string, Handler, number]>([
    [
      'fails',
      (ctx) => {
        ctx.session!.user = 'ada'
        throw new Error('later')
      },
      500,
    ],
    [
      'refuses, with headers of its own',
      (ctx) => {
        ctx.session!.user = 'ada'
        ctx.throw(401, { headers: { 'cache-control': 'public', vary: 'Accept' } })
      },
      401,
    ],
    [
      'answers what is no JSON',
      (ctx) => {
        ctx.session!.user = 'ada'
        ctx.body = { big: 1n }
      },
      500,
    ],
  ])('keeps the cookie and the headers of a page that %s', async (_, handler, status) => {
    const visit = await serve(handler)
    const response = await visit()

    expect([response.status, namesOf(response.headers.getSetCookie())]).toEqual([
      status,
      ['koa.sess'],
    ])
    expect(told(response)['cache-control']).toBe('private, no-store')
    expect(told(response)['vary']).toMatch(/\bCookie$/)
  })

  it('tells what an error page depends on', async () => {
    const visit = await serve((ctx) => {
      look(ctx)
      ctx.throw(404)
    })
    const response = await visit()

    expect(response.status).toBe(404)
    expect(told(response)).toEqual({ vary: 'Cookie' })
  })

  it('changes no error page of which no session knows', async () => {
    const visit = await serve((ctx) => ctx.throw(404))

    expect(told(await visit())).toEqual({})
  })

  it('keeps the headers of a logout that the store failed', async () => {
    const store = createRecordingStore()
    store.instead.destroy = () => Promise.reject(new Error('down'))
    const visit = await serve(
      async (ctx) => {
        await ctx.session!.save()
        ctx.session = null
        throw new Error('later')
      },
      { store },
    )
    const response = await visit()

    expect(namesOf(response.headers.getSetCookie())).toEqual(['-koa.sess'])
    expect(told(response)).toEqual(PRIVATE)
  })

  it('gives an outer middleware the last word', async () => {
    const visit = await serve(login, {}, async (ctx, next) => {
      await next()
      ctx.set({ 'cache-control': 'no-cache', vary: 'Accept' })
    })

    expect(told(await visit())).toEqual({ 'cache-control': 'no-cache', vary: 'Accept' })
  })

  it('tells a page of which an outer middleware makes something else', async () => {
    const visit = await serve(
      (ctx) => {
        login(ctx)
        throw new Error('caught')
      },
      {},
      async (ctx, next) => {
        await next().catch((error: Error) => (ctx.body = error.message))
      },
    )
    const response = await visit()

    expect([response.status, await response.text()]).toEqual([200, 'caught'])
    expect(told(response)).toEqual(PRIVATE)
  })

  it.each<[string, Handler, Headers]>([
    [
      'looks at the session first',
      (ctx) => {
        look(ctx)
        ctx.res.end('by hand')
      },
      { vary: 'Cookie' },
    ],
    [
      'saves the session first',
      async (ctx) => {
        login(ctx)
        await ctx.session!.manuallyCommit()
        ctx.res.flushHeaders()
        ctx.res.end('by hand')
      },
      PRIVATE,
    ],
    [
      'looks at the session when the headers have gone',
      (ctx) => {
        ctx.res.flushHeaders()
        look(ctx)
        ctx.res.end('by hand')
      },
      {},
    ],
    ['leaves the answer to what comes after the middleware', login, PRIVATE],
  ])('tells what it can where a handler answers by itself and %s', async (_, handler, headers) => {
    const errors: unknown[] = []
    const visit = await serve(
      async (ctx) => {
        ctx.respond = false
        ctx.app.on('error', (error) => errors.push(error))
        ctx.status = 200
        await handler(ctx)
      },
      { store: createRecordingStore() },
      async (ctx, next) => {
        await next()
        if (!ctx.res.writableEnded) ctx.res.end('by hand')
      },
    )
    const response = await visit()

    expect(await response.text()).toBe('by hand')
    expect(told(response)).toEqual(headers)
    expect(errors).toEqual([])
  })
})

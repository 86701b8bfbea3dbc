/**
 * A Worker for the tests: the same routes under several kinds of session, with a clock that a
 * request may set and counters of what it cost.
 */
import { Hono } from 'hono'
import { session, type HonoSessionOptions, type SessionVariables } from 'session-kit/hono'
import { createKvStore, type KvNamespace } from 'session-kit/workers-kv'
import { onTrouble } from '../fixtures/events.ts'

interface Bindings {
  SECRET: string
  SESSIONS: KvNamespace
}

interface Visit {
  views?: number
  user?: string
}

interface Socket {
  accept(): void
  send(message: string): void
}

declare const WebSocketPair: new () => { 0: Socket; 1: Socket }

let time = 0
/** Keys derived since the isolate began. */
let derived = 0
/** What the present request asked of KV, and what happened to its session. */
let log: string[] = []

const { deriveKey } = crypto.subtle
Object.defineProperty(crypto.subtle, 'deriveKey', {
  value(...parameters: Parameters<typeof deriveKey>) {
    derived++
    return deriveKey.apply(crypto.subtle, parameters)
  },
})

function logged(namespace: KvNamespace): KvNamespace {
  return {
    get(key, type) {
      log.push('get')
      return namespace.get(key, type)
    },
    put(key, value, options) {
      log.push(`put ${options.expirationTtl}`)
      return namespace.put(key, value, options)
    },
    delete(key) {
      log.push('delete')
      return namespace.delete(key)
    },
  }
}

const kinds: Record<string, (env: Bindings) => Partial<HonoSessionOptions>> = {
  cookie: () => ({}),
  browser: () => ({ maxAge: 'session' }),
  kv: (env) => ({ store: createKvStore(logged(env.SESSIONS)) }),
  short: (env) => ({ store: createKvStore(logged(env.SESSIONS)), maxAge: 30_500 }),
  rolling: (env) => ({ store: createKvStore(logged(env.SESSIONS)), rolling: true, touchAfter: 0 }),
  long: (env) => ({
    store: createKvStore(logged(env.SESSIONS), { prefix: 'long:' }),
    hashKeys: false,
    genid: (c) => 'x'.repeat(Number(c.req.query('length'))),
  }),
}

const routes = new Hono<{ Bindings: Bindings; Variables: SessionVariables<Visit> }>()
  .get('/untouched', (c) => c.text('', 200, { 'cache-control': 'public, max-age=60' }))
  .get('/read', async (c) => {
    const session = await c.var.session
    return c.json({ ...session, isNew: session.isNew })
  })
  .get('/id', async (c) => c.text((await c.var.session).externalKey ?? ''))
  .post('/count', async (c) => {
    const session = await c.var.session
    session.views = (session.views ?? 0) + 1
    if (c.req.query('save')) await session.save()
    return c.text(`${session.views}`)
  })
  .post('/in', async (c) => {
    const session = await c.var.session
    session.user = c.req.query('user')!
    await session.regenerate()
    session.flash('notice', `Welcome, ${session.user}.`)
    return c.redirect('flash', 303)
  })
  .get('/flash', async (c) => c.json((await c.var.session).flash('notice') ?? null))
  .post('/out', (c) => {
    c.var.session.destroy()
    return c.text('')
  })
  .get('/fetched', async (c) => {
    Object.assign(await c.var.session, { views: 1 })
    return fetch('data:text/plain,hello')
  })
  .get('/socket', async (c) => {
    Object.assign(await c.var.session, { views: 1 })
    const { 0: client, 1: server } = new WebSocketPair()
    server.accept()
    server.send('hello')
    return new Response(null, { status: 101, webSocket: client } as ResponseInit)
  })

const app: Hono<{ Bindings: Bindings }> = new Hono<{ Bindings: Bindings }>()
  .use(async (c, next) => {
    time = Number(c.req.header('x-now')) || Date.now()
    log = []
    await next()
    if (c.res.status === 101) return
    c.header('x-log', log.join())
    c.header('x-derived', `${derived}`)
  })
  .onError((error, c) => c.text(`${(error as { code?: string }).code}: ${error.message}`, 500))
  .get('/runtime', (c) =>
    c.json({
      agent: navigator.userAgent,
      globals: c.req
        .query('globals')!
        .split(',')
        .filter((name) => name in globalThis),
    }),
  )
  .get('/cookie-header', (c) => c.json(c.req.raw.headers.get('cookie')))

for (const [kind, options] of Object.entries(kinds)) {
  app.use(
    `/${kind}/*`,
    session<Visit>((c) => ({
      key: `__Host-${kind}`,
      secrets: c.env.SECRET,
      now: () => time,
      on: onTrouble(({ type }) => log.push(type)),
      ...options(c.env),
    })),
  )
  app.route(`/${kind}`, routes)
}

export default app

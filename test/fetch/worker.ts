/**
 * A Worker for the tests: its KV opened to others, and sessions that it keeps elsewhere itself.
 */
import { Hono } from 'hono'
import {
  createFetchStore,
  createStoreHandler,
  type Fetcher,
  type FetchStoreOptions,
  type FetchTarget,
} from 'session-kit/fetch'
import { session, type SessionVariables } from 'session-kit/hono'
import { createKvStore, type KvNamespace } from 'session-kit/workers-kv'

interface Bindings {
  SECRET: string
  STORE_SECRET: string
  ORIGIN: string
  SESSIONS: KvNamespace
  SELF: Fetcher
}

interface Visit {
  views?: number
  user?: string
}

/** KV for whoever has the secret; the public face of the Worker. */
const openKv = (env: Bindings): ((request: Request) => Promise<Response>) =>
  createStoreHandler(createKvStore(env.SESSIONS), { secret: env.STORE_SECRET })

/** KV for the Workers that are bound to this one, which needs no secret. */
export const Kv = {
  fetch: (request: Request, env: Bindings): Promise<Response> =>
    createStoreHandler(createKvStore(env.SESSIONS), { authorize: () => true })(request),
}

const places: Record<string, (env: Bindings) => [FetchTarget, FetchStoreOptions]> = {
  origin: (env) => [`${env.ORIGIN}sessions`, { secret: env.STORE_SECRET }],
  bound: (env) => [env.SELF, { consistency: 'eventual', path: '/any' }],
  redirect: (env) => [`${env.ORIGIN}redirect`, {}],
  hang: (env) => [`${env.ORIGIN}hang`, { timeout: 200 }],
  drip: (env) => [`${env.ORIGIN}drip`, { timeout: 200 }],
  huge: (env) => [`${env.ORIGIN}huge`, {}],
  junk: (env) => [`${env.ORIGIN}junk`, {}],
  nobody: () => ['http://127.0.0.1:1', {}],
}

const routes = new Hono<{ Bindings: Bindings; Variables: SessionVariables<Visit> }>()
  .get('/read', async (c) => c.json({ ...(await c.var.session) }))
  .post('/count', async (c) => {
    const session = await c.var.session
    session.views = (session.views ?? 0) + 1
    return c.text(`${session.views}`)
  })
  .post('/in', async (c) => {
    const session = await c.var.session
    session.user = 'Ada'
    await session.regenerate()
    return c.text('')
  })
  .post('/out', (c) => {
    c.var.session.destroy()
    return c.text('')
  })

const app = new Hono<{ Bindings: Bindings }>()
  .onError((error, c) => c.text(`${(error as { code?: string }).code}: ${error.message}`, 500))
  .all('/sessions/:key', (c) => openKv(c.env)(c.req.raw))

for (const [place, locate] of Object.entries(places)) {
  app.use(
    `/${place}/*`,
    session<Visit>((c) => ({
      key: '__Host-sid',
      secrets: c.env.SECRET,
      store: createFetchStore(...locate(c.env)),
    })),
  )
  app.route(`/${place}`, routes)
}

export default app

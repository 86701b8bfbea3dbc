/**
 * The edge of the tests: a Worker whose session is as a request's header says. It answers `/edge/`
 * itself and hands `/origin/` on, after it did what `?edge=` says.
 */
import { Hono, type Context, type MiddlewareHandler } from 'hono'
import type { Session, Store } from 'session-kit'
import {
  createDurableObjectStore,
  SessionObject,
  type ObjectNamespace,
} from 'session-kit/durable-object'
import { createFetchStore, createStoreHandler } from 'session-kit/fetch'
import { session, type SessionVariables } from 'session-kit/hono'
import { createUpstashStore } from 'session-kit/upstash'
import { createKvStore, type KvNamespace } from 'session-kit/workers-kv'
import type { How } from './how.ts'

export { SessionObject }

interface Visit {
  user?: string
  edge?: number
  origin?: number
}

interface Env {
  Bindings: {
    SESSIONS: KvNamespace
    SESSION: ObjectNamespace
    STORE_SECRET: string
    UPSTASH_URL: string
    UPSTASH_TOKEN: string
    PREFIX: string
  }
  Variables: SessionVariables<Visit> & { how: How }
}

type Bindings = Env['Bindings']

const stores: Record<How['place'], (env: Bindings, origin: string) => Store | undefined> = {
  cookie: () => undefined,
  kv: (env) => createKvStore(env.SESSIONS),
  object: (env) => createDurableObjectStore(env.SESSION, { timeout: 20_000 }),
  upstash: (env) =>
    createUpstashStore({ url: env.UPSTASH_URL, token: env.UPSTASH_TOKEN }, { prefix: env.PREFIX }),
  redis: (env, origin) => createFetchStore(`${origin}/store`, { secret: env.STORE_SECRET }),
  documented: (env, origin) =>
    createFetchStore(`${origin}/store`, { secret: env.STORE_SECRET, compareAndSet: false }),
}

/** As in an application, a middleware serves all requests of its configuration. */
const middlewares = new Map<string, MiddlewareHandler>()

function middlewareFor(text: string, env: Bindings): MiddlewareHandler {
  const made = middlewares.get(text)
  if (made) return made
  const { place, origin, options } = JSON.parse(text) as How
  const middleware = session<Visit>({ ...options, store: stores[place](env, origin) ?? null })
  middlewares.set(text, middleware)
  return middleware
}

async function act(name: string, session: Session<Visit>): Promise<void> {
  if (name === 'out') session.destroy()
  if (name === 'count') session.edge = (session.edge ?? 0) + 1
  if (name !== 'in') return
  session.user = 'Ada'
  await session.regenerate()
}

function forward(c: Context<Env>): Promise<Response> {
  const { pathname } = new URL(c.req.url)
  const request = new Request(c.get('how').origin + pathname, c.req.raw)
  request.headers.set('x-forwarded-proto', 'https')
  return fetch(request, { redirect: 'manual' })
}

const app = new Hono<Env>()
  .onError((error, c) => c.text(`${error.name}: ${error.message}`, 500))
  .all('/store/:place/:key', (c) => {
    const store = stores[c.req.param('place') as 'kv' | 'object'](c.env, '')!
    return createStoreHandler(store, { secret: c.env.STORE_SECRET })(c.req.raw)
  })
  .use((c, next) => {
    const text = c.req.header('x-how')!
    c.set('how', JSON.parse(text) as How)
    return middlewareFor(text, c.env)(c as Context, next)
  })
  .all('/edge/:act', async (c) => {
    const session = await c.var.session
    await act(c.req.param('act'), session)
    return c.json({ ...session })
  })
  .all('/origin/:act', async (c) => {
    const name = c.req.query('edge')
    if (name) await act(name, await c.var.session)
    return forward(c)
  })

export default app

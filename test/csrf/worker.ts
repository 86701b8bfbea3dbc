import { Hono } from 'hono'
import { csrf } from 'session-kit/csrf/hono'
import { session } from 'session-kit/hono'
import { createKvStore, type KvNamespace } from 'session-kit/workers-kv'

interface Env {
  Bindings: { SECRET: string; SESSIONS: KvNamespace }
}

const part = (store: boolean) =>
  new Hono<Env>()
    .use(
      session<{ user?: string }>((c) => ({
        key: store ? '__Host-kv' : '__Host-cookie',
        secrets: c.env.SECRET,
        ...(store && { store: createKvStore(c.env.SESSIONS) }),
      })),
      csrf(),
    )
    .get('/form', async (c) => c.text(await c.var.csrf.token()))
    .post('/login', async (c) => {
      const body = await c.req.parseBody()
      const session = await c.var.session
      session.user = String(body['user'])
      await session.regenerate()
      return c.text(session.user)
    })
    .post('/raw', async (c) => c.text(await c.req.raw.text()))

export default new Hono<Env>().route('/cookie', part(false)).route('/kv', part(true))

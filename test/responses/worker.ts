/** The site in workerd, with sessions in cookies and in Workers KV. */
import { Hono, type Context } from 'hono'
import { createSessionManager, type SessionManager } from 'session-kit'
import { session } from 'session-kit/hono'
import { createKvStore, type KvNamespace } from 'session-kit/workers-kv'
import { answer } from './hono.ts'
import { echo, removal, valid } from './pages.ts'

interface Bindings {
  SECRET: string
  SESSIONS: KvNamespace
}

interface Socket {
  accept(): void
  send(message: string): void
  addEventListener(type: 'message', listener: (event: { data: string }) => void): void
}

declare const WebSocketPair: new () => { 0: Socket; 1: Socket }

const app: Hono<{ Bindings: Bindings }> = new Hono()

for (const kind of ['cookie', 'kv']) {
  let made: SessionManager<any, any> | undefined
  const managerFor = ({ SECRET, SESSIONS }: Bindings): SessionManager<any, any> =>
    (made ??= createSessionManager<any, any>({
      key: `__Host-${kind}`,
      secrets: SECRET,
      valid,
      waitUntil: (promise, c) => (c as Context).executionCtx.waitUntil(removal(promise)),
      ...(kind === 'kv' && { store: createKvStore(SESSIONS) }),
    }))
  app.use(
    `/${kind}`,
    session((c) => managerFor(c.env)),
  )
  app.get(`/${kind}`, async (c) => {
    const manager = managerFor(c.env)
    if (c.req.query('page') !== 'socket') {
      return answer(c, manager, (work) => c.executionCtx.waitUntil(work))
    }
    const visit = await manager.read(c.req.raw)
    if (!visit?.user) return c.text('', 401)
    const { 0: client, 1: server } = new WebSocketPair()
    server.accept()
    server.addEventListener('message', ({ data }) => server.send(echo(visit, data)))
    return new Response(null, { status: 101, webSocket: client } as ResponseInit)
  })
}

export default app

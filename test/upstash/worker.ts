/**
 * A Worker for the tests: a session in the Upstash database that a request names, over a client
 * that the store makes or over one that is given to it with its defaults.
 */
import { Redis } from '@upstash/redis/cloudflare'
import { SessionError, withSession, type Session, type Store } from 'session-kit'
import { createUpstashStore } from 'session-kit/upstash'

interface Env {
  SECRET: string
}

type Handler = (request: Request) => Promise<Response>

/** As in an application, a store serves all requests of the isolate. */
const handlers = new Map<string, Handler>()

const stores: Record<string, (url: string, token: string) => Store> = {
  made: (url, token) => createUpstashStore({ url, token }, { timeout: 800 }),
  given: (url, token) => createUpstashStore(new Redis({ url, token }), { timeout: 800 }),
}

function createHandler(kind: string, url: string, token: string, secret: string): Handler {
  const options = {
    secrets: secret,
    store: stores[kind]!(url, token),
    rolling: true,
    touchAfter: 0,
  }
  return withSession(options, async (request, lazy) => {
    const session = (await lazy) as Session
    const { pathname } = new URL(request.url)
    if (pathname === '/count') await session.update(count)
    if (pathname === '/in') {
      await session.regenerate()
      session.user = 'ada'
    }
    if (pathname === '/out') session.destroy()
    return Response.json(session)
  })
}

function count(session: Session): void {
  session.count = (session.count ?? 0) + 1
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const [kind, url, token] = ['x-kind', 'x-url', 'x-token'].map((name) =>
      request.headers.get(name),
    ) as [string, string, string]
    const id = `${kind} ${url} ${token}`
    let handler = handlers.get(id)
    if (!handler) handlers.set(id, (handler = createHandler(kind, url, token, env.SECRET)))
    try {
      return await handler(request)
    } catch (error) {
      const { code, message, stack } = error as SessionError
      return Response.json({ code, message, stack }, { status: 500 })
    }
  },
}

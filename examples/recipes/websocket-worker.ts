import { createSessionManager, withSession, type SessionManager } from 'session-kit'

interface Visit {
  user?: string
}

// What Workers have beside the web's own.
declare const WebSocketPair: new () => [client: WebSocket, server: WebSocket & { accept(): void }]

let manager: SessionManager<Visit, Request> | undefined

export default {
  async fetch(request: Request, env: { SESSION_SECRET: string }): Promise<Response> {
    manager ??= createSessionManager<Visit, Request>({ secrets: env.SESSION_SECRET })
    if (request.headers.get('upgrade') !== 'websocket') return page(manager, request)

    // Other sites' pages can open sockets, too.
    if (request.headers.get('origin') !== new URL(request.url).origin) return refuse(403)
    const visit = await manager.read(request)
    if (!visit?.user) return refuse(401)

    const { 0: client, 1: server } = new WebSocketPair()
    server.accept()
    server.addEventListener('message', ({ data }) => server.send(`${visit.user}: ${data}`))
    return new Response(null, { status: 101, webSocket: client } as ResponseInit)
  },
}

function page(manager: SessionManager<Visit, Request>, request: Request): Promise<Response> {
  const handler = withSession(manager, async ({ url }, lazy) => {
    const session = await lazy
    session.user = new URL(url).searchParams.get('user') ?? 'ada'
    return new Response(`Hello, ${session.user}`)
  })
  return handler(request)
}

function refuse(status: number): Response {
  return new Response(null, { status })
}

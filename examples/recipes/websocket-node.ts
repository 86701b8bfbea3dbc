import type { Server } from 'node:http'
import { createSessionManager } from 'session-kit'
import { WebSocketServer } from 'ws'

interface Visit {
  user?: string
}

const manager = createSessionManager<Visit>({ secrets: process.env['SESSION_SECRET']! })

export function acceptSockets(server: Server, origin: string): void {
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', async (request, socket, head) => {
    // Where nobody can tell, as with a store that is down, nobody gets in.
    const visit = await manager.read(request).catch(() => null)
    // Other sites' pages can open sockets, too.
    if (request.headers.origin !== origin || !visit?.user) {
      return socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (text) => webSocket.send(`${visit.user}: ${text}`))
    })
  })
}

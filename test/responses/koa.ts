/** The site on Koa and Egg. */
import type { Server } from 'node:http'
import { Readable } from 'node:stream'
import { WebSocketServer } from 'ws'
import { CACHED, echo, reply } from './pages.ts'

/** `readSession` of the package that the application has. */
type Read = (app: any, request: any) => Promise<any>

export async function answer(ctx: any, read: Read): Promise<void> {
  ctx.set('cache-control', CACHED)
  const given = await reply(new URLSearchParams(ctx.querystring), {
    session: () => ctx.session,
    read: () => read(ctx.app, ctx.req),
    behind: (work) => void work,
  })
  if (typeof given === 'string') ctx.body = given
  else if ('location' in given) ctx.redirect(`/${given.location}`)
  else ctx.body = Readable.from(given)
}

/** Lets WebSockets in of those who have logged in. */
export function acceptSockets(
  server: Server,
  read: (request: any) => Promise<any>,
): WebSocketServer {
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', async (request, socket, head) => {
    const visit = await read(request)
    if (!visit?.user) return void socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (text) => webSocket.send(echo(visit, text)))
    })
  })
  return sockets
}

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'

/** A server on loopback. */
export interface Server {
  /** With a slash at the end. */
  url: string
  /** How many requests came. */
  count(): number
  stop(): Promise<void>
}

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

/** Starts a server of Node's own kind. */
export async function listen(listener: Listener): Promise<Server> {
  let count = 0
  const server = createServer((request, response) => {
    count++
    listener(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    count: () => count,
    async stop() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** Starts a server that answers with what a fetch handler answers. */
export function serve(handler: (request: Request) => Promise<Response>): Promise<Server> {
  return listen(async (incoming, outgoing) => {
    const response = await handler(toRequest(incoming))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    outgoing.end(await response.text())
  })
}

/** A request of Node's as one of the Web's. */
export function toRequest(incoming: IncomingMessage): Request {
  const { method = 'GET', url, headers } = incoming
  const hasBody = method !== 'GET' && method !== 'HEAD'
  return new Request(new URL(url!, `http://${headers.host}`), {
    method,
    headers: headers as Record<string, string>,
    ...(hasBody && { body: Readable.toWeb(incoming) as ReadableStream, duplex: 'half' }),
  })
}

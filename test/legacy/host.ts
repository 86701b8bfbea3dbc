import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An application that listens: sends a Cookie header, gives what came back. */
export type Served = (cookie: string) => Promise<{
  status: number
  body: string
  /** The Set-Cookie lines. */
  cookies: string[]
  /** The Cookie header of a browser that had none of this name before. */
  jar: string
}>

const servers: Server[] = []

/** Lets an application listen until `closeAll()`. */
export async function serve(app: { listen(port: number): Server }): Promise<Served> {
  const server = app.listen(0)
  servers.push(server)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return async (cookie) => {
    const headers: Record<string, string> = cookie ? { cookie } : {}
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers })
    const cookies = response.headers.getSetCookie()
    const jar = cookies
      .filter((line) => !/expires=Thu, 01 Jan 1970/i.test(line))
      .map((line) => line.split(';')[0])
      .join('; ')
    return { status: response.status, body: await response.text(), cookies, jar }
  }
}

export async function closeAll(): Promise<void> {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
}

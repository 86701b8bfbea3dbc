// server.ts
import { serve, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import { session } from 'session-kit/hono'

interface Visit {
  views?: number
}

const app = new Hono()
  .use(session<Visit>({ secrets: process.env['SESSION_SECRET']! }))
  .get('/', async (c) => {
    const session = await c.var.session
    session.views = (session.views ?? 0) + 1
    return c.text(`Seen ${session.views} times`)
  })

export const start = (port: number): Promise<ServerType> =>
  new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, port, hostname: '127.0.0.1' }, () => resolve(server))
  })

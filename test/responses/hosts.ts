import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { serve, upgradeWebSocket, type ServerType } from '@hono/node-server'
import { Hono } from 'hono'
import Koa3 from 'koa'
import { WebSocketServer } from 'ws'
import { session as honoSession } from '../../adapters/hono.ts'
import { readSession, session as koaSession } from '../../adapters/koa.ts'
import { createSessionManager, withSession, type SessionManager } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { listen } from '../fixtures/listen.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { bundleWorker, runWorker } from '../workerd/running.ts'
import { acceptSockets, answer as answerOnKoa } from './koa.ts'
import { answer as answerOnHono } from './hono.ts'
import { CACHED, echo, removal, reply, valid } from './pages.ts'

/** A running site. */
export interface Site {
  url: string
  /** What every request has to bring. */
  headers?: Record<string, string>
  stop(): unknown
}

export const places = ['a cookie', 'a store'] as const
export type Place = (typeof places)[number]

const optionsOf = (place: Place): object => ({
  valid,
  waitUntil: (promise: Promise<unknown>) => void removal(promise),
  ...(place === 'a store' && { store: createMemoryStore() }),
})

const managerOf = (place: Place): SessionManager<any, any> =>
  createSessionManager<any, any>({ secrets: SECRET, ...optionsOf(place) })

async function onKoa(Koa: typeof Koa3, place: Place): Promise<Site> {
  const app = new Koa()
  app.keys = [SECRET]
  app.use(koaSession({ encrypt: true, ...optionsOf(place) }, app))
  app.use((ctx) => answerOnKoa(ctx, readSession))
  const { origin, stop, server } = await listen(app.callback())
  acceptSockets(server, (request) => readSession(app, request))
  return { url: `${origin}/`, stop }
}

async function onNode(server: ServerType): Promise<Site> {
  if (!server.listening) await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/`,
    stop() {
      if ('closeAllConnections' in server) server.closeAllConnections()
      server.close()
    },
  }
}

function onHono(place: Place): Promise<Site> {
  const manager = managerOf(place)
  const app = new Hono().use(honoSession(manager)).get('/', async (c, next) => {
    if (c.req.query('page') !== 'socket') return answerOnHono(c, manager, (work) => void work)
    const visit = await manager.read(c.req.raw)
    if (!visit?.user) return c.text('', 401)
    const upgraded = await upgradeWebSocket(() => ({
      onMessage: ({ data }, socket) => socket.send(echo(visit, data)),
    }))(c, next)
    return upgraded as Response
  })
  const websocket = { server: new WebSocketServer({ noServer: true }) }
  return onNode(serve({ fetch: app.fetch, websocket, port: 0, hostname: '127.0.0.1' }))
}

async function onFetch(place: Place): Promise<Site> {
  const manager = managerOf(place)
  const handler = withSession<any>(manager, async (request, session) => {
    const given = await reply(new URL(request.url).searchParams, {
      session: () => session,
      read: () => manager.read(request),
      behind: (work) => void work,
    })
    const headers = { 'cache-control': CACHED }
    if (typeof given === 'string') return new Response(given, { headers })
    if ('location' in given)
      return new Response(null, { status: 302, headers: { ...headers, ...given } })
    const body = Readable.toWeb(Readable.from(given)) as ReadableStream<string>
    return new Response(body.pipeThrough(new TextEncoderStream()), { headers })
  })
  const server = serve({ fetch: (request) => handler(request), port: 0, hostname: '127.0.0.1' })
  acceptSockets(server as never, (request) => manager.read(request))
  return onNode(server)
}

async function inWorkerd(place: Place): Promise<Site> {
  const code = await bundleWorker(new URL('worker.ts', import.meta.url))
  const { url, stop } = await runWorker(code)
  return { url: new URL(place === 'a store' ? 'kv' : 'cookie', url).href, stop }
}

const koa2 = createRequire(import.meta.url)('koa2') as typeof Koa3

/** The site on each host, but for Egg. */
export const hosts: [name: string, start: (place: Place) => Promise<Site>][] = [
  ['Koa 2', (place) => onKoa(koa2, place)],
  ['Koa 3', (place) => onKoa(Koa3, place)],
  ['Hono on Node', onHono],
  ['Hono in workerd', inWorkerd],
  ['a fetch handler', onFetch],
]

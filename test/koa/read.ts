import { once } from 'node:events'
import { createServer, IncomingMessage } from 'node:http'
import { Socket, type AddressInfo } from 'node:net'
import Koa from 'koa'
import { describe, expect, expectTypeOf, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { readSession, type KoaSessionOptions } from '../../adapters/koa.ts'
import { createRecordingStore } from '../fixtures/recording-store.ts'
import { say } from '../fixtures/socket.ts'
import { createApp, createBare, headerOf, KEYS, type Visit } from './fixture.ts'

const modes: [string, () => KoaSessionOptions][] = [
  ['signed', () => ({})],
  ['sealed', () => ({ encrypt: true })],
  ['in a store', () => ({ store: createRecordingStore() })],
  ['under a key of its own making', () => ({ store: createRecordingStore(), externalKey })],
]

const externalKey: KoaSessionOptions['externalKey'] = {
  get: (ctx) => /token=(\w+)/.exec(ctx.get('cookie'))?.[1],
  set: (ctx, key) => ctx.cookies.set('token', key.replace(/\W/g, ''), { signed: false }),
}

function requestOf(cookie?: string): IncomingMessage {
  const request = new IncomingMessage(new Socket())
  Object.assign(request, { method: 'GET', url: '/socket' })
  return Object.assign(request, { headers: { host: 'localhost', ...(cookie && { cookie }) } })
}

describe.each(modes)('readSession(): %s', (_, modeOf) => {
  const genid = (): string => `id${Math.random()}`.replace('.', '')

  it('gives the data of a session, frozen, and changes nothing', async () => {
    const options = { ...modeOf(), genid, rolling: true }
    const { app, run } = createBare(options)
    const cookie = headerOf(await run((ctx) => void (ctx.session!.user = 'ada')))
    const store = options.store as ReturnType<typeof createRecordingStore> | undefined
    store?.calls.splice(0)
    const data = await readSession<Visit>(app, requestOf(cookie))
    expectTypeOf(data).toEqualTypeOf<Readonly<Visit> | null>()
    expect(data).toEqual({ user: 'ada' })
    expect(Object.isFrozen(data)).toBe(true)
    expect(store?.operations() ?? ['get']).toEqual(['get'])
  })

  it('gives null where there is none', async () => {
    const { app } = createBare({ ...modeOf(), genid })
    expect(await readSession(app, requestOf())).toBe(null)
    expect(await readSession(app, requestOf('koa.sess=x; koa.sess.sig=y; token=z'))).toBe(null)
  })
})

it('readSession() needs an application with a session', async () => {
  const app = new Koa()
  app.keys = KEYS
  await expect(readSession(app, requestOf())).rejects.toThrow('has no session')
})

it('readSession() lets in a WebSocket by the session of its request', async () => {
  const app = createApp({ encrypt: true })
  app.use((ctx) => void (ctx.session!.user = 'ada'))
  const server = createServer(app.callback())
  const sockets = new WebSocketServer({ noServer: true })
  server.on('upgrade', async (request, socket, head) => {
    const visit = await readSession<Visit>(app, request)
    if (!visit?.user) return void socket.end('HTTP/1.1 401 Unauthorized\r\n\r\n')
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      webSocket.on('message', (text) => webSocket.send(`${visit.user}: ${String(text)}`))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const response = await fetch(`http://127.0.0.1:${port}/`)
  const cookie = headerOf(response.headers.getSetCookie())

  expect(await say(`ws://127.0.0.1:${port}/`, { cookie })).toBe('ada: hello')
  expect(await say(`ws://127.0.0.1:${port}/`, {})).toBe(401)
})

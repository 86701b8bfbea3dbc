// What Koa does with a session on Node's own servers alone; other runtimes have others.
import { once } from 'node:events'
import { connect, createServer } from 'node:http2'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import Koa3 from 'koa'
import { expect, it, onTestFinished } from 'vitest'
import { session } from '../adapters/koa.ts'
import { listen } from './fixtures/listen.ts'
import { createApp, KEYS, namesOf } from './koa/fixture.ts'

const PRIVATE = { 'cache-control': 'private, no-store', vary: 'Cookie' }

it('caches are told over HTTP/2, too', async () => {
  const app = createApp({ encrypt: true })
  app.use((ctx) => {
    ctx.set({ 'cache-control': 'public', 'surrogate-control': 'max-age=60' })
    ctx.session!.user = 'ada'
  })
  const server = createServer(app.callback()).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  onTestFinished(() => {
    client.destroy()
    server.close()
  })
  const stream = client.request({ ':path': '/' })
  const [headers] = (await once(stream, 'response')) as [Record<string, string[]>]

  expect(namesOf(headers['set-cookie']!)).toEqual(['koa.sess'])
  expect(headers).toMatchObject(PRIVATE)
  expect(headers['surrogate-control']).toBe(undefined)
})

it.each([
  ['Koa 2', createRequire(import.meta.url)('koa2') as typeof Koa3],
  // It ends the connection.
  ['Koa 3', Koa3],
])(
  'a stream that breaks off before it begins keeps the cookie, if it is answered at all: %s',
  async (version, Koa) => {
    const app = new Koa()
    app.keys = KEYS
    app.on('error', () => {})
    app.use(session({ encrypt: true }, app))
    app.use((ctx) => {
      ctx['session'].user = 'ada'
      ctx.body = new Readable({
        read() {
          this.destroy(new Error('no such file'))
        },
      })
    })
    const { origin, stop } = await listen(app.callback())
    onTestFinished(stop)
    const response = await fetch(origin).catch(() => null)
    const { status, headers } = response ?? {}

    expect({
      status,
      cookies: headers && namesOf(headers.getSetCookie()),
      caches: headers?.get('cache-control'),
    }).toEqual(
      version === 'Koa 2'
        ? { status: 500, cookies: ['koa.sess'], caches: PRIVATE['cache-control'] }
        : {},
    )
  },
)

import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { createSessionManager } from '../src/index.ts'
import { Jar } from './fixtures/cookies.ts'
import { SECRET } from './fixtures/secrets.ts'
import { say } from './fixtures/socket.ts'
import { applications, filesOf } from './frameworks/applications.ts'
import { bundleWorker, runWorker } from './workerd/running.ts'

vi.stubEnv('SESSION_SECRET', SECRET)

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const url = 'https://example.com/'

type Send = (path: string, init?: RequestInit) => Promise<Response>

/** A browser that sends its requests to a handler. */
function createBrowser(handle: (request: Request) => Promise<Response>): Send {
  const jar = new Jar()
  return async (path, init) => {
    const headers = { cookie: jar.header }
    const response = await handle(new Request(new URL(path, url), { ...init, headers }))
    jar.take(response.headers.getSetCookie())
    return response
  }
}

describe('the recipe for', () => {
  it('Hono on Node counts, over HTTP', async () => {
    const { start } = await import('../examples/recipes/node-server.ts')
    const server = await start(0)
    const { port } = server.address() as AddressInfo
    const send = createBrowser((request) =>
      fetch(`http://127.0.0.1:${port}/`, { headers: request.headers }),
    )
    await send('/')
    expect(await (await send('/')).text()).toBe('Seen 2 times')
    await new Promise((resolve) => server.close(resolve))
  })

  it('a WebSocket in a Worker lets in who has logged in, from its own pages', async () => {
    const entry = new URL('../examples/recipes/websocket-worker.ts', import.meta.url)
    const worker = await runWorker(await bundleWorker(entry), undefined, {
      env: { SESSION_SECRET: { type: 'text', value: SECRET } },
    })
    onTestFinished(() => worker.stop())
    const jar = new Jar()
    const response = await fetch(new URL('/?user=grace', worker.url))
    expect(await response.text()).toBe('Hello, grace')
    jar.take(response.headers.getSetCookie())

    const { host, origin } = worker.url
    const socket = `ws://${host}/`
    expect(await say(socket, { cookie: jar.header, origin })).toBe('grace: hello')
    expect(await say(socket, { origin })).toBe(401)
    expect(await say(socket, { cookie: jar.header, origin: 'https://other.example' })).toBe(403)
  })

  it('a WebSocket on Node does so, too', async () => {
    const { acceptSockets } = await import('../examples/recipes/websocket-node.ts')
    const manager = createSessionManager({ secrets: SECRET })
    const session = await manager.load(null)
    session.user = 'ada'
    const jar = new Jar()
    jar.take(await manager.commit(session))

    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    const { port } = server.address() as AddressInfo
    const origin = 'https://shop.example'
    acceptSockets(server, origin)
    const socket = `ws://127.0.0.1:${port}/`
    expect(await say(socket, { cookie: jar.header, origin })).toBe('ada: hello')
    expect(await say(socket, { origin })).toBe(401)
    expect(await say(socket, { cookie: jar.header, origin: 'https://other.example' })).toBe(401)
  })

  it.each([
    ['node-server', 'node-server'],
    ['websocket-worker', 'websockets'],
    ['websocket-node', 'websockets'],
  ])('%s is the one in the docs', (name, page) => {
    expect(read(`docs/recipes/${page}.md`)).toContain(
      `\`\`\`ts\n${read(`examples/recipes/${name}.ts`)}\`\`\``,
    )
  })
})

describe('the recipes', () => {
  it('are listed', () => {
    const pages = readdirSync(new URL('../docs/recipes', import.meta.url))
    const listed = [...read('docs/recipes/README.md').matchAll(/\]\(([\w-]+\.md)\)/g)]

    expect(listed.map(([, page]) => page).toSorted()).toEqual(
      pages.filter((page) => page !== 'README.md').toSorted(),
    )
  })

  // `npm run test:frameworks` runs them.
  it.each(applications)('show the files of an application of $name', ({ name }) => {
    const blocks = read(`docs/recipes/${name}.md`).match(/^```\w+$/gm)

    expect(filesOf(name).size).toBe(blocks!.length)
  })
})

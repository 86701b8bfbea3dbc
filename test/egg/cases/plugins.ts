import { createRequire } from 'node:module'
import path from 'node:path'
import { hosts } from '../hosts.ts'
import { raw } from '../source.ts'
import type { Site } from '../site.ts'
import type { Case, Suite } from '../suite.ts'
import { read, write } from './pages.ts'

interface Socket {
  on(event: string, listener: (given: unknown) => void): Socket
  emit(event: string, given: unknown): Socket
  close(): void
}

const require = createRequire(path.join(hosts[0]!.folder, 'package.json'))
const connect = require('socket.io-client') as (url: string, options: object) => Socket

/** A socket says one word and hangs up; what it and the application saw is written down. */
async function chat(site: Site, cookie: string): Promise<void> {
  const socket = connect(site.url, {
    forceNew: true,
    reconnection: false,
    transports: ['polling'],
    transportOptions: { polling: { extraHeaders: { cookie } } },
  })
  try {
    const said = await new Promise((resolve, reject) => {
      socket.on('connect', () => socket.emit('say', 'hello'))
      socket.on('said', resolve)
      socket.on('connect_error', reject).on('error', reject)
    })
    site.note('said', said)
  } finally {
    socket.close()
  }
  const notes = await site.evaluate(async (app) => {
    const { notes } = app.fixture
    while (!notes.disconnected) await new Promise((wait) => setTimeout(wait, 1))
    // The session is committed after the last middleware was left.
    await new Promise((wait) => setTimeout(wait, 10))
    return { connected: notes.connected, disconnected: notes.disconnected }
  })
  site.note('seen by the middleware', notes)
}

function sockets(store: string): Case {
  return {
    name: `${store}: a socket and its session`,
    run: async (site) => {
      await site.useStore(store)
      const visitor = site.visitor()
      await visitor.visit(write)
      await chat(site, visitor.jar.header('/', site.now))
      await visitor.visit(read)
    },
  }
}

function passport(store: string): Case {
  return {
    name: `${store}: login, a page, logout`,
    run: async (site) => {
      await site.useStore(store)
      const visitor = site.visitor()
      const who = (ctx: { isAuthenticated(): boolean; user?: unknown }) => [
        ctx.isAuthenticated(),
        ctx.user ?? 'nobody',
      ]
      await visitor.visit(who)
      await visitor.visit((ctx) => ctx.login({ id: 7, name: 'fred' }))
      await visitor.visit(who)
      await visitor.visit((ctx) => ctx.session)
      await visitor.visit((ctx) => void ctx.logout())
      await visitor.visit(who)
    },
  }
}

/** Plugins of Egg 3 that live on the session's middleware. */
export const egg3Plugins: Suite = {
  app: {
    name: 'plugins',
    hosts: ['egg3'],
    session: { encrypt: false },
    plugins: () => ({
      passport: { enable: true, package: 'egg-passport' },
      io: { enable: true, package: 'egg-socket.io' },
    }),
    config: {
      io: {
        namespace: { '/': { connectionMiddleware: ['connection'], packetMiddleware: ['packet'] } },
      },
    },
    files: {
      'app/io/middleware/connection.js': raw('support.socket.connection'),
      'app/io/middleware/packet.js': raw('support.socket.packet'),
      'app/io/controller/chat.js': raw('support.socket.chat'),
    },
  },
  cases: [passport('none'), passport('object'), sockets('none'), sockets('object')],
}

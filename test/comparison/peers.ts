/** The libraries that people choose between, each as they come, behind one interface. */
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { useSession, useSessionStorage } from '@hono/session'
import express from 'express'
import expressSession, { MemoryStore as ExpressMemoryStore } from 'express-session'
import { Hono } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { CookieStore, sessionMiddleware } from 'hono-sessions'
import { getIronSession } from 'iron-session9'
import Koa from 'koa'
import koaSession from 'koa-session'
import { session } from '../../adapters/hono.ts'
import { createMemoryStore } from '../../src/memory.ts'

/** What an application does with its session, in the words of none of them. */
export interface Acts {
  get(key: string): Promise<unknown>
  set(key: string, value: unknown): Promise<unknown>
  end(): Promise<unknown>
}

export type Act = (session: Acts) => Promise<unknown>

export interface Setup {
  /** Newest first. */
  secrets: string[]
  /** The cookie's name. */
  name: string
  /** Whether the data are in a store, where the library has one. */
  stored: boolean
}

/** An application of one page, which does what it is told. */
export type Site = (cookie: string, act: Act) => Promise<Response>

export interface Peer {
  name: string
  /** The name of its package, for its manifest. */
  package: string
  /** @throws If it takes one secret alone and is given more. */
  open(setup: Setup): Promise<Site>
}

const cleanup: (() => void)[] = []

export function closeAll(): void {
  for (const close of cleanup.splice(0)) close()
}

/** A site of a fetch handler that gets its act beside the request. */
function inProcess(handler: (request: Request, act: Act) => Promise<Response>): Site {
  return (cookie, act) => handler(new Request('https://a.example/', { headers: { cookie } }), act)
}

/** A site of a Node listener, on loopback; its act waits where the handler finds it. */
async function onNode(make: (take: (id: string) => Act) => RequestListener): Promise<Site> {
  const acts = new Map<string, Act>()
  const server = createServer(make((id) => acts.get(id)!)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  cleanup.push(() => server.close())
  const { port } = server.address() as AddressInfo
  let count = 0
  return async (cookie, act) => {
    const id = `${(count += 1)}`
    acts.set(id, act)
    const headers = { ...(cookie && { cookie }), 'x-act': id, 'x-forwarded-proto': 'https' }
    return fetch(`http://127.0.0.1:${port}/`, { headers })
  }
}

function onHono(app: Hono<any>): Site {
  // Hono would print the error.
  app.onError((_, c) => c.text('', 500))
  return inProcess(async (request, act) => app.fetch(request, { act }))
}

const single = ([secret, ...more]: string[]): string => {
  if (more.length) throw new Error('It takes one secret.')
  return secret!
}

/** Records at rest, as text: a store that hands out the object itself would be no store. */
function createRecords(): {
  get(key: string): Promise<any>
  set(key: string, record: unknown): Promise<void>
  delete(key: string): Promise<void>
} {
  const records = new Map<string, string>()
  return {
    get: async (key) => JSON.parse(records.get(key) ?? 'null') ?? undefined,
    set: async (key, record) => void records.set(key, JSON.stringify(record)),
    delete: async (key) => void records.delete(key),
  }
}

/** express-session has no sessions without a store: applications of one name share it. */
const expressStore = new ExpressMemoryStore()

const plain = (data: any, end: () => unknown): Acts => ({
  get: async (key) => data[key],
  set: async (key, value) => (data[key] = value),
  end: async () => end(),
})

export const peers: Peer[] = [
  {
    name: 'session-kit',
    package: '../..',
    async open({ secrets, name, stored }) {
      const store = stored ? createMemoryStore() : undefined
      const app = new Hono<any>().use(session({ secrets, key: name, ...(store && { store }) }))
      app.get('/', async (c: any) => {
        const session = await c.var.session
        await c.env.act(plain(session, () => session.destroy()))
        return c.text('')
      })
      return onHono(app)
    },
  },
  {
    name: 'koa-session',
    package: 'koa-session',
    open({ secrets, name, stored }) {
      const records = createRecords()
      const store = { ...records, destroy: records.delete }
      const app = new Koa()
      app.keys = secrets
      app.silent = true
      app.use(koaSession({ key: name, ...(stored && { store }) } as never, app))
      return onNode((take) => {
        app.use(async (ctx: any) => {
          await take(ctx.get('x-act'))(plain(ctx.session, () => (ctx.session = null)))
          ctx.body = ''
        })
        return app.callback()
      })
    },
  },
  {
    name: 'iron-session',
    package: 'iron-session9',
    async open({ secrets, name }) {
      // Its passwords have ids, and the largest one seals.
      const password = Object.fromEntries(
        secrets.toReversed().map((secret, index) => [index + 1, secret]),
      )
      return inProcess(async (request, act) => {
        const headers = new Headers()
        const session = await getIronSession<any>(request, headers as never, {
          cookieName: name,
          password,
        })
        let ended = false
        await act(plain(session, () => (ended = true)))
        if (ended) session.destroy()
        else await session.save()
        return new Response('', { headers })
      })
    },
  },
  {
    name: '@hono/session',
    package: '@hono/session',
    async open({ secrets, name, stored }) {
      const app = new Hono<any>()
      if (stored) app.use(useSessionStorage(createRecords() as never))
      app.use(
        useSession({
          secret: single(secrets),
          getCookie: (c: any) => getCookie(c, name),
          setCookie: (c: any, _: string, value: string, attributes: any) =>
            setCookie(c, name, value, attributes),
        } as never),
      )
      app.get('/', async (c: any) => {
        const held = c.get('session')
        await c.env.act({
          get: async (key: string) => (await held.get())?.[key],
          set: async (key: string, value: unknown) => {
            const data = (await held.get()) ?? {}
            await held.update({ ...data, [key]: value })
          },
          end: async () => held.delete(),
        })
        return c.text('')
      })
      return onHono(app)
    },
  },
  {
    name: 'hono-sessions',
    package: 'hono-sessions',
    async open({ secrets, name, stored }) {
      const app = new Hono<any>()
      const records = createRecords()
      const stores = {
        getSessionById: records.get,
        createSession: records.set,
        persistSessionData: records.set,
        deleteSession: records.delete,
      }
      const store = stored ? stores : new CookieStore()
      app.use(
        sessionMiddleware({
          store,
          encryptionKey: single(secrets),
          sessionCookieName: name,
        } as never) as never,
      )
      app.get('/', async (c: any) => {
        const held = c.get('session')
        await c.env.act({
          get: async (key: string) => held.get(key),
          set: async (key: string, value: unknown) => held.set(key, value),
          end: async () => held.deleteSession(),
        })
        return c.text('')
      })
      return onHono(app)
    },
  },
  {
    name: 'express-session',
    package: 'express-session',
    open({ secrets, name }) {
      const app = express()
      app.use(
        expressSession({
          secret: secrets,
          name,
          store: expressStore,
          resave: false,
          saveUninitialized: false,
        }),
      )
      return onNode((take) => {
        app.use((req: any, res: any, next) => {
          const end = (): unknown => new Promise((resolve) => req.session.destroy(resolve))
          const session: Acts = {
            get: async (key) => req.session[key],
            set: async (key, value) => (req.session[key] = value),
            end: async () => end(),
          }
          take(req.get('x-act'))(session).then(() => res.end(), next)
        })
        return app
      })
    },
  },
]

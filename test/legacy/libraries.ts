/** Cookies as other libraries write them, made by these libraries. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { Socket } from 'node:net'
import { useSession, useSessionStorage } from '@hono/session'
import expressSession, { MemoryStore } from 'express-session'
import { Hono } from 'hono'
import { CookieStore, sessionMiddleware } from 'hono-sessions'
import * as iron8 from 'iron-session8'
import * as iron9 from 'iron-session9'
import type { Reader } from '../../src/index.ts'
import { readers } from './readers.ts'

const writeCookieSession = createRequire(import.meta.url)('cookie-session') as (
  options: object,
) => (req: any, res: ServerResponse, next: () => void) => void

export type Data = Record<string, any>

/** A library whose cookies are read. */
export interface Library {
  name: string
  /** What its cookie is called by default. */
  key: string
  /** A Cookie header with a session, with so many seconds to live (default as it comes). */
  write(data: Data, secret?: string, seconds?: number): Promise<string>
  read(options?: { keys?: any; key?: string }): Reader
}

export const SECRET = 'correct-horse-battery-staple-0001'
export const OTHER = 'correct-horse-battery-staple-0002'

/** Where the sessions of express-session are. */
export const expressStore: MemoryStore = new MemoryStore().setMaxListeners(0)

const iron = ({ getIronSession }: typeof iron8 | typeof iron9, name: string): Library => ({
  name,
  key: 'iron',

  async write(data, password = SECRET, ttl) {
    const headers = new Headers()
    const request = new Request('https://a.example/')
    const options = { cookieName: 'iron', password, ...(ttl !== undefined && { ttl }) }
    const session = await (getIronSession as typeof iron8.getIronSession)<Data>(
      request,
      { headers } as Response,
      options,
    )
    await Object.assign(session, data).save()
    return headerOf(headers.getSetCookie())
  },

  read: (options) => readers.ironSession({ keys: SECRET, key: 'iron', ...options }),
})

export const libraries: Library[] = [
  iron(iron8, 'iron-session 8'),
  iron(iron9, 'iron-session 9'),
  {
    name: 'express-session',
    key: 'connect.sid',

    async write(data, secret = SECRET, seconds) {
      const options = {
        secret,
        store: expressStore,
        resave: false,
        saveUninitialized: false,
        cookie: seconds === undefined ? {} : { maxAge: seconds * 1000 },
      }
      return respond(expressSession(options) as never, async (req) => {
        Object.assign(req.session, data)
        await new Promise((resolve) => req.session.save(resolve))
      })
    },

    read: (options) => readers.expressSession({ keys: SECRET, store: expressStore, ...options }),
  },
  {
    name: 'cookie-session',
    key: 'session',
    write: (data, secret = SECRET) =>
      respond(writeCookieSession({ secret }), (req) => void (req.session = data)),
    read: (options) => readers.cookieSession({ keys: SECRET, ...options }),
  },
  {
    name: '@hono/session',
    key: 'sid',
    write: writeHonoSession,
    read: (options) => readers.honoSession({ keys: SECRET, ...options }),
  },
  {
    name: 'hono-sessions',
    key: 'session',

    write: (data, encryptionKey = SECRET, expireAfterSeconds) =>
      writeHonoSessions(data, {}, encryptionKey, expireAfterSeconds),

    read: (options) => readers.honoSessions({ keys: SECRET, ...options }),
  },
]

export const named = (name: string): Library => libraries.find((one) => one.name === name)!

/** A token of @hono/session, the data in it or in a storage. */
export async function writeHonoSession(
  data: Data,
  secret = SECRET,
  absolute?: number,
  storage?: Map<string, unknown>,
): Promise<string> {
  const app = new Hono<any>()
  if (storage) app.use(useSessionStorage(storage as never))
  app.use(useSession({ secret, ...(absolute !== undefined && { duration: { absolute } }) }))
  app.get('/', async (c) => {
    await c.get('session').update(data)
    return c.body(null)
  })
  return headerOf((await app.request('/')).headers.getSetCookie())
}

export async function writeHonoSessions(
  data: Data,
  flash: Data,
  encryptionKey = SECRET,
  expireAfterSeconds?: number,
): Promise<string> {
  const app = new Hono<any>()
  const options = {
    store: new CookieStore(),
    encryptionKey,
    expireAfterSeconds: expireAfterSeconds!,
  }
  app.use(sessionMiddleware(options) as never)
  app.get('/', (c) => {
    const session = c.get('session')
    for (const [name, value] of Object.entries(data)) session.set(name, value)
    for (const [name, value] of Object.entries(flash)) session.flash(name, value)
    return c.body(null)
  })
  return headerOf((await app.request('/')).headers.getSetCookie())
}

/** Runs a middleware of Express, and gives the Cookie header that its response makes. */
async function respond(
  middleware: (req: any, res: ServerResponse, next: () => void) => void,
  handler: (req: any) => unknown,
): Promise<string> {
  const req = Object.assign(new IncomingMessage(new Socket()), { url: '/' })
  const res = new ServerResponse(req)
  await new Promise<void>((resolve) => middleware(req, res, resolve))
  await handler(req)
  res.writeHead(200)
  return headerOf(res.getHeader('set-cookie') as string[])
}

/** The Cookie header of a browser that has taken these lines. */
export function headerOf(lines: string[]): string {
  const pairs = lines.map((line) => line.slice(0, line.search(/;|$/)))
  return [...new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair])).values()]
    .filter((pair) => !/^[^=]*=$/.test(pair))
    .join('; ')
}

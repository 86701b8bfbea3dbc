import { once } from 'node:events'
import { createServer, IncomingMessage, ServerResponse, type Server } from 'node:http'
import { Socket, type AddressInfo } from 'node:net'
import Koa, { type DefaultState } from 'koa'
import { onTestFinished } from 'vitest'
import {
  session,
  type KoaSessionContext,
  type KoaSessionMiddleware,
  type KoaSessionOptions,
} from '../../adapters/koa.ts'
import { createJar, type Jar } from '../koa-parity/jar.ts'

/** What the sessions in these tests hold. */
export interface Visit {
  user?: string
  views?: number
  cart?: { items: string[] }
  [key: string]: any
}

/** An application whose contexts have a session. */
export type App = Koa<DefaultState, KoaSessionContext<Visit>>
export type Context = Koa.ParameterizedContext<DefaultState, KoaSessionContext<Visit>>
export type Handler = (ctx: Context) => unknown

/** Keys as `openssl rand -base64 32` prints them, newest first. */
export const KEYS = [
  'n2J1yq0vT5hXb8mWc4RzLd7KsGf9PaEuQo3iYtUx6VM=',
  'Yw8kT3mZb6rQxJ1vLc5NhGd0PsFa9EuKo2iXtRq7WnM=',
]

export interface AppOptions {
  keys?: unknown
  /** Stands before the session's middleware. */
  before?: (ctx: Context, next: () => Promise<void>) => unknown
}

/** Makes an application with a session. */
export function createApp(options?: KoaSessionOptions | null, given: AppOptions = {}): App {
  const app: App = new Koa()
  app.silent = true
  app.keys = ('keys' in given ? given.keys : KEYS) as string[]
  if (given.before) app.use(given.before)
  app.use(session(options, app))
  return app
}

/** A session's middleware, driven without a server: any header reaches it, on any context. */
export interface Bare {
  app: App
  middleware: KoaSessionMiddleware
  /** A context that no middleware has seen. */
  context(cookie?: string): Context
  /** Runs a handler behind the middleware; gives its Set-Cookie lines. */
  run(handler: Handler, cookie?: string): Promise<string[]>
}

export function createBare(options?: KoaSessionOptions | null, keys: unknown = KEYS): Bare {
  const app: App = new Koa()
  app.keys = keys as string[]
  const middleware = session(options, app)
  const bare: Bare = {
    app,
    middleware,
    context(cookie) {
      const request = new IncomingMessage(new Socket())
      Object.assign(request, { method: 'GET', url: '/' })
      Object.assign(request.headers, { host: 'localhost' }, cookie !== undefined && { cookie })
      return app.createContext(request, new ServerResponse(request)) as unknown as Context
    },
    async run(handler, cookie) {
      const ctx = bare.context(cookie)
      await middleware(ctx, async () => handler(ctx))
      return setCookies(ctx)
    },
  }
  return bare
}

/** The Set-Cookie lines that a context has by now. */
export function setCookies(ctx: Context): string[] {
  return [ctx.response.get('set-cookie') as string | string[]].flat().filter(Boolean)
}

export interface Answer {
  status: number
  body: string
  /** The Set-Cookie lines. */
  cookies: string[]
}

/** A running application. */
export interface Site {
  app: App
  /** What the application's `error` event told. */
  errors: unknown[]
  visitor(): Visitor
}

/** Someone with a browser. */
export interface Visitor {
  jar: Jar
  /** Makes a request which a function answers; what that returns is the body. */
  visit(handler?: Handler, headers?: Record<string, string>): Promise<Answer>
  /** The session's data as the next request has them. */
  data(): Promise<unknown>
}

/** Serves an application on loopback until the test is over. */
export async function serve(app: App): Promise<Site> {
  const handlers: Handler[] = []
  const errors: unknown[] = []
  app.on('error', (error) => errors.push(error))
  app.use(async (ctx) => {
    const value = await handlers[Number(ctx.get('x-handler'))]!(ctx)
    ctx.body = typeof value === 'string' ? value : JSON.stringify(value ?? null)
  })
  const server = await listen(createServer(app.callback()))
  const { port } = server.address() as AddressInfo

  return { app, errors, visitor: () => createVisitor(createJar()) }

  function createVisitor(jar: Jar): Visitor {
    const visitor: Visitor = {
      jar,
      async visit(handler = () => 'ok', headers = {}) {
        const index = handlers.push(handler) - 1
        const cookie = jar.header('/')
        const response = await fetch(`http://127.0.0.1:${port}/`, {
          headers: { 'x-handler': String(index), ...(cookie && { cookie }), ...headers },
        })
        const cookies = response.headers.getSetCookie()
        jar.keep(cookies)
        return { status: response.status, body: await response.text(), cookies }
      },
      data: async () => JSON.parse((await visitor.visit((ctx) => ({ ...ctx.session }))).body),
    }
    return visitor
  }
}

async function listen(server: Server): Promise<Server> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return server
}

/** The name and value of a Set-Cookie line. */
export function pairOf(line: string): [name: string, value: string] {
  const [, name, value] = /^([^=]*)=([^;]*)/.exec(line)!
  return [name!, value!]
}

/** The names that Set-Cookie lines set, and with a minus those they remove. */
export function namesOf(lines: string[]): string[] {
  return lines.map((line) => {
    const [name, value] = pairOf(line)
    const isRemoved = value === '' || /expires=Thu, 01 Jan 1970/.test(line)
    return isRemoved ? `-${name}` : name
  })
}

/** The Cookie header that a browser sends back for Set-Cookie lines. */
export function headerOf(lines: string[]): string {
  const kept = lines.filter((_, i) => !namesOf(lines)[i]!.startsWith('-'))
  return kept.map((line) => pairOf(line).join('=')).join('; ')
}

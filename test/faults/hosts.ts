import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Cookies } from '@eggjs/cookies'
import { Hono } from 'hono'
import Koa from 'koa'
import eggSession from '../../adapters/egg/app/middleware/session.ts'
import config from '../../adapters/egg/config/config.default.ts'
import { session as honoSession } from '../../adapters/hono.ts'
import { session as koaSession } from '../../adapters/koa.ts'
import type { FetchHandler } from '../../adapters/testing.ts'
import { withSession, type Session, type SessionOptions } from '../../src/index.ts'
import { SECRETS } from '../fixtures/secrets.ts'

/** What the application itself throws. */
export class Planned extends Error {
  override name = 'Planned'
}

/** What a route does with the session, and answers. */
export type Route = (session: Session) => unknown

/** Makes an application with a session of the routes; what fails goes to `heard` as well. */
export type MakeHost = (
  options: SessionOptions,
  routes: Record<string, Route>,
  heard: (error: unknown) => void,
) => FetchHandler

const core: MakeHost = (options, routes, heard) => {
  const handler = withSession(options, async (request, lazy) => {
    const route = routes[new URL(request.url).pathname]!
    return new Response(String(await route(await lazy)))
  })
  return async (request) => {
    try {
      return await handler(request)
    } catch (error) {
      heard(error)
      // The runtime's answer to a handler that fails.
      return new Response((error as Error).name, { status: 500 })
    }
  }
}

const hono: MakeHost = (options, routes, heard) => {
  const app = new Hono().use(honoSession(options))
  for (const [path, route] of Object.entries(routes)) {
    app.get(path, async (c) => c.text(String(await route(await (c.var as any).session))))
  }
  app.onError((error, c) => {
    heard(error)
    return c.text(error.name, 500)
  })
  return (request) => app.fetch(request)
}

const koa: MakeHost = (options, routes, heard) => {
  const app = new Koa({ keys: SECRETS.slice(0, 2) })
  const { secrets: _, ...rest } = options
  app.use(koaSession({ encrypt: false, ...rest, key: 'koa.sess' }, app))
  return serving(app, routes, heard)
}

/** Egg's middleware and Egg's cookies, on the Koa that Egg is made of. */
const egg: MakeHost = (options, routes, heard) => {
  const app: any = new Koa({ keys: SECRETS.slice(0, 2) })
  const made = new WeakMap<object, unknown>()
  Object.defineProperty(app.context, 'cookies', {
    get(this: object) {
      if (!made.has(this)) made.set(this, new (Cookies as any)(this, app.keys))
      return made.get(this)
    },
  })
  app.coreLogger = console
  const { secrets: _, ...rest } = options
  app.use(eggSession({ ...config.session, ...rest }, app))
  return serving(app, routes, heard)
}

function serving(
  app: Koa,
  routes: Record<string, Route>,
  heard: (error: unknown) => void,
): FetchHandler {
  app.on('error', heard)
  app.use(async (ctx) => {
    ctx.body = String(await routes[ctx.path]!((ctx as any).session))
  })
  const listen = app.callback()
  return async (request) => {
    // No network: what Koa has of a request and a response is enough.
    const message = new IncomingMessage(new Socket())
    const { pathname, host } = new URL(request.url)
    const cookie = request.headers.get('cookie')
    Object.assign(message, {
      method: request.method,
      url: pathname,
      headers: { host, ...(cookie && { cookie }) },
    })
    const response = new ServerResponse(message)
    let body = ''
    response.end = ((chunk?: unknown) => {
      body = chunk ? String(chunk) : ''
      return response
    }) as typeof response.end
    await listen(message, response)
    const headers = new Headers()
    for (const [name, value] of Object.entries(response.getHeaders())) {
      for (const one of [value].flat()) headers.append(name, String(one))
    }
    return new Response(body, { status: response.statusCode, headers })
  }
}

export const hosts: Record<'core' | 'Hono' | 'Koa' | 'Egg', MakeHost> = {
  core,
  Hono: hono,
  Koa: koa,
  Egg: egg,
}

import { once } from 'node:events'
import { request } from 'node:http'
import { createRequire } from 'node:module'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import Koa3 from 'koa'
import { inspector as honoInspector } from '../../adapters/inspector/hono.ts'
import { inspector as koaInspector } from '../../adapters/inspector/koa.ts'
import type { InspectorOptions } from '../../adapters/inspector/options.ts'
import { session as honoSession, type HonoSessionOptions } from '../../adapters/hono.ts'
import { session as koaSession } from '../../adapters/koa.ts'
import type { SessionOptions } from '../../src/index.ts'
import { listen } from '../fixtures/listen.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createJar } from '../koa-parity/jar.ts'

/**
 * A running application with an inspector: `/write` changes its session, `/write?letters=12000`
 * makes it long, `/read` reads it.
 */
export interface Site {
  origin: string
  stop(): void
}

export type Start = (options?: InspectorOptions, session?: Partial<SessionOptions>) => Promise<Site>

function change(session: object, letters: unknown): void {
  const cart = { bread: 2, tags: ['a', 'b'] }
  Object.assign(session, { user: 'Ada <i>', cart, now: performance.now() })
  if (letters) Object.assign(session, { letter: 'x'.repeat(Number(letters)) })
}

function startHono(options: InspectorOptions, given: Partial<SessionOptions>): Promise<Site> {
  const inspect = honoInspector({ enabled: true, ...options })
  const shared = { secrets: SECRET, key: 'visit', secure: false, on: inspect.on, ...given }
  const app = new Hono()
    .use(honoSession(shared as HonoSessionOptions), inspect)
    .get('/read', async (c) => c.json(await c.var.session))
    .post('/write', async (c) => {
      change(await c.var.session, c.req.query('letters'))
      return c.text('')
    })
  return listen(getRequestListener(app.fetch))
}

function startKoa(
  Koa: typeof Koa3,
  options: InspectorOptions,
  given: Partial<SessionOptions>,
): Promise<Site> {
  const inspect = koaInspector({ enabled: true, ...options })
  const app = new Koa()
  app.silent = true
  app.keys = [SECRET]
  app.use(koaSession({ key: 'visit', encrypt: true, on: inspect.on, ...given }, app))
  app.use(inspect)
  app.use((ctx) => {
    if (ctx.path === '/read') ctx.body = JSON.stringify(ctx['session'])
    if (ctx.path === '/write') {
      change(ctx['session'], ctx.query['letters'])
      ctx.body = ''
    }
  })
  return listen(app.callback())
}

const koa2 = createRequire(import.meta.url)('koa2') as typeof Koa3

export const hosts: Record<string, Start> = {
  Hono: (options = {}, session = {}) => startHono(options, session),
  'Koa 2': (options = {}, session = {}) => startKoa(koa2, options, session),
  'Koa 3': (options = {}, session = {}) => startKoa(Koa3, options, session),
}

export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

/** Somebody's browser, whose every header can be set, Host included. */
export class Visitor {
  readonly jar: ReturnType<typeof createJar> = createJar()
  readonly #site: Site

  constructor(site: Site) {
    this.#site = site
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.#send('GET', path, headers)
  }

  /** Sends a form; without fields an empty one. */
  post(path: string, fields: Record<string, string> = {}, headers = {}): Promise<Answer> {
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const sent = { origin: this.#site.origin, ...type, ...headers }
    return this.#send('POST', path, sent, new URLSearchParams(fields).toString())
  }

  /** Presses a button of the inspector's page. */
  async press(act: string, fields: Record<string, string> = {}, headers = {}): Promise<Answer> {
    const { text } = await this.get('/_session')
    const [, token] = /name="token" value="([^"]*)"/.exec(text) ?? []
    return this.post('/_session', { token: token!, session: 'visit', act, ...fields }, headers)
  }

  async #send(method: string, path: string, headers: object, body?: string): Promise<Answer> {
    const { port } = new URL(this.#site.origin)
    const own = { host: `localhost:${port}`, cookie: this.jar.header('/'), ...headers }
    const sent = request({ host: '127.0.0.1', port, method, path, headers: own })
    sent.end(body)
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage]
    const text = (await response.setEncoding('utf8').toArray()).join('')
    this.jar.keep(response.headers['set-cookie'] ?? [])
    return { status: response.statusCode!, headers: response.headers, text }
  }
}

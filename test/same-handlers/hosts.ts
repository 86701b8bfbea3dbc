import { Hono } from 'hono'
import Koa from 'koa'
import { session as honoSession } from '../../adapters/hono.ts'
import { session as koaSession } from '../../adapters/koa.ts'
import { withSession, type Session, type SessionOptions } from '../../src/index.ts'
import type { Site } from '../egg/site.ts'
import { listen } from '../fetch/server.ts'
import { createRecordingStore, type RecordingStore } from '../fixtures/recording-store.ts'
import { Jar } from '../fixtures/cookies.ts'
import { handlers, type Handler, type HandlerName } from './handlers.ts'

/** What a handler gave, and the session then. */
interface Answer {
  isNew: boolean
  value: unknown
  data: unknown
  maxAge: unknown
}

/** What a page leaves behind. */
export interface Page extends Answer {
  page: HandlerName
  /** The names of its Set-Cookies, and with a minus those they remove. */
  cookies: string[]
  /** What the store was asked for, keys aside. */
  calls: unknown[]
}

/** Answers a request whose page is a handler of that name. */
export interface Server {
  fetch(name: HandlerName, cookie: string): Promise<Response>
  calls(): Promise<unknown[]>
}

/** Has a visitor go through pages. */
export async function play(server: Server, pages: HandlerName[]): Promise<Page[]> {
  const jar = new Jar()
  const played: Page[] = []
  for (const page of pages) {
    const response = await server.fetch(page, jar.header)
    const lines = response.headers.getSetCookie()
    jar.take(lines)
    const body = (await response.json()) as Answer | { value: Answer }
    played.push({
      page,
      ...('isNew' in body ? body : body.value),
      cookies: lines.map((line) => {
        const name = line.slice(0, line.indexOf('='))
        return jar.header.includes(`${name}=`) ? name : `-${name}`
      }),
      calls: await server.calls(),
    })
  }
  return played
}

/** Runs a handler, and says what it did to the session. */
async function run(name: string, session: Session): Promise<object> {
  const { isNew } = session
  const value = await (handlers as Record<string, Handler>)[name]!(session)
  return { isNew, value: value ?? null, data: session.toJSON(), maxAge: session.maxAge }
}

type Given = Partial<SessionOptions> & { hasStore: boolean }

function optionsOf({ hasStore, ...given }: Given): {
  options: Partial<SessionOptions>
  calls(): Promise<unknown[]>
} {
  const store: RecordingStore = createRecordingStore()
  return {
    options: { ...given, ...(hasStore && { store }) },
    calls: async () =>
      store.calls
        .splice(0)
        .map(({ operation, record, maxAge }) => [operation, record ?? null, maxAge ?? null]),
  }
}

export function onFetch(given: Given, secrets: string[]): Server {
  const { options, calls } = optionsOf(given)
  const handler = withSession({ ...options, secrets }, async (request, session) =>
    Response.json(await run(request.headers.get('x-page')!, (await session) as Session)),
  )
  return { fetch: async (name, cookie) => handler(request(name, cookie)), calls }
}

export function onHono(given: Given, secrets: string[]): Server {
  const { options, calls } = optionsOf(given)
  const app = new Hono()
    .use(honoSession({ ...options, secrets }))
    .get('/', async (c) =>
      c.json(await run(c.req.header('x-page')!, (await c.var.session) as Session)),
    )
  return { fetch: async (name, cookie) => app.fetch(request(name, cookie)), calls }
}

export async function onKoa(
  given: Given,
  keys: string[],
): Promise<Server & { stop(): Promise<void> }> {
  const { options, calls } = optionsOf(given)
  const app = new Koa()
  app.keys = keys
  app.use(koaSession({ ...options }, app))
  app.use(async (ctx) => {
    ctx.body = await run(ctx.get('x-page'), ctx['session'] as Session)
  })
  const { url, stop } = await listen(app.callback())
  return { fetch: (name, cookie) => fetch(url, init(name, cookie)), calls, stop }
}

/** On an Egg application that is set up to run the handlers which requests bring as text. */
export function onEgg(site: Site): Server {
  return {
    fetch(name, cookie) {
      const code = `async (ctx) => {
        const { session } = ctx
        const { isNew } = session
        const value = await (${String(handlers[name])})(session)
        return { isNew, value: value ?? null, data: session.toJSON(), maxAge: session.maxAge }
      }`
      const { headers } = init(name, cookie)
      const handler = Buffer.from(code).toString('base64')
      return fetch(site.url, { headers: { ...headers, 'x-handler': handler } })
    },
    async calls() {
      const { store } = await site.take()
      return (store as { call: string; record?: unknown; maxAge?: unknown }[])
        .filter(({ call }) => call !== 'new')
        .map(({ call, record, maxAge }) => [call, record ?? null, maxAge ?? null])
    },
  }
}

function init(name: HandlerName, cookie: string): { headers: Record<string, string> } {
  return { headers: { 'x-page': name, ...(cookie && { cookie }) } }
}

function request(name: HandlerName, cookie: string): Request {
  return new Request('http://localhost/', init(name, cookie))
}

/**
 * A page that shows a developer the session of this browser, for Koa 2 and 3.
 *
 * @module
 */
import type { Session, SessionListener } from '../../src/index.ts'
import { answer, browserOf, type Asked } from './answer.ts'
import { checkInspectorOptions, type InspectorOptions } from './options.ts'
import { createRecorder } from './recorder.ts'

export type { InspectorOptions } from './options.ts'

/** Middleware that serves the page, and what hears of sessions for it. */
export interface KoaInspector {
  (ctx: any, next: () => Promise<any>): Promise<void>
  /**
   * What the option `on` of `session()` takes, so that the page shows what happens to sessions;
   * `undefined` where the inspector is not enabled.
   */
  readonly on: SessionListener<any> | undefined
}

/** What the middleware needs of a context. */
interface InspectorContext {
  path: string
  method: string
  secure: boolean
  querystring: string
  session?: Session | null
  status: number
  body: unknown
  req: AsyncIterable<Uint8Array> & { headers: { cookie?: string | undefined } }
  request: { body?: unknown }
  get(name: string): string
  set(headers: Record<string, string>): void
  append(name: string, value: string): void
}

const LONGEST_FORM = 10_000

/**
 * Makes the inspector: `app.use(session({ on: inspect.on }, app))`, and then `app.use(inspect)`. Its
 * page shows the session of the browser that asks, and no other; what it remembers of requests is in
 * memory. Anybody else gets a 404: unless `enabled` is true, `allow` agrees, and the host is this
 * machine or one of `hosts`.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`.
 */
export function inspector(options: InspectorOptions = {}): KoaInspector {
  const checked = checkInspectorOptions(options)
  const recorder = createRecorder()

  async function inspectorMiddleware(
    ctx: InspectorContext,
    next: () => Promise<any>,
  ): Promise<void> {
    if (ctx.path !== checked.path) return void (await next())
    const answered = await answer(askedOf(ctx), ctx, checked, recorder)
    if (!answered) return
    const { 'set-cookie': cookie, ...headers } = answered.headers
    ctx.status = answered.status
    ctx.body = answered.body
    ctx.set(headers)
    if (cookie) ctx.append('set-cookie', cookie)
  }

  const on: SessionListener<any> = (event, ctx: InspectorContext | undefined) => {
    // To look at a session is no news of it.
    if (!ctx || (ctx.path === checked.path && ctx.method === 'GET')) return
    const { path, method } = ctx
    const source = () => ({ browser: browserOf(ctx.req.headers.cookie ?? ''), method, path })
    recorder.note(event, ctx, source)
  }

  return Object.assign(inspectorMiddleware, { on: checked.enabled ? on : undefined })
}

function askedOf(ctx: InspectorContext): Asked {
  return {
    method: ctx.method,
    path: ctx.path,
    isSecure: ctx.secure,
    host: ctx.get('host'),
    query: new URLSearchParams(ctx.querystring),
    header: (name) => ctx.get(name),
    form: () => (ctx.request.body as Record<string, unknown> | undefined) ?? readForm(ctx),
    sessions: () => ('session' in ctx ? [ctx.session ?? null] : []),
  }
}

async function readForm({ req }: InspectorContext): Promise<Record<string, unknown>> {
  let text = ''
  const decoder = new TextDecoder()
  for await (const chunk of req) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > LONGEST_FORM) return {}
  }
  return Object.fromEntries(new URLSearchParams(text))
}

/**
 * A page that shows a developer the session of this browser, for Hono.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from 'hono'
import type { LazySession, Session, SessionListener } from '../../src/index.ts'
import { answer, browserOf, type Asked } from './answer.ts'
import { checkInspectorOptions, type InspectorOptions } from './options.ts'
import { createRecorder } from './recorder.ts'

export type { InspectorOptions } from './options.ts'

/** The options of the inspector, and which sessions it shows. */
export interface HonoInspectorOptions extends InspectorOptions<Context> {
  /** The names of the sessions' variables (default `['session']`). */
  sessions?: readonly string[] | null
}

/** Middleware that serves the page, and what hears of sessions for it. */
export interface HonoInspector extends MiddlewareHandler {
  /**
   * What the option `on` of `session()` takes, so that the page shows what happens to sessions;
   * `undefined` where the inspector is not enabled.
   */
  readonly on: SessionListener<Context> | undefined
}

/**
 * Makes the inspector: `app.use(session({ …, on: inspect.on }), inspect)`. Its page shows the
 * session of the browser that asks, and no other; what it remembers of requests is in memory. Anybody
 * else gets a 404: unless `enabled` is true, `allow` agrees, and the host is this machine or one of
 * `hosts`.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`.
 */
export function inspector(options: HonoInspectorOptions = {}): HonoInspector {
  const { sessions: names, ...rest } = options
  const checked = checkInspectorOptions(rest)
  const recorder = createRecorder()

  const middleware: MiddlewareHandler = async function inspectorMiddleware(c, next) {
    if (c.req.path !== checked.path) return next()
    const answered = await answer(askedOf(c, names ?? ['session']), c as Context, checked, recorder)
    if (!answered) return c.notFound()
    return c.body(answered.body, answered.status as 200, answered.headers)
  }

  const on: SessionListener<Context> = (event, c) => {
    // To look at a session is no news of it.
    if (!c || (c.req.path === checked.path && c.req.method === 'GET')) return
    const { path, method } = c.req
    const source = () => ({ browser: browserOf(c.req.header('cookie') ?? ''), method, path })
    recorder.note(event, c, source)
  }

  return Object.assign(middleware, { on: checked.enabled ? on : undefined })
}

function askedOf(c: Context, names: readonly string[]): Asked {
  const url = new URL(c.req.url)
  return {
    method: c.req.method,
    path: url.pathname,
    isSecure: url.protocol === 'https:',
    host: c.req.header('host') ?? url.host,
    query: url.searchParams,
    header: (name) => c.req.header(name),
    form: () => c.req.parseBody(),
    sessions: () =>
      Promise.all(
        names.flatMap((name) => {
          const lazy = c.get(name as never) as LazySession<any> | undefined
          return lazy ? [lazy as PromiseLike<Session>] : []
        }),
      ),
  }
}

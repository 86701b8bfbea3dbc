/**
 * Sessions for Hono, on any runtime that Hono runs on.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from 'hono'
import {
  createLazySession,
  respond,
  toManager,
  type FormatOptions,
  type LazySession,
  type ReadOnlyManager,
  type ReadOnlyOptions,
  type ReadOnlySession,
  type SessionData,
  type SessionManager,
  type SessionOptions,
} from '../src/index.ts'

/** The options of a session, and the variable it goes by. */
export interface HonoSessionOptions<
  as extends string = 'session',
  data extends object = any,
> extends SessionOptions<Context, data> {
  /** The name of the variable, `c.var.session` by default, so that two sessions fit in an app. */
  as?: as | null
}

/** The same with a format that has keys of its own. */
export interface HonoFormatOptions<
  as extends string = 'session',
  data extends object = any,
> extends FormatOptions<Context, data> {
  /** The name of the variable. */
  as?: as | null
}

/** The same where sessions are read alone. */
export interface HonoReadOnlyOptions<
  as extends string = 'session',
  data extends object = any,
> extends ReadOnlyOptions<Context, data> {
  /** The name of the variable. */
  as?: as | null
}

type Writing<data extends object, as extends string> =
  | HonoSessionOptions<as, data>
  | HonoFormatOptions<as, data>
  | SessionManager<data, Context>

type Reading<data extends object, as extends string> =
  | HonoReadOnlyOptions<as, data>
  | ReadOnlyManager<data, Context>

type Given<data extends object, as extends string> = Reading<data, as> | Writing<data, as>

/**
 * The variables that `session()` sets, for applications that do not chain `.use`:
 * `new Hono<{ Variables: SessionVariables<Visit> }>()`.
 */
export type SessionVariables<
  data extends object = SessionData,
  as extends string = 'session',
> = Record<as, LazySession<data>>

/** The same where sessions are read alone: no `destroy()`, and what is awaited does not change. */
export type ReadOnlyVariables<
  data extends object = SessionData,
  as extends string = 'session',
> = Record<as, PromiseLike<ReadOnlySession<data>>>

/**
 * Middleware that gives each request a session: `const session = await c.var.session`.
 *
 * The session loads when it is first awaited; a route that never does costs nothing and sends no
 * cookie. What was changed is saved when the handler has answered. If it threw, only a `destroy()`
 * or a `regenerate()` is kept.
 *
 * @param options The options, a manager, or a function of the context for those that come from a
 *   Worker's bindings. The function is called once for each environment object.
 * @param variable Names the variable where the first argument is a manager.
 * @throws SessionError `ERR_SESSION_OPTIONS` or `ERR_SESSION_SECRET`: at once, or at the first
 *   request where the options are a function.
 */
export function session<data extends object = SessionData, as extends string = 'session'>(
  options: Writing<data, as> | ((c: Context<any>) => Writing<data, as>),
  variable?: { as: as },
): MiddlewareHandler<{ Variables: SessionVariables<data, as> }>
export function session<data extends object = SessionData, as extends string = 'session'>(
  options: Reading<data, as> | ((c: Context<any>) => Reading<data, as>),
  variable?: { as: as },
): MiddlewareHandler<{ Variables: ReadOnlyVariables<data, as> }>
export function session<data extends object, as extends string>(
  options: Given<data, as> | ((c: Context) => Given<data, as>),
  variable?: { as: as },
): MiddlewareHandler<any> {
  const setUpFor = typeof options === 'function' ? once(options) : constant(setUp(options))

  return async function sessionMiddleware(c, next) {
    const { manager, as } = setUpFor(c as Context)
    // One mounted twice, in an app and in a part of it, is one session all the same.
    const held = c as Context & Holder
    const { key } = manager
    for (let one = held[HELD]; one; one = one.outer) {
      if (one.key !== key) continue
      c.set(as as never, one.session as never)
      return next()
    }

    const lazy = createLazySession<data, Context>(
      manager,
      () => c.req.header('cookie'),
      c as Context,
    )
    held[HELD] = { key, session: lazy.session, outer: held[HELD] }
    c.set(as as never, lazy.session as never)
    try {
      await next()
    } catch (error) {
      await lazy.finish('unanswered').catch(() => {})
      throw error
    }
    if (lazy.leave()) return
    try {
      const outcome = await lazy.finish(c.error ? 'failed' : 'answered', c.res.headers)
      replaceResponse(c as Context, respond(c.res, outcome))
    } catch (error) {
      // A logout ends in the browser even if the store did not take part.
      replaceResponse(c as Context, respond(c.res, { cookies: lazy.due(), used: true }))
      throw error
    }
  }

  function setUp(given: Given<data, as>): SetUp<data> {
    const as = variable?.as ?? ((given as HonoSessionOptions | null)?.as || 'session')
    return { manager: toManager<data, Context>(given), as }
  }

  function once(make: (c: Context) => Given<data, as>): (c: Context) => SetUp<data> {
    const made = new WeakMap<object, SetUp<data>>()
    return (c) => {
      const key = environment(c)
      const known = made.get(key) ?? setUp(make(c))
      made.set(key, known)
      return known
    }
  }
}

interface SetUp<data extends object> {
  manager: SessionManager<data, Context>
  as: string
}

/** Where a context holds its sessions: a WeakMap of contexts costs more than all of the rest. */
const HELD = Symbol('session-kit sessions')

interface Holder {
  [HELD]?: Held | undefined
}

/** A session of a request by the name of its cookie, and the one that was there before it. */
interface Held {
  key: string
  session: LazySession<any>
  outer: Held | undefined
}

/** Where there are no bindings all requests share one environment. */
const noBindings = {}

/** What environments have in them that are made for one request: Node, Deno, Lambda, Netlify. */
const perRequest = ['incoming', 'remoteAddr', 'event', 'context']

/** The object that holds a Worker's bindings; Pages spreads it into a new one each time. */
function environment(c: Context): object {
  const env = Object(c.env) as { eventContext?: { env: object } }
  const isBare = Object.keys(env).length === 0 || perRequest.some((name) => name in env)
  return isBare ? noBindings : (env.eventContext?.env ?? env)
}

function constant<value>(value: value): () => value {
  return () => value
}

/** Hono's setter would put the headers of the former response into the new one. */
function replaceResponse(c: Context, response: Response): void {
  if (c.res === response) return
  c.res = undefined
  c.res = response
}

/**
 * Protection against forged requests from other sites, for Koa 2 and 3.
 *
 * @module
 */
import { createGuard, type CsrfOptions, type GuardedRequest } from '../../src/csrf.ts'
import { stateOf } from '../../src/host.ts'
import { SessionError } from '../../src/index.ts'

/** What `csrf()` adds to a context: `new Koa<DefaultState, KoaSessionContext & KoaCsrfContext>()`. */
export interface KoaCsrfContext {
  csrf: {
    /**
     * A token for the forms and scripts of a page, another text at each call, good as long as the
     * session keeps its id. A session that is empty and new begins with it.
     */
    token(): Promise<string>
  }
}

/** The middleware that `csrf()` makes. */
export type KoaCsrfMiddleware = (ctx: any, next: () => Promise<any>) => Promise<void>

/** What the middleware needs of a context. */
interface CsrfContext extends Partial<KoaCsrfContext> {
  app: { keys?: unknown }
  session?: object | null
  method: string
  host: string
  request: { body?: unknown }
  get(name: string): string
}

/**
 * Middleware that refuses forged requests: after `session()`, and after what parses bodies. One
 * that may change something has to come from this site, and to bring a token that
 * `await ctx.csrf.token()` made for this session, in the header `x-csrf-token` or in the field
 * `_csrf` of `ctx.request.body`.
 *
 * A request that changes nothing costs nothing, and neither does one that is refused for where it
 * comes from.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`; to refuse a request `ERR_SESSION_CSRF`, which Koa
 *   answers with 403 and the sentence.
 */
export function csrf(options: CsrfOptions<any> = {}): KoaCsrfMiddleware {
  const guard = createGuard(options, keysOf)

  return async function csrfMiddleware(ctx: CsrfContext, next) {
    if (!('session' in ctx)) {
      throw new SessionError('ERR_SESSION_OPTIONS', 'csrf() comes after session() in `app.use()`.')
    }
    ctx.csrf = {
      async token() {
        return guard.token(ctx.session ?? null)
      },
    }
    let checked: object | null | undefined
    const error = await guard.refusal(guarded(ctx), ctx, () => (checked = ctx.session ?? null))
    if (error) throw Object.assign(error, { status: 403, expose: true })
    try {
      await next()
    } finally {
      if (checked) guard.settle(checked)
    }
  }
}

function guarded(ctx: CsrfContext): GuardedRequest {
  return {
    method: ctx.method,
    get host() {
      return ctx.host
    },
    header: (name) => ctx.get(name),
    field: (name) => (Object(ctx.request.body) as Record<string, unknown>)[name],
  }
}

/** A session's keys are the application's, where its options have no secrets. */
function keysOf(session: object): unknown {
  return (stateOf(session).ctx as CsrfContext).app.keys
}

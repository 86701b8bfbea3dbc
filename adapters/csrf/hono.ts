/**
 * Protection against forged requests from other sites, for Hono.
 *
 * @module
 */
import type { Context, MiddlewareHandler } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { createGuard, formField, type CsrfOptions, type GuardedRequest } from '../../src/csrf.ts'
import { SessionError, type Session } from '../../src/index.ts'

/** The options, and which session the tokens belong to. */
export interface HonoCsrfOptions extends CsrfOptions<Context> {
  /** The name of the session's variable (default `session`). */
  session?: string | null
}

/** The variable that `csrf()` sets. */
export interface CsrfVariables {
  csrf: {
    /**
     * A token for the forms and scripts of a page, another text at each call, good as long as the
     * session keeps its id. A session that is empty and new begins with it.
     */
    token(): Promise<string>
  }
}

/**
 * Middleware that refuses forged requests: `app.use(session(…), csrf())`. One that may change
 * something has to come from this site, and to bring a token that `await c.var.csrf.token()` made
 * for this session, in the header `x-csrf-token` or the form field `_csrf`. The body is left for
 * the handler.
 *
 * A request that changes nothing costs nothing, and neither does one that is refused for where it
 * comes from.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`; to refuse a request HTTPException 403, whose `cause`
 *   is a SessionError `ERR_SESSION_CSRF`.
 */
export function csrf(
  options: HonoCsrfOptions = {},
): MiddlewareHandler<{ Variables: CsrfVariables }> {
  const { session: name, ...rest } = options
  const guard = createGuard(rest)

  return async function csrfMiddleware(c, next) {
    const lazy = c.get((name ?? 'session') as never) as PromiseLike<Session<any>> | undefined
    if (!lazy) {
      throw new SessionError('ERR_SESSION_OPTIONS', 'csrf() comes after session() in `app.use()`.')
    }
    c.set('csrf', { token: async () => guard.token(await lazy) })
    let checked: object | undefined
    const error = await guard.refusal(guarded(c as Context), c as Context, async () => {
      return (checked = await lazy)
    })
    if (error) throw new HTTPException(403, { message: error.message, cause: error })
    try {
      await next()
    } finally {
      if (checked) guard.settle(checked)
    }
  }
}

function guarded({ req }: Context): GuardedRequest {
  const { raw, method } = req
  return {
    method,
    get host() {
      return new URL(req.url).host
    },
    header: (name) => req.header(name),
    // A body that was read before is in Hono's keeping.
    field: (name) =>
      formField(() => (raw.bodyUsed ? req : raw.clone()), req.header('content-type'), name),
  }
}

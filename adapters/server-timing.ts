/**
 * How long sessions took, as `Server-Timing` of the response: in the network panel of a browser's
 * developer tools. For development: it tells strangers how long a session took to find.
 *
 * ```ts
 * app.use(session({ secrets, on: isDevelopment ? createServerTiming() : null }))
 * ```
 *
 * @module
 */
import type { SessionListener } from '../src/index.ts'

/** A listener for the option `on`. */
export interface ServerTiming extends SessionListener {
  /**
   * What is known of a request and not written yet: the value of `Server-Timing`, or `''`. For hosts
   * whose contexts have no response, as the `Request` of `withSession`.
   */
  of(ctx: object): string
}

/** What is used of a context: Hono's, Koa's or Egg's, any other one, or none. */
type Context =
  | {
      header?: unknown
      append?: unknown
      headerSent?: boolean
    }
  | undefined

/**
 * Makes a listener that writes `session-load`, `session-get`, `session-set`, `session-destroy` and
 * `session-commit` with their durations, and nothing else, to `Server-Timing` of the response. In
 * Hono, Koa and Egg it does so by itself when a session is committed.
 */
export function createServerTiming(): ServerTiming {
  const known = new WeakMap<object, string[]>()

  function of(ctx: object): string {
    const metrics = known.get(ctx) ?? []
    known.delete(ctx)
    return metrics.join(', ')
  }

  const listener: SessionListener<Context> = (event, ctx) => {
    if (!ctx || !('duration' in event)) return
    const name = event.type === 'store' ? event.operation : event.type
    const metric = `session-${name};dur=${Number(event.duration.toFixed(3))}`
    known.set(ctx, [...(known.get(ctx) ?? []), metric])
    if (event.type !== 'commit') return
    if (isFunction(ctx.header)) ctx.header('server-timing', of(ctx), { append: true })
    else if (isFunction(ctx.append) && !ctx.headerSent) ctx.append('server-timing', of(ctx))
  }

  return Object.assign(listener, { of })
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function'
}

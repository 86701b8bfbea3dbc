import { createLazySession, type LazySession } from './lazy-session.ts'
import { toManager, type ManagerOrOptions, type ReadOnlyManagerOrOptions } from './manager.ts'
import { respond } from './respond.ts'
import type { ReadOnlySession, SessionData } from './session.ts'

/** Answers a request, given its session and whatever else the runtime passes on. */
type Handler<session, rest extends unknown[]> = (
  request: Request,
  session: session,
  ...rest: rest
) => Response | Promise<Response>

/** What a runtime calls. */
type FetchHandler<rest extends unknown[]> = (request: Request, ...rest: rest) => Promise<Response>

/**
 * Gives a fetch handler a session: `Cookie` in, handler, `Set-Cookie` out. The session loads when
 * it is first awaited.
 *
 * If the handler throws, no data are saved; a `destroy()` still ends the session in the store. If
 * the store fails a `destroy()`, the answer is a 500 that clears the cookie, and the error goes to
 * the console.
 *
 * @param managerOrOptions A manager, or the options for one.
 * @param handler Called with the request, its session, and whatever else the runtime passes on.
 * @throws SessionError `ERR_SESSION_OPTIONS` or `ERR_SESSION_SECRET`, at once.
 */
export function withSession<data extends object = SessionData, rest extends unknown[] = unknown[]>(
  managerOrOptions: ManagerOrOptions<data, Request>,
  handler: Handler<LazySession<data>, rest>,
): FetchHandler<rest>
export function withSession<data extends object = SessionData, rest extends unknown[] = unknown[]>(
  managerOrOptions: ReadOnlyManagerOrOptions<data, Request>,
  handler: Handler<PromiseLike<ReadOnlySession<data>>, rest>,
): FetchHandler<rest>
export function withSession<data extends object, rest extends unknown[]>(
  managerOrOptions: ManagerOrOptions<data, Request> | ReadOnlyManagerOrOptions<data, Request>,
  handler: Handler<LazySession<data>, rest>,
): FetchHandler<rest> {
  const manager = toManager<data, Request>(managerOrOptions)
  return async function sessionHandler(request, ...rest) {
    const lazy = createLazySession(manager, () => request.headers.get('cookie'), request)
    let response: Response
    try {
      response = await handler(request, lazy.session, ...rest)
    } catch (error) {
      // The handler's own error is what the caller has to see, whatever the store does now.
      await lazy.finish('unanswered').catch(() => {})
      throw error
    }
    try {
      return respond(response, await lazy.finish('answered', response.headers))
    } catch (error) {
      const cookies = lazy.due()
      if (!cookies.length) throw error
      // A logout ends in the browser even if the store did not take part; an error has no headers.
      console.error(error)
      return respond(new Response(null, { status: 500 }), { cookies, used: true })
    }
  }
}

/**
 * Protection against forged requests from other sites, with tokens that belong to a session. The
 * middlewares are `session-kit/csrf/hono` and `session-kit/csrf/koa`; what is here is for any
 * other handler.
 *
 * @module
 */
import type { Awaitable } from './awaitable.ts'
import { checkCsrfOptions, type CsrfOptions } from './csrf-options.ts'
import { isFromElsewhere } from './csrf-origin.ts'
import { createCsrfTokens } from './csrf-tokens.ts'
import { SessionError } from './errors.ts'
import { stateOf, type Session } from './session.ts'

export type { CsrfOptions } from './csrf-options.ts'
export { isFromElsewhere } from './csrf-origin.ts'

/** A session, or one that is loaded when it is awaited. */
export type AnySession = Awaitable<Session<any> | null>

/** Makes tokens, and checks requests. */
export interface Csrf {
  /**
   * A token for the forms and scripts of a page, another text at each call, good as long as the
   * session keeps its id. A session that is empty and new begins with it.
   *
   * @throws SessionError `ERR_SESSION_SECRET`; `ERR_SESSION_OPTIONS` if the session has ended.
   */
  token(session: AnySession): Promise<string>

  /** Whether a token was made for this session. */
  verify(session: AnySession, token: unknown): Promise<boolean>

  /**
   * Checks a request: where it comes from, and its token. The session is loaded only if there is a
   * token to check, and the body is left for the handler.
   *
   * @returns Why it is to be refused, in a sentence; `undefined` if it is not.
   */
  check(request: Request, session: AnySession): Promise<string | undefined>
}

/**
 * Makes the protection for a fetch handler.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`.
 */
export function createCsrf(options: CsrfOptions<Request> = {}): Csrf {
  const guard = createGuard(options)
  return {
    token: async (session) => guard.token(await session),
    verify: async (session, token) => guard.verify(await session, token),
    async check(request, session) {
      const { headers, method, url } = request
      const asked: GuardedRequest = {
        method,
        get host() {
          return new URL(url).host
        },
        header: (name) => headers.get(name),
        field: (name) => formField(() => request.clone(), headers.get('content-type'), name),
      }
      const error = await guard.refusal(asked, request, () => session)
      return error?.message
    },
  }
}

/** A request as the guard sees it. */
export interface GuardedRequest {
  method: string
  /** The host that it was sent to, with its port. */
  host: string
  header(name: string): string | null | undefined
  /** A field of its form. */
  field(name: string): Awaitable<unknown>
}

/** What middlewares are made of. */
export interface Guard<ctx> {
  token(session: object | null): Promise<string>
  verify(session: object | null, token: unknown): Promise<boolean>
  /** The error to refuse a request with, if it has to be. */
  refusal(
    request: GuardedRequest,
    ctx: ctx,
    session: () => Awaitable<object | null>,
  ): Promise<SessionError | undefined>
  /** Sees to it, when the handler is done, that a login has ended the tokens that were good. */
  settle(session: object): void
}

/**
 * Makes the guard of a middleware.
 *
 * @param secretsFor Finds a host's own secrets, where neither options has any.
 * @throws SessionError `ERR_SESSION_OPTIONS`.
 */
export function createGuard<ctx>(
  options: CsrfOptions<ctx>,
  secretsFor?: (session: object) => unknown,
): Guard<ctx> {
  const { header, field, ignoredMethods, trustedOrigins, skip, secrets } = checkCsrfOptions(options)
  const tokens = createCsrfTokens()
  const secretsOf = (session: object | null): unknown =>
    secrets ?? (session && (stateOf(session).kit.secrets ?? secretsFor?.(session)))

  return {
    token: (session) => tokens.make(session, secretsOf(session)),
    verify: (session, token) => tokens.check(session, token, secretsOf(session)),
    settle: tokens.settle,

    async refusal(request, ctx, session) {
      if (ignoredMethods.includes(request.method) || (await skip?.(ctx))) return
      const site = request.header('sec-fetch-site')
      const origin = request.header('origin')
      if (isFromElsewhere({ site, origin, host: request.host }, trustedOrigins)) {
        return refuse('The request was sent from a page of another site.')
      }
      const token = request.header(header) || (await request.field(field))
      if (typeof token !== 'string' || !token) {
        return refuse(
          `The request has no CSRF token: neither a field ${field} nor a header ${header}.`,
        )
      }
      const loaded = await session()
      if (await tokens.check(loaded, token, secretsOf(loaded))) return
      return refuse('This page is out of date: load it again, and send the form once more.')
    },
  }
}

/**
 * A field of a form in a request's body.
 *
 * @param body Gives what can be read, and is not asked where there is no form.
 */
export async function formField(
  body: () => { formData(): Promise<FormData> },
  contentType: string | null | undefined,
  name: string,
): Promise<unknown> {
  if (!/^(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(contentType ?? ''))
    return
  const form = body().formData()
  try {
    return (await form).get(name)
  } catch {
    // No form at all, whatever it says.
  }
}

function refuse(sentence: string): SessionError {
  return new SessionError('ERR_SESSION_CSRF', sentence)
}

/**
 * Sessions for Koa 2 and 3: koa-session's interface, options and cookies.
 *
 * @module
 */
import type {
  ReadOnlyFormat,
  ReadOnlySession,
  Session,
  SessionData,
  SessionFormat,
  SessionOptions as CoreOptions,
  UserSessions,
} from '../src/index.ts'
import { createMiddleware, extendContext } from './koa-context.ts'
import type { ExternalKey } from './koa-cookies.ts'
import { readSession } from './koa-read.ts'
import { serveStore } from './koa-serve-store.ts'
import { followOptions, type HostApplication, type HostProfile } from './koa-kit.ts'

/** The options of koa-session 7, and the core's. */
export interface KoaSessionOptions<data extends object = any> extends Omit<
  CoreOptions<any, data>,
  'secrets' | 'format'
> {
  /** What the keys of the sealed format come from (default `app.keys`). */
  secrets?: CoreOptions['secrets'] | null
  /**
   * A format with keys of its own, such as those of `session-kit/jose`; or `'host'`, to go on
   * writing what the stock plugin writes with `encrypt` (default none).
   */
  format?: SessionFormat | ReadOnlyFormat | 'host' | null
  /** Encrypts the cookie (default false: it is signed, as koa-session signs it). */
  encrypt?: boolean | null
  /** Carries a store's key in another way than by cookie. */
  externalKey?: ExternalKey<any> | null
  /** Whether Koa warns with values (kept for shared configurations). */
  logValue?: boolean | null
  /** Anything else is handed to `ctx.cookies`. */
  [option: string]: unknown
}

/** What the middleware adds to a context: `new Koa<DefaultState, KoaSessionContext<Visit>>()`. */
export interface KoaSessionContext<data extends object = SessionData> {
  /** The visitor's session. Assign an object to replace it, `null` to end it. */
  get session(): Session<data> | null
  set session(data: data | null)
  /**
   * The sessions of the application's users: `ctx.sessions.list(user, { current: ctx.session })`.
   * Where there is no request: `app.context.sessions`.
   */
  readonly sessions: UserSessions<data>
  /** The options in force. */
  readonly sessionOptions: Readonly<Record<string, unknown>>
}

/** The same where sessions are read alone, with a format that has no key to write them. */
export interface KoaReadOnlyContext<data extends object = SessionData> {
  /** The visitor's session. */
  readonly session: ReadOnlySession<data>
  /** The options in force. */
  readonly sessionOptions: Readonly<Record<string, unknown>>
}

/** The part of an application by which it is known: Koa's, or another on Koa. */
export interface KoaApplication {
  use: unknown
  context: object
}

/**
 * The middleware that `session()` makes. With a schema, or by `session<Visit>()`, the contexts of
 * middleware that is chained behind it know what the session holds.
 */
export type KoaSessionMiddleware<data extends object = any> = (
  ctx: unknown extends data ? any : KoaSessionContext<data>,
  next: () => Promise<any>,
) => Promise<void>

const profile: HostProfile = {
  name: 'session-kit/koa',
  defaults: {
    key: 'koa.sess',
    encrypt: false,
    signed: true,
    overwrite: true,
    touchAfter: 0,
    secure: undefined as never,
    sameSite: undefined as never,
  },
  browserSession: { maxAge: 'session' },
  warn: (message) => console.warn(message),
}

/**
 * Makes the session middleware of a Koa application, and gives its contexts `ctx.session`.
 *
 * @param options Read again when they change; never changed themselves.
 * @throws SessionError `ERR_SESSION_OPTIONS`; TypeError if no application is given.
 */
export function session<data extends object = any>(
  options: KoaSessionOptions<data> | null | undefined,
  app: KoaApplication,
): KoaSessionMiddleware<data>
export function session<data extends object = any>(
  app: KoaApplication,
  options?: KoaSessionOptions<data> | null,
): KoaSessionMiddleware<data>
export function session(first?: object | null, second?: object | null): KoaSessionMiddleware {
  const [app, options] = isApplication(first) ? [first, second] : [second, first]
  if (!isApplication(app)) {
    throw new TypeError('app instance required: `session(opts, app)`')
  }
  const kitFor = followOptions((options ?? {}) as KoaSessionOptions, app, profile)
  extendContext(app.context, kitFor)
  return createMiddleware(kitFor)
}

/** The same under koa-session 7's name. */
export const createSession: typeof session = session

/** The options with koa-session's defaults, for code that imports its schema. */
export const SessionOptions: { parse(options?: KoaSessionOptions): KoaSessionOptions } = {
  /** @throws SessionError `ERR_SESSION_OPTIONS` */
  parse(options = {}) {
    followOptions(
      options,
      { context: {}, use: null, emit: () => false, listenerCount: () => 0 },
      profile,
    )
    const { key, signed, overwrite } = profile.defaults
    const defaults = { autoCommit: true, httpOnly: true, rolling: false, renew: false }
    return { key, signed, overwrite, ...defaults, ...options } as KoaSessionOptions
  },
}
export type SessionOptions = KoaSessionOptions

export { readSession } from './koa-read.ts'
export { serveStore } from './koa-serve-store.ts'

export default session

// `require('session-kit/koa')` is the function itself, with the other names on it.
Object.assign(session, {
  session,
  createSession,
  readSession,
  serveStore,
  SessionOptions,
  default: session,
})
export { session as 'module.exports' }

function isApplication(value: unknown): value is HostApplication {
  return typeof (value as { use?: unknown } | null | undefined)?.use === 'function'
}

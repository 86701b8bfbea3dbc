import { engine } from '#engine'
import { commit } from './commit.ts'
import { createTell, type Tell } from './events.ts'
import type { Kit } from './kit.ts'
import { load, type CookieHeader } from './load.ts'
import {
  checkOptions,
  type CheckedOptions,
  type FormatOptions,
  type ReadOnlyOptions,
  type SessionOptions,
} from './options.ts'
import { read, type ReadSource } from './read.ts'
import { listSecrets, type KeygripLike } from './secrets.ts'
import type { Format } from './seal/format.ts'
import { createKeyring } from './seal/keyring.ts'
import { createKeyringSealer } from './seal/sealed.ts'
import { createSignedFormat, createSigner } from './seal/signed.ts'
import { createTokenFormat, type Sealer } from './seal/token.ts'
import { stateOf, type ReadOnlySession, type Session, type SessionData } from './session.ts'
import { createUserSessions, type UserSessions } from './user-sessions.ts'

/** Loads and commits sessions: all the I/O of a request, in two verbs. */
export interface SessionManager<
  data extends object = SessionData,
  ctx = unknown,
> extends UserSessions<data> {
  /** The cookie's name. */
  readonly key: string

  /**
   * Makes the session of a request: the one its cookie names, or a new one. Nothing that a client
   * sends makes it fail.
   *
   * @param cookieHeader The Cookie header, or several.
   * @param ctx Handed to the store and to the callbacks among the options.
   * @throws SessionError `ERR_SESSION_STORE` or `ERR_SESSION_TIMEOUT` (see `onStoreError`).
   */
  load(cookieHeader: CookieHeader, ctx?: ctx): Promise<Session<data>>

  /**
   * Saves a session if that is needed.
   *
   * @returns The Set-Cookie values to send, often none. A second commit returns none.
   * @throws SessionError `ERR_SESSION_TOO_LARGE`, `ERR_SESSION_DATA`, `ERR_SESSION_STORE` or
   *   `ERR_SESSION_TIMEOUT`.
   */
  commit(session: Session<data>): Promise<string[]>

  /**
   * Reads the session of a request that no response can answer with a cookie: a WebSocket, work in
   * the background. Nothing is written: no cookie, no record, and none is extended or destroyed.
   *
   * @param source The request, its headers, or the Cookie header.
   * @param ctx Handed to the store and to the callbacks among the options (default the request).
   * @returns A frozen copy of the data; `null` where there is no session, or none any more.
   * @throws SessionError `ERR_SESSION_STORE` or `ERR_SESSION_TIMEOUT` (see `onStoreError`).
   */
  read(source: ReadSource, ctx?: ctx): Promise<Readonly<data> | null>
}

/** Loads sessions that are written elsewhere: what a server does that has no key to write them. */
export interface ReadOnlyManager<data extends object = SessionData, ctx = unknown> {
  /** The cookie's name. */
  readonly key: string

  /** Makes the session of a request, as that of a `SessionManager` does. */
  load(cookieHeader: CookieHeader, ctx?: ctx): Promise<ReadOnlySession<data>>

  /** Reads a session's data, as that of a `SessionManager` does. */
  read(source: ReadSource, ctx?: ctx): Promise<Readonly<data> | null>

  commit?: undefined
}

/** The configuration behind a manager, for the code that drives requests. */
const kits = new WeakMap<object, Kit>()

/**
 * Makes a session manager. Options are checked here, once, and keys derived at the first use.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS` or `ERR_SESSION_SECRET`.
 */
export function createSessionManager<data extends object = SessionData, ctx = unknown>(
  options: SessionOptions<ctx, data> | FormatOptions<ctx, data>,
): SessionManager<data, ctx>
export function createSessionManager<data extends object = SessionData, ctx = unknown>(
  options: ReadOnlyOptions<ctx, data>,
): ReadOnlyManager<data, ctx>
export function createSessionManager<data extends object, ctx>(
  options: SessionOptions<ctx, data> | FormatOptions<ctx, data> | ReadOnlyOptions<ctx, data>,
): SessionManager<data, ctx> | ReadOnlyManager<data, ctx> {
  const checked = checkOptions(options)
  const tell = createTell(checked)
  const kit = { __proto__: null, ...checked, tell, format: createFormat(checked, tell) } as Kit
  const manager: SessionManager<data, ctx> = {
    key: kit.key,
    load: async (cookieHeader, ctx) => load<data>(kit, cookieHeader, ctx),
    async commit(session) {
      const state = stateOf(session)
      const cookies = await commit(session)
      const earlier = state.cookies
      state.cookies = []
      return cookies.length ? cookies : earlier
    },
    read: async (source, ctx = source as ctx) => read<data>(kit, source, ctx),
    ...createUserSessions<data>(() => kit),
  }
  kits.set(manager, kit)
  return manager
}

/** What stands for a session: a manager, or the options for one. */
export type ManagerOrOptions<data extends object, ctx> =
  | SessionManager<data, ctx>
  | SessionOptions<ctx, data>
  | FormatOptions<ctx, data>

/** The same where sessions are read alone. */
export type ReadOnlyManagerOrOptions<data extends object, ctx> =
  | ReadOnlyManager<data, ctx>
  | ReadOnlyOptions<ctx, data>

/** Takes options or a manager, and gives a manager. */
export function toManager<data extends object, ctx>(
  managerOrOptions: ManagerOrOptions<data, ctx> | ReadOnlyManagerOrOptions<data, ctx>,
): SessionManager<data, ctx> {
  return 'load' in Object(managerOrOptions)
    ? (managerOrOptions as SessionManager<data, ctx>)
    : createSessionManager<data, ctx>(managerOrOptions as SessionOptions<ctx, data>)
}

/** The configuration behind a manager. */
export function kitOf(manager: object): Kit {
  return kits.get(manager)!
}

/** The format that writes and reads the cookie, ready with its keys. */
function createFormat(options: CheckedOptions<any>, tell: Tell | undefined): Format<unknown> {
  if (options.format) return createOwnFormat(options, tell)
  if ('sign' in Object(options.secrets)) {
    return createSignedFormat(options.secrets as KeygripLike, options)
  }
  if (options.encrypt) return createSealedFormat(options)
  // The keys of Koa and Egg applications are often short; warned about once, they go on working.
  const warnings = new Set<string>()
  const { bytes, current } = listSecrets(options.secrets, (message) => warnings.add(message))
  for (const message of [...warnings].slice(0, 1)) console.warn(message)
  return createSignedFormat(createSigner(engine, bytes, options.digest!, current), options)
}

/** The format that the option of that name makes; the claims bind it to the cookie's name. */
export function createOwnFormat(options: CheckedOptions<any>, tell?: Tell): Format<unknown> {
  const sealer = options.format!({ ...options, tell })
  return createTokenFormat(sealer, options, `session-kit/${options.key}`)
}

/**
 * The sealed format with its keys.
 *
 * @param allowWeak Takes weak secrets, and hears of them.
 */
export function createSealedFormat(
  options: CheckedOptions<any>,
  allowWeak?: (message: string) => void,
): Format<unknown> {
  return createTokenFormat(createSealer(options, allowWeak), options)
}

/**
 * What seals under the secrets.
 *
 * @param allowWeak Takes weak secrets, and hears of them.
 * @param content The type of what is sealed, where that is no claims but a token.
 */
export function createSealer(
  options: CheckedOptions<any>,
  allowWeak?: (message: string) => void,
  content?: string,
): Sealer {
  const { bytes, current } = listSecrets(options.secrets, allowWeak)
  const keyring = createKeyring(engine, bytes, options.key, current, content)
  return createKeyringSealer(engine, keyring, options)
}

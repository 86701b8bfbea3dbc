import { engine } from '#engine'
import { commit } from './commit.ts'
import { createTell } from './events.ts'
import type { Kit } from './kit.ts'
import { load, type CookieHeader } from './load.ts'
import { checkOptions, type CheckedOptions, type SessionOptions } from './options.ts'
import { read, type ReadSource } from './read.ts'
import { listSecrets, type KeygripLike } from './secrets.ts'
import type { Format } from './seal/format.ts'
import { createKeyring } from './seal/keyring.ts'
import { createSealedFormat } from './seal/sealed.ts'
import { createSignedFormat, createSigner } from './seal/signed.ts'
import { stateOf, type Session, type SessionData } from './session.ts'
import { destroySession, destroySessions, listSessions, type ListedSession } from './subjects.ts'

/** Loads and commits sessions: all the I/O of a request, in two verbs. */
export interface SessionManager<data extends object = SessionData, ctx = unknown> {
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

  /**
   * Lists a user's sessions, as the `principal` option tells them apart, the newest login first.
   * It needs a store with `compareAndSet`.
   *
   * @throws SessionError `ERR_SESSION_OPTIONS` without these; `ERR_SESSION_STORE` or
   *   `ERR_SESSION_TIMEOUT`.
   */
  list(subject: string): Promise<ListedSession<data>[]>

  /**
   * Ends a session that `list` told of, wherever it is.
   *
   * @param id As `list` has it.
   */
  destroy(id: string): Promise<void>

  /**
   * Ends all sessions of a user: "log out my other devices".
   *
   * @param options `except` is spared: the session of this request.
   * @returns How many there were.
   */
  destroyAll(subject: string, options?: { except?: Session<data> }): Promise<number>
}

/** The configuration behind a manager, for the code that drives requests. */
const kits = new WeakMap<object, Kit>()

/**
 * Makes a session manager. Options are checked here, once, and keys derived at the first use.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS` or `ERR_SESSION_SECRET`.
 */
export function createSessionManager<data extends object = SessionData, ctx = unknown>(
  options: SessionOptions<ctx, data>,
): SessionManager<data, ctx> {
  const checked = checkOptions(options)
  const [format, tell] = [createFormat(checked), createTell(checked)]
  const kit = { __proto__: null, ...checked, format, tell } as Kit
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
    list: async (subject) => listSessions<data>(kit, subject),
    destroy: async (id) => destroySession(kit, id),
    destroyAll: async (subject, { except } = {}) =>
      destroySessions(kit, subject, except?.externalKey),
  }
  kits.set(manager, kit)
  return manager
}

/** Takes options or a manager, and gives a manager. */
export function toManager<data extends object, ctx>(
  managerOrOptions: SessionManager<data, ctx> | SessionOptions<ctx, data>,
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
function createFormat(options: CheckedOptions<any>): Format<unknown> {
  if ('sign' in Object(options.secrets)) {
    return createSignedFormat(options.secrets as KeygripLike, options)
  }
  if (options.encrypt) return createSealer(options)
  // The keys of Koa and Egg applications are often short; warned about once, they go on working.
  const warnings = new Set<string>()
  const { bytes, current } = listSecrets(options.secrets, (message) => warnings.add(message))
  for (const message of [...warnings].slice(0, 1)) console.warn(message)
  return createSignedFormat(createSigner(engine, bytes, options.digest!, current), options)
}

/**
 * The sealed format with its keys.
 *
 * @param allowWeak Takes weak secrets, and hears of them.
 */
export function createSealer(
  options: CheckedOptions<any>,
  allowWeak?: (message: string) => void,
): Format<unknown> {
  const { bytes, current } = listSecrets(options.secrets, allowWeak)
  return createSealedFormat(engine, createKeyring(engine, bytes, options.key, current), options)
}

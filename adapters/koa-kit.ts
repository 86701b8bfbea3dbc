import {
  answersAtOnce,
  checkOptions,
  commit,
  createOwnFormat,
  createSealedFormat,
  createSealer,
  createTell,
  type CheckedOptions,
  type Format,
  type FormatContext,
  type HostOptions,
  type Json,
  type Kit,
  type Reason,
  type Rule,
  type Secret,
  type Session,
  stateOf,
} from '../src/host.ts'
import { SessionError } from '../src/index.ts'
import {
  createExternalFormat,
  createHostFormat,
  createSealedHostFormat,
  createTokenHostFormat,
  type CookieContext,
  type ExternalKey,
} from './koa-cookies.ts'
import { tellCachesOf } from './koa-caches.ts'
import { KoaSession } from './koa-session.ts'
import { watchAnswers } from './koa-waiting.ts'

/** What the adapters need of a Koa or Egg application. */
export interface HostApplication {
  context: object
  keys?: unknown
  use: unknown
  emit(event: string, ...args: unknown[]): boolean
  listenerCount(event: string): number
}

/** What differs between Koa and Egg. */
export interface HostProfile {
  /** Names the library in warnings. */
  name: string
  defaults: Partial<CheckedOptions<any>>
  /** What a store of the application's own gets as the `maxAge` of a browser session. */
  browserSession: { readonly maxAge: 'session' | undefined }
  warn(message: string): void
}

/** The configuration in force: a kit, and what the core does not know. */
export interface HostKit extends Kit<CookieContext> {
  /** Whether a session has to be loaded before the handler: it cannot be had at once. */
  mustWait: boolean
}

/** Options as a host's applications give them: the core's and a few more. */
type GivenOptions = Record<string, unknown>

const positive: Rule = [
  (value) => value === 'session' || (Number.isFinite(value) && value >= 0),
  "'session' or a number of milliseconds",
]

const format: Rule = [
  (value) => value === 'host' || isFunction(value),
  "'host', or a format of session-kit/jose",
]

/** Names that the host itself or its `ctx.cookies` has uses for. */
const KNOWN =
  /^(externalKey|logValue|enable|package|path|match|ignore|expires|chips|autoChips|removeUnpartitioned|partitionedV2|ignoreSecureError|env|from|as|secureProxy|signedV2)$/

/**
 * Follows options that the application may change at any time, as Egg's `app.sessionStore =` and
 * tests do: they are checked again when one differs. A change that is not valid is left out of
 * account, with one warning.
 *
 * @throws SessionError if the options are not valid to begin with.
 */
export function followOptions(
  options: GivenOptions,
  app: HostApplication,
  profile: HostProfile,
): () => HostKit {
  const warned = new Set<string>()
  const warnOnce = (message: string): void => {
    if (!warned.has(message)) profile.warn(message)
    warned.add(message)
  }
  const host: HostOptions = {
    defaults: profile.defaults,
    rules: { maxAge: positive, maxage: positive, format },
    unknown(name, suggestion) {
      if (suggestion && !KNOWN.test(name))
        warnOnce(`Session option "${name}" is unknown.${suggestion}`)
    },
  }
  let seen = snapshot(options)
  let checked = check()
  let keys: unknown
  let kit: HostKit | undefined

  return () => {
    const changed = !isSame(options, seen)
    if (kit && !changed && keys === keysOf(app)) return kit
    if (changed) {
      seen = snapshot(options)
      try {
        checked = check()
      } catch (error) {
        warnOnce(`${(error as Error).message} The change is ignored.`)
      }
    }
    keys = keysOf(app)
    return (kit = createHostKit(checked, app, profile, warnOnce))
  }

  function check(): CheckedOptions<any> {
    const checked = checkOptions(seen as never, host)
    const { externalKey } = checked as { externalKey?: Partial<ExternalKey<unknown>> }
    if (externalKey && !(isFunction(externalKey.get) && isFunction(externalKey.set))) {
      throw new SessionError(
        'ERR_SESSION_OPTIONS',
        'Session option "externalKey" must be an object with the methods get and set.',
      )
    }
    if (externalKey && checked.accept) {
      throw new SessionError(
        'ERR_SESSION_OPTIONS',
        'Session options "accept" and "externalKey" exclude each other: readers read cookies.',
      )
    }
    const { overflow, format } = checked as { overflow?: string; format?: unknown }
    if (overflow === 'store' && (externalKey || format === 'host')) {
      throw new SessionError(
        'ERR_SESSION_OPTIONS',
        `Session option "overflow: 'store'" needs the sealed cookie: no "${externalKey ? 'externalKey' : 'format'}".`,
      )
    }
    if (externalKey && isFunction(checked.format)) {
      throw new SessionError(
        'ERR_SESSION_OPTIONS',
        'Session options "format" and "externalKey" exclude each other: a format writes cookies.',
      )
    }
    // Secrets that are no good are found at once; `app.keys` may come later.
    if (isFunction(checked.format)) createOwnFormat(checked)
    else if (checked.encrypt && checked.secrets) createSealer(checked)
    // koa-session takes 0 for a day.
    checked.maxAge ||= 86_400_000
    if (!checked.encrypt && checked.signed === false) {
      warnOnce('Session option "signed: false" lets anybody write a session: encrypt or sign it.')
    }
    return checked
  }
}

function createHostKit(
  checked: CheckedOptions<any>,
  app: HostApplication,
  profile: HostProfile,
  warn: (message: string) => void,
): HostKit {
  const { externalKey } = checked as { externalKey?: ExternalKey<CookieContext> }
  const { accept, isRevoked } = checked
  const hasStore = Boolean(checked.store ?? checked.ContextStore)
  // Bun and Deno may run the engine whose answers are promises.
  const isLate = isFunction(checked.format) || (checked.encrypt && !answersAtOnce)
  const isSlow = hasStore || isLate || accept !== undefined || isRevoked !== undefined
  const tell = createTell(checked, (error, ctx) => report(app, error, ctx))
  const kit: HostKit = {
    ...checked,
    format:
      hasStore && externalKey
        ? createExternalFormat(externalKey, checked)
        : watchPrefix(createCookieFormat({ ...checked, tell }, app, warn), checked, warn),
    mustWait: isSlow,
    browserSession: profile.browserSession,
    tell,
    discard: (reason, ctx, key, record) => announce(app, reason, ctx, key, record),
    // A removal is sent to the browser whatever it sent before, as koa-session does.
    createSession: (state, data: Json) =>
      new KoaSession(
        Object.assign(state, { hadCookie: true, commit: commitEarly }),
        data,
      ) as unknown as Session<Record<string, unknown>>,
  }
  watchAnswers(kit, isSlow)
  return kit
}

/** Commits before the handler has answered, which may send the headers itself then. */
async function commitEarly(session: object): Promise<string[]> {
  const state = stateOf(session)
  state.isAnswered = (state.ctx as CookieContext).headerSent
  try {
    return await commit(session)
  } finally {
    tellCachesOf(session)
  }
}

/** Warns where browsers drop the cookie, since its name asks for what the host does not write. */
function watchPrefix(
  format: Format<CookieContext>,
  { key, secure }: CheckedOptions<any>,
  warn: (message: string) => void,
): Format<CookieContext> {
  const [prefix] = /^__(host|secure|http|host-http)-/i.exec(key) ?? []
  if (!prefix || secure !== undefined) return format
  return {
    ...format,
    write(values, maxAge, ctx) {
      if (!ctx.secure)
        warn(
          `Session option "key" has the prefix ${prefix}, and browsers drop the cookie without Secure: ` +
            'the request came over HTTP, or by a proxy that the application does not trust (`app.proxy`).',
        )
      return format.write(values, maxAge, ctx)
    },
  }
}

function createCookieFormat(
  checked: FormatContext,
  app: HostApplication,
  warn: (message: string) => void,
): Format<CookieContext> {
  const { secrets } = checked as { secrets?: Secret | Secret[] }
  const { format } = checked as { format?: unknown }
  if (isFunction(format))
    return createTokenHostFormat(checked, createOwnFormat(checked, checked.tell))
  if (!checked.encrypt || format === 'host') {
    // Else a shared configuration would sign with one key here and with another at the edge.
    if (secrets && String(secrets) !== String(keysOf(app))) {
      warn('Session option "secrets" signs nothing here: `app.keys` do, and they are others.')
    }
    return createHostFormat(checked)
  }
  if (secrets) return createSealedHostFormat(checked, () => createSealedFormat(checked))
  // Secrets of one's own have to be strong; `app.keys` are as they are in many applications.
  const warnOfKeys = (): void =>
    warn('app.keys are weak for encryption: use 32 random characters or more for each.')
  return createSealedHostFormat(checked, () =>
    createSealedFormat({ ...checked, secrets: secretsOf(app) }, warnOfKeys),
  )
}

/** @throws SessionError `ERR_SESSION_SECRET` where there is nothing to make keys of. */
function secretsOf(app: HostApplication): Secret[] {
  const keys = keysOf(app)
  const list: unknown[] = Array.isArray(keys) ? keys : [keys]
  if (list.length && list.every(isSecret)) return list as Secret[]
  const isKeygrip = isFunction((keys as { sign?: unknown } | null | undefined)?.sign)
  throw new SessionError(
    'ERR_SESSION_SECRET',
    isKeygrip
      ? 'Session option "encrypt" needs "secrets", for `app.keys` is a Keygrip, which keeps its keys.'
      : 'Session option "encrypt" needs `app.keys`, a list of random texts, or "secrets".',
  )
}

function isSecret(value: unknown): boolean {
  return (typeof value === 'string' || value instanceof Uint8Array) && value.length > 0
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}

/** Egg's getter throws where no keys are configured. */
function keysOf(app: HostApplication): unknown {
  try {
    return app.keys
  } catch {
    return undefined
  }
}

/** Tells the application of an error that no visitor sees, and that Koa's own listener prints. */
export function report(app: HostApplication, error: unknown, ctx: unknown): void {
  if (app.listenerCount('error')) app.emit('error', error, ctx)
}

/** koa-session's three events, with its payload, on the application. */
function announce(
  app: HostApplication,
  reason: Reason,
  ctx: CookieContext,
  key: string | undefined,
  value: unknown,
): void {
  if (reason === 'tampered' || reason === 'revoked') return
  setImmediate(() => app.emit(`session:${reason}`, { key, value, ctx }))
}

/** The options as they are now, inherited ones and Egg's hidden `store` included. */
function snapshot(options: GivenOptions): GivenOptions {
  const { store } = options
  const copy: GivenOptions = { store }
  for (const name in options) copy[name] = options[name]
  return copy
}

function isSame(options: GivenOptions, seen: GivenOptions): boolean {
  if (options['store'] !== seen['store']) return false
  let count = 0
  for (const name in options) {
    if (options[name] !== seen[name]) return false
    if (name !== 'store') count++
  }
  return count === Object.keys(seen).length - 1
}

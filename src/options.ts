import type { Awaitable } from './awaitable.ts'
import { cookieRules, type PerRequest } from './cookie-options.ts'
import type { SessionError } from './errors.ts'
import type { SessionListener, StoreOperation, Tell } from './events.ts'
import type { Reader } from './kit.ts'
import type { SessionRecord } from './record.ts'
import type { KeygripLike, OpeningSecret, Secret } from './secrets.ts'
import { callback, flag, isFunction, oneOf, orFunction, refuse, text, type Rule } from './rule.ts'
import type { StandardSchema } from './schema.ts'
import type { ReadOnlySealer, Sealer } from './seal/token.ts'
import { LONGEST_MAX_AGE } from './set-cookie.ts'
import type { Store, StoreClass } from './store.ts'

/** What a sealed cookie says of its session, for `isRevoked`; never its data. */
export interface SessionClaims {
  /** The SHA-256 of the session's id: the same for as long as it has that id, and opens nothing. */
  id: string
  /** When the session began or got its id, in milliseconds since the epoch; 0 where none tells. */
  created: number
  /** When the cookie was sealed; 0 where none tells. */
  issued: number
  /** Whose session it is, by the `principal` option. */
  subject: string | undefined
}

/**
 * A format of cookies with keys of its own, for the option `format`: `session-kit/jose` has some.
 * It is a function, so that its keys are out of reach of anything that writes a configuration down.
 *
 * @returns What makes the tokens and opens them. They have to be authenticated: what opens is taken
 *   for the claims of a session.
 */
export type SessionFormat = (options: FormatContext) => Sealer

/** A format that has no key to seal with: it reads what others have written. */
export type ReadOnlyFormat = (options: FormatContext) => ReadOnlySealer

/** What a format is made for. */
export type FormatContext = CheckedOptions<any> & { tell?: Tell | undefined }

/**
 * How sessions are kept: the vocabulary of koa-session and egg-session, times in milliseconds.
 * `null` is the same as leaving an option out.
 */
export interface SessionOptions<ctx = any, data extends object = any> {
  /**
   * What the keys come from, newest first, at most ten. Sessions made under an older one still
   * open, and are sealed anew under the newest. At least 32 random characters or bytes each; the
   * signed format takes shorter ones with a warning, and a Keygrip too. `{ secret, use: 'open' }`
   * opens and never seals, so that all servers can read what a new secret makes before one of them
   * uses it. Required, unless there is a `format`.
   */
  secrets: Secret | readonly (Secret | OpeningSecret)[] | KeygripLike

  /** A format with keys of its own, in place of `secrets`: see `FormatOptions` (default none). */
  format?: null

  /**
   * The cookie's name (default `'__Host-sid'`, or `'sid'` where the attributes rule that prefix
   * out).
   */
  key?: string | null

  /**
   * How long a session may go without being saved, in milliseconds, or `'session'` for a cookie
   * that the browser drops when it closes (default one day).
   */
  maxAge?: number | 'session' | null
  /** Another spelling of `maxAge`, which wins if both are there. */
  maxage?: number | 'session' | null

  /** How long a session may exist in all, in milliseconds (default no limit). Needs `encrypt`. */
  absoluteMaxAge?: number | null

  /** Encrypts the cookie (default true). `false` signs it, in the format koa-session writes. */
  encrypt?: boolean | null

  /** Signs the cookie if it is not encrypted (default true); outside Koa and Egg it has to be. */
  signed?: boolean | null

  /** The hash of the signed format: `'sha256'`, which Egg uses (default), or Koa's `'sha1'`. */
  digest?: 'sha1' | 'sha256' | null

  /** Saves on the response to a request that used the session, by `touchAfter` (default false). */
  rolling?: boolean | null

  /**
   * How long after a save `rolling` leaves a session that did not change as it is, in milliseconds
   * (default a tenth of its `maxAge`; in Koa and Egg 0: every response saves); never longer than
   * half of `maxAge`. By as much a session may end before it has idled for all of its `maxAge`.
   */
  touchAfter?: number | null

  /** Saves once half of `maxAge` is over (default false). */
  renew?: boolean | null

  /** Commits when the handler is done (default true); else call `manuallyCommit()`. */
  autoCommit?: boolean | null

  /** koa-session's option; one Set-Cookie per name is sent whatever it says. */
  overwrite?: boolean | null

  /** Hides the cookie from scripts (default true). */
  httpOnly?: boolean | null
  /**
   * Sends the cookie over HTTPS, and to localhost, alone (default true). `'auto'` does where the
   * request itself came over HTTPS; it then has to be handed to `load()`.
   */
  secure?: PerRequest<boolean | 'auto', ctx> | null
  /** When other sites' requests carry the cookie (default `'lax'`; `true` is `'strict'`). */
  sameSite?: PerRequest<'strict' | 'lax' | 'none' | boolean, ctx> | null
  /** The domain whose hosts all get the cookie (default the answering host alone). */
  domain?: PerRequest<string | null | undefined, ctx>
  /** The path below which the cookie is sent (default `/`). */
  path?: PerRequest<string, ctx> | null
  /** Trusts the X-Forwarded-Proto of a proxy in front, for `secure: 'auto'` (default false). */
  proxy?: boolean | null
  /** Which cookies Chromium drops first. */
  priority?: 'low' | 'medium' | 'high' | null
  /** Keeps one cookie per embedding site, CHIPS (default false). */
  partitioned?: boolean | null

  /** Keeps the records, so that the cookie carries a key alone. */
  store?: Store<ctx> | null
  /** A class that makes a store for each request. */
  ContextStore?: StoreClass<ctx> | null
  /**
   * What a session does that outgrows its cookie: it is an error (default `'error'`), or with
   * `'store'` it moves to the store, and back when it has shrunk.
   */
  overflow?: 'error' | 'store' | null
  /** How long a store operation may take, in milliseconds (default 2000). */
  storeTimeout?: number | null
  /**
   * What a failing store means: `'throw'` (default), or `'anonymous'`, a new session for this
   * request that is not saved. A function decides from case to case.
   */
  onStoreError?:
    | 'throw'
    | 'anonymous'
    | ((error: SessionError, operation: StoreOperation) => 'throw' | 'anonymous')
    | null
  /**
   * What happens when two requests change one session and the store can tell: `'merge'` (default)
   * keeps the changes of both to different keys, and the stored value of one key; `'error'` throws
   * `ERR_SESSION_CONFLICT`.
   */
  conflict?: 'merge' | 'error' | null
  /**
   * Hands a store that asks for it the SHA-256 of a key (default true). `false` goes on with a
   * store that was filled without.
   */
  hashKeys?: boolean | null

  /** Makes a store's key (default `prefix` and 32 random bytes in base64url). */
  genid?: ((ctx: ctx) => Awaitable<string>) | null
  /** What the key begins with, unless `genid` makes it. */
  prefix?: string | null
  /**
   * Tells whose session it is: the user's id, say, or `undefined` where nobody is logged in. When
   * the answer changes, the session gets a new id by itself, and requests of the old one write
   * nowhere. With a store that has `compareAndSet` the manager lists a user's sessions by it.
   */
  principal?: ((data: any) => string | null | undefined) | null
  /** What to call a session on its user's list: the browser it is in, say, or a place. */
  label?: ((data: any) => string | null | undefined) | null
  /**
   * Refuses a session that lives in its cookie, unless it answers with false; `session-kit/revocation`
   * has one. What it throws is treated as a store's failure. Needs `encrypt`, and no store.
   */
  isRevoked?: ((claims: SessionClaims, ctx: ctx) => Awaitable<boolean>) | null
  /**
   * What sessions hold: a validator by the Standard Schema specification, of zod, valibot, arktype
   * or another. A record that it refuses is no session. Its defaults are in new sessions, too.
   */
  schema?: StandardSchema<any, data> | null
  /** Makes data that `schema` takes of those that it refuses; what it throws makes a new session. */
  migrate?: ((old: Record<string, any>, ctx: ctx | undefined) => Awaitable<unknown>) | null
  /** Refuses a session that it answers with false. */
  valid?: ((ctx: ctx, record: SessionRecord) => Awaitable<unknown>) | null
  /** Runs before a session is saved, and may change it. */
  beforeSave?: ((ctx: ctx, session: any) => Awaitable<unknown>) | null
  /** Writes a record into a signed cookie (default JSON in base64). */
  encode?: ((record: SessionRecord) => string) | null
  /** Undoes `encode`. */
  decode?: ((text: string) => unknown) | null

  /**
   * Readers of other formats, asked in this order where a request brings no sealed session: what
   * one finds becomes a new session, and its cookie goes. `session-kit/legacy` has them (default
   * none).
   */
  accept?: readonly Reader[] | null

  /**
   * Takes what may be done after the response, as `ctx.waitUntil` of Workers does: to destroy a
   * record that is over (default: the response waits).
   */
  waitUntil?: ((promise: Promise<unknown>, ctx: ctx) => void) | null
  /** The time, in milliseconds since the epoch (default `Date.now`). */
  now?: (() => number) | null
  /**
   * Hears what happens to sessions, as it happens: a listener, or several. Never with data, ids or
   * secrets. What a listener throws goes to the console, in Koa and Egg to the application's
   * `error` event, and changes nothing.
   */
  on?: SessionListener<ctx> | readonly SessionListener<ctx>[] | null
}

/** The options with a format that has keys of its own: `session-kit/jose` has some. */
export interface FormatOptions<ctx = any, data extends object = any> extends Omit<
  SessionOptions<ctx, data>,
  'secrets' | 'format' | 'encrypt' | 'signed' | 'digest' | 'encode' | 'decode'
> {
  /** Writes the cookies and reads them. */
  format: SessionFormat
}

/** The options where sessions are read alone, since the key to write them is elsewhere. */
export interface ReadOnlyOptions<ctx = any, data extends object = any> extends Omit<
  FormatOptions<ctx, data>,
  'format'
> {
  /** Reads the cookies. */
  format: ReadOnlyFormat
}

const time: Rule = [
  (value) => Number.isFinite(value) && value > 0 && value <= LONGEST_MAX_AGE * 1000,
  'milliseconds, above 0 and up to 400 days',
]
const maxAge: Rule = [(value) => value === 'session' || time[0](value), `'session' or ${time[1]}`]
const hasMethods = (value: any): boolean =>
  ['get', 'set', 'destroy'].every((method) => typeof value?.[method] === 'function')
const methods = 'with the methods get, set and destroy'

const rules: Record<keyof SessionOptions, Rule> = {
  secrets: [(value) => /string|object/.test(typeof value), 'text, bytes, or a list of them'],
  format: [isFunction, 'a format of session-kit/jose'],
  key: text(/^[\w!#$%&'*+.^`|~-]{1,256}$/, "a cookie name: letters, digits and !#$%&'*+-.^_`|~"),
  maxAge,
  maxage: maxAge,
  absoluteMaxAge: time,
  encrypt: flag,
  signed: flag,
  digest: oneOf('sha1', 'sha256'),
  rolling: flag,
  touchAfter: [(value) => value === 0 || time[0](value), 'milliseconds, from 0 up to 400 days'],
  renew: flag,
  autoCommit: flag,
  overwrite: flag,
  httpOnly: flag,
  ...cookieRules,
  proxy: flag,
  priority: text(/^(low|medium|high)$/i, "'low', 'medium' or 'high'"),
  partitioned: flag,
  store: [hasMethods, `an object ${methods}`],
  ContextStore: [(value) => hasMethods(value.prototype), `a class ${methods}`],
  overflow: oneOf('error', 'store'),
  storeTimeout: time,
  onStoreError: orFunction(oneOf('throw', 'anonymous')),
  conflict: oneOf('merge', 'error'),
  hashKeys: flag,
  genid: callback,
  prefix: text(/^[\w:.-]{0,128}$/, 'up to 128 letters, digits and :._-'),
  principal: callback,
  label: callback,
  isRevoked: callback,
  schema: [
    (value) => value['~standard']?.version === 1,
    'a Standard Schema (zod, valibot, arktype)',
  ],
  migrate: callback,
  valid: callback,
  beforeSave: callback,
  encode: callback,
  decode: callback,
  accept: [(value) => Array.isArray(value) && value.every(isFunction), 'a list of readers'],
  waitUntil: callback,
  now: callback,
  on: [(value) => [value].flat().every(isFunction), 'a function, or a list of them'],
}

/** Options that one adapter alone knows, so that all may share one configuration. */
const elsewhere = /^(as|externalKey|logValue)$/

/** Options that a format with keys of its own takes the place of. */
const instead = /^(secrets|encrypt|signed|digest|encode|decode)$/

/** What a host with conventions of its own has to say about options. */
export interface HostOptions {
  defaults: Partial<CheckedOptions<any>>
  /** Rules that take the place of the core's. */
  rules?: Partial<Record<string, Rule>>
  /** Hears of names that the core does not know; the host has uses for some. */
  unknown(name: string, suggestion: string): void
}

/** Options without `null` and with their defaults. */
export type CheckedOptions<ctx> = {
  [name in keyof Omit<SessionOptions<ctx>, 'format'>]: Exclude<SessionOptions<ctx>[name], null>
} & {
  format?: SessionFormat | ReadOnlyFormat
  key: string
  maxAge: number | 'session'
  encrypt: boolean
  rolling: boolean
  renew: boolean
  prefix: string
  storeTimeout: number
  now(): number
}

/**
 * Checks options and fills in the defaults. The caller's object is left as it is.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS` that names the option and the rule.
 */
export function checkOptions<ctx>(
  options: SessionOptions<ctx> | FormatOptions<ctx> | ReadOnlyOptions<ctx>,
  host?: HostOptions,
): CheckedOptions<ctx> {
  // What somebody put on Object.prototype is no option.
  const given = { __proto__: null, ...(options as SessionOptions<ctx>) }
  const checked = {
    __proto__: null,
    maxAge: given.maxage ?? 86_400_000,
    encrypt: true,
    rolling: false,
    renew: false,
    autoCommit: true,
    httpOnly: true,
    secure: true,
    sameSite: 'lax',
    path: '/',
    digest: 'sha256',
    prefix: '',
    overflow: 'error',
    storeTimeout: 2000,
    onStoreError: 'throw',
    now: () => Date.now(),
    ...host?.defaults,
  } as CheckedOptions<ctx>
  const hasFormat = typeof given.format === 'function'
  for (const name in given) {
    const value = given[name as keyof SessionOptions<ctx>]
    if (value === null || value === undefined) continue
    if (Object.hasOwn(rules, name)) {
      const [test, words] = host?.rules?.[name] ?? rules[name as keyof SessionOptions]
      if (!test(value)) refuse(`"${name}" must be ${words}.`)
    } else if (host) host.unknown(name, suggestion(name))
    else if (!elsewhere.test(name)) refuse(`"${name}" is unknown.${suggestion(name)}`)
    // What a host has by default nobody asked for.
    if (hasFormat && instead.test(name) && value !== host?.defaults[name as 'key'])
      refuse(`"${name}" and "format" exclude each other.`)
    checked[name as 'secrets'] = value as Secret
  }
  if (hasFormat) checked.encrypt = true
  delete checked.maxage
  checkTogether(checked, host)
  return checked
}

function checkTogether(options: CheckedOptions<never>, host?: HostOptions): void {
  const { secrets, format, encrypt, secure, path, domain, sameSite } = options
  if (!secrets && !host && !format)
    refuse('"secrets" is missing: give 32 or more random characters.')
  options.key ??= secure === true && path === '/' && !domain ? '__Host-sid' : 'sid'
  const prefix = /^__(host-http|host|http|secure)-/i.exec(options.key)?.[1]?.toLowerCase()
  const needsSecure =
    secure === false
      ? prefix || options.partitioned || /^none$/i.test(String(sameSite))
      : prefix && secure && secure !== true
  if (needsSecure) {
    refuse(`"${prefix ? 'key' : options.partitioned ? 'partitioned' : 'sameSite'}" needs "secure".`)
  }
  if (prefix?.startsWith('host') && (path !== '/' || domain)) {
    refuse('"key" with the prefix __Host- needs the "path" / and no "domain".')
  }
  if (prefix?.endsWith('http') && !options.httpOnly) {
    refuse('"key" with the prefix __Http- needs "httpOnly".')
  }
  if (options.migrate && !options.schema) refuse('"migrate" needs "schema".')
  if (options.store && options.ContextStore)
    refuse('"store" and "ContextStore" exclude each other.')
  if (options.overflow === 'store') {
    const { store, ContextStore, genid } = options
    const other = !encrypt ? 'encrypt' : !store && !host ? 'store' : ''
    if (other) refuse(`"overflow: 'store'" needs "${other}".`)
    if (ContextStore || genid)
      refuse(`"overflow: 'store'" and "${genid ? 'genid' : 'ContextStore'}" exclude each other.`)
    if (store?.consistency === 'eventual')
      refuse(`"overflow: 'store'" needs a store that sees its own writes, which this one does not.`)
  } else if (options.isRevoked && (options.store ?? options.ContextStore))
    refuse('"store" and "isRevoked" exclude each other.')
  if (encrypt) {
    if ('sign' in Object(secrets))
      refuse('"secrets" must be text or bytes to encrypt, not a Keygrip.')
    if (options.encode || options.decode) refuse('"encode" and "decode" need "encrypt: false".')
  } else {
    if (options.absoluteMaxAge) refuse('"absoluteMaxAge" needs "encrypt".')
    if (options.isRevoked) refuse('"isRevoked" needs "encrypt".')
    if (options.signed === false && !host) refuse('"signed: false" needs "encrypt".')
  }
}

/** The option that is meant, if a letter or two are off or out of place. */
function suggestion(name: string): string {
  const rest = (a: string, b: string): string => {
    for (const letter of b) a = a.replace(letter, '')
    return a
  }
  const word = name.toLowerCase()
  const near = Object.keys(rules).find(
    (known) => (rest(word, known.toLowerCase()) + rest(known.toLowerCase(), word)).length < 3,
  )
  return near ? ` Did you mean "${near}"?` : ''
}

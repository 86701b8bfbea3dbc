/**
 * Readers of other session cookies, for the option `accept`: an application moves, and its
 * visitors stay logged in. They read and never write; each ends on a date.
 *
 * ```js
 * accept: [eggEncrypted({ keys: app.keys, until: '2027-01-31', verify: (data) => userOf(data) })]
 * ```
 *
 * What a reader finds becomes a new session, under a new id. The old cookie goes in the response
 * that brings the new one; one of another name is cleared with the `path` and `domain` of the
 * session, which so have to be those it was set with.
 *
 * What another library says of the end of a session holds until the session is saved again: it
 * lives no longer than it would have, and no longer than the configured `maxAge` from now.
 *
 * @module
 */
import { SessionError, type Awaitable, type Reader } from '../src/index.ts'
import { cbcKeys, decrypt } from './legacy/cbc.ts'
import { macKeys, verifies } from './legacy/mac.ts'
import { only } from './legacy/found.ts'
import { checkReader, type CheckedReader, type ReaderOptions } from './legacy/options.ts'
import { createReader, type ReaderRequest } from './legacy/reader.ts'
import { dataPart, readRecordText } from './legacy/record.ts'

export { cookieSession, type CookieSessionOptions } from './legacy/cookie-session.ts'
export { expressSession, type ExpressSessionOptions } from './legacy/express-session.ts'
export {
  honoSession,
  type HonoSessionOptions,
  type HonoSessionStorage,
} from './legacy/hono-session.ts'
export { honoSessions, type HonoSessionsOptions } from './legacy/hono-sessions.ts'
export { ironSession, type IronSessionOptions } from './legacy/iron-session.ts'
export type { ReaderOptions, SourceOptions } from './legacy/options.ts'
export type { Reader } from '../src/index.ts'

/** The options of `eggEncrypted()`. */
export interface EggEncryptedOptions<ctx = any> extends ReaderOptions {
  /**
   * Turns what a cookie claims into data that may be trusted: look the user up again, and take
   * roles and the like from there. `null` refuses. What it throws fails the request.
   */
  verify(data: Record<string, any>, ctx: ctx): Awaitable<object | null | undefined>
}

/** The options of `koaSigned()`. */
export interface KoaSignedOptions extends ReaderOptions {
  /** The hash of the signatures (default `'sha1'`). */
  digest?: 'sha1' | 'sha256'
}

/** A store's key that a cookie holds in place of a record. */
const STORE_KEY = /^[!#-+\--:<-[\]-~]{1,256}$/

/** Without a signature, a key has to be long enough to be its own secret. */
const SECRET_KEY = /^.{16}/

/**
 * Reads the cookies that egg-session 3 writes by default, and any Egg with `encrypt: true`.
 *
 * Their encryption (AES-256-CBC, key and IV from the key by MD5) has no integrity: whoever can
 * have text of his encrypted under the same keys may forge a session. The reader accepts one
 * spelling of every layer alone, so that damaged and foreign cookies fail, and what is left is a
 * claim that `verify` has to check. A key of the configured store needs no `verify`, for the key
 * is the secret; its record moves to a new key.
 *
 * All that can be wrong with a cookie has one outcome: the event `tampered`, and a new session.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function eggEncrypted<ctx = any>(options: EggEncryptedOptions<ctx>): Reader {
  const checked = checkReader('eggEncrypted', options, true, ['verify', 'maxAge'])
  const { verify } = options
  if (typeof verify !== 'function') {
    throw new SessionError(
      'ERR_SESSION_OPTIONS',
      'eggEncrypted(): "verify" must be a function: the cookies are not authenticated.',
    )
  }
  const keysOf = cbcKeys(checked.keys)

  return createReader({
    until: checked.until,
    names: (key) => [checked.key ?? key],

    async read(request) {
      const found = await only(request.cookies(checked.key ?? request.key), async (value) => {
        for (const key of await keysOf()) {
          const text = await decrypt(key, value)
          const found = text === null ? null : readText(text, checked, request)
          if (found && ('record' in found || SECRET_KEY.test(found.key))) return found
        }
        return null
      })
      if (!found || typeof found === 'string' || 'key' in found) return found
      const { _maxAge, _session, ...data } = found.record
      const trusted = await verify(dataPart(data), request.ctx as ctx)
      if (Object.prototype.toString.call(trusted) !== '[object Object]') return 'invalid'
      const life = { ...(_maxAge && { _maxAge }), ...(_session && { _session }) }
      return { record: { ...dataPart(trusted as Record<string, unknown>), ...life } }
    },
  })
}

/**
 * Reads the pair `NAME` and `NAME.sig` that koa-session writes. The Koa adapter reads it by itself
 * where it has an end, the same name and `app.keys`; the reader is for any other case: the edge,
 * another name, other keys, and browser sessions, which say `_session` and end with the reader.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function koaSigned(options: KoaSignedOptions): Reader {
  const { digest = 'sha1' } = Object(options) as KoaSignedOptions
  if (digest !== 'sha1' && digest !== 'sha256') {
    throw new SessionError(
      'ERR_SESSION_OPTIONS',
      "koaSigned(): \"digest\" must be 'sha1' or 'sha256'.",
    )
  }
  return signed(checkReader('koaSigned', options, false, ['digest', 'maxAge']), digest)
}

/**
 * Reads the pair `NAME` and `NAME.sig` that @eggjs/session 4 writes by default, and any Egg with
 * `encrypt: false`. As with `koaSigned()`, the Egg plugin reads most of them by itself.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function eggSigned(options: ReaderOptions): Reader {
  return signed(checkReader('eggSigned', options, true, ['maxAge']), 'sha256')
}

function signed(checked: CheckedReader, digest: 'sha1' | 'sha256'): Reader {
  const keysOf = macKeys(checked.keys, digest)
  return createReader({
    until: checked.until,
    names: (key) => [checked.key ?? key, `${checked.key ?? key}.sig`],

    read(request) {
      const name = checked.key ?? request.key
      return only(request.cookies(name), async (value) => {
        const macs = request.cookies(`${name}.sig`)
        const isGenuine = await verifies(await keysOf(), `${name}=${value}`, macs)
        return isGenuine ? readText(value, checked, request) : null
      })
    },
  })
}

/** What a cookie holds, once it has proved genuine: a record, or a store's key. */
function readText(
  text: string,
  { maxAge }: CheckedReader,
  { now, usual, hasStore }: ReaderRequest,
): { record: NonNullable<ReturnType<typeof readRecordText>> } | { key: string } | null {
  const record = readRecordText(text, { now, usual, longest: maxAge ?? usual })
  if (record) return { record }
  return record === undefined && hasStore && STORE_KEY.test(text) ? { key: text } : null
}

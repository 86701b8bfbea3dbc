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
 * @module
 */
import { SessionError, type Awaitable, type Reader } from '../src/index.ts'
import { cbcKeys, decrypt } from './legacy/cbc.ts'
import { macKeys, verifies } from './legacy/mac.ts'
import { checkReader, type CheckedReader, type ReaderOptions } from './legacy/options.ts'
import { createReader, type Found, type ReaderRequest } from './legacy/reader.ts'
import { dataPart, readRecordText } from './legacy/record.ts'

export type { ReaderOptions } from './legacy/options.ts'
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
  const checked = checkReader('eggEncrypted', options, true, ['verify'])
  const { verify } = options
  if (typeof verify !== 'function') {
    throw new SessionError(
      'ERR_SESSION_OPTIONS',
      'eggEncrypted(): "verify" must be a function: the cookies are not authenticated.',
    )
  }
  const keysOf = cbcKeys(checked.keys)

  return createReader({
    names: (key) => [checked.key ?? key],

    async read(request) {
      const found = await only(checked, request, async (value) => {
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
  return signed(checkReader('koaSigned', options, false, ['digest']), digest)
}

/**
 * Reads the pair `NAME` and `NAME.sig` that @eggjs/session 4 writes by default, and any Egg with
 * `encrypt: false`. As with `koaSigned()`, the Egg plugin reads most of them by itself.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function eggSigned(options: ReaderOptions): Reader {
  return signed(checkReader('eggSigned', options, true), 'sha256')
}

function signed(checked: CheckedReader, digest: 'sha1' | 'sha256'): Reader {
  const keysOf = macKeys(checked.keys, digest)
  return createReader({
    names: (key) => [checked.key ?? key, `${checked.key ?? key}.sig`],

    read(request) {
      const name = checked.key ?? request.key
      return only(checked, request, async (value) => {
        const macs = request.cookies(`${name}.sig`)
        const isGenuine = await verifies(await keysOf(), `${name}=${value}`, macs)
        return isGenuine ? readText(value, checked, request) : null
      })
    },
  })
}

/** Reads all values of the cookie, and settles on the one that is good; two that differ are none. */
async function only(
  { key, until }: CheckedReader,
  request: ReaderRequest,
  open: (value: string) => Promise<Found>,
): Promise<Found> {
  const values = new Set(request.cookies(key ?? request.key))
  if (values.size === 0 || !(request.now < until)) return null
  const found = await Promise.all(
    [...values].map((value) => (value.length > 4096 ? null : open(value))),
  )
  const good = found.filter((one) => one !== null)
  return good.length === 1 ? good[0]! : 'tampered'
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

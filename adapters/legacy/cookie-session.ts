import { SessionError, type Reader } from '../../src/index.ts'
import { judge, only } from './found.ts'
import { macKeys, verifies } from './mac.ts'
import { checkReader, type SourceOptions } from './options.ts'
import { createReader } from './reader.ts'
import { decodeBase64, decodeText, readObject } from './record.ts'

/** The options of `cookieSession()`. */
export interface CookieSessionOptions extends SourceOptions {
  /** The name of the old cookie (default `'session'`). */
  key?: string
  /** The hash of the signatures (default `'sha1'`); another where `keys` was a Keygrip. */
  digest?: 'sha1' | 'sha256'
}

/**
 * Reads the pair `NAME` and `NAME.sig` of the package cookie-session: JSON in base64, signed by
 * Keygrip. It does not say when it ends: the session gets the configured `maxAge`, and a cookie
 * that somebody kept is good until the reader ends.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function cookieSession(options: CookieSessionOptions): Reader {
  const checked = checkReader('cookieSession', options, false, ['digest'])
  const { key: name = 'session' } = checked
  const { digest = 'sha1' } = options
  if (digest !== 'sha1' && digest !== 'sha256') {
    throw new SessionError(
      'ERR_SESSION_OPTIONS',
      "cookieSession(): \"digest\" must be 'sha1' or 'sha256'.",
    )
  }
  const keysOf = macKeys(checked.keys, digest)

  return createReader({
    until: checked.until,
    names: () => [name, `${name}.sig`],

    read: ({ cookies, now }) =>
      only(cookies(name), async (value) => {
        const macs = cookies(`${name}.sig`)
        const isGenuine = await verifies(await keysOf(), `${name}=${value}`, macs)
        return isGenuine ? judge(readObject(decodeText(decodeBase64(value))), now) : null
      }),
  })
}

import { SessionError, type Reader } from '../../src/index.ts'
import type { SessionRecord } from '../../src/host.ts'
import { createExpressStore, type ExpressSessionStore } from '../express-store.ts'
import { only } from './found.ts'
import { macKeys, verifies } from './mac.ts'
import { checkReader, type SourceOptions } from './options.ts'
import { createReader, type OldStore } from './reader.ts'
import { dataPart } from './record.ts'

/** The options of `expressSession()`. */
export interface ExpressSessionOptions extends SourceOptions {
  /** The store of the old application, an instance of it. */
  store: ExpressSessionStore

  /** The name of the old cookie (default `'connect.sid'`). */
  key?: string

  /**
   * What tells that a session is over (default `'record'`), as for `createExpressStore()`:
   * `'store'` for `rolling: true` on a store whose `touch` leaves the record as it is.
   */
  expires?: 'record' | 'store'
}

/**
 * Reads the signed ids of express-session, and their records from its store. A record moves: it is
 * destroyed in the old store once the new session is written, or ended. Of requests at once with
 * the old cookie a late one may find nothing any more. Where that store fails, so does the request.
 * A session without an end, one that lived as long as the browser, gets the configured `maxAge`.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function expressSession(options: ExpressSessionOptions): Reader {
  const checked = checkReader('expressSession', options, false, ['store', 'expires'])
  const { key: name = 'connect.sid' } = checked
  const keysOf = macKeys(checked.keys, 'sha256')
  const from = oldStore(options)

  return createReader({
    until: checked.until,
    names: () => [name],
    knows: (value) => value.startsWith('s%3A'),

    read: ({ cookies }) =>
      only(cookies(name), async (value) => {
        const [, id, mac] = SIGNED.exec(decoded(value)) ?? []
        if (!id || !mac) return null
        const macs = [mac.replaceAll('+', '-').replaceAll('/', '_')]
        return (await verifies(await keysOf(), id, macs)) ? { key: id, from } : null
      }),
  })
}

/** What cookie-signature makes, in base64 without padding, behind the mark of a signed cookie. */
const SIGNED = /^s:(.+)\.([A-Za-z\d+/]{43})$/s

/** The text that a value stands for, if this is how it is spelled; else none. */
function decoded(value: string): string {
  try {
    const text = decodeURIComponent(value)
    return encodeURIComponent(text) === value ? text : ''
  } catch {
    return ''
  }
}

/** The old store, whose sessions bring their data and their end along and nothing else. */
function oldStore({ store, expires }: ExpressSessionOptions): OldStore {
  if ([store?.get, store?.destroy].some((method) => typeof method !== 'function')) {
    const sentence = 'expressSession(): "store" must be the store of the old application.'
    throw new SessionError('ERR_SESSION_OPTIONS', sentence)
  }
  const bridge = createExpressStore(store, { expires })
  return {
    async get(key, maxAge, context) {
      const record = (await bridge.get(key, maxAge, context)) as SessionRecord | null
      if (!record) return null
      const { _expire } = record
      return { ...dataPart(record), ...(_expire !== undefined && { _expire }) }
    },
    destroy: (key, context) => bridge.destroy(key, context),
  }
}

/**
 * Sessions in a store that was written for express-session, and beside express-session itself.
 *
 * @module
 */
import { parseJson, SessionError, type Store } from '../src/index.ts'
import {
  endOf,
  fromExpressRecord,
  toExpressRecord,
  type ExpressRecord,
  type ExpressRecordOptions,
} from './express-record.ts'

/** The part of a store of express-session that is used. */
export interface ExpressSessionStore {
  get(id: string, callback: (error?: any, session?: any) => void): unknown
  set(id: string, session: any, callback: (error?: any) => void): unknown
  destroy(id: string, callback: (error?: any) => void): unknown
  on?(event: 'connect' | 'disconnect', listener: () => void): unknown
}

/** How records are kept. */
export interface ExpressStoreOptions {
  /**
   * What express-session's own option `cookie` says, without `maxAge` and `expires`, where an Express
   * application has the same sessions: it sends its cookie as the record has it (default
   * `{ path: '/', httpOnly: true }`).
   */
  cookie?: ExpressRecordOptions['cookie']
  /**
   * What tells that a session is over (default `'record'`: the `cookie.expires` in its record).
   * `'store'`: nothing but that the store has it no more, as express-session sees it. That is for an
   * Express application with `rolling: true` on a store that forgets by itself and whose `touch`
   * leaves the record as it is, as that of connect-redis does.
   */
  expires?: 'record' | 'store'
  /** The time, in milliseconds since the epoch (default `Date.now`). */
  now?: () => number
}

type Callback = (error?: unknown, session?: unknown) => void

/**
 * Keeps records in a store of express-session: connect-redis, connect-mongo, connect-pg-simple, and
 * some eighty more. Its `get`, `set` and `destroy` are called; `touch`, which stores understand each
 * in its own way, is not. Of requests at once the last one's data stay, and a slow request can bring
 * a session back that was destroyed meanwhile.
 *
 * With the manager's option `hashKeys: false` the records are express-session's as well, under the
 * same ids: each side reads what the other wrote. Keys that begin with an underscore are lost when
 * this side writes. Data under a name that express-session has taken (`cookie`, `id`, `save` …) are
 * kept in the record's `_data`, out of its reach.
 *
 * A record is kept until its session ends, one of a browser session as long as the manager says.
 * A store that says `disconnect` is not called until it says `connect`: operations fail at once, as
 * express-session goes on without a session (`onStoreError: 'anonymous'` does that).
 *
 * @param expressStore Make a store of it once: it is listened to.
 * @throws SessionError `ERR_SESSION_OPTIONS` if it is none, or `expires` makes no sense. Operations
 *   throw what the store answers, and `ERR_SESSION_STORE` while it is disconnected.
 */
export function createExpressStore(
  expressStore: ExpressSessionStore,
  options: ExpressStoreOptions = {},
): Store {
  const { cookie, expires = 'record', now = Date.now } = options
  check(expressStore, expires)
  let isConnected = true
  expressStore.on?.('disconnect', () => void (isConnected = false))
  expressStore.on?.('connect', () => void (isConnected = true))

  return {
    consistency: 'strong',
    hashedKeys: true,

    async get(key) {
      const found = await call((done) => expressStore.get(key, done)).catch(unlessMissing)
      // Some stores hand out objects of their own: dates and ids in them become text.
      const stored = found && (parseJson(JSON.stringify(found)) as ExpressRecord)
      const record = fromExpressRecord(stored)
      const isOver = record && !(now() < (endOf(stored.cookie) ?? Infinity))
      if (!isOver) return record
      // That a session with an end is over, the session manager finds by itself.
      if (expires === 'record') return record._session ? null : record
      const { _expire, ...rest } = record
      return rest
    },

    async set(key, record, maxAge) {
      const end = typeof maxAge === 'number' ? now() + maxAge : undefined
      const stored = toExpressRecord(record, { end, now, cookie })
      await call((done) => expressStore.set(key, stored, done))
    },

    async destroy(key) {
      await call((done) => expressStore.destroy(key, done)).catch(unlessMissing)
    },
  }

  function call(run: (done: Callback) => unknown): Promise<any> {
    return new Promise((resolve, reject) => {
      if (!isConnected) {
        throw new SessionError('ERR_SESSION_STORE', 'The session store is disconnected.')
      }
      const returned = run((error, session) => (error ? reject(error) : resolve(session)))
      // A store that is made of async functions may fail without a word to the callback.
      Promise.resolve(returned).catch(reject)
    })
  }
}

/** express-session takes this for no record at all, and so do stores in files. */
function unlessMissing(error: unknown): null {
  if ((Object(error) as { code?: unknown }).code === 'ENOENT') return null
  throw error
}

function check(store: ExpressSessionStore, expires: unknown): void {
  if ([store?.get, store?.set, store?.destroy].some((method) => typeof method !== 'function')) {
    const sentence = 'createExpressStore() needs a store for express-session, an instance of it.'
    throw new SessionError('ERR_SESSION_OPTIONS', sentence)
  }
  if (!/^(record|store)$/.test(expires as string)) {
    const sentence = `Session option "expires" must be 'record' or 'store'.`
    throw new SessionError('ERR_SESSION_OPTIONS', sentence)
  }
}

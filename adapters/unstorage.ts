/**
 * Sessions in whatever `unstorage` reaches: the storage that an application has, in Nitro, Nuxt or
 * by itself.
 *
 * @module
 */
import { SessionError, type SessionRecord, type Store } from '../src/index.ts'

/** The part of a `Storage` of `unstorage` that is used. */
export interface UnstorageStorage {
  getItem(key: string): Promise<unknown>
  setItem(key: string, value: string, options: { ttl: number }): Promise<void>
  removeItem(key: string): Promise<void>
}

/** How records are kept. */
export interface UnstorageStoreOptions {
  /** What every key begins with; `:` and `/` part it, and lead to mounts (default `'session:'`). */
  prefix?: string
  /**
   * What the driver is (default `'strong'`: a read sees every write before it). Say `'eventual'`
   * for Workers KV, Netlify Blobs, and whatever else may answer with what was there a minute ago.
   */
  consistency?: 'strong' | 'eventual'
  /** The time, in milliseconds since the epoch (default `Date.now`). */
  now?: () => number
}

/** An item: a record, or the mark that a session has ended, and when the item is over. */
type Item = SessionRecord & { _until?: number }

const DAY = 86_400_000

/**
 * Keeps records as JSON in a storage of `unstorage`, under the prefix and the SHA-256 of the key in
 * hex: no driver mangles that, and no file system takes one for another.
 *
 * Drivers cannot compare: of requests at once the last one's data stay, and a slow request can bring
 * a session back that was destroyed meanwhile. Where a store of this package reaches the same place
 * (Redis, Upstash, Workers KV), it promises more. With `consistency: 'eventual'` a session that was
 * destroyed leaves a mark under a key of its own, which no late write undoes; Workers KV takes one
 * write a second to a key, and what it refuses is an error here.
 *
 * A record whose time is over is never served, whatever the driver. Redis, Upstash, Vercel KV,
 * Workers KV and Deno KV forget it by themselves, and so does `http` in front of one of them. The
 * rest take no notice of `ttl` (memory, lru-cache, fs, MongoDB, S3, db0, Netlify Blobs, Azure …):
 * there a record goes when it is asked for once more, and stays where nobody asks. Clear those now
 * and then. A storage that is read-only keeps nothing, and does not say so; `fs` writes in place, and
 * a request that reads meanwhile may find no session.
 *
 * @param storage Disposing of it is the application's business.
 * @throws SessionError `ERR_SESSION_OPTIONS` if the storage is none, or an option makes no sense.
 */
export function createUnstorageStore(
  storage: UnstorageStorage,
  options: UnstorageStoreOptions = {},
): Store {
  const { prefix = 'session:', consistency = 'strong', now = Date.now } = options
  check(storage, prefix, consistency)
  const isEventual = consistency === 'eventual'

  return {
    consistency,
    hashedKeys: true,

    async get(key) {
      const name = await nameOf(key)
      const [record, mark] = await Promise.all([find(name), isEventual && find(markOf(name))])
      return mark || record
    },

    async set(key, record, maxAge) {
      await keep(await nameOf(key), record, maxAge)
    },

    async destroy(key, { maxAge }) {
      const name = await nameOf(key)
      // A late write of the record cannot undo the mark.
      const writes = [storage.removeItem(name)]
      if (isEventual) writes.push(keep(markOf(name), { _ended: true }, maxAge))
      for (const outcome of await Promise.allSettled(writes)) {
        if (outcome.status === 'rejected') throw outcome.reason
      }
    },
  }

  async function find(name: string): Promise<SessionRecord | null> {
    const item = await storage.getItem(name)
    // Something else may be kept under this key; what is no record counts as missing.
    if (Object(item) !== item || Array.isArray(item)) return null
    const { _until = Infinity, ...record } = item as Item
    if (now() < _until) return record
    await storage.removeItem(name)
    return null
  }

  async function keep(name: string, record: SessionRecord, maxAge: unknown): Promise<void> {
    const life = typeof maxAge === 'number' ? maxAge : DAY
    const item: Item = { ...record, _until: now() + life }
    await storage.setItem(name, JSON.stringify(item), { ttl: Math.ceil(life / 1000) })
  }

  async function nameOf(key: string): Promise<string> {
    const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key))
    const hex = Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0'))
    return prefix + hex.join('')
  }
}

/** The key of the mark that a session has ended; no part of it is a folder that a record is. */
function markOf(name: string): string {
  return `${name}-ended`
}

function check(storage: UnstorageStorage, prefix: unknown, consistency: unknown): void {
  if (typeof storage?.setItem !== 'function') {
    refuse('createUnstorageStore() needs a storage: give it what createStorage() returns.')
  }
  // A storage cuts a key off at ?, and would keep every session in one place.
  if (!/^[\w:/-]*$/.test(prefix as string)) {
    refuse('Session option "prefix" must be letters, digits and :/_-.')
  }
  if (!/^(strong|eventual)$/.test(consistency as string)) {
    refuse(`Session option "consistency" must be 'strong' or 'eventual'.`)
  }
}

function refuse(sentence: string): never {
  throw new SessionError('ERR_SESSION_OPTIONS', sentence)
}

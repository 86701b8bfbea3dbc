/**
 * Sessions in Cloudflare Workers KV.
 *
 * @module
 */
import { parseJson, SessionError, type Store } from '../src/index.ts'

/** What the store needs of a KV namespace: a binding like `env.SESSIONS`. */
export interface KvNamespace {
  get(key: string, type: 'text'): Promise<string | null>
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>
  delete(key: string): Promise<void>
}

/** How records are kept in a namespace. */
export interface KvStoreOptions {
  /** What every key begins with, for a namespace that holds other things too (default none). */
  prefix?: string
}

/** KV refuses to keep anything for less, in seconds; the record itself tells when it ends. */
const SHORTEST_TTL = 60

/** KV takes one write a second to a key. */
const RETRY_AFTER = 1100

const LONGEST_KEY = 512

/**
 * Keeps records in a Workers KV namespace.
 *
 * KV is eventually consistent: another location may read a record that is a minute old, also
 * after a logout, and of two requests at once the last one's data stay. Where that matters use a
 * strongly consistent store.
 *
 * @param namespace The binding, `env.SESSIONS`.
 * @throws SessionError `ERR_SESSION_OPTIONS` if it is none.
 */
export function createKvStore(namespace: KvNamespace, options: KvStoreOptions = {}): Store {
  if (typeof namespace?.put !== 'function') {
    throw new SessionError(
      'ERR_SESSION_OPTIONS',
      'createKvStore() needs a KV namespace: is its binding in wrangler.toml under [[kv_namespaces]]?',
    )
  }
  const { prefix = '' } = options

  return {
    consistency: 'eventual',
    hashedKeys: true,

    async get(key) {
      if (isTooLong(prefix + key)) return null
      const text = await namespace.get(prefix + key, 'text')
      if (text === null) return null
      try {
        return parseJson(text)
      } catch {
        // Something else is kept under this key; what is no record counts as missing.
        return null
      }
    },

    async set(key, record, maxAge, { changed }) {
      if (isTooLong(prefix + key)) {
        throw new SessionError(
          'ERR_SESSION_OPTIONS',
          `Workers KV takes keys of up to ${LONGEST_KEY} bytes: shorten "prefix" or what "genid" makes.`,
        )
      }
      const seconds = typeof maxAge === 'number' ? Math.ceil(maxAge / 1000) : 86_400
      const value = JSON.stringify(record)
      const expirationTtl = Math.max(seconds, SHORTEST_TTL)
      // That a session lives a little shorter than it might is no reason to fail a request.
      await write(() => namespace.put(prefix + key, value, { expirationTtl }), changed)
    },

    async destroy(key) {
      if (!isTooLong(prefix + key)) await write(() => namespace.delete(prefix + key), true)
    },
  }
}

function isTooLong(key: string): boolean {
  return new TextEncoder().encode(key).length > LONGEST_KEY
}

/** Writes, and if KV is asked too often writes again or leaves it be. */
async function write(attempt: () => Promise<void>, matters: boolean): Promise<void> {
  try {
    await attempt()
  } catch (error) {
    if (!(error instanceof Error && /\b429\b/.test(error.message))) throw error
    if (!matters) return
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER))
    await attempt()
  }
}

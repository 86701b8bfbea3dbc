/**
 * Sessions in Cloudflare Workers KV.
 *
 * @module
 */
import { parseJson, SessionError, type Store } from '../src/index.ts'

/** What the store needs of a KV namespace: a binding like `env.SESSIONS`. */
export interface KvNamespace {
  get(keys: string[], type: 'text'): Promise<Map<string, string | null>>
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
 * KV is eventually consistent: another location may read what is a minute old, and of two requests
 * at once the last one's data stay. So the sealed cookie brings the number of the last write along
 * and, where it fits, a snapshot of the data, which stands in for an older record for 90 seconds:
 * a browser reads its own writes everywhere. A session that was destroyed leaves a mark which no
 * late write undoes: a copied cookie works in other locations for up to about 90 seconds more, and
 * never again. Where that is too long use a strongly consistent store.
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
      const [name, mark] = namesOf(key)
      if (isTooLong(mark)) return null
      const found = await namespace.get([name, mark], 'text')
      if (found.get(mark)) return { _ended: true }
      const text = found.get(name) ?? 'null'
      try {
        return parseJson(text)
      } catch {
        // Something else is kept under this key; what is no record counts as missing.
        return null
      }
    },

    async set(key, record, maxAge, { changed }) {
      const [name, mark] = namesOf(key)
      if (isTooLong(mark)) {
        throw new SessionError(
          'ERR_SESSION_OPTIONS',
          `Workers KV takes keys of up to ${LONGEST_KEY} bytes: shorten "prefix" or what "genid" makes.`,
        )
      }
      const value = JSON.stringify(record)
      // That a session lives a little shorter than it might is no reason to fail a request.
      await write(() => namespace.put(name, value, ttlOf(maxAge)), changed)
    },

    async destroy(key, { maxAge }) {
      const [name, mark] = namesOf(key)
      if (isTooLong(mark)) return
      // The mark is a key of its own: a late write of the record cannot undo it.
      const writes = await Promise.allSettled([
        write(() => namespace.put(mark, '1', ttlOf(maxAge)), true),
        // With the mark the session has ended: a record that stays goes when its time is over.
        write(() => namespace.delete(name), true).catch((error: unknown) => {
          if (!isTooMany(error)) throw error
        }),
      ])
      for (const outcome of writes) if (outcome.status === 'rejected') throw outcome.reason
    },
  }

  /** The key of a record, and the one that says that it has ended. */
  function namesOf(key: string): [record: string, mark: string] {
    return [prefix + key, `${prefix}${key}:ended`]
  }
}

function ttlOf(maxAge: unknown): { expirationTtl: number } {
  const seconds = typeof maxAge === 'number' ? Math.ceil(maxAge / 1000) : 86_400
  return { expirationTtl: Math.max(seconds, SHORTEST_TTL) }
}

function isTooLong(key: string): boolean {
  return new TextEncoder().encode(key).length > LONGEST_KEY
}

function isTooMany(error: unknown): boolean {
  return error instanceof Error && /\b429\b/.test(error.message)
}

/** Writes, and if KV is asked too often writes again or leaves it be. */
async function write(attempt: () => Promise<void>, matters: boolean): Promise<void> {
  try {
    await attempt()
  } catch (error) {
    if (!isTooMany(error)) throw error
    if (!matters) return
    await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER))
    await attempt()
  }
}

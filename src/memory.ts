import type { Store } from './store.ts'
import type { SessionRecord } from './record.ts'

/** How a memory store is kept. */
export interface MemoryStoreOptions {
  /** How many records to keep; the one unused for longest goes first (default 10,000). */
  maxEntries?: number
  /** The time, in milliseconds since the epoch (default `Date.now`). */
  now?: () => number
}

interface Entry {
  json: string
  expires: number
}

/**
 * Keeps records in this process: for tests, for development, and for a single process that may
 * forget. Not for several processes or isolates, each of which would have its own sessions.
 *
 * Records are kept as JSON, so that nobody changes them from outside. An expired one goes when it
 * is asked for, or when it is the one unused for longest; there is no timer.
 */
export function createMemoryStore(options: MemoryStoreOptions = {}): Store {
  const { maxEntries = 10_000, now = Date.now } = options
  const entries = new Map<string, Entry>()

  const set: Store['set'] = (key, record, maxAge) => {
    const life = typeof maxAge === 'number' ? maxAge : 86_400_000
    entries.delete(key)
    entries.set(key, { json: JSON.stringify(record), expires: now() + life })
    for (const oldest of entries.keys()) {
      if (entries.size <= maxEntries) break
      entries.delete(oldest)
    }
  }

  return {
    consistency: 'strong',
    hashedKeys: true,

    get(key) {
      const entry = entries.get(key)
      entries.delete(key)
      if (!entry || !(now() < entry.expires)) return null
      // A Map keeps the order of insertion: the end is where the latest used are.
      entries.set(key, entry)
      return JSON.parse(entry.json) as SessionRecord
    },

    set,

    compareAndSet(key, record, maxAge, previous, options) {
      const entry = entries.get(key)
      const present = entry && now() < entry.expires ? entry.json : 'null'
      if (present !== JSON.stringify(previous)) return false
      set(key, record, maxAge, options)
      return true
    },

    touch(key, maxAge, { expire }) {
      const entry = entries.get(key)
      if (!entry || !(now() < entry.expires)) return false
      const record = JSON.parse(entry.json) as SessionRecord
      // One that is over stays over: its id has been given up.
      if (!(now() <= (record._expire ?? Infinity))) return false
      set(key, { ...record, _expire: expire }, maxAge, {
        rolling: true,
        changed: false,
        ctx: undefined,
      })
      return true
    },

    destroy(key) {
      entries.delete(key)
    },
  }
}

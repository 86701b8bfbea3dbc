/** What kept in KV a value is read as. */
type KvType = 'text' | 'json'

interface KvReadOptions {
  type?: KvType
  /** How long this location may go on with what it reads now, in seconds, at least 30. */
  cacheTtl?: number
}

/** A namespace of the simulator, as a Worker in one location has it for a binding. */
export interface SimulatedKv {
  get(key: string, options?: KvType | KvReadOptions): Promise<any>
  /** Reads up to a hundred keys in one operation. */
  get(keys: string[], options?: KvType | KvReadOptions): Promise<Map<string, any>>
  put(
    key: string,
    value: string,
    options?: { expirationTtl?: number; expiration?: number },
  ): Promise<void>
  delete(key: string): Promise<void>
  /** The keys that begin with a prefix, by way of the central store. */
  list(options?: {
    prefix?: string
    limit?: number
  }): Promise<{ keys: { name: string; expiration?: number }[]; list_complete: boolean }>
}

/** How the simulated network is. */
export interface KvSimulatorOptions {
  /** The time, in milliseconds since the epoch (default `Date.now`). */
  now?: () => number
  /** How long a location goes on with what it has read, in seconds (default 60). */
  cacheTtl?: number
  /** How long a write takes to be seen from other locations, in milliseconds (default 0). */
  lag?: number
  /** How far apart two writes of one key have to be, in milliseconds (default 1000). */
  writeInterval?: number
}

/** What was asked of the simulator. */
export interface KvStatistics {
  /** Operations that read; one for several keys counts once. */
  gets: number
  puts: number
  deletes: number
  /** Keys that a location knew the answer for, right or not. */
  cached: number
  /** Keys that the central store was asked for. */
  central: number
  /** Reads of a key that were answered with what was no longer so. */
  stale: number
  /** Writes that were refused with 429. */
  refused: number
}

/** Workers KV across locations. */
export interface KvSimulator {
  /** The namespace as a location sees it; the same name is the same location. */
  at(location: string): SimulatedKv
  readonly statistics: Readonly<KvStatistics>
  /** What the central store has under a key by now, whatever locations make of it. */
  peek(key: string): string | null
}

interface Version {
  value: string | null
  /** When KV lets go of it, in milliseconds since the epoch. */
  expires: number
  /** When it was written, and where: there it is seen at once. */
  written: number
  location: string
}

interface Cached {
  version: Version | undefined
  read: number
}

const LONGEST_KEY = 512
const LARGEST_VALUE = 25 * 1024 * 1024
const MOST_KEYS = 100

/**
 * Simulates what Workers KV does in production and local simulators leave out: locations that go
 * on with what they have read, misses included, for a minute; one write a second to a key, and 429
 * to others; a TTL of at least a minute; keys of at most 512 bytes.
 *
 * It follows the documented rules and the messages that KV gives; it is none of Cloudflare's code.
 *
 * ```js
 * const kv = createKvSimulator({ now: () => time })
 * const [oslo, lima] = [kv.at('OSL'), kv.at('LIM')].map((namespace) => createKvStore(namespace))
 * ```
 */
export function createKvSimulator(options: KvSimulatorOptions = {}): KvSimulator {
  const { now = Date.now, cacheTtl: usualTtl = 60, lag = 0, writeInterval = 1000 } = options
  const history = new Map<string, Version[]>()
  const caches = new Map<string, Map<string, Cached>>()
  const statistics: KvStatistics = {
    gets: 0,
    puts: 0,
    deletes: 0,
    cached: 0,
    central: 0,
    stale: 0,
    refused: 0,
  }

  /** The newest version that has come to a location. */
  function newest(key: string, location?: string): Version | undefined {
    const time = now()
    return history
      .get(key)
      ?.findLast(
        (version) =>
          location === undefined || version.location === location || version.written + lag <= time,
      )
  }

  function valueOf(version: Version | undefined): string | null {
    return version && now() < version.expires ? version.value : null
  }

  function cacheOf(location: string): Map<string, Cached> {
    const cache = caches.get(location) ?? new Map<string, Cached>()
    caches.set(location, cache)
    return cache
  }

  function read(key: string, location: string, ttl: number): string | null {
    const cache = cacheOf(location)
    let known = cache.get(key)
    if (known && now() - known.read < ttl * 1000) statistics.cached++
    else {
      statistics.central++
      known = { version: newest(key, location), read: now() }
      cache.set(key, known)
    }
    const value = valueOf(known.version)
    if (value !== valueOf(newest(key))) statistics.stale++
    return value
  }

  function write(operation: string, key: string, location: string, value: string | null): Version {
    const versions = history.get(key) ?? []
    const last = versions.at(-1)
    if (last && now() - last.written < writeInterval) {
      statistics.refused++
      throw new Error(`KV ${operation} failed: 429 Too Many Requests`)
    }
    const version = { value, expires: Infinity, written: now(), location }
    versions.push(version)
    history.set(key, versions)
    cacheOf(location).set(key, { version, read: now() })
    return version
  }

  return {
    statistics,
    peek: (key) => valueOf(newest(key)),
    at: (location) => ({
      async get(keys: string | string[], options: KvType | KvReadOptions = {}): Promise<any> {
        const { type = 'text', cacheTtl = usualTtl } =
          typeof options === 'string' ? { type: options } : options
        const list = [keys].flat()
        if (list.length > MOST_KEYS) {
          throw refusal('GET_BULK', `You can request a maximum of ${MOST_KEYS} keys`)
        }
        if (!(cacheTtl >= 30)) {
          throw refusal('GET', `Invalid cache_ttl of ${cacheTtl}. Cache TTL must be at least 30.`)
        }
        statistics.gets++
        const found = list.map((key): [string, unknown] => {
          checkKey('GET', key)
          const text = read(key, location, cacheTtl)
          return [key, type === 'json' && text !== null ? JSON.parse(text) : text]
        })
        return Array.isArray(keys) ? new Map(found) : found[0]![1]
      },

      async put(key, value, { expirationTtl, expiration } = {}) {
        checkKey('PUT', key)
        checkValue(value)
        const seconds = Math.floor(now() / 1000)
        const end = endOf(seconds, expirationTtl, expiration)
        statistics.puts++
        write('PUT', key, location, String(value)).expires = end * 1000
      },

      async delete(key) {
        checkKey('DELETE', key)
        statistics.deletes++
        write('DELETE', key, location, null)
      },

      async list({ prefix = '', limit = 1000 } = {}) {
        const found = [...history.keys()]
          .filter((name) => name.startsWith(prefix) && valueOf(newest(name, location)) !== null)
          .toSorted()
        const keys = found.slice(0, limit).map((name) => {
          const { expires } = newest(name, location)!
          return { name, ...(Number.isFinite(expires) && { expiration: expires / 1000 }) }
        })
        return { keys, list_complete: keys.length === found.length }
      },
    }),
  }
}

function endOf(now: number, ttl: number | undefined, expiration: number | undefined): number {
  if (ttl !== undefined) {
    const seconds = Math.trunc(ttl)
    if (!(seconds > 0 && Number.isFinite(seconds))) {
      throw refusal(
        'PUT',
        `Invalid expiration_ttl of ${ttl}. Please specify integer greater than 0.`,
      )
    }
    if (seconds < 60) {
      throw refusal('PUT', `Invalid expiration_ttl of ${ttl}. Expiration TTL must be at least 60.`)
    }
    return now + seconds
  }
  if (expiration === undefined) return Infinity
  if (!(expiration >= now + 60)) {
    throw refusal(
      'PUT',
      `Invalid expiration of ${expiration}. Expiration times must be at least 60 seconds in the future.`,
    )
  }
  return Math.trunc(expiration)
}

function checkKey(operation: string, key: unknown): asserts key is string {
  if (typeof key !== 'string' || key === '') throw new TypeError('Key name cannot be empty.')
  if (key === '.' || key === '..') throw new TypeError(`"${key}" is not allowed as a key name.`)
  const size = new TextEncoder().encode(key).length
  if (size <= LONGEST_KEY) return
  throw new Error(
    `KV ${operation} failed: 414 UTF-8 encoded length of ${size} exceeds key length limit of ${LONGEST_KEY}.`,
  )
}

function checkValue(value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    throw new TypeError(
      'KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.',
    )
  }
  const size = new TextEncoder().encode(String(value)).length
  if (size <= LARGEST_VALUE) return
  throw new Error(`KV PUT failed: 413 Value length of ${size} exceeds limit of ${LARGEST_VALUE}.`)
}

function refusal(operation: string, why: string): Error {
  return new Error(`KV ${operation} failed: 400 ${why}`)
}

/**
 * Sessions in Cloudflare Durable Objects, one for each session: reads see every write, wherever
 * they come from, and a logout holds at once.
 *
 * ```toml
 * # wrangler.toml
 * [[durable_objects.bindings]]
 * name = "SESSION"
 * class_name = "SessionObject"
 *
 * [[migrations]]
 * tag = "v1"
 * new_sqlite_classes = ["SessionObject"]
 * ```
 *
 * ```ts
 * export { SessionObject } from 'session-kit/durable-object' // from the Worker's main module
 *
 * app.use(session((c) => ({ secrets: c.env.SECRET, store: createDurableObjectStore(c.env.SESSION) })))
 * ```
 *
 * @module
 */
import { DurableObject } from 'cloudflare:workers'
import {
  createFetchStore,
  createStoreHandler,
  type Fetcher,
  type FetchStoreOptions,
} from '../src/fetch.ts'
import { SessionError, type SessionRecord, type Store } from '../src/index.ts'

/** What the store needs of a namespace: a binding like `env.SESSION`. */
export interface ObjectNamespace {
  idFromName(name: string): any
  get(id: any, options?: any): Fetcher
}

/** How objects are reached. */
export interface DurableObjectStoreOptions extends Pick<FetchStoreOptions, 'timeout' | 'maxSize'> {
  /** Where Cloudflare is to put new objects, `'weur'` for one (default near the first request). */
  locationHint?: string
}

/**
 * Keeps each record in a Durable Object of its own, `SessionObject`.
 *
 * @param namespace The binding, `env.SESSION`, or a part of it: `env.SESSION.jurisdiction('eu')`.
 * @throws SessionError `ERR_SESSION_OPTIONS` if it is none. Operations throw `ERR_SESSION_TIMEOUT`
 *   after `timeout` (default 2000 ms), and what `createFetchStore` says.
 */
export function createDurableObjectStore(
  namespace: ObjectNamespace,
  options: DurableObjectStoreOptions = {},
): Store {
  if (typeof namespace?.idFromName !== 'function') {
    throw new SessionError(
      'ERR_SESSION_OPTIONS',
      'createDurableObjectStore() needs a Durable Object namespace: ' +
        'is its binding in wrangler.toml under [[durable_objects.bindings]]?',
    )
  }
  const { locationHint, ...others } = options
  const where = locationHint && { locationHint }
  return createFetchStore(
    (key) => namespace.get(namespace.idFromName(key), ...(where ? [where] : [])),
    { ...others, consistency: 'strong', compareAndSet: true },
  )
}

/**
 * Holds one record, for as long as the session lives and no longer: an alarm then frees all of its
 * storage. Nothing is stored before the first write, so that unknown ids cost no storage.
 */
export class SessionObject extends DurableObject {
  readonly #row: Row = createRow(this.ctx.storage)
  readonly #handle: (request: Request) => Promise<Response> = createStoreHandler(
    createRowStore(this.#row),
    // Nobody but a Worker with the binding gets here.
    { authorize: () => true, maxSize: 2_000_000, onError: (error) => console.error(error) },
  )

  /** Answers as `createStoreHandler` does. */
  fetch(request: Request): Promise<Response> {
    return this.#handle(request)
  }

  /** Frees the storage of a session that is over; the runtime calls it. */
  async alarm(): Promise<void> {
    const found = this.#row.read()
    if (found && Date.now() < found.expires) await this.ctx.storage.setAlarm(found.expires)
    else await this.#row.free()
  }
}

interface Kept {
  key: string
  record: string
  expires: number
}

/** The one row of an object's one table. */
interface Row {
  read(): Kept | undefined
  write(kept: Kept): Promise<void>
  free(): Promise<void>
}

function createRow(storage: DurableObject['ctx']['storage']): Row {
  const { sql } = storage

  function read(): Kept | undefined {
    try {
      return sql.exec('SELECT key, record, expires FROM session').toArray()[0] as Kept | undefined
    } catch (error) {
      if (/no such table/.test(String(error))) return undefined
      throw error
    }
  }

  return {
    read,

    async write({ key, record, expires }) {
      const former = read()
      sql.exec(
        'CREATE TABLE IF NOT EXISTS session (id INTEGER PRIMARY KEY CHECK (id = 1), ' +
          'key TEXT NOT NULL, record TEXT NOT NULL, expires INTEGER NOT NULL) STRICT',
      )
      sql.exec(
        'INSERT INTO session VALUES (1, ?, ?, ?) ON CONFLICT (id) DO UPDATE ' +
          'SET key = excluded.key, record = excluded.record, expires = excluded.expires',
        key,
        record,
        expires,
      )
      // An alarm is billed as a write. One that rings too early sets the next.
      if (!former || expires < former.expires) await storage.setAlarm(expires)
    },

    async free() {
      // deleteAll() spares the alarm under compatibility dates before 2026-02-24.
      await Promise.all([storage.deleteAlarm(), storage.deleteAll()])
    },
  }
}

/** A store of one record. Every change is one synchronous step, which nothing comes between. */
function createRowStore(row: Row): Store {
  function find(key: string): string | undefined {
    const kept = row.read()
    if (!kept || !(Date.now() < kept.expires)) return undefined
    if (kept.key === key) return kept.record
    throw new Error('This object keeps another session: get an object for each key.')
  }

  function write(key: string, record: SessionRecord, maxAge: unknown): Promise<void> {
    const life = typeof maxAge === 'number' ? maxAge : 86_400_000
    return row.write({ key, record: JSON.stringify(record), expires: Date.now() + life })
  }

  return {
    consistency: 'strong',

    get(key) {
      return JSON.parse(find(key) ?? 'null') as SessionRecord | null
    },

    async set(key, record, maxAge) {
      find(key)
      await write(key, record, maxAge)
    },

    async compareAndSet(key, record, maxAge, previous) {
      if ((find(key) ?? 'null') !== JSON.stringify(previous)) return false
      await write(key, record, maxAge)
      return true
    },

    async touch(key, maxAge, { expire }) {
      const record = JSON.parse(find(key) ?? 'null') as SessionRecord | null
      // One that is over by its own account stays over: its id has been given up.
      if (!record || !(Date.now() <= (record._expire ?? Infinity))) return false
      await write(key, { ...record, _expire: expire }, maxAge)
      return true
    },

    async destroy(key) {
      if (find(key)) await row.free()
    },
  }
}

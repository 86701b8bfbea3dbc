import Keygrip from 'keygrip'

// Koa's context with whatever session the library under test puts on it, on purpose without a
// type: half of the cases do what a type would forbid.
export type Loose = any

/** A call of a store, with its arguments as plain data. */
export type Call = [verb: string, ...values: unknown[]]

export interface RecordingStore {
  get(...values: Loose[]): Promise<Loose>
  set(...values: Loose[]): Promise<void>
  destroy(...values: Loose[]): Promise<void>
}

export interface PairOptions {
  /** The cookie's name (default `'koa.sess'`). */
  name?: string
  /** The secret to sign with (default the first of the default keys). */
  secret?: string
  /** The digest of the signature (default `'sha1'`). */
  digest?: string
}

/** An error a case throws in the application's place. */
export class Planned extends Error {
  override name = 'Planned'
}

/** An error of a store or of the data, which a library may tell in words of its own. */
export class Broken extends Error {
  override name = 'Broken'
}

/** What a case may use: one stage belongs to one run of one case. */
export interface Stage {
  /** What the stores of this case hold. */
  records: Map<string, unknown>
  /** An id that is different at every call and shows as `<id n>` in the transcript. */
  genid: () => string
  /** A store of three asynchronous methods that records its calls. */
  store(): RecordingStore
  /** The same with `compareAndSet`. */
  exactStore(): RecordingStore
  /** Writes a call of a store down, for stores a case makes itself. */
  call(verb: string, ...values: unknown[]): void
  /** Writes anything down. */
  note(...values: unknown[]): void
  /** Holds a handler until the step that finishes it. */
  pause(name: string): Promise<void>
}

/** What one step wrote down. */
export interface Log {
  calls: Call[]
  notes: unknown[]
}

export const keys: string[] = ['first key', 'second key']

/** A record as koa-session puts it into a cookie. */
export function pack(data: unknown): string {
  return Buffer.from(JSON.stringify(data)).toString('base64')
}

export function unpack(value: string): Loose {
  return JSON.parse(Buffer.from(value, 'base64').toString())
}

/** A Cookie header with a value and its signature. */
export function pair(value: string, options: PairOptions = {}): string {
  const { name = 'koa.sess', secret = keys[0], digest = 'sha1' } = options
  const signature = new Keygrip([secret ?? ''], digest).sign(`${name}=${value}`)
  return `${name}=${value}; ${name}.sig=${signature}`
}

export interface Backstage extends Stage {
  ids: Set<string>
  log: Log
  /** Resolves once the handler has reached its pause. */
  reached(name: string): Promise<void>
  /** Lets the handler go on. */
  resume(name: string): void
}

export function createStage(): Backstage {
  const pauses = new Map<string, { reached: Gate; resumed: Gate }>()
  const stage: Backstage = {
    records: new Map(),
    ids: new Set(),
    log: { calls: [], notes: [] },
    genid() {
      const id = `sid-${String(stage.ids.size + 1).padStart(4, '0')}`
      stage.ids.add(id)
      return id
    },
    store: () => createStore(stage),
    exactStore: () => createExactStore(stage),
    call: (verb, ...values) => void stage.log.calls.push([verb, ...values.map(plain)]),
    note: (...values) => void stage.log.notes.push(values.map(plain)),
    async pause(name) {
      gates(name).reached.open()
      await gates(name).resumed.opened
    },
    reached: (name) => gates(name).reached.opened,
    resume: (name) => gates(name).resumed.open(),
  }

  function gates(name: string): { reached: Gate; resumed: Gate } {
    const known = pauses.get(name) ?? { reached: createGate(), resumed: createGate() }
    pauses.set(name, known)
    return known
  }

  return stage
}

function createStore(stage: Backstage): RecordingStore {
  return {
    async get(...values) {
      stage.call('get', ...values)
      return copy(stage.records.get(values[0]))
    },
    async set(key, record, ...values) {
      stage.call('set', key, copy(record), ...values)
      stage.records.set(key, copy(record))
    },
    // Destroying what is not there changes nothing, and whether it is tried tells nothing.
    async destroy(...values) {
      if (stage.records.delete(values[0])) stage.call('destroy', ...values)
    },
  }
}

function createExactStore(stage: Backstage): RecordingStore {
  const store = createStore(stage)
  const compareAndSet = async (...values: Loose[]): Promise<boolean> => {
    const [key, record, maxAge, previous, options] = values
    stage.call('compareAndSet', key, copy(record), maxAge, copy(previous), options)
    const present = JSON.stringify(stage.records.get(key) ?? null)
    if (present !== JSON.stringify(previous)) return false
    stage.records.set(key, copy(record))
    return true
  }
  return Object.assign(store, { compareAndSet })
}

/** Anything as data that compares and prints well. */
export function plain(value: unknown): unknown {
  if (value === undefined) return '<undefined>'
  if (typeof value === 'function') return '<function>'
  if (typeof value !== 'object' || value === null) {
    return Number.isFinite(value) || typeof value !== 'number' ? value : `<${value}>`
  }
  if (value instanceof Promise) return '<promise>'
  if (value instanceof Error) return `<${value.name}: ${value.message}>`
  if ('req' in value && 'res' in value && 'app' in value) return '<ctx>'
  if ('toJSON' in value) return copy(value)
  if (Array.isArray(value)) return value.map(plain)
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, plain(entry)]))
}

function copy(value: unknown): unknown {
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value))
}

interface Gate {
  opened: Promise<void>
  open: () => void
}

function createGate(): Gate {
  const { promise, resolve } = Promise.withResolvers<void>()
  return { opened: promise, open: resolve }
}

import type { Store } from '../../src/index.ts'

/** A clock of the store's, in milliseconds. */
export interface Ticking {
  time: number
}

interface Entry {
  json: string
  expires: number
}

export type Loose = any

/**
 * A store that does everything right, over calls that take a turn, as those of a database do. Its
 * parts may be replaced by ones that do not.
 */
export class SoundStore implements Store {
  readonly consistency: 'strong' | 'eventual' = 'strong'
  readonly hashedKeys: boolean = true
  readonly entries = new Map<string, Entry>()
  readonly clock: Ticking

  constructor(clock: Ticking) {
    this.clock = clock
  }

  name(key: string): string {
    return key
  }
  encode(record: Loose): string {
    return JSON.stringify(record)
  }
  decode(json: string): Loose {
    const value: Loose = JSON.parse(json)
    return value
  }
  life(maxAge: Loose): number {
    return typeof maxAge === 'number' ? maxAge : 86_400_000
  }

  live(key: string): Entry | undefined {
    const entry = this.entries.get(this.name(key))
    return entry && this.clock.time < entry.expires ? entry : undefined
  }
  put(key: string, record: Loose, maxAge: Loose): void {
    const entry = { json: this.encode(record), expires: this.clock.time + this.life(maxAge) }
    this.entries.set(this.name(key), entry)
  }

  async get(key: string): Promise<Loose> {
    await turn()
    const entry = this.live(key)
    return entry ? this.decode(entry.json) : undefined
  }
  async set(key: string, record: Loose, maxAge: Loose): Promise<void> {
    await turn()
    this.put(key, record, maxAge)
  }
  async destroy(key: string): Promise<void> {
    await turn()
    this.entries.delete(this.name(key))
  }
  async compareAndSet(
    key: string,
    record: Loose,
    maxAge: Loose,
    previous: Loose,
  ): Promise<boolean> {
    await turn()
    const present = this.live(key)?.json ?? null
    if (present !== (previous && this.encode(previous))) return false
    this.put(key, record, maxAge)
    return true
  }
  async touch(key: string, maxAge: Loose, { expire }: Loose): Promise<boolean> {
    await turn()
    const entry = this.live(key)
    if (!entry) return false
    const record = this.decode(entry.json)
    if (record._expire < this.clock.time) return false
    this.put(key, { ...record, _expire: expire }, maxAge)
    return true
  }
}

/** Lets others have their turn. */
export async function turn(): Promise<void> {
  for (let times = 0; times < 5; times++) await Promise.resolve()
}

/** A store with a fault, and the cases that have to tell of it. */
export interface BrokenStore {
  fault: string
  make(clock: Ticking): Store<Loose>
  told: string[]
}

/** Makes the entry of a store that differs from the sound one in these members. */
export function broken(
  fault: string,
  told: string | string[],
  change: (store: SoundStore) => Partial<Record<keyof SoundStore, Loose>>,
): BrokenStore {
  const make = (clock: Ticking): Store<Loose> => {
    const store = new SoundStore(clock)
    const sound = new SoundStore(clock)
    // What is called on the sound one works on the same entries.
    Object.assign(sound, { entries: store.entries })
    return Object.assign(store, change(sound)) as Store<Loose>
  }
  return { fault, make, told: [told].flat() }
}

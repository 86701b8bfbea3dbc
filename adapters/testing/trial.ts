import type { Awaitable, SessionRecord, Store } from '../../src/index.ts'

/** A store as its author hands it over, new and empty, or at least without the suite's keys. */
export interface StoreUnderTest {
  store: Store<any>
  /** Lets time pass for the store, in milliseconds; without it nothing about time is tried. */
  advance?(ms: number): Awaitable<unknown>
  /** The store's time, if it is neither the real one nor what `advance` makes of it. */
  now?(): number
  /** Runs after the case, whatever came of it. */
  dispose?(): Awaitable<unknown>
}

/** What an author tells of a store. */
export interface TrialOptions {
  /**
   * How long records live in the cases about time, in milliseconds (default 120,000). A store whose
   * `advance` really waits takes less.
   */
  life?: number | undefined
  /**
   * Whether the store keeps and hands out the very objects it is given, as some stores of
   * koa-session's days do: it is not held to copies then.
   */
  keepsObjects?: boolean | undefined
}

/** Tells the runner that a case does not apply. */
export class Skipped extends Error {}

/** One case at work: a store, and the clock that its sessions live by. */
export class Trial {
  readonly store: Store<any>
  readonly life: number
  readonly keepsObjects: boolean
  readonly #subject: StoreUnderTest
  readonly #run: string = crypto.randomUUID().slice(0, 8)
  #passed = 0

  constructor(subject: StoreUnderTest, options: TrialOptions) {
    this.#subject = subject
    this.store = subject.store
    this.life = options.life ?? 120_000
    this.keepsObjects = options.keepsObjects ?? false
  }

  get hasClock(): boolean {
    return this.#subject.advance !== undefined
  }

  readonly now = (): number => this.#subject.now?.() ?? Date.now() + this.#passed

  /** Lets a part of a record's life pass. */
  async advance(lives: number): Promise<void> {
    const ms = Math.ceil(lives * this.life)
    const start = Date.now()
    await this.#subject.advance!(ms)
    // Where that was real time, it has passed for the sessions, too.
    this.#passed += Math.max(0, ms - (Date.now() - start))
  }

  /** A key that no other case uses. */
  key(name: string): string {
    return `${name}-${this.#run}`
  }

  /** A record that is good for a life from now on. */
  record(data: Record<string, unknown> = {}): SessionRecord {
    return { ...data, _expire: this.now() + this.life, _maxAge: this.life }
  }

  async get(key: string): Promise<any> {
    return await this.store.get(key, this.life, { rolling: false, ctx: {} })
  }

  async set(
    key: string,
    record: SessionRecord,
    maxAge: number | 'session' | undefined = this.life,
    changed = true,
  ): Promise<void> {
    await this.store.set(key, record, maxAge, { rolling: !changed, changed, ctx: {} })
  }

  async destroy(key: string): Promise<void> {
    await this.store.destroy(key, { ctx: {}, maxAge: this.life })
  }

  async compareAndSet(
    key: string,
    record: SessionRecord,
    previous: SessionRecord | null,
    maxAge: number = this.life,
  ): Promise<unknown> {
    const options = { rolling: false, changed: true, ctx: {} }
    return await this.store.compareAndSet!(key, record, maxAge, previous, options)
  }

  /** Extends a record by a life, and tells what the store answered. */
  async touch(key: string, expire: number = this.now() + this.life): Promise<unknown> {
    return await this.store.touch!(key, this.life, { expire, ctx: {} })
  }
}

/** A case: what a store does, in a sentence, and a try of it. */
export type Case = readonly [sentence: string, run: (trial: Trial) => Promise<unknown>]

/** Cases of one subject, and what a store has or lacks that they are about. */
export interface Section {
  subject: string
  needs?: 'compareAndSet' | 'touch' | 'advance'
  lacks?: 'compareAndSet'
  cases: readonly Case[]
}

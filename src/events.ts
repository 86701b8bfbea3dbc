import { isPromise, type Awaitable } from './awaitable.ts'
import type { Word } from './decide.ts'
import type { SessionError } from './errors.ts'

/** A store operation. */
export type StoreOperation = 'get' | 'set' | 'destroy'

/** Why a session that a cookie named was set aside. */
export type Reason = 'missed' | 'expired' | 'invalid' | 'revoked' | 'tampered'

/** What every event tells. */
interface Told {
  /** The cookie's name: which session it is, where there are several. */
  key: string
  /** When, by the option `now`. */
  now: number
  /** Where the session's data are, or were looked for. */
  place: Place
}

export type Place = 'cookie' | 'store'

/** What came of a session. */
export interface FateEvent extends Told {
  /**
   * - `loaded` the request brought a session, and it is good
   * - `missed` the cookie is good, and its record is not in the store; or another request ended or
   *   moved the session while this one was under way, and what this one did went nowhere
   * - `expired` its time is over
   * - `revoked` the `isRevoked` option refused it
   * - `tampered` the cookie is forged, damaged, or sealed under a secret that is gone
   * - `destroyed` the application ended it: its cookie goes, and its record, unless a `store-error`
   *   came before
   * - `conflict` two requests changed the same key, and the stored value stayed; or an origin saved
   *   the session while the edge in front of it changed it, and one of the two was given up
   */
  type: Exclude<Reason, 'invalid'> | 'loaded' | 'destroyed' | 'conflict'
}

/** The record is none, or the option `valid` or `schema` refused it. */
export interface InvalidEvent extends Told {
  type: 'invalid'
  /** What `schema` or `migrate` have done wrong. */
  error?: SessionError
}

/** What was written, after it was. */
export interface WrittenEvent extends Told {
  /**
   * - `created` the first commit of a session
   * - `renewed` the commit made it live on, and changed nothing in it
   * - `regenerated` it has a new id, and the old one is given up
   * - `rotated` the cookie it came with was made under a secret that is no longer the newest, in
   *   another format, or of an older `schema`, and has been made anew; whatever else the commit did
   */
  type: 'created' | 'renewed' | 'regenerated' | 'rotated'
  /** What its cookies take, names and values, in bytes. */
  bytes: number
}

/** A store that failed, `isRevoked` among them. */
export interface StoreErrorEvent extends Told {
  type: 'store-error'
  operation: StoreOperation
  /** Tells the kind of failure, and nothing of the store's own message, which may hold keys. */
  error: SessionError
}

/** How long a step took: for spans, for `Server-Timing`, for whoever looks at a single request. */
export type TimingEvent = Told & {
  /** Milliseconds, by `performance.now()`. */
  duration: number
} & (
    | {
        type: 'load'
        outcome: LoadOutcome
      }
    | { type: 'store'; operation: StoreOperation; outcome: 'done' | 'failed' }
    | {
        type: 'commit'
        outcome: CommitOutcome
        /** What its cookies take, names and values, in bytes; 0 where none was made. */
        bytes: number
      }
  )

/** What came of the session that a cookie named; `failed` where nobody could look it up. */
export type Noted = Reason | 'loaded' | 'failed'

/** Takes what a load has found, as soon as it has. */
export type Note = (outcome: Noted, place?: Place, error?: SessionError) => void

/** What came of a load; `none` where the request brought no cookie of this name. */
export type LoadOutcome = Noted | 'none'

/** What a commit did; `dropped` where another request had ended or moved the session. */
export type CommitOutcome = Word | 'dropped' | 'failed'

/** What happened to a session, without its data, its id or anything secret. */
export type SessionEvent = FateEvent | InvalidEvent | WrittenEvent | StoreErrorEvent | TimingEvent

/**
 * Hears of events as they happen. What it throws is reported and changes nothing.
 *
 * @param ctx What the request was loaded with; `undefined` where there is none, as in
 *   `manager.destroy(id)`.
 */
export type SessionListener<ctx = any> = (event: SessionEvent, ctx: ctx | undefined) => unknown

/** An event as it is told, before what all of them have in common. */
export type Telling = SessionEvent extends infer event
  ? event extends Told
    ? Omit<event, keyof Told>
    : never
  : never

/**
 * Tells listeners. Where there are none, neither is this: nothing is made for nobody.
 *
 * @param place Where sessions may be in either (default where new ones are).
 */
export type Tell = (event: Telling, ctx: unknown, place?: Place) => void

/**
 * Makes what tells listeners of events.
 *
 * @param report Takes what a listener throws, or rejects with.
 */
export function createTell(
  options: {
    key: string
    now(): number
    on?: SessionListener | readonly SessionListener[] | undefined
    store?: unknown
    ContextStore?: unknown
    overflow?: unknown
  },
  report: (error: unknown, ctx: unknown) => void = (error) => console.error(error),
): Tell | undefined {
  const { key, on, now, overflow } = options
  if (!on) return undefined
  const isStored = overflow !== 'store' && (options.store ?? options.ContextStore)
  return (event, ctx, place = isStored ? 'store' : 'cookie') => {
    const told = { key, now: now(), place, ...event } as SessionEvent
    for (const listener of [on].flat()) {
      // An `async` function catches both what is thrown and what is promised.
      void (async () => listener(told, ctx))().catch((error: unknown) => report(error, ctx))
    }
  }
}

/** Makes the session of a request, and tells what came of it and how long that took. */
export function timed<session>(
  tell: Tell,
  ctx: unknown,
  load: (note: Note) => Awaitable<session>,
): Awaitable<session> {
  const start = performance.now()
  let outcome: LoadOutcome = 'none'
  let place: Place | undefined
  const end = (): void =>
    tell({ type: 'load', outcome, duration: performance.now() - start }, ctx, place)
  const fail = (error: unknown): never => {
    outcome = 'failed'
    end()
    throw error
  }
  const done = (session: session): session => {
    end()
    return session
  }
  try {
    const loaded = load((noted, where, error) => {
      outcome = noted
      place = where
      if (noted !== 'failed') tell({ type: noted, ...(error && { error }) }, ctx, place)
    })
    return isPromise(loaded) ? loaded.then(done, fail) : done(loaded)
  } catch (error) {
    return fail(error)
  }
}

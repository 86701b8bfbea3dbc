import { isPromise, type Awaitable } from './awaitable.ts'
import { takeSnapshot, type Facts } from './decide.ts'
import { SessionError } from './errors.ts'
import type { CommitOutcome, Place } from './events.ts'
import { randomId } from './id.ts'
import { mayOverflow, type Kit } from './kit.ts'
import { isDataKey, parseSnapshot, type Json } from './record.ts'
import type { Store } from './store.ts'

/** What a session holds where an application does not say: any JSON. */
export type SessionData = Record<string, any>

/**
 * One visitor's session: the application's data as plain properties, and beside them these
 * members, which are never enumerated and never stored. A property of the same name hides a
 * member and does no harm.
 */
export type Session<data extends object = SessionData> = data & SessionMembers

/**
 * One visitor's session where it can only be read: the data, and what they do not change. A message
 * that was left by `flash()` is taken where it is shown, by a server that can write.
 */
export type ReadOnlySession<data extends object = SessionData> = ReadOnly<data> &
  Readonly<
    Pick<SessionMembers, 'isNew' | 'maxAge' | 'externalKey' | 'length' | 'populated' | 'toJSON'>
  >

type ReadOnly<value> = value extends (...args: any[]) => unknown
  ? value
  : value extends object
    ? { readonly [name in keyof value]: ReadOnly<value[name]> }
    : value

/** What a session can do. */
export interface SessionMembers {
  /** Whether it was made by this request. */
  readonly isNew: boolean

  /**
   * How long it may go without being saved, in milliseconds, or `'session'` for as long as the
   * browser is open. Assigning saves the session and outlives the configuration's `maxAge`
   * (capped by `absoluteMaxAge`); `undefined` goes back to that.
   */
  get maxAge(): number | 'session'
  set maxAge(maxAge: number | 'session' | undefined)

  /** Its key in the store; `undefined` where the data travel in the cookie. */
  readonly externalKey: string | undefined

  /** The number of properties in it. */
  readonly length: number

  /** Whether anything is in it. */
  readonly populated: boolean

  /** The data alone, as they are stored: without functions and keys that begin with `_`. */
  toJSON(): Json

  /**
   * Saves it now, changed or not; the cookie goes out with the response.
   *
   * @throws SessionError `ERR_SESSION_HEADERS_SENT` where the response has gone and the session
   *   needs its cookie: it is kept in it, is new, or has a new id.
   */
  save(): Promise<void>

  /** Gives it a new id and forgets the old one. Call it when somebody logs in. */
  regenerate(): Promise<void>

  /** Commits it now, for `autoCommit: false`. */
  manuallyCommit(): Promise<void>

  /** Ends it: data, cookie and stored record. What is put in afterwards is a new session. */
  destroy(): void

  /**
   * Changes it and saves it at once. Where another request has changed it meanwhile and the store
   * can tell, the change is made again on what is stored: no increment is lost.
   *
   * @param change May run several times.
   */
  update(change: (session: this) => unknown): Promise<void>

  /** Leaves a message for the next page that asks. */
  flash(key: string, value: unknown): void
  /** Takes the message that was left, or `undefined`. */
  flash(key: string): unknown
}

/** What the kit knows of a session and the application does not see. */
export interface SessionState extends Facts {
  readonly kit: Kit
  readonly ctx: unknown
  readonly store: Store | undefined
  /** The store's key, or the identity of a session in a cookie. */
  id: string
  /** Whether there is a session to end: it was loaded, or stored since. */
  isKnown: boolean
  /** Whether its cookie has the data, though there is a store. */
  inCookie: boolean
  /** Whether the request brought a cookie of this name, good or not. */
  hadCookie: boolean
  flash: Json
  /** Its own `maxAge` as it was loaded, or saved last; `life` has the one it is to get. */
  ownMaxAge: number | 'session' | undefined
  /** The record as the store holds it, to compare with. */
  record: Json | null
  /** How often the record was written, where that is counted. */
  version: number
  /** Keys whose records are to be destroyed. */
  discarded: string[]
  /** The session's own `maxAge` by the cookie that named it. */
  cookieMaxAge: number | 'session' | undefined
  /** The session that the cookie names, if its store does not tell, or not yet: it ends with this. */
  aside: { key: string; maxAge: number | 'session' | undefined } | undefined
  /** The response's headers have gone: no cookie reaches the browser any more. */
  isAnswered: boolean
  /** Its record could not be read: nothing but its end is kept. */
  isDetached: boolean
  /** Set-Cookie values of commits that came before the response. */
  cookies: string[]
  /** A change under way that can be made again, and the session as it was before. */
  update:
    | { before: string; maxAge: number | 'session' | undefined; change(session: object): unknown }
    | undefined
  /** What the last commit did, and what its cookies take, in bytes. */
  outcome: CommitOutcome
  bytes: number
  /** The error of a commit that failed. */
  error: unknown
  commit(session: object): Promise<string[]>
}

/** The session object itself. Its state is private, so that its own properties are data alone. */
export class SessionObject {
  /** What a log shows. */
  static readonly name: string = 'Session'

  #state: SessionState

  constructor(state: SessionState, data: Json) {
    this.#state = state
    assignData(this, data)
  }

  static stateOf(session: object): SessionState {
    if (#state in session) return session.#state
    throw new SessionError('ERR_SESSION_OPTIONS', 'This is no session: take what `load()` gave.')
  }

  get isNew(): boolean {
    return this.#state.isNew
  }

  get maxAge(): number | 'session' {
    const { life, kit } = this.#state
    return life.maxAge ?? kit.maxAge
  }

  set maxAge(maxAge: number | 'session' | undefined) {
    const isTime = Number.isFinite(maxAge) && (maxAge as number) > 0
    if (maxAge && maxAge !== 'session' && !isTime) {
      throw new SessionError(
        'ERR_SESSION_OPTIONS',
        'session.maxAge must be milliseconds or "session".',
      )
    }
    const state = this.#state
    state.life = { ...state.life, maxAge: maxAge || undefined }
    state.wish ||= 'save'
  }

  get externalKey(): string | undefined {
    const { store, inCookie, id } = this.#state
    return store && !inCookie ? id : undefined
  }

  get length(): number {
    return Object.keys(dataOf(this)).length
  }

  get populated(): boolean {
    return this.length > 0
  }

  toJSON(): Json {
    return dataOf(this)
  }

  save(): Promise<void> {
    this.#state.wish ||= 'save'
    return this.manuallyCommit()
  }

  async manuallyCommit(): Promise<void> {
    const state = this.#state
    const cookies = await state.commit(this)
    if (cookies.length) state.cookies = cookies
  }

  async regenerate(): Promise<void> {
    const state = this.#state
    if (state.wish === 'destroy') return
    discardId(state)
    state.wish = 'regenerate'
    state.id = await newId(state.kit, state.ctx)
  }

  async update(change: (session: any) => unknown): Promise<void> {
    const state = this.#state
    const before = takeSnapshot(dataOf(this), state.flash)
    state.update = { before, maxAge: state.life.maxAge, change }
    try {
      await change(this)
      await this.manuallyCommit()
    } finally {
      state.update = undefined
    }
  }

  destroy(): void {
    clearData(this)
    endState(this.#state)
  }

  flash(key: string, ...value: unknown[]): unknown {
    const { flash } = this.#state
    if (value.length) return void (flash[key] = value[0])
    const message = flash[key]
    delete flash[key]
    return message
  }
}

// `session.flash.x = …`, by mistake, would else be seen by every other visitor.
for (const { value } of Object.values(Object.getOwnPropertyDescriptors(SessionObject.prototype)))
  Object.freeze(value)

/** What the kit knows of a session. */
export const stateOf: (session: object) => SessionState = SessionObject.stateOf

/** Where a session is. */
export function placeOf({ store, inCookie }: SessionState): Place {
  return store && !inCookie ? 'store' : 'cookie'
}

/** The session's data as they are stored. */
export function dataOf(session: object): Json {
  const data: Json = {}
  for (const key of Object.keys(session)) {
    const value = (session as Json)[key]
    if (!isDataKey(key)) continue
    if (typeof value !== 'function') data[key] = value
    else if ('toJSON' in value) data[key] = (value as { toJSON(): unknown }).toJSON()
  }
  return data
}

const OWN = { writable: true, enumerable: true, configurable: true }

/** Puts data into a session; a key that is the name of a member is data all the same. */
export function assignData(session: object, data: Json): void {
  for (const key of Object.keys(data)) {
    if (!isDataKey(key)) continue
    // Plain assignment is quicker, but would call a member's setter.
    if (!(key in session)) (session as Json)[key] = data[key]
    else Object.defineProperty(session, key, { ...OWN, value: data[key] })
  }
}

/** Puts a session back to what was loaded, or to nothing if it was ended. */
export function restoreData(session: object): void {
  const state = stateOf(session)
  const { data, flash } = parseSnapshot(state.wish === 'destroy' ? '' : state.baseline)
  clearData(session)
  assignData(session, data)
  state.flash = Object.assign(Object.create(null), flash) as Json
}

/** Takes all data out of a session. */
export function clearData(session: object): void {
  for (const key of Object.keys(session)) delete (session as Json)[key]
}

/** Ends a session's state; the session gets another id if something is put in it. */
export function endState(state: SessionState): void {
  discardId(state)
  if (state.aside) {
    state.discarded.push(state.aside.key)
    state.cookieMaxAge = state.aside.maxAge
    state.aside = undefined
  }
  state.life = { ...state.life, maxAge: undefined }
  state.flash = Object.create(null) as Json
  state.wish = 'destroy'
  state.isNew = true
  state.inCookie = mayOverflow(state.kit)
  const id = newId(state.kit, state.ctx)
  // One that is promised is asked for again when it is needed; till then it may fail unheard.
  if (isPromise(id)) id.then(undefined, () => {})
  state.id = isPromise(id) ? '' : id
}

/** A new store key, or a new identity for a session that lives in its cookie. */
export function newId(kit: Kit, ctx: unknown): Awaitable<string> {
  const { store, ContextStore, genid, prefix } = kit
  if ((!store && !ContextStore) || mayOverflow(kit)) return randomId()
  return genid ? genid(ctx) : prefix + randomId()
}

function discardId(state: SessionState): void {
  if (state.store && !state.isNew && !state.wish.startsWith('r')) state.discarded.push(state.id)
}

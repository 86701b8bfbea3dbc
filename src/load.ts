import { engine } from '#engine'
import { chain, type Awaitable } from './awaitable.ts'
import { callStore } from './call-store.ts'
import { commit } from './commit.ts'
import { cookieValues } from './cookie-header.ts'
import { takeSnapshot } from './decide.ts'
import type { SessionError } from './errors.ts'
import { timed, type Note, type Place, type Reason } from './events.ts'
import { mayOverflow, storeMaxAge, type Kit } from './kit.ts'
import { idleLimit, SETTLING_TIME } from './life.ts'
import { destroyRecord } from './put-record.ts'
import {
  isEmpty,
  ownMaxAge,
  parseSnapshot,
  readRecord,
  type Json,
  type SessionRecord,
} from './record.ts'
import { conform, conformedRecord, defaultsOf } from './schema.ts'
import type { Carried } from './seal/format.ts'
import {
  endState,
  newId,
  SessionObject,
  stateOf,
  type Session,
  type SessionState,
} from './session.ts'
import type { Store } from './store.ts'
import { principalOf } from './subjects.ts'

/** A Cookie header as runtimes hand it over. */
export type CookieHeader = string | readonly string[] | null | undefined

/**
 * Makes the session of a request: the one that its cookie names, or a new one. It never throws on
 * anything that a client sent.
 *
 * Without a store and with the synchronous engine it answers at once.
 */
export function load<data extends object>(
  common: Kit,
  header: CookieHeader,
  ctx: unknown,
): Awaitable<Session<data>> {
  const kit = forRequest(common, header)
  const { tell } = kit
  if (!tell) return find(kit, header, ctx, unheard)
  return timed(tell, ctx, (note) => find(kit, header, ctx, note))
}

const unheard = (): void => {}

function find<data extends object>(
  kit: Kit,
  header: CookieHeader,
  ctx: unknown,
  note: Note,
): Awaitable<Session<data>> {
  const store = storeFor(kit, ctx)
  let aside: SessionState['aside']
  let place: Place | undefined
  return chain(kit.format.open(header, ctx), (carried) => {
    if (!carried) return begin(kit, ctx, store, false)
    // Nobody knows: what this request leaves is not written over a session that may be good.
    if (carried === 'unknown') return detached()
    if (typeof carried === 'string') return setAside(carried)
    const { key, record, isAdopted } = carried
    if (!store || (record && (isAdopted || mayOverflow(kit)))) {
      if (!record || (!store && key !== undefined)) return setAside('missed', undefined, record)
      return accept(carried, record)
    }
    if (key === undefined) return setAside('missed')
    place = 'store'
    const named = { key, maxAge: carried.life.maxAge }
    if (isEventual(store)) aside = named
    const maxAge = storeMaxAge(kit, store, kit.maxAge, idleLimit(kit, undefined))
    const options = { rolling: kit.rolling, ctx }
    return callStore(kit, ctx, 'get', store, key, async (storeKey) => {
      return { record: await store.get(storeKey, maxAge, options) }
    }).then((found) => {
      if (!found) return detached(named)
      const newest = newer(store, carried, found.record, kit.now())
      return newest ? accept(carried, newest) : setAside('missed', key, found.record)
    })
  })

  function accept(carried: Carried, record: unknown): Awaitable<Session<data>> {
    const { life } = carried
    const inCookie = mayOverflow(kit) && record === carried.record
    const key = inCookie ? undefined : carried.key
    const now = kit.now()
    const contents = readRecord(record)
    const isSnapshot = record === carried.record
    const flash = Object.assign(
      Object.create(null),
      contents?.flash,
      isSnapshot && carried.flash,
    ) as Json
    const text = contents && snapshotOf(contents.data, flash)
    if (!text) return setAside('invalid', key, record)
    // An older record than the cookie's cannot tell when the session ends, or that it is refused.
    const isOld = isEventual(store) && !isSnapshot && versionOf(record) < (carried.version ?? 0)
    const end = isOld ? undefined : contents.expires
    const expires = Math.min(life.expires ?? Infinity, end ?? Infinity)
    // The browser may have the cookie of before: a record that is the newest knows better.
    const { isTimed } = carried
    const isNewer = !isEventual(store) || versionOf(record) > (carried.version ?? 0)
    const isTold = isTimed && (isSnapshot || !isNewer)
    const maxAge = isTold ? life.maxAge : ownMaxAge(contents, isTimed, life.maxAge)
    if (!(now <= expires)) {
      // A store of that kind may only not have heard that it goes on, and forgets it by itself.
      return isEventual(store)
        ? setAside('expired', key, record)
        : remove('expired', maxAge, key, record)
    }
    // What the store compares with must not change under the application's hands.
    const isCopied = store && (store.compareAndSet || kit.schema)
    const own = isCopied ? parseSnapshot(text).data : contents.data
    return chain(conform(kit, own, ctx), ({ data, isMigrated, error }) => {
      const baseline = data && kit.schema ? snapshotOf(data, flash) : text
      if (!data || !baseline) {
        // Whoever takes the schema back finds the record as it was; a logout ends it all the same.
        if (store && carried.key !== undefined)
          aside = { key: carried.key, maxAge: life.maxAge ?? maxAge }
        return setAside('invalid', key, record, error)
      }
      return chain(askRevoked(kit, ctx, carried, data), (isRevoked) => {
        if (isRevoked === undefined) return detached()
        if (isRevoked) return setAside('revoked')
        return chain(isValid(data, record as SessionRecord), (valid) => {
          if (!valid && isOld) return setAside('invalid', key, record)
          if (!valid) return remove('invalid', maxAge, key, record)
          // A signed cookie does not tell when the record was saved, but the record itself may.
          const saved = contents.expires! - Number(contents.maxAge)
          const issued = Math.min(saved, now) || now
          const known = {
            isNew: false,
            isKnown: true,
            hadCookie: true,
            inCookie,
            record: store && !inCookie ? (record as Json) : null,
            version: Math.max(carried.version ?? 0, versionOf(record)),
            stale: carried.stale || Boolean(isMigrated),
            baseline,
            life: { ...(isTimed ? life : { created: issued, issued }), expires, maxAge },
            ownMaxAge: maxAge,
            cookieMaxAge: life.maxAge,
            pause: isEventual(store) ? pauseFor(carried) : 0,
            flash,
          }
          note('loaded', place)
          return createSession(kit, ctx, store, key ?? carried.id, known, data)
        })
      })
    })
  }

  function isValid(data: Json, record: SessionRecord): Awaitable<unknown> {
    if (!kit.valid) return true
    return kit.valid(ctx, kit.schema ? conformedRecord(record, data) : record)
  }

  /** What is for a request whose session nobody could look up: nothing but its end is kept. */
  function detached(aside?: SessionState['aside']): Awaitable<Session<data>> {
    note('failed', place)
    return begin(kit, ctx, store, true, { isDetached: true, aside })
  }

  function setAside(
    reason: Reason,
    key?: string,
    record?: unknown,
    error?: SessionError,
  ): Awaitable<Session<data>> {
    note(reason, place, error)
    kit.discard?.(reason, ctx, key, record)
    return begin(kit, ctx, store, true, { aside })
  }

  /** A record that is over, or that the application refused, need not wait for its end. */
  function remove(
    reason: Reason,
    maxAge: number | 'session' | undefined,
    key?: string,
    record?: unknown,
  ): Awaitable<Session<data>> {
    const isKept = kit.isReading || kit.format.refuse
    if (!store || key === undefined || isKept) return setAside(reason, key, record)
    const removed = destroyRecord(kit, ctx, store, key, maxAge).catch(() => {})
    if (!kit.waitUntil) return removed.then(() => setAside(reason, key, record))
    kit.waitUntil(removed, ctx)
    return setAside(reason, key, record)
  }
}

/**
 * Whether a session that lives in its cookie has been revoked. What fails, or answers anything but
 * false, lets nobody in.
 *
 * @returns `undefined` if nobody knows and `onStoreError` goes on.
 */
function askRevoked(
  kit: Kit,
  ctx: unknown,
  { id, life: { created, issued } }: Carried,
  data: Json,
): Awaitable<boolean | undefined> {
  const { isRevoked } = kit
  if (!isRevoked) return false
  return callStore(kit, ctx, 'get', { consistency: 'strong' } as Store, null, async () => {
    const subject = principalOf(kit, data)
    return (await isRevoked({ id: await engine.hash(id), created, issued, subject }, ctx)) !== false
  })
}

/**
 * The newer of a record and the snapshot that the cookie brought: a store that is eventually
 * consistent may answer with an older record, or with none, for a while after a write. Of two that
 * were written at once the cookie's is what its browser knows. That a session has ended beats any
 * snapshot, and a snapshot is good for no longer than that while.
 */
function newer(store: Store, carried: Carried, found: unknown, now: number): unknown {
  const { record, version = 0, life } = carried
  if ((Object(found) as SessionRecord)._ended) return null
  const mayStandIn = isEventual(store) && now - life.issued < SETTLING_TIME
  return record && mayStandIn && versionOf(found) <= version ? record : found
}

function isEventual(store: Store | undefined): boolean {
  return store?.consistency === 'eventual'
}

/**
 * How long a session that is merely read is left as it is: a store of that kind takes one write a
 * second to a key, and every write counts. What is saved then may be older than what is there, if
 * the cookie does not tell: the longer the pause, the less likely.
 */
function pauseFor({ isTimed }: Carried): number {
  return isTimed ? 60_000 : Infinity
}

function versionOf(record: unknown): number {
  return (Object(record) as SessionRecord)._version ?? 0
}

/** Makes the session that a logout leaves behind: nothing in it, its old record to be destroyed. */
export function loadEnded<data extends object>(
  common: Kit,
  header: CookieHeader,
  ctx: unknown,
): Awaitable<Session<data>> {
  const kit = forRequest(common, header)
  const store = storeFor(kit, ctx)
  const hadCookie = cookieValues(header, kit.key).length > 0
  const mustOpen = store || kit.accept?.length
  return chain(mustOpen ? kit.format.open(header, ctx) : null, (carried) =>
    chain(fresh<data>(kit, ctx, store, hadCookie), (session) => {
      const state = stateOf(session)
      endState(state)
      state.isKnown = mustOpen ? Object(carried) === carried : hadCookie
      const { key, life } = Object(carried) as Partial<Carried>
      if (key === undefined) return session
      state.discarded.push(key)
      state.cookieMaxAge = life!.maxAge
      return session
    }),
  )
}

/** Makes a new session, whatever the request brought. */
export function loadFresh<data extends object>(kit: Kit, ctx: unknown): Awaitable<Session<data>> {
  return begin(kit, ctx, storeFor(kit, ctx), true)
}

/** What a request works with: the readers that the application named see its cookies, too. */
function forRequest(kit: Kit, header: CookieHeader): Kit {
  return (kit.accept ?? []).reduce((kit, reader) => reader(kit, header), kit)
}

/** Makes a new session, with the defaults of the schema in it. */
function begin<data extends object>(
  kit: Kit,
  ctx: unknown,
  store: Store | undefined,
  hadCookie: boolean,
  known?: Partial<SessionState>,
): Awaitable<Session<data>> {
  return chain(defaultsOf(kit), (data) => {
    const baseline = isEmpty(data) ? '' : (snapshotOf(data, {}) ?? '')
    return fresh(kit, ctx, store, hadCookie, { baseline, ...known }, data)
  })
}

function fresh<data extends object>(
  kit: Kit,
  ctx: unknown,
  store: Store | undefined,
  hadCookie: boolean,
  known?: Partial<SessionState>,
  data: Json = {},
): Awaitable<Session<data>> {
  return chain(newId(kit, ctx), (id) =>
    createSession<data>(kit, ctx, store, id, { hadCookie, ...known }, data),
  )
}

function createSession<data extends object>(
  kit: Kit,
  ctx: unknown,
  store: Store | undefined,
  id: string,
  known: Partial<SessionState>,
  data: Json,
): Session<data> {
  const now = kit.now()
  const state: SessionState = {
    kit,
    ctx,
    store,
    id,
    inCookie: mayOverflow(kit),
    isNew: true,
    isKnown: false,
    hadCookie: false,
    stale: false,
    wish: '',
    baseline: '',
    life: { created: now, issued: now, expires: undefined, maxAge: undefined },
    ownMaxAge: undefined,
    pause: 0,
    flash: Object.create(null) as Json,
    record: null,
    version: 0,
    discarded: [],
    cookieMaxAge: undefined,
    aside: undefined,
    isSettled: false,
    update: undefined,
    error: undefined,
    isAnswered: false,
    isDetached: false,
    cookies: [],
    outcome: 'nothing',
    bytes: 0,
    commit,
  }
  // A spread of so many takes twice as long.
  Object.assign(state, known)
  return kit.createSession
    ? kit.createSession(state, data)
    : (new SessionObject(state, data) as unknown as Session<data>)
}

function storeFor(kit: Kit, ctx: unknown): Store | undefined {
  return kit.store ?? (kit.ContextStore && new kit.ContextStore(ctx))
}

/** A record thousands of levels deep can be read but not written again: it is no session. */
function snapshotOf(data: Json, flash: Json): string | undefined {
  try {
    return takeSnapshot(data, flash)
  } catch {
    return undefined
  }
}

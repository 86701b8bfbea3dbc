import { engine } from '#engine'
import type { Awaitable } from './awaitable.ts'
import { callStore, storeKey } from './call-store.ts'
import { SessionError } from './errors.ts'
import { mayOverflow, type Kit } from './kit.ts'
import { absoluteLimit, SETTLING_TIME } from './life.ts'
import { isPlainObject, readLive, type Json } from './record.ts'
import { MOST_ROUNDS, pause } from './rounds.ts'
import { LONGEST_MAX_AGE } from './set-cookie.ts'
import type { Store } from './store.ts'

/** From so many entries on, those whose records are gone are looked for at each login. */
const MANY = 8

/** A list of sessions, kept as a record of its own: their keys, and when they began. */
type Index = Record<string, number>

/** Whose session it is, by the `principal` option; `undefined` where nobody is logged in. */
export function principalOf({ principal }: Kit, data: Json): string | undefined {
  return principal?.(data) ?? undefined
}

/**
 * Puts a session on its user's list. It is done before the record is written, so that no session
 * is ever missing there; a key without a record does no harm.
 *
 * @returns Whether it is there; `false` if the store failed and `onStoreError` goes on.
 */
export async function enlist(
  kit: Kit,
  ctx: unknown,
  store: Store,
  subject: string,
  id: string,
): Promise<boolean> {
  const key = await storeKey(kit, store, id)
  const place = await placeOf(kit, store, subject)
  return change(kit, ctx, store, place, async (index) => {
    const kept = Object.keys(index).length < MANY ? index : await alive(kit, ctx, store, index)
    return { ...kept, [key]: kit.now() }
  })
}

/** @throws SessionError `ERR_SESSION_OPTIONS` where sessions cannot be listed. */
export function storeOf(kit: Kit): Store {
  const { store, principal } = kit
  const spills = mayOverflow(kit)
  if (principal && store?.compareAndSet && store.consistency !== 'eventual' && !spills) return store
  throw new SessionError(
    'ERR_SESSION_OPTIONS',
    spills
      ? 'Sessions in cookies cannot be listed (option "overflow"): end them by session-kit/revocation.'
      : 'Listing sessions needs the option "principal" and a store with compareAndSet.',
  )
}

/** The key of a user's list. */
export async function placeOf(kit: Kit, store: Store, subject: string): Promise<string> {
  return storeKey(kit, store, `subject:${await hashSubject(subject)}`)
}

/** Stands for a user in keys: nobody who reads the store learns who that is. */
export function hashSubject(subject: string): Awaitable<string> {
  return engine.hash(`session-kit subject ${subject}`)
}

/** The sessions that are there, or may be. */
async function alive(kit: Kit, ctx: unknown, store: Store, index: Index): Promise<Index> {
  const found = await Promise.all(
    Object.entries(index).map(async (entry) => {
      // A record may not be written yet: its place on the list comes first.
      if (kit.now() - entry[1] < SETTLING_TIME) return [entry]
      const found = await readRaw(kit, ctx, store, entry[0])
      return found && !readLive(found.record, kit.now()) ? [] : [entry]
    }),
  )
  return Object.fromEntries(found.flat())
}

/** What a store has under a key as it sees keys: a session's record, or a user's list. */
export async function readRaw(
  kit: Kit,
  ctx: unknown,
  store: Store,
  key: string,
): Promise<{ record: unknown } | undefined> {
  return callStore(kit, ctx, 'get', store, null, async () => {
    return { record: await store.get(key, lifeOf(kit), { rolling: false, ctx }) }
  })
}

/** Not to know is not to be told that there is none. */
export function known(found: { record: unknown } | undefined): unknown {
  if (found) return found.record
  throw new SessionError('ERR_SESSION_STORE', 'The session store failed to get.')
}

/** The list that a record is of. */
export function indexOf(record: unknown): Index {
  const { sessions } = Object(record) as { sessions?: unknown }
  return isPlainObject(sessions) ? (sessions as Index) : {}
}

/** Changes a user's list; `false` if the store failed and `onStoreError` goes on. */
export async function change(
  kit: Kit,
  ctx: unknown,
  store: Store,
  place: string,
  make: (index: Index) => Index | Promise<Index>,
): Promise<boolean> {
  const keep = lifeOf(kit)
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const found = await readRaw(kit, ctx, store, place)
    if (!found) return false
    const previous = (found.record ?? null) as Json | null
    const sessions = await make(indexOf(previous))
    const next = { sessions, _expire: kit.now() + keep, _maxAge: keep }
    const options = { rolling: false, changed: true, ctx }
    const done = await callStore(kit, ctx, 'set', store, null, () =>
      store.compareAndSet!(place, next, keep, previous, options),
    )
    if (done !== false) return done === true
    await pause(round)
  }
  throw new SessionError('ERR_SESSION_CONFLICT', "Other requests kept changing a user's sessions.")
}

/** A list lives as long as the longest session of it may. */
function lifeOf(kit: Kit): number {
  return Math.min(absoluteLimit(kit), LONGEST_MAX_AGE * 1000)
}

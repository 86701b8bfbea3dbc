import { engine } from '#engine'
import type { Awaitable } from './awaitable.ts'
import { callStore, storeKey } from './call-store.ts'
import { SessionError } from './errors.ts'
import { mayOverflow, type Kit } from './kit.ts'
import { absoluteLimit, SETTLING_TIME } from './life.ts'
import { isPlainObject, readLive, type Contents, type Json, type SessionRecord } from './record.ts'
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
      const is = await read(kit, ctx, store, entry[0])
      return is && !is.contents ? [] : [entry]
    }),
  )
  return Object.fromEntries(found.flat())
}

/** Not to know is not to be told that there is none. */
export function known<value>(found: value | undefined): value {
  if (found) return found
  throw new SessionError('ERR_SESSION_STORE', 'The session store failed to get.')
}

export async function read(
  kit: Kit,
  ctx: unknown,
  store: Store,
  id: string,
): Promise<{ contents: Contents | null } | undefined> {
  const found = await get(kit, ctx, store, id)
  return found && { contents: readLive(found.record, kit.now()) }
}

async function get(
  kit: Kit,
  ctx: unknown,
  store: Store,
  id: string,
): Promise<{ record: unknown } | undefined> {
  return callStore(kit, ctx, 'get', store, null, async () => {
    return { record: await store.get(id, lifeOf(kit), { rolling: false, ctx }) }
  })
}

export async function readIndex(
  kit: Kit,
  ctx: unknown,
  store: Store,
  place: string,
): Promise<{ index: Index; record: SessionRecord | null } | undefined> {
  const found = await get(kit, ctx, store, place)
  if (!found) return undefined
  const { record } = found
  const { sessions } = Object(record) as { sessions?: unknown }
  return {
    index: isPlainObject(sessions) ? (sessions as Index) : {},
    record: (record ?? null) as SessionRecord | null,
  }
}

export async function change(
  kit: Kit,
  ctx: unknown,
  store: Store,
  place: string,
  make: (index: Index) => Index | Promise<Index>,
): Promise<boolean> {
  const keep = lifeOf(kit)
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const found = await readIndex(kit, ctx, store, place)
    if (!found) return false
    const { index, record } = found
    const next = { sessions: await make(index), _expire: kit.now() + keep, _maxAge: keep }
    const options = { rolling: false, changed: true, ctx }
    const done = await callStore(kit, ctx, 'set', store, null, () =>
      store.compareAndSet!(place, next, keep, record, options),
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

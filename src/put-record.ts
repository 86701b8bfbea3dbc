import type { Awaitable } from './awaitable.ts'
import { callStore } from './call-store.ts'
import { takeSnapshot, type Decision } from './decide.ts'
import { SessionError } from './errors.ts'
import { storeMaxAge, type Kit } from './kit.ts'
import { idleLimit, SETTLING_TIME } from './life.ts'
import { parseSnapshot, readLive, type Contents, type Json, type SessionRecord } from './record.ts'
import { conform } from './schema.ts'
import type { SessionState } from './session.ts'
import type { Store } from './store.ts'

/** Ten seconds more than the session lives, so that a record never goes before its cookie. */
const STORE_MARGIN = 10_000

/** Takes the place of a record whose id was given up, until the store forgets it. */
export const GIVEN_UP: { readonly _expire: number; readonly _maxAge: number } = {
  _expire: 1,
  _maxAge: 1000,
}

/** What became of a write. */
export type Outcome = 'stored' | 'failed' | 'gone' | 'taken' | 'changed'

/** What is there now; contents are those that another request has stored meanwhile. */
export type Look = 'failed' | 'gone' | Contents

/**
 * Stores a record: a new one in nobody's place, a changed one in the place of the one that was
 * loaded, where the store can tell; and gives up the ids that are to be forgotten.
 */
export async function putRecord(
  state: SessionState,
  store: Store,
  record: SessionRecord,
  word: Decision['word'],
  ownMaxAge: number | 'session' | undefined,
  changed: boolean,
): Promise<Outcome> {
  const { kit, ctx, id } = state
  const { rolling } = kit
  const limit = idleLimit(kit, ownMaxAge) + STORE_MARGIN
  const keep = storeMaxAge(kit, store, ownMaxAge ?? kit.maxAge, limit)
  const previous = state.isNew || word === 'regenerate' ? null : state.record
  const { _expire: expire } = record
  // What is touched goes on saying for how long it was saved.
  const isSame = state.record?.['_maxAge'] === record._maxAge
  const isTouch = store.touch && expire && isSame && (word === 'rolling' || word === 'renew')
  const stored = await callStore(kit, ctx, 'set', store, id, async (key) => {
    const options = { rolling, changed, ctx }
    if (isTouch) return answer(store.touch!(key, keep, { expire, ctx }))
    if (store.compareAndSet)
      return answer(store.compareAndSet(key, record, keep, previous, options))
    await store.set(key, record, keep, options)
    return true
  })
  if (stored === undefined) return 'failed'
  if (!stored) return previous === null ? 'taken' : isTouch ? 'gone' : 'changed'
  let outcome: Outcome | undefined
  try {
    outcome = await leave(state)
  } finally {
    // The old id is still good, or another request was first: nobody will ever know the new one.
    if (outcome !== 'stored') await discard({ ...state, discarded: [id] }).catch(() => {})
  }
  if (outcome === 'stored') {
    state.record = isTouch ? { ...state.record, _expire: expire } : record
  }
  return outcome
}

/**
 * Lets go of the ids that a session had before. What another request has stored under them
 * meanwhile is told where the store can: a session in its cookie knows of none.
 */
export async function leave(state: SessionState): Promise<Outcome> {
  const { store, inCookie, wish, discarded } = state
  if (!discarded.length) return 'stored'
  const isMove = wish !== 'destroy' && !inCookie
  const outcome = await (store?.compareAndSet && isMove ? giveUp(state, store) : discard(state))
  // Under its new id there is no record yet.
  if (outcome === 'stored') state.record = null
  return outcome
}

/** Insists on one of two answers: an error page would pass for a yes. */
async function answer(given: Awaitable<boolean>): Promise<boolean> {
  const stored = await given
  if (stored === !!stored) return stored
  throw new SessionError('ERR_SESSION_STORE', 'The session store answered neither true nor false.')
}

/** Marks the record of the old id as over, unless it changed since it was loaded. */
async function giveUp(state: SessionState, store: Store): Promise<Outcome> {
  const { kit, ctx, record, discarded } = state
  const [old] = discarded as [string]
  const options = { rolling: false, changed: true, ctx }
  const done = await callStore(kit, ctx, 'set', store, old, (key) =>
    answer(store.compareAndSet!(key, GIVEN_UP, GIVEN_UP._maxAge, record, options)),
  )
  if (done === undefined) return 'failed'
  if (!done) return 'changed'
  state.discarded = []
  return 'stored'
}

/** Looks at a record that is not as it was loaded. */
export async function lookAgain(state: SessionState, store: Store, id: string): Promise<Look> {
  const { kit, ctx } = state
  const limit = idleLimit(kit, undefined)
  const found = await callStore(kit, ctx, 'get', store, id, async (key) => {
    const maxAge = storeMaxAge(kit, store, kit.maxAge, limit)
    return { record: await store.get(key, maxAge, { rolling: kit.rolling, ctx }) }
  })
  if (!found) return 'failed'
  state.record = (found.record ?? null) as Json | null
  const contents = readLive(found.record, kit.now())
  if (!contents) return 'gone'
  // What the store compares with must not change under the application's hands.
  const { data, flash } = parseSnapshot(takeSnapshot(contents.data, contents.flash))
  const conformed = await conform(kit, data, ctx)
  return conformed.data ? { ...contents, flash, data: conformed.data } : 'gone'
}

/** Destroys the records that are to be forgotten. */
export async function discard(state: SessionState): Promise<'stored'> {
  const { kit, ctx, store, discarded, cookieMaxAge, ownMaxAge } = state
  while (store && discarded.length) {
    await destroyRecord(kit, ctx, store, discarded[0]!, cookieMaxAge, ownMaxAge)
    discarded.shift()
  }
  return 'stored'
}

/**
 * Destroys a record. A store that is eventually consistent has to remember that the session has
 * ended for as long as a cookie of it may live, and the last of them may yet be made, somewhere
 * that has not heard of the end.
 *
 * @param ownMaxAges Those of its own that the session had, by what is known of it.
 */
export async function destroyRecord(
  kit: Kit,
  ctx: unknown,
  store: Store,
  id: string,
  ...ownMaxAges: (number | 'session' | undefined)[]
): Promise<void> {
  const limits = [undefined, ...ownMaxAges].map((own) => idleLimit(kit, own))
  const maxAge = Math.max(...limits) + SETTLING_TIME + STORE_MARGIN
  const options = store.consistency === 'eventual' ? { ctx, maxAge } : { ctx }
  await callStore(kit, ctx, 'destroy', store, id, (key) => store.destroy(key, options))
}

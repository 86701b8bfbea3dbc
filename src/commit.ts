import { callStore } from './call-store.ts'
import { decide, type Decision } from './decide.ts'
import { SessionError } from './errors.ts'
import { idleLimit } from './life.ts'
import { writeRecord, type Json } from './record.ts'
import { dataOf, newId, stateOf, type SessionState } from './session.ts'
import { isForeign, storeMaxAge } from './kit.ts'
import { LARGEST_COOKIE } from './set-cookie.ts'

/** Ten seconds more than the session lives, so that a record never goes before its cookie. */
const STORE_MARGIN = 10_000

/**
 * Writes a session if it has to be: the record to the store, or all of it into the cookie. The
 * cookie is made and measured first, the store written next, and only then a cookie returned, so
 * that no cookie names what was not stored.
 *
 * @returns The Set-Cookie values to send, often none. A second commit has nothing to do.
 * @throws SessionError `ERR_SESSION_TOO_LARGE` and `ERR_SESSION_DATA` before anything is written;
 *   what `callStore` throws, unless `onStoreError` says otherwise.
 */
export async function commit(session: object): Promise<string[]> {
  const state = stateOf(session)
  const { kit, ctx, flash } = state
  const now = kit.now()
  let data = dataOf(session)
  let decision = decide(state, { data, flash }, kit, now)
  if (decision.word === 'nothing') return []
  const isEnd = decision.word === 'destroy' || (state.isDetached && state.wish === 'destroy')
  if (isEnd) return end(state)
  if (state.isDetached) return []
  if (kit.beforeSave) {
    await kit.beforeSave(ctx, session)
    data = dataOf(session)
    const again = decide({ ...state, wish: state.wish || 'save' }, { data, flash }, kit, now)
    decision = { ...again, word: decision.word }
  }
  // What is put into a session after it was destroyed is another session.
  if (state.wish === 'destroy') state.id = await newId(kit, ctx)
  return write(state, data, decision)
}

async function write(
  state: SessionState,
  data: Json,
  { word, life, snapshot }: Decision,
): Promise<string[]> {
  const { kit, ctx, store, id, flash } = state
  const { rolling, format } = kit
  const maxAge = life.maxAge ?? kit.maxAge
  const values = await format.seal({ id, key: store && id, data, flash, life, maxAge }, ctx)
  const left = maxAge === 'session' ? undefined : life.expires! - kit.now()
  format.names.forEach((name, index) => checkSize(name, values[index]!))
  if (store) {
    const record = writeRecord(data, flash, life, maxAge)
    // koa-session calls a save that was asked for no change; our stores have to know better.
    const changed = !/^r(olling|enew)$/.test(word) && !(isForeign(kit, store) && state.wish)
    const limit = idleLimit(kit, life.maxAge) + STORE_MARGIN
    const keep = storeMaxAge(kit, store, maxAge, limit)
    const stored = await callStore(kit, 'set', store, id, async (key) => {
      await store.set(key, record, keep, { rolling, changed, ctx })
      return true
    })
    if (!stored) return []
    await discard(state)
  }
  settle(state, snapshot, life)
  return format.write(values, left, ctx)
}

/** Ends a session: its record first, then its cookie, which goes even if the store fails. */
async function end(state: SessionState): Promise<string[]> {
  const { kit, ctx, hadCookie, cookies } = state
  const clearing = hadCookie || cookies.length ? kit.format.clear(ctx) : []
  // Kept as well as returned: should the store throw, the caller still finds it.
  state.cookies = clearing
  await discard(state)
  settle(state, '', { ...state.life, maxAge: undefined })
  state.isNew = true
  return clearing
}

async function discard({ kit, ctx, store, discarded }: SessionState): Promise<void> {
  while (store && discarded.length) {
    await callStore(kit, 'destroy', store, discarded[0]!, (key) => store.destroy(key, { ctx }))
    discarded.shift()
  }
}

function settle(state: SessionState, baseline: string, life: Decision['life']): void {
  Object.assign(state, { baseline, life, isNew: false, stale: false, wish: '' })
}

function checkSize(name: string, value: string): void {
  const size = name.length + value.length
  if (size <= LARGEST_COOKIE) return
  throw new SessionError(
    'ERR_SESSION_TOO_LARGE',
    `The session cookie has ${size} bytes and browsers keep ${LARGEST_COOKIE}: ` +
      'keep less in the session, or use a store.',
  )
}

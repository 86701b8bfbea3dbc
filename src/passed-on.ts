import { takeSnapshot } from './decide.ts'
import { dataOf, placeOf, stateOf, type SessionState } from './session.ts'

/**
 * Whether a session leaves the last word to a response that its handler passes on: an origin that
 * got the same cookie has saved the session, and its Set-Cookie goes through as it is. What was
 * only read here is not saved again, and what was changed is given up, as a `conflict` event tells,
 * unless a store can merge the two.
 *
 * A `destroy()` has the last word here, and so has a `regenerate()`, unless the origin has ended
 * the session.
 *
 * @param setCookies The response's own; one of this name that opens to no session counts for
 *   nothing.
 */
export async function yieldsTo(setCookies: readonly string[], session: object): Promise<boolean> {
  const state = stateOf(session)
  if (state.wish === 'destroy') return false
  const saved = await readSaved(setCookies, state)
  if (!saved || (state.wish === 'regenerate' && saved !== ENDED)) return false

  const { store, id, wish, baseline, flash, kit } = state
  const isChanged = wish || takeSnapshot(dataOf(session), flash) !== (baseline || '{}')
  if (!isChanged) return true
  // What is in a cookie cannot be merged with.
  const isStored = !state.inCookie && !saved.record
  if (store?.compareAndSet && saved.key === id && isStored) return false
  kit.tell?.({ type: 'conflict' }, state.ctx, placeOf(state))
  return true
}

/** A session as another server has saved it. */
interface Saved {
  /** Its key, where it is kept in a store. */
  key?: string | undefined
  /** Its data, where they are in the cookie. */
  record?: object | undefined
}

const ENDED: Saved = {}

/** What Set-Cookie values say of a session, if anything. */
async function readSaved(
  setCookies: readonly string[],
  { kit: { format }, ctx }: SessionState,
): Promise<Saved | undefined> {
  const pairs = setCookies.map((cookie) => cookie.split(';', 1)[0]!)
  const last = format.names.map((name) => pairs.findLast((pair) => pair.startsWith(`${name}=`)))
  if (last[0] === undefined) return undefined
  if (last[0] === `${format.names[0]}=`) return ENDED
  const carried = await format.open(last.join('; '), ctx)
  return typeof carried === 'string' ? undefined : (carried ?? undefined)
}

import { takeSnapshot } from './decide.ts'
import { readRecord, type Json } from './record.ts'
import { dataOf, placeOf, stateOf, type SessionState } from './session.ts'

/**
 * Whether a session leaves the last word to a response that its handler passes on: an origin that
 * got the same cookie has saved the session, and its Set-Cookie goes through as it is. What was
 * only read here is not saved again, and what was changed is given up, as a `conflict` event tells,
 * unless a store can merge the two.
 *
 * A `destroy()` has the last word here, and so has a `regenerate()`, unless the origin has ended
 * the session; what the origin has changed is given up then, as the event tells, unless a store can
 * merge.
 *
 * @param setCookies The response's own; one of this name that opens to no session counts for
 *   nothing.
 */
export async function yieldsTo(setCookies: readonly string[], session: object): Promise<boolean> {
  const state = stateOf(session)
  if (state.wish === 'destroy') return false
  const saved = await readSaved(setCookies, state)
  if (!saved) return false

  const { store, id, wish, baseline, flash, kit } = state
  const isChanged = wish || takeSnapshot(dataOf(session), flash) !== (baseline || '{}')
  if (!isChanged) return true
  const isMove = wish === 'regenerate' && saved !== ENDED
  // What is in a cookie cannot be merged with.
  const isStored = !state.inCookie && !saved.record
  if (store?.compareAndSet && (isMove || saved.key === id) && isStored) return false
  if (isMove && snapshotOf(saved) === baseline) return false
  kit.tell?.({ type: 'conflict' }, state.ctx, placeOf(state))
  return !isMove
}

/** The data and flash that a cookie has, as a session has them that was loaded from it. */
function snapshotOf({ record, flash }: Saved): string | undefined {
  const contents = readRecord(record)
  return contents ? takeSnapshot(contents.data, { ...contents.flash, ...flash }) : undefined
}

/** A session as another server has saved it. */
interface Saved {
  /** Its key, where it is kept in a store. */
  key?: string | undefined
  /** Its data, where they are in the cookie. */
  record?: object | undefined
  flash?: Json | undefined
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

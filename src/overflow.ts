import { isSessionId } from './id.ts'
import { GIVEN_UP, lookAgain, type Look } from './put-record.ts'
import type { SessionRecord } from './record.ts'
import type { SessionState } from './session.ts'
import { LARGEST_COOKIE, setCookie } from './set-cookie.ts'
import type { Store } from './store.ts'

/** The largest cookie that a session comes back to from its store, lest it move to and fro. */
const LARGEST_RETURN = (LARGEST_COOKIE / 4) * 3

/**
 * Whether a session may live in its cookie, given the cookie's value with all of it inside. The
 * line is counted from the name to the last attribute: that much browsers have to keep by RFC 6265
 * section 6.1, and where there is a store nobody need try for more.
 */
export function fitsCookie(state: SessionState, value: string, left: number | undefined): boolean {
  const { kit, ctx, id, inCookie } = state
  const line = setCookie(kit.key, value, kit.format.attributes!(ctx), left)
  // A key of another making has no place in the cookie beside the data.
  return isSessionId(id) && line.length <= (inCookie ? LARGEST_COOKIE : LARGEST_RETURN)
}

/**
 * Looks at the record that is already there when a session moves to the store. One that came after
 * the session's cookie is another request's, which moved first. One that came before is from an
 * earlier stay: the cookie has been the session since.
 */
export async function meet(state: SessionState, store: Store): Promise<Look | 'older'> {
  const look = await lookAgain(state, store, state.id)
  const { _version = 0, _expire } = Object(state.record) as SessionRecord
  const isOlder = _version <= state.version && _expire !== GIVEN_UP._expire
  return look !== 'failed' && isOlder ? 'older' : look
}

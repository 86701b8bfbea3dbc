import {
  cookieValues,
  idleLimit,
  SessionObject,
  stateOf,
  touchPause,
  type Json,
  type Kit,
} from '../../src/host.ts'
import { fingerprint } from './token.ts'

/** A session as the page shows it. */
export interface SessionView {
  /** The cookie's name. */
  name: string
  /** Whether the request brought a session, none at all, or a cookie that opens none. */
  fate: 'alive' | 'none' | 'refused'
  format: 'sealed' | 'signed'
  place: 'cookie' | 'store'
  /** Whether it moves from the one to the other when it outgrows its cookie. */
  mayMove: boolean
  /** Whether the cookie carries a copy of the data, where it fits: the store may lag behind. */
  hasCopy: boolean
  /** Tells its id from others. */
  fingerprint: string | undefined
  data: Json
  flash: Json
  life: LifeView
  cookies: { name: string; bytes: number }[]
}

/** When what happens to a session, in milliseconds since the epoch; `undefined` is unknown. */
export interface LifeView {
  now: number
  created: number | undefined
  /** When it was saved last. */
  seen: number | undefined
  /** From when on a request renews it, and by which option. */
  renews: number | undefined
  by: 'rolling' | 'renew'
  expires: number | undefined
  /** When it ends however busy it is. */
  ends: number | undefined
  /** How long it may go without being saved, in milliseconds. */
  idle: number | 'session'
}

/** Looks at the session of a request. Nothing is written. */
export async function viewOf(session: object, cookieHeader: string): Promise<SessionView> {
  const { kit, id, store, inCookie, isNew, flash } = stateOf(session)
  // Koa's own cookies have their signatures beside them.
  const names = new Set([...kit.format.names, `${kit.key}.sig`])
  const cookies = [...names].flatMap((name) =>
    cookieValues(cookieHeader, name).map((value) => ({ name, bytes: name.length + value.length })),
  )
  const data = SessionObject.prototype.toJSON.call(session as SessionObject)
  return {
    name: kit.key,
    fate: isNew ? (cookies.length ? 'refused' : 'none') : 'alive',
    format: kit.format.keepsId && !kit.format.isReadable ? 'sealed' : 'signed',
    place: store && !inCookie ? 'store' : 'cookie',
    mayMove: kit.overflow === 'store',
    hasCopy: store?.consistency === 'eventual',
    fingerprint: isNew || !(store ?? kit.format.keepsId) ? undefined : await fingerprint(id),
    data,
    flash,
    life: lifeOf(session, kit),
    cookies,
  }
}

function lifeOf(session: object, kit: Kit): LifeView {
  const { life } = stateOf(session)
  const idle = idleLimit(kit, life.maxAge)
  const expires = Number.isFinite(life.expires) ? life.expires : undefined
  const now = kit.now()
  const share = kit.rolling ? touchPause(kit, idle) : idle / 2
  // A signed cookie tells neither when it began nor when it was saved, but for how long that was.
  const isTimed = kit.format.keepsId === true
  const created = isTimed ? life.created : undefined
  const absolute = kit.absoluteMaxAge
  return {
    now,
    created,
    seen: isTimed ? life.issued : expires && expires - idle,
    // One that does not tell when it ends is renewed by every request that rolls it.
    renews:
      expires && (kit.rolling || kit.renew)
        ? expires - idle + share
        : kit.rolling
          ? now
          : undefined,
    by: kit.rolling ? 'rolling' : 'renew',
    expires,
    ends: created && absolute ? created + absolute : undefined,
    idle: life.maxAge ?? kit.maxAge,
  }
}

/**
 * Ends sessions that live in their cookies: a list of those that are revoked, in any store.
 *
 * ```js
 * const { isRevoked, revoke, revokeAll } = createRevocation(store, { maxAge })
 * const manager = createSessionManager({ secrets, maxAge, principal, isRevoked })
 *
 * await revoke(session) // a logout: before session.destroy()
 * await revokeAll('ada') // a new password
 * ```
 *
 * @module
 */
import { engine } from '#engine'
import { callStore } from './call-store.ts'
import { SessionError } from './errors.ts'
import type { Kit } from './kit.ts'
import type { SessionClaims } from './options.ts'
import type { SessionRecord } from './record.ts'
import { stateOf } from './session.ts'
import { LONGEST_MAX_AGE } from './set-cookie.ts'
import type { Store } from './store.ts'
import { hashSubject } from './subjects.ts'

/** How a list of revoked sessions is kept. */
export interface RevocationOptions {
  /**
   * The longest that a cookie of these sessions lives, in milliseconds: the greatest of `maxAge`
   * and of what is assigned to `session.maxAge` (default 400 days, which no cookie outlives).
   */
  maxAge?: number
  /** How long a store operation may take, in milliseconds (default 2000). */
  storeTimeout?: number
  /** The time, in milliseconds since the epoch (default `Date.now`). */
  now?: () => number
}

/** A list of revoked sessions. */
export interface Revocation {
  /** For the option of that name. */
  isRevoked(claims: SessionClaims): Promise<boolean>

  /**
   * Revokes a session: every copy of its cookie. To be called before `destroy()`, and before
   * `regenerate()`, for both give it a new id.
   *
   * @throws SessionError `ERR_SESSION_OPTIONS` after `destroy()`; `ERR_SESSION_STORE` or
   *   `ERR_SESSION_TIMEOUT`.
   */
  revoke(session: object): Promise<void>

  /**
   * Revokes all sessions of a user, as the option `principal` tells them apart: those that began
   * before this moment, or in its second.
   *
   * @param options `except` is spared: the session of this request. A session that is to have a new
   *   id gets it first, by `regenerate()`.
   * @throws SessionError `ERR_SESSION_STORE` or `ERR_SESSION_TIMEOUT`.
   */
  revokeAll(subject: string, options?: { except?: object }): Promise<void>
}

/** How long a request that was under way may go on to seal cookies, in milliseconds. */
const UNDER_WAY = 60_000

/**
 * Makes a list of revoked sessions in a store. An entry stays for as long as a cookie may that was
 * sealed before it. How soon it is heard elsewhere is the store's matter: at once, or for Workers
 * KV after a minute or so.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function createRevocation(store: Store, options: RevocationOptions = {}): Revocation {
  const { maxAge = LONGEST_MAX_AGE * 1000, storeTimeout = 2000, now = Date.now } = options
  if (typeof store?.get !== 'function' || typeof store.set !== 'function') {
    refuse('createRevocation() takes a store.')
  }
  if (!(maxAge > 0 && storeTimeout > 0)) {
    refuse('createRevocation(): "maxAge" and "storeTimeout" must be milliseconds, above 0.')
  }
  const kit = { prefix: '', storeTimeout, onStoreError: 'throw', now } as Kit
  const life = maxAge + UNDER_WAY

  const read = async (place: string): Promise<unknown> => {
    const get = (key: string): unknown => store.get(key, life, { rolling: false, ctx: undefined })
    return callStore(kit, undefined, 'get', store, place, get)
  }

  const write = async (place: string, entry: SessionRecord): Promise<void> => {
    const record = { ...entry, _expire: now() + life, _maxAge: life }
    const options = { rolling: false, changed: true, ctx: undefined }
    await callStore(kit, undefined, 'set', store, place, (key) =>
      store.set(key, record, life, options),
    )
  }

  return {
    async isRevoked({ id, created, subject }) {
      const places = [`revoked:${id}`, ...(subject === undefined ? [] : [await placeOf(subject)])]
      const [one, all] = await Promise.all(places.map(read))
      if (isThere(one)) return true
      if (!isThere(all)) return false
      const { before, except } = Object(all) as Record<string, unknown>
      return !(typeof before === 'number' && (created > before || except === id))
    },

    async revoke(session) {
      const { id, wish } = stateOf(session)
      if (wish === 'destroy') refuse('revoke() has to come before session.destroy().')
      await write(`revoked:${await engine.hash(id)}`, { revoked: true })
    },

    async revokeAll(subject, { except } = {}) {
      const spared = except && { except: await engine.hash(stateOf(except).id) }
      await write(await placeOf(subject), { before: now(), ...spared })
    },
  }
}

function isThere(entry: unknown): boolean {
  return entry !== null && entry !== undefined
}

async function placeOf(subject: string): Promise<string> {
  return `revoked-subject:${await hashSubject(subject)}`
}

function refuse(sentence: string): never {
  throw new SessionError('ERR_SESSION_OPTIONS', sentence)
}

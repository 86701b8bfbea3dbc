import { engine } from '#engine'
import { SessionError } from './errors.ts'
import { isSessionId, randomId } from './id.ts'
import type { Kit } from './kit.ts'
import { isEmpty, parseSnapshot, type Json } from './record.ts'
import { listSecrets } from './secrets.ts'
import { fromBase64url, toBase64url } from './seal/base64url.ts'
import { keyInfo, kidOf, SALT } from './seal/keyring.ts'
import { dataOf, newId, SessionObject, stateOf } from './session.ts'
import { principalOf } from './subjects.ts'

/** Makes and checks the tokens of sessions. */
export interface CsrfTokens {
  /**
   * A token for a session, another text at each call. A session that is empty and new begins with
   * it, for nothing else would tell its browser from others.
   *
   * @param secrets What the keys come from, where the session's own configuration does not say.
   * @throws SessionError `ERR_SESSION_SECRET`; `ERR_SESSION_OPTIONS` if the session has ended.
   */
  make(session: object | null, secrets: unknown): Promise<string>

  /** Whether a token was made for a session. It never throws on anything that a client sent. */
  check(session: object | null, token: unknown, secrets: unknown): Promise<boolean>

  /** Ends the tokens of a session in a signed cookie that got a new id after `check`. */
  settle(session: object): void
}

interface Key {
  kid: string
  key: unknown
}

/** Where a session in a signed cookie keeps what stands for its id. */
const ID = 'csrfId'
/** A token: the id of its key, 16 random bytes, and the MAC of these and the session's identity. */
const TOKEN = /^([\w-]{8})([\w-]{22})([\w-]{43})$/

/**
 * The synchroniser pattern without a stored token: HMAC-SHA-256 over 16 fresh random bytes and the
 * session's id, under a key for this purpose alone. No two tokens share more than the key's id, so
 * that compression tells nothing of one (BREACH).
 */
export function createCsrfTokens(): CsrfTokens {
  const known = new Map<string, { secrets: unknown; keys: Promise<Key[]> }>()
  const ids = new WeakMap<object, string>()

  /** The keys for a cookie name, derived once for each list of secrets. */
  function keysFor({ key: name }: Kit, secrets: unknown): Promise<Key[]> {
    const made = known.get(name)
    if (made && made.secrets === secrets) return made.keys
    const keys = deriveKeys(secrets, name)
    known.set(name, { secrets, keys })
    keys.catch(() => known.delete(name))
    return keys
  }

  /** What a token is bound to. */
  function identityOf(session: object): string {
    const { kit, id, wish } = stateOf(session)
    if (kit.format.keepsId || kit.store || kit.ContextStore) return id
    // A signed cookie has no id: data stand for it, and a new id replaces them.
    const before = ids.get(session)
    ids.set(session, id)
    const isNewId = before === undefined ? wish === 'regenerate' : before !== id
    const data = session as Json
    if (isNewId || typeof data[ID] !== 'string') data[ID] = randomId()
    return `${data[ID] as string}\n${principalOf(kit, dataOf(session)) ?? ''}`
  }

  return {
    async make(session, secrets) {
      const [{ kid, key }] = (await keysFor(stateOf(begun(session)).kit, secrets)) as [Key]
      await settleId(session!)
      const nonce = toBase64url(crypto.getRandomValues(new Uint8Array(16)))
      return kid + nonce + (await engine.sign(key, `${nonce}.${identityOf(session!)}`))
    },

    async check(session, token, secrets) {
      const [, kid, nonce, mac] = TOKEN.exec(typeof token === 'string' ? token : '') ?? []
      if (!mac || !session || stateOf(session).isNew) return false
      const keys = await keysFor(stateOf(session).kit, secrets)
      const found = keys.find((one) => one.kid === kid)
      return !!found && engine.verify(found.key, `${nonce}.${identityOf(session)}`, mac)
    },

    settle(session) {
      if (ids.has(session) && ID in session) identityOf(session)
    },
  }
}

async function deriveKeys(secrets: unknown, name: string): Promise<Key[]> {
  if (!secrets || 'sign' in Object(secrets)) {
    throw new SessionError(
      'ERR_SESSION_SECRET',
      'CSRF tokens need the option "secrets" of csrf(), for a Keygrip and a format keep their keys.',
    )
  }
  // The session warns of weak ones where they matter: here they protect what nobody can guess.
  const { bytes } = listSecrets(secrets, () => {})
  return Promise.all(
    bytes.map(async (one) => {
      const secret = await engine.secret(one)
      const kid = await kidOf(engine, secret)
      const info = keyInfo('csrf', 'HS256', name, '', kid, '')
      const key = await engine.deriveText(secret, SALT, info, 32)
      return { kid, key: await engine.macKey(fromBase64url(key)!, 'sha256') }
    }),
  )
}

/** The session itself, which will be there at the next request. */
function begun(session: object | null): object {
  const state = session && stateOf(session)
  if (!state || (state.wish === 'destroy' && isEmpty(dataOf(session)) && isEmpty(state.flash))) {
    throw new SessionError(
      'ERR_SESSION_OPTIONS',
      'The session has ended: redirect, and ask for a CSRF token on the next page.',
    )
  }
  if (state.isNew) state.wish ||= 'save'
  return session
}

/** Gives a session now the id that it would get at its commit. */
async function settleId(session: object): Promise<void> {
  const state = stateOf(session)
  const { kit, ctx, store, isNew, wish, baseline } = state
  if (kit.principal && !isNew && !wish) {
    const before = principalOf(kit, parseSnapshot(baseline).data)
    const isAnothers = principalOf(kit, dataOf(session)) !== before
    // Somebody has logged in, or out.
    if (isAnothers) await SessionObject.prototype.regenerate.call(session as SessionObject)
  }
  // One that was promised, or that of a signed cookie which is about to be sealed.
  if (!state.id || (kit.format.keepsId && !store && !isSessionId(state.id))) {
    state.id = await newId(kit, ctx)
  }
}

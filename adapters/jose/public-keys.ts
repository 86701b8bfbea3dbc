import type { LocalJWKSet, RemoteJWKSet } from 'jose'
import { refuse, verifyingKeys, type Jwks, type SignatureKey } from './jwk.ts'

/** Public keys, or a set of `jose`'s: `createRemoteJWKSet(url)` fetches and keeps them. */
export type PublicJwks = Jwks | RemoteJWKSet | LocalJWKSet

/** Public keys that are known, or a set that fetches them. */
export interface PublicKeys {
  keys: SignatureKey[]
  remote?: RemoteJWKSet
}

/**
 * Checks public keys, where they are known.
 *
 * @param option Names the option in errors.
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function readPublicKeys(given: PublicJwks, option: string): PublicKeys {
  if (typeof given !== 'function') return { keys: verifyingKeys(given, option) }
  if ('reload' in given) return { keys: [], remote: given }
  if ('jwks' in given) return { keys: verifyingKeys(given.jwks(), option) }
  return refuse(option, 'must be public keys, or what createRemoteJWKSet() of jose made.')
}

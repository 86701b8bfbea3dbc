import { fromBase64url, toBase64url } from '../../src/host.ts'
import { isKeyId } from './jwk.ts'

/** A protected header of a signed token. */
export type SignedHeader = Record<'alg' | 'kid' | 'typ', string>

/** A protected header of a sealed one. */
export type SealedHeader = SignedHeader & { enc: string; cty?: string }

/** The type of a signed token. */
export const SIGNED = 'session-kit1+jws'

/** The longest that is read: that of the longest key id, and room. */
const LONGEST = 320

/** The header of all that a key signs. */
export function signedHeader(alg: string, kid: string): SignedHeader {
  return { alg, kid, typ: SIGNED }
}

/** The header of all that a key seals: claims, or a signed token. */
export function sealedHeader(kid: string, holdsToken: boolean): SealedHeader {
  const header = { alg: 'dir', enc: 'A256GCM', kid, typ: 'session-kit1+jwe' }
  return holdsToken ? { ...header, cty: SIGNED } : header
}

/**
 * A protected header as `jose` spells it: the members in their order, without blanks. A token whose
 * header is spelled in any other way is not ours.
 */
export function spell(header: SignedHeader): string {
  return toBase64url(new TextEncoder().encode(JSON.stringify(header)))
}

/** The one of several headers for some key id that is spelled as a token has it, if any is. */
export function readHeader(
  spelled: string,
  headersFor: (kid: string) => readonly SignedHeader[],
): SignedHeader | undefined {
  const bytes = spelled.length > LONGEST ? null : fromBase64url(spelled)
  if (!bytes) return undefined
  try {
    const { kid } = Object(JSON.parse(new TextDecoder().decode(bytes))) as { kid?: unknown }
    return isKeyId(kid) ? headersFor(kid).find((one) => spell(one) === spelled) : undefined
  } catch {
    return undefined
  }
}

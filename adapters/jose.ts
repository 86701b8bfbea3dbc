/**
 * Formats for the option `format` whose keys are JSON Web Keys, over `jose`.
 *
 * ```js
 * createSessionManager({ format: jwsFormat({ sign: privateJwk }) }) // the origin: reads and writes
 * createSessionManager({ format: jwsReadOnly({ verify: publicJwks }) }) // an edge: reads
 * createSessionManager({ format: jweFormat({ keys: secretJwks }) }) // all that share the secret
 * ```
 *
 * A token's header chooses nothing but the key, by its `kid`; the algorithm is the key's. Times and
 * limits are those of the sealed format, and so are all options but those of its keys.
 *
 * @module
 */
import { SessionError, type ReadOnlyFormat, type SessionFormat } from '../src/index.ts'
import { refuse, signingKeys, type Jwks, type SignatureKey } from './jose/jwk.ts'
import { createSigner, createVerifier, eitherOf, findLocally } from './jose/jws.ts'
import { readPublicKeys, type PublicJwks } from './jose/public-keys.ts'
import { findRemotely } from './jose/remote.ts'
import { openBoth, sealTokens, sealWithKeys, type Seal, type SecretJwks } from './jose/seal.ts'

export type { Jwks } from './jose/jwk.ts'
export type { PublicJwks } from './jose/public-keys.ts'
export type { Seal, SecretJwks } from './jose/seal.ts'
export type { ReadOnlyFormat, SessionFormat } from '../src/index.ts'

/** The options of `jweFormat()`. */
export interface JweFormatOptions {
  /** The keys. */
  keys: SecretJwks
}

/** The options of `jwsFormat()`. */
export interface JwsFormatOptions {
  /**
   * Private keys of Ed25519 or P-256, each with a `kid`, newest first: the first signs, all of them
   * verify.
   */
  sign: Jwks
  /**
   * Public keys that verify beside those, newest first: older ones, whose sessions are signed anew,
   * and before the one that signs those that other servers sign with already.
   */
  verify?: PublicJwks
  /**
   * Seals what is signed, so that nobody reads it but those who have this key, too (default: anybody
   * who has the cookie can read it).
   */
  seal?: Seal
}

/** The options of `jwsReadOnly()`. */
export interface JwsReadOnlyOptions {
  /** The public keys of the servers that write. */
  verify: PublicJwks
  /** What the sessions are sealed with, if they are. */
  seal?: Seal
}

/**
 * Sealed sessions under symmetric JSON Web Keys: compact JWE, `dir` and `A256GCM`, which any JOSE
 * library opens when given the key.
 *
 * Where the keys need not be these, the option `secrets` is the better choice: it derives one for
 * every cookie name and day. One key should seal no more than 2^32 sessions (NIST SP 800-38D).
 *
 * @throws SessionError `ERR_SESSION_OPTIONS` for keys of any other kind; what is encrypted to a
 *   public key anybody may have made.
 */
export function jweFormat(options: JweFormatOptions): SessionFormat {
  const { keys } = known(options, 'jweFormat', /^keys$/)
  return sealWithKeys(keys, 'jweFormat(): "keys"', false)
}

/**
 * Signed sessions: compact JWS with EdDSA or ES256, by the key. Who has the public key alone reads
 * them, with `jwsReadOnly()`, and can make none.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS` for keys of any other kind, and for public ones;
 *   `ERR_SESSION_SECRET` when the session manager is made.
 */
export function jwsFormat(options: JwsFormatOptions): SessionFormat {
  const { sign, verify, seal } = known(options, 'jwsFormat', /^(sign|verify|seal)$/)
  const own = signingKeys(sign, 'jwsFormat(): "sign"')
  const signer = own[0]!
  const { keys: others, remote } = verify
    ? readPublicKeys(verify, 'jwsFormat(): "verify"')
    : { keys: [], remote: undefined }
  for (const one of own) {
    const other = others.find(({ kid }) => kid === one.kid)
    if (other && textOf(other) !== textOf(one)) {
      refuse(other.place, 'has the "kid" of a key of "sign", and is another, or of another "alg".')
    }
  }
  // One that is in both stands where "verify" has it: what comes before the one that signs is newer.
  const keys = [...own.filter(({ kid }) => !others.some((one) => one.kid === kid)), ...others]
  const newest = keys.findIndex(({ kid }) => kid === signer.kid)
  const makeSealer = 'seal' in options ? sealTokens(seal, 'jwsFormat(): "seal"') : undefined

  return (options) => {
    const local = findLocally(keys, (index) => index > newest)
    const open = createVerifier(
      remote ? eitherOf(local, findRemotely(remote, options, 'jwsFormat(): "verify"')) : local,
    )
    const sign = createSigner(signer)
    if (!makeSealer) return { seal: sign, open, isReadable: true }
    const sealer = makeSealer(options)
    return {
      seal: async (text, ctx) => sealer.seal(await sign(text), ctx),
      open: openBoth(sealer.open, open),
    }
  }
}

/**
 * Reads the sessions of `jwsFormat()` with its public keys, and makes none. By their types sessions
 * cannot be changed; where one is all the same, its commit throws `ERR_SESSION_READ_ONLY`. One that is
 * merely read is left as it is, whatever `rolling` and `renew` say.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS` for keys of any other kind, and for private ones;
 *   `ERR_SESSION_SECRET` when the session manager is made.
 */
export function jwsReadOnly(options: JwsReadOnlyOptions): ReadOnlyFormat {
  const { verify, seal } = known(options, 'jwsReadOnly', /^(verify|seal)$/)
  const { keys, remote } = readPublicKeys(verify, 'jwsReadOnly(): "verify"')
  const makeSealer = 'seal' in options ? sealTokens(seal, 'jwsReadOnly(): "seal"') : undefined

  return (options) => {
    const find = remote
      ? findRemotely(remote, options, 'jwsReadOnly(): "verify"')
      : findLocally(keys, () => false)
    const open = createVerifier(find)
    return {
      open: makeSealer ? openBoth(makeSealer(options).open, open) : open,
      isReadable: !makeSealer,
      refuse: refuseChange,
    }
  }
}

function textOf({ alg, publicJwk }: SignatureKey): string {
  return JSON.stringify([alg, publicJwk])
}

function refuseChange(): never {
  throw new SessionError(
    'ERR_SESSION_READ_ONLY',
    'Who holds the public key can only read sessions: change them where the private key is.',
  )
}

/** @throws SessionError `ERR_SESSION_OPTIONS` if there is an option that is not known. */
function known<options extends object>(given: options, name: string, names: RegExp): options {
  const unknown = Object.keys(Object(given)).find((option) => !names.test(option))
  if (unknown !== undefined) refuse(`${name}(): "${unknown}"`, 'is unknown.')
  return Object(given) as options
}

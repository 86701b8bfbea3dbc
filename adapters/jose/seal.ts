import {
  chain,
  createSealer,
  type Awaitable,
  type CheckedOptions,
  type OpeningSecret,
  type Sealer,
  type Secret,
} from '../../src/host.ts'
import { SessionError, type SessionFormat } from '../../src/index.ts'
import { SIGNED } from './header.ts'
import { createJweSealer, createKeySet } from './jwe.ts'
import { contentKeys, refuse, type Jwks } from './jwk.ts'
import { findFetched } from './remote.ts'

/**
 * Symmetric keys (`"kty": "oct"`, 32 bytes, each with a `kid`), newest first: the first seals, all of
 * them open. One whose `key_ops` are `["decrypt"]` opens and never seals, and what it opens is left
 * as it is.
 *
 * A function fetches them: when they are first needed, after ten minutes, and for a `kid` that is
 * not among them every half a minute at most. What it throws is a store's failure.
 */
export type SecretJwks = Jwks | (() => Awaitable<Jwks>)

/** What seals signed tokens: secrets as the option `secrets` takes them, or symmetric keys. */
export type Seal = Secret | readonly (Secret | OpeningSecret)[] | SecretJwks

/**
 * Checks symmetric keys, where they are known, and makes what seals with them.
 *
 * @param option Names the option in errors.
 * @param holdsToken Whether it is signed tokens that are sealed, and not claims.
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function sealWithKeys(
  given: SecretJwks,
  option: string,
  holdsToken: boolean,
): SessionFormat {
  if (typeof given === 'function') {
    const fetchKeys = async (): Promise<ReturnType<typeof contentKeys>> =>
      contentKeys(await given(), option)
    return (options) => createJweSealer(findFetched(fetchKeys, holdsToken, options, option))
  }
  const keys = contentKeys(given, option)
  return () => {
    const set = createKeySet(keys, holdsToken)
    return createJweSealer(() => set)
  }
}

/**
 * Makes what seals signed tokens.
 *
 * @param given What stands there and is nothing, an environment's variable, say, is refused: the
 *   sessions would lie open.
 * @throws SessionError `ERR_SESSION_OPTIONS`; `ERR_SESSION_SECRET` when the format is made.
 */
export function sealTokens(given: Seal | null | undefined, option: string): SessionFormat {
  if (given === null || given === undefined) return refuse(option, 'is empty.')
  if (!isSecrets(given)) return sealWithKeys(given, option, true)
  return (options) => {
    try {
      return createSealer({ ...options, secrets: given } as CheckedOptions<any>, undefined, SIGNED)
    } catch (error) {
      const { code, message } = error as SessionError
      throw new SessionError(code, message.replace('Session option "secrets"', option))
    }
  }
}

/** Opens what is sealed, and then what is signed in it. */
export function openBoth(outer: Sealer['open'], inner: Sealer['open']): Sealer['open'] {
  return (token, ctx) =>
    chain(outer(token, ctx), (sealed) => {
      if (typeof sealed === 'string') return sealed
      return chain(inner(sealed.text, ctx), (signed) =>
        typeof signed === 'string'
          ? signed
          : { text: signed.text, stale: sealed.stale || signed.stale },
      )
    })
}

function isSecrets(given: Seal): given is Secret | readonly (Secret | OpeningSecret)[] {
  return [given]
    .flat()
    .every(
      (one) =>
        typeof one === 'string' ||
        one instanceof Uint8Array ||
        ('use' in Object(one) && 'secret' in Object(one)),
    )
}

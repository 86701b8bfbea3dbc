import type { JWK, RemoteJWKSet } from 'jose'
import { callStore, type FormatContext, type Kit, type Store } from '../../src/host.ts'
import { SessionError } from '../../src/index.ts'
import { readHeader, sealedHeader, signedHeader } from './header.ts'
import { algorithmOf, ANY_ALGORITHM, type ContentKey, type SignatureAlgorithm } from './jwk.ts'
import { createKeySet, type FindKeySet, type KeySet } from './jwe.ts'
import type { FindVerifier } from './jws.ts'

/** How long what failed is not tried again, in milliseconds. */
const PAUSE = 5000
/** How long fetched keys are used, in milliseconds; a `createRemoteJWKSet` knows that by itself. */
const FRESH = 600_000
/** How long they are not fetched again for a key that is not among them. */
const COOLDOWN = 30_000

/**
 * Finds public keys in a remote set, which has its own rules of when to fetch. That nobody can be
 * reached is a store's failure (option `onStoreError`), and lets nobody in.
 *
 * @param place Names the set in errors.
 */
export function findRemotely(
  set: RemoteJWKSet,
  options: FormatContext,
  place: string,
): FindVerifier {
  const ask = createAsk(options)
  const pause = createPause(options.now, place)
  /** The one algorithm of each key. */
  const algorithms = new WeakMap<CryptoKey, SignatureAlgorithm | undefined>()

  const isHere = (kid: string): boolean =>
    set.fresh && set.jwks()!.keys.some((jwk) => jwk.kid === kid)

  async function find(alg: SignatureAlgorithm, kid: string): Promise<CryptoKey | null> {
    if (!isHere(kid)) pause.hold()
    try {
      const key = await set({ alg, kid })
      if (!algorithms.has(key)) {
        const jwk = set.jwks()!.keys.find((one) => one.kid === kid && (one.alg ?? alg) === alg)
        algorithms.set(key, algorithmOf(jwk as JWK))
      }
      return algorithms.get(key) === alg ? key : null
    } catch (error) {
      if (Object(error).code === 'ERR_JWKS_NO_MATCHING_KEY') return null
      return pause.begin(error)
    }
  }

  return async (header, ctx) => {
    const asked = readHeader(header, (kid) => ANY_ALGORITHM.map((alg) => signedHeader(alg, kid)))
    if (!asked) return 'tampered'
    const alg = asked.alg as SignatureAlgorithm
    const found = await ask(ctx, async () => ({ key: await find(alg, asked.kid) }))
    if (!found) return 'unknown'
    const { key } = found
    return key ? { alg, key: async () => key, stale: true } : 'tampered'
  }
}

/**
 * Finds symmetric keys that a function fetches: when they are first needed, after ten minutes, and
 * for a key that is not among them every half a minute at most.
 *
 * @param place Names them in errors.
 */
export function findFetched(
  fetchKeys: () => Promise<ContentKey[]>,
  holdsToken: boolean,
  options: FormatContext,
  place: string,
): FindKeySet {
  const { now, storeTimeout } = options
  const ask = createAsk(options)
  const pause = createPause(now, place)
  let known: { set: KeySet; at: number } | undefined
  let pending: { set: Promise<KeySet>; at: number } | undefined

  async function fetchSet(): Promise<KeySet> {
    try {
      const set = createKeySet(await fetchKeys(), holdsToken)
      known = { set, at: now() }
      return set
    } catch (error) {
      return pause.begin(error)
    } finally {
      pending = undefined
    }
  }

  async function reload(): Promise<KeySet> {
    pause.hold()
    // In Workers, what another request waits for may never come.
    if (!pending || now() - pending.at >= storeTimeout) pending = { set: fetchSet(), at: now() }
    return pending.set
  }

  return async (header, ctx) => {
    const age = known ? now() - known.at : Infinity
    const isHere = header === undefined || known?.set.find(header) !== undefined
    if (known && age < (isHere ? FRESH : COOLDOWN)) return known.set
    if (header && !readHeader(header, (kid) => [sealedHeader(kid, holdsToken)])) return 'tampered'
    return (await ask(ctx, reload)) ?? 'unknown'
  }
}

/** Asks for keys as a store is asked: for so long, and with the same outcomes. */
type Ask = <result>(ctx: unknown, call: () => Promise<result>) => Promise<result | undefined>

function createAsk({ format: _, tell, ...options }: FormatContext): Ask {
  const keys = { consistency: 'strong' } as Store
  const kit = {
    ...options,
    // Most of the time they are here, and that is no call of a store.
    tell: tell && ((event, ctx) => event.type === 'store-error' && tell(event, ctx)),
  } as Kit
  return (ctx, call) => callStore(kit, ctx, 'get', keys, null, call)
}

/** Keeps those who make up key ids from having a server asked over and over that does not answer. */
interface Pause {
  /** Throws what failed, if that was a moment ago. */
  hold(): void
  begin(cause: unknown): never
}

function createPause(now: () => number, place: string): Pause {
  let failure: { error: SessionError; at: number } | undefined
  return {
    hold() {
      if (failure && now() - failure.at < PAUSE) throw failure.error
    },
    begin(cause) {
      failure = { error: cause instanceof SessionError ? cause : failed(place, cause), at: now() }
      throw failure.error
    },
  }
}

function failed(place: string, cause: unknown): SessionError {
  const { name, code } = Object(cause) as { name?: unknown; code?: unknown }
  const kind = [name, code].filter((word) => /^[a-z_]{1,40}$/i.test(`${word ?? ''}`)).join(' ')
  return new SessionError('ERR_SESSION_STORE', `${place} could not be fetched (${kind}).`)
}

import { all, chain, type Awaitable } from '../awaitable.ts'
import { cookieValues } from '../cookie-header.ts'
import type { Limits } from '../life.ts'
import type { CookieOptions } from '../cookie-options.ts'
import { LARGEST_COOKIE } from '../set-cookie.ts'
import { readClaims, writeClaims, type Opened } from './claims.ts'
import { pick, plainCookies, type Carried, type Format, type Refusal } from './format.ts'

/**
 * Makes tokens of texts and undoes them. What opens was made by a holder of the key, and is as it
 * was made.
 */
export interface Sealer {
  /** An empty text if the keys are out of reach. */
  seal(text: string, ctx: unknown): Awaitable<string>
  /** Undoes `seal`. It never throws on what a client sent. */
  open(token: string, ctx: unknown): Awaitable<Opened | Refusal>
  /** Whether the text can be read by whoever has the token (default false). */
  isReadable?: boolean
  refuse?: undefined
}

/** A sealer that has no key to seal with. */
export interface ReadOnlySealer extends Pick<Sealer, 'open' | 'isReadable'> {
  seal?: undefined
  /** Throws what a change of the session is answered with. */
  refuse(): never
}

/**
 * The format of cookies that hold one token: a session's claims, sealed.
 *
 * @param audience Binds the token to this cookie, where the key of the sealer does not.
 */
export function createTokenFormat(
  { open, seal, refuse, isReadable }: Sealer | ReadOnlySealer,
  options: Limits & CookieOptions & { key: string; now(): number },
  audience?: string,
): Format<unknown> {
  const openValue = (value: string, ctx: unknown): Awaitable<Carried | Refusal> =>
    chain(value.length > LARGEST_COOKIE ? 'tampered' : open(value, ctx), (opened) =>
      typeof opened === 'string' ? opened : readClaims(opened, audience, options),
    )

  return {
    ...plainCookies([options.key], options),
    keepsId: true,
    refuse,
    isReadable,

    open(header, ctx) {
      const values = cookieValues(header, options.key)
      const opened = values.map((value) => openValue(value, ctx))
      return opened.length === 1 ? opened[0]! : chain(all(opened), pick)
    },

    seal: (cargo, ctx) =>
      chain(seal!(writeClaims(cargo, audience), ctx), (token) => (token ? [token] : [])),
  }
}

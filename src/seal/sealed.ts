import { all, chain, type Awaitable } from '../awaitable.ts'
import type { CookieOptions } from '../cookie-options.ts'
import { cookieValues } from '../cookie-header.ts'
import { isSessionId, randomId } from '../id.ts'
import { absoluteLimit, idleLimit, type Limits } from '../life.ts'
import { isPlainObject, parseJson, type Json } from '../record.ts'
import { LARGEST_COOKIE, LONGEST_MAX_AGE } from '../set-cookie.ts'
import { isBase64url } from './base64url.ts'
import type { Engine } from './engine.ts'
import {
  pick,
  plainCookies,
  type Cargo,
  type Carried,
  type Format,
  type Refusal,
} from './format.ts'
import type { Keyring } from './keyring.ts'

/** How far ahead of this clock another server's may be, in seconds. */
const SKEW = 60
const DAY = 86_400

/**
 * The sealed format: compact JWE with `dir` and `A256GCM` (RFC 7516), as docs/cookie-format.md
 * has it. Any JOSE library opens it when given the derived key.
 */
export function createSealedFormat(
  engine: Engine,
  keyring: Keyring,
  options: Limits & CookieOptions & { key: string; now(): number },
): Format<unknown> {
  function openValue(value: string): Awaitable<Carried | Refusal> {
    const now = Math.floor(options.now() / 1000)
    const [header, wrapped, iv, ciphertext, tag, ...rest] = value.split('.')
    // Strict and cheap first: one spelling, fixed lengths, and only then any crypto.
    if (value.length > LARGEST_COOKIE || wrapped !== '' || rest.length) return 'tampered'
    if (!ciphertext || iv?.length !== 16 || tag?.length !== 22) return 'tampered'
    if (!isBase64url(iv) || !isBase64url(tag)) return 'tampered'
    const oldest = Math.min(absoluteLimit(options) / 1000, LONGEST_MAX_AGE)
    const days = [now - oldest, now + SKEW].map((time) => Math.floor(time / DAY)) as [
      number,
      number,
    ]
    return chain(keyring.find(header!, ...days), (found) => {
      if (!found) return 'tampered'
      return chain(engine.open(found.key, found.headerBytes, iv, ciphertext, tag), (text) =>
        text === null ? 'tampered' : readClaims(text, options, now, !found.isNewest),
      )
    })
  }

  return {
    ...plainCookies([options.key], options),
    keepsId: true,

    open(header) {
      const values = cookieValues(header, options.key)
      return values.length === 1 ? openValue(values[0]!) : chain(all(values.map(openValue)), pick)
    },

    seal(cargo) {
      return chain(keyring.current(Math.floor(options.now() / 1000)), (current) => {
        const { key, header, headerBytes } = current
        return chain(engine.seal(key, headerBytes, writeClaims(cargo)), (sealed) => [
          `${header}..${sealed}`,
        ])
      })
    },
  }
}

function writeClaims({ id, key, snapshot, life, maxAge, version }: Cargo): string {
  const iat = Math.floor(life.issued / 1000)
  // A store's key is the identity where it has the shape of one, and travels as `d` where not.
  const sid = isSessionId(id) ? id : randomId()
  const hasData = key === undefined || (version && key === sid && snapshot)
  const exp = iat + Math.ceil((life.expires! - life.issued) / 1000)
  // By hand, for `JSON.stringify` takes four times as long.
  let claims = `{"sid":"${sid}","iat":${iat},"exp":${exp},"ct":${Math.floor(life.created / 1000)}`
  if (maxAge === 'session') claims += ',"st":true'
  else if (life.maxAge) claims += `,"ma":${life.maxAge}`
  if (version) claims += `,"n":${version}`
  if (hasData) {
    const [data, flash] = snapshot.split('\n')
    claims += `${flash ? `,"f":${flash}` : ''},"d":${data}`
  } else if (key !== sid) claims += `,"d":${JSON.stringify(key)}`
  return `${claims}}`
}

/** Judges claims by the server's own configuration; what the token says may only shorten it. */
function readClaims(text: string, limits: Limits, now: number, stale: boolean): Carried | Refusal {
  let claims: Json
  try {
    claims = Object(parseJson(text)) as Json
  } catch {
    return 'tampered'
  }
  const { sid, iat, exp, ct, ma, st, n, d = sid, f } = claims
  if (!isSessionId(sid) || !isTime(iat) || !isTime(exp) || !isTime(ct)) return 'tampered'
  if (iat > now + SKEW || ct > iat) return 'tampered'
  const maxAge = st === true ? 'session' : isTime(ma) ? ma : undefined
  const idle = Math.ceil(idleLimit(limits, maxAge) / 1000)
  const absolute = Math.ceil(absoluteLimit(limits) / 1000)
  // Written so that a clock that tells nothing (NaN) lets nobody in.
  if (!(now < exp && now - iat < idle && now - ct < absolute)) return 'expired'
  const version = isTime(n) && n > 0 ? n : undefined
  // With a version, the data are a snapshot of what the store has under the identity.
  const key = typeof d === 'string' ? d : version ? sid : undefined
  return {
    id: key ?? sid,
    key,
    record: isPlainObject(d) ? d : undefined,
    flash: isPlainObject(f) ? f : undefined,
    version,
    life: { created: ct * 1000, issued: iat * 1000, expires: exp * 1000, maxAge },
    isTimed: true,
    stale,
  }
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

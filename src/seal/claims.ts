import { isSessionId, randomId } from '../id.ts'
import { absoluteLimit, idleLimit, type Limits } from '../life.ts'
import { isPlainObject, parseJson, type Json } from '../record.ts'
import type { Cargo, Carried, Refusal } from './format.ts'

/** How far ahead of this clock another server's may be, in seconds. */
export const SKEW = 60

/** The text that a token was made of. */
export interface Opened {
  text: string
  /** Whether it was made under a key that is no longer the newest. */
  stale: boolean
}

/**
 * What a token says of its session, as docs/cookie-format.md has it.
 *
 * @param audience The claim `aud`, where the key is not bound to the cookie.
 */
export function writeClaims(
  { id, key, snapshot, life, maxAge, version }: Cargo,
  audience: string | undefined,
): string {
  const iat = Math.floor(life.issued / 1000)
  // A store's key is the identity where it has the shape of one, and travels as `d` where not.
  const sid = isSessionId(id) ? id : randomId()
  const hasData = key === undefined || (version && key === sid && snapshot)
  const exp = iat + Math.ceil((life.expires! - life.issued) / 1000)
  // By hand, for `JSON.stringify` takes four times as long.
  let claims = `{${audience ? `"aud":"${audience}",` : ''}"sid":"${sid}","iat":${iat},"exp":${exp}`
  claims += `,"ct":${Math.floor(life.created / 1000)}`
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
export function readClaims(
  { text, stale }: Opened,
  audience: string | undefined,
  options: Limits & { now(): number },
): Carried | Refusal {
  const now = Math.floor(options.now() / 1000)
  let claims: Json
  try {
    claims = Object(parseJson(text)) as Json
  } catch {
    return 'tampered'
  }
  const { aud, sid, iat, exp, ct, ma, st, n, d = sid, f } = claims
  if (aud !== audience) return 'tampered'
  if (!isSessionId(sid) || !isTime(iat) || !isTime(exp) || !isTime(ct)) return 'tampered'
  if (iat > now + SKEW || ct > iat) return 'tampered'
  const maxAge = st === true ? 'session' : isTime(ma) ? ma : undefined
  const idle = Math.ceil(idleLimit(options, maxAge) / 1000)
  const absolute = Math.ceil(absoluteLimit(options) / 1000)
  const expires = Math.min(exp, iat + idle, ct + absolute)
  // Written so that a clock that tells nothing (NaN) lets nobody in.
  if (!(now < expires)) return 'expired'
  const version = isTime(n) && n > 0 ? n : undefined
  // With a version, the data are a snapshot of what the store has under the identity.
  const key = typeof d === 'string' ? d : version ? sid : undefined
  return {
    id: key ?? sid,
    key,
    record: isPlainObject(d) ? d : undefined,
    flash: isPlainObject(f) ? f : undefined,
    version,
    life: { created: ct * 1000, issued: iat * 1000, expires: expires * 1000, maxAge },
    isTimed: true,
    stale,
  }
}

function isTime(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

import { isPlainObject, parseJson, type Json } from '../src/record.ts'
import { timeText, type Finding } from './finding.ts'

/** The claims of a token, of its text; `undefined` if it has none. */
export function claimsOf(text: string): Json | undefined {
  try {
    const claims = parseJson(text)
    return isPlainObject(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

/** What claims say of a session, as docs/cookie-format.md has them. */
export function tellClaims(claims: Json): Partial<Finding> {
  const { sid, iat, exp, ct, d = sid, f } = claims
  const seconds = (time: unknown): string | undefined => timeText(Number(time) * 1000)
  const told: { [name in keyof Finding]?: Finding[name] | undefined } = {
    saved: seconds(iat),
    began: seconds(ct),
    ends: seconds(exp),
    storeKey: typeof d === 'string' ? d : undefined,
    claims: Object.fromEntries(Object.entries(claims).filter(([name]) => name !== 'd')),
    data: isPlainObject(d) ? { ...d, ...(isPlainObject(f) && { _flash: f }) } : undefined,
  }
  return Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined))
}

/** Whether a session is over, by what its claims say alone. */
export function isOver({ exp }: Json): boolean {
  return !(Date.now() / 1000 < Number(exp))
}

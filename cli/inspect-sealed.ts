/// <reference types="node" />
import { engine } from '#engine'
import { isPlainObject, parseJson, type Json } from '../src/record.ts'
import { createKeyring } from '../src/seal/keyring.ts'
import { secretBytes } from '../src/secrets.ts'
import { timeText, type Finding } from './finding.ts'

const HEADER =
  /^\{"alg":"dir","enc":"A256GCM","kid":"([\w-]{8})\.(\d{1,8})","typ":"session-kit1\+jwe"\}$/

const DAY = 86_400_000

/** Whether a value has the sealed format, by its shape. */
export function isSealed(value: string): boolean {
  return headerOf(value) !== undefined
}

/**
 * Reads a sealed cookie as docs/cookie-format.md has it.
 *
 * @throws SessionError `ERR_SESSION_SECRET`
 */
export async function inspectSealed(
  name: string,
  value: string,
  secrets: string[],
): Promise<Finding> {
  const [, keyId, day] = headerOf(value)!
  const seen: Finding = {
    format: 'sealed',
    verdict: 'unchecked',
    keyId: keyId!,
    day: timeText(Number(day) * DAY)?.slice(0, 10) ?? day!,
  }
  if (!secrets.length) return seen
  const [header, , iv, ciphertext, tag] = value.split('.') as [
    string,
    string,
    string,
    string,
    string,
  ]
  // Koa and Egg take weak ones.
  const keyrings = secretBytes(secrets, () => {}).map((bytes) =>
    createKeyring(engine, [bytes], name),
  )
  const keys = await Promise.all(keyrings.map((one) => one.find(header, Number(day), Number(day))))
  const index = keys.findIndex(Boolean)
  if (index < 0) return { ...seen, verdict: 'other-secret' }
  const { key, headerBytes } = keys[index]!
  const text = await engine.open(key, headerBytes, iv, ciphertext, tag)
  const claims = text === null ? undefined : claimsOf(text)
  if (!claims) return { ...seen, verdict: 'not-genuine' }
  const { sid, iat, exp, ct, d = sid, f } = claims
  const seconds = (time: unknown): string | undefined => timeText(Number(time) * 1000)
  const isOver = !(Date.now() / 1000 < Number(exp))
  return dropUndefined({
    ...seen,
    verdict: isOver ? 'expired' : 'genuine',
    secret: index + 1,
    saved: seconds(iat),
    began: seconds(ct),
    ends: seconds(exp),
    storeKey: typeof d === 'string' ? d : undefined,
    claims: Object.fromEntries(Object.entries(claims).filter(([name]) => name !== 'd')),
    data: isPlainObject(d) ? { ...d, ...(isPlainObject(f) && { _flash: f }) } : undefined,
  })
}

function headerOf(value: string): RegExpExecArray | undefined {
  const parts = value.split('.')
  if (parts.length !== 5 || parts[1] !== '') return undefined
  return HEADER.exec(Buffer.from(parts[0]!, 'base64url').toString()) ?? undefined
}

function claimsOf(text: string): Json | undefined {
  try {
    const claims = parseJson(text)
    return isPlainObject(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

function dropUndefined(finding: { [name in keyof Finding]: Finding[name] | undefined }): Finding {
  return Object.fromEntries(
    Object.entries(finding).filter(([, value]) => value !== undefined),
  ) as unknown as Finding
}

/// <reference types="node" />
import { engine } from '#engine'
import { createKeyring } from '../src/seal/keyring.ts'
import { secretBytes } from '../src/secrets.ts'
import { claimsOf, isOver, tellClaims } from './claims.ts'
import { timeText, type Finding } from './finding.ts'
import { inspectJws } from './inspect-token.ts'

const HEADER =
  /^\{"alg":"dir","enc":"A256GCM","kid":"([\w-]{8})\.(\d{1,8})","typ":"session-kit1\+jwe"(?:,"cty":"(session-kit1\+jws)")?\}$/

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
  const [, keyId, day, contents = ''] = headerOf(value)!
  const seen: Finding = {
    format: 'sealed',
    verdict: 'unchecked',
    keyId: keyId!,
    day: timeText(Number(day) * DAY)?.slice(0, 10) ?? day!,
    ...(contents && { holds: 'a signed token' }),
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
    createKeyring(engine, [bytes], name, 1, contents),
  )
  const keys = await Promise.all(keyrings.map((one) => one.find(header, Number(day), Number(day))))
  const index = keys.findIndex(Boolean)
  if (index < 0) return { ...seen, verdict: 'other-secret' }
  const { key, headerBytes } = keys[index]!
  const text = await engine.open(key, headerBytes, iv, ciphertext, tag)
  if (text === null) return { ...seen, verdict: 'not-genuine' }
  // Who has the secret can seal; who signed is another question.
  if (contents) return inspectJws(name, text, { ...seen, secret: index + 1 })
  const claims = claimsOf(text)
  if (!claims) return { ...seen, verdict: 'not-genuine' }
  const verdict = isOver(claims) ? 'expired' : 'genuine'
  return { ...seen, verdict, secret: index + 1, ...tellClaims(claims) }
}

function headerOf(value: string): RegExpExecArray | undefined {
  const parts = value.split('.')
  if (parts.length !== 5 || parts[1] !== '') return undefined
  return HEADER.exec(Buffer.from(parts[0]!, 'base64url').toString()) ?? undefined
}

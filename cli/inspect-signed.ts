/// <reference types="node" />
import { engine } from '#engine'
import { isDataKey, isPlainObject, parseJson, type Json } from '../src/record.ts'
import { createSigner } from '../src/seal/signed.ts'
import { secretBytes } from '../src/secrets.ts'
import { timeText, type Finding } from './finding.ts'

/** Reads a signed cookie: a record that everybody can read, or a store's key. */
export async function inspectSigned(
  name: string,
  value: string,
  mac: string | undefined,
  secrets: string[],
): Promise<Finding> {
  const record = recordOf(value)
  // What is no record may be a store's key; without a signature it may be anything.
  if (!record && mac === undefined) return { format: 'unknown', verdict: 'no-session' }
  const digest = mac?.length === 27 ? 'sha1' : mac?.length === 43 ? 'sha256' : undefined
  const { _expire } = record ?? {}
  const ends = timeText(_expire)
  const seen: Finding = {
    format: 'signed',
    verdict: 'unchecked',
    ...(digest && { digest }),
    ...(ends && { ends }),
    ...(record
      ? {
          claims: Object.fromEntries(Object.entries(record).filter(([key]) => !isDataKey(key))),
          data: Object.fromEntries(Object.entries(record).filter(([key]) => isDataKey(key))),
        }
      : { storeKey: value }),
  }
  const isOver = typeof _expire === 'number' && !(Date.now() <= _expire)
  if (!secrets.length) return isOver ? { ...seen, verdict: 'expired' } : seen
  if (mac === undefined || !digest) return { ...seen, verdict: 'not-genuine' }
  const signer = createSigner(
    engine,
    secretBytes(secrets, () => {}),
    digest,
  )
  const index = await signer.index(`${name}=${value}`, mac)
  if (index < 0) return { ...seen, verdict: 'not-genuine' }
  return { ...seen, verdict: isOver ? 'expired' : 'genuine', secret: index + 1 }
}

function recordOf(value: string): Json | undefined {
  try {
    const record = parseJson(engine.fromBase64(value))
    return isPlainObject(record) ? record : undefined
  } catch {
    return undefined
  }
}

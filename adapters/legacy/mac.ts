import { decodeBase64url } from './record.ts'

/** Makes the keys that `cookies` and `@eggjs/cookies` sign with, once, when they are asked for. */
export function macKeys(
  secrets: Uint8Array<ArrayBuffer>[],
  digest: 'sha1' | 'sha256',
): () => Promise<CryptoKey[]> {
  const hash = digest === 'sha1' ? 'SHA-1' : 'SHA-256'
  let keys: Promise<CryptoKey[]> | undefined
  return () =>
    (keys ??= Promise.all(
      secrets.map((secret) =>
        crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash }, false, ['verify']),
      ),
    ))
}

/**
 * Whether one of the keys made one of the MACs, which have one spelling: base64url without
 * padding. Compared in constant time, and with all keys.
 */
export async function verifies(
  keys: readonly CryptoKey[],
  text: string,
  macs: readonly string[],
): Promise<boolean> {
  const message = new TextEncoder().encode(text)
  const answers = macs.flatMap((mac) => {
    const bytes = mac.length < 27 || mac.length > 43 ? null : decodeBase64url(mac)
    return bytes ? keys.map((key) => crypto.subtle.verify('HMAC', key, bytes, message)) : []
  })
  return (await Promise.all(answers)).includes(true)
}

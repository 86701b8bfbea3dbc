import { decodeBase64, decodeText } from './record.ts'
import { md5 } from './md5.ts'

/** A key of AES-256-CBC, with the one IV that Egg uses it with. */
export interface CbcKey {
  key: CryptoKey
  iv: Uint8Array<ArrayBuffer>
}

/** Makes the keys that Egg encrypts with, once, when they are asked for. */
export function cbcKeys(secrets: Uint8Array<ArrayBuffer>[]): () => Promise<CbcKey[]> {
  let keys: Promise<CbcKey[]> | undefined
  return () => (keys ??= Promise.all(secrets.map(cbcKey)))
}

/** EVP_BytesToKey of OpenSSL, with MD5, one round, and no salt. */
async function cbcKey(secret: Uint8Array): Promise<CbcKey> {
  const first = md5(secret)
  const second = md5(join(first, secret))
  const iv = join(md5(join(second, secret)))
  const raw = join(first, second)
  return { iv, key: await crypto.subtle.importKey('raw', raw, 'AES-CBC', false, ['decrypt']) }
}

/**
 * The text in a value that Egg encrypted: base64url with its padding, whole blocks, UTF-8. `null`
 * for anything else, and whatever fails first costs one decryption at the most.
 */
export async function decrypt({ key, iv }: CbcKey, value: string): Promise<string | null> {
  if (!/^[\w-]+={0,2}$/.test(value)) return null
  const bytes = decodeBase64(value.replaceAll('-', '+').replaceAll('_', '/'))
  if (!bytes || bytes.length % 16 !== 0) return null
  const text = await crypto.subtle
    .decrypt({ name: 'AES-CBC', iv }, key, bytes)
    .catch((): null => null)
  return decodeText(text)
}

function join(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

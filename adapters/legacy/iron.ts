import { decodeBase64url, decodeText } from './record.ts'

/** `Fe26.2*ID*SALT*IV*DATA*EXPIRES*SALT*MAC`; the MAC is of what stands before the second salt. */
const SEAL =
  /^(Fe26\.2\*(\w*)\*([\da-f]{64})\*([\w-]{22})\*([\w-]+)\*(\d{0,15}))\*([\da-f]{64})\*([\w-]{43})$/

/** What a seal holds. */
export interface Unsealed {
  text: string
  /** When it ends, in milliseconds since the epoch; `undefined` if it does not. */
  expires: number | undefined
}

/** Makes a password's key, once, when it is asked for. */
export function ironKey(password: string): () => Promise<CryptoKey> {
  let key: Promise<CryptoKey> | undefined
  const bytes = new TextEncoder().encode(password)
  return () => (key ??= crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveKey']))
}

/**
 * Opens a seal of iron-webcrypto with its defaults: format Fe26.2, keys by PBKDF2 (SHA-1, one
 * round), HMAC-SHA-256, and only then AES-256-CBC. It is not judged whether it is over.
 *
 * @param passwords The keys for the id of a password, `''` for none.
 * @returns `null` if no such key sealed it.
 */
export async function unseal(
  value: string,
  passwords: (id: string) => readonly (() => Promise<CryptoKey>)[],
): Promise<Unsealed | null> {
  const [, signed, id, salt, iv64, data64, expires, macSalt, mac64] = SEAL.exec(value) ?? []
  const [iv, data, mac] = [iv64, data64, mac64].map((text) => decodeBase64url(text ?? ''))
  if (!iv || !data || !mac || data.length % 16 !== 0) return null
  for (const passwordKey of passwords(id!)) {
    const password = await passwordKey()
    const macKey = await derive(password, macSalt!, MAC, 'verify')
    const message = new TextEncoder().encode(signed)
    if (!(await crypto.subtle.verify('HMAC', macKey, mac, message))) continue
    const key = await derive(password, salt!, CIPHER, 'decrypt')
    const text = await crypto.subtle
      .decrypt({ name: 'AES-CBC', iv }, key, data)
      .then(decodeText, (): null => null)
    return text === null ? null : { text, expires: expires ? Number(expires) : undefined }
  }
  return null
}

const MAC = { name: 'HMAC', hash: 'SHA-256', length: 256 }
const CIPHER = { name: 'AES-CBC', length: 256 }

/** Salts count as the text that they are. */
function derive(
  password: CryptoKey,
  salt: string,
  use: typeof MAC | typeof CIPHER,
  usage: 'verify' | 'decrypt',
): Promise<CryptoKey> {
  const bytes = new TextEncoder().encode(salt)
  const how = { name: 'PBKDF2', hash: 'SHA-1', salt: bytes, iterations: 1 }
  return crypto.subtle.deriveKey(how, password, use, false, [usage])
}

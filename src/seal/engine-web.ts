import type { Engine } from './engine.ts'
import { base64ToBinary, binaryToBase64, fromBase64url, toBase64url } from './base64url.ts'
import { freshIv } from './iv.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const subtle = crypto.subtle

/** Whether this engine answers with values, not promises. */
export const answersAtOnce = false

/** The engine over Web Crypto: workerd, Deno, browsers, and any other runtime that has it. */
export const engine: Engine = {
  secret: (bytes) =>
    subtle.importKey('raw', copy(bytes), 'HKDF', false, ['deriveBits', 'deriveKey']),

  async deriveText(secret, salt, info, length) {
    const bits = await subtle.deriveBits(hkdf(salt, info), secret as CryptoKey, length * 8)
    return toBase64url(new Uint8Array(bits))
  },

  deriveKey: (secret, salt, info) =>
    subtle.deriveKey(
      hkdf(salt, info),
      secret as CryptoKey,
      { name: 'AES-GCM', length: 256 },
      false,
      ['encrypt', 'decrypt'],
    ),

  async seal(key, header, text) {
    const iv = freshIv()
    const sealed = new Uint8Array(await gcm('encrypt', key, iv.bytes, header, encoder.encode(text)))
    const end = sealed.length - 16
    const tag = toBase64url(sealed.subarray(end))
    return `${iv.text}.${toBase64url(sealed.subarray(0, end))}.${tag}`
  },

  async open(key, header, iv, ciphertext, tag) {
    // One call for both: 12 bytes are 16 characters, with nothing left over.
    const bytes = fromBase64url(iv + ciphertext, tag)
    if (!bytes) return null
    const [start, sealed] = [bytes.subarray(0, 12), bytes.subarray(12)]
    try {
      return decoder.decode(await gcm('decrypt', key, start, header, sealed))
    } catch {
      return null
    }
  },

  macKey: (secret, digest) => {
    const hash = digest === 'sha1' ? 'SHA-1' : 'SHA-256'
    return subtle.importKey('raw', copy(secret), { name: 'HMAC', hash }, false, ['sign', 'verify'])
  },

  async sign(key, text) {
    const mac = await subtle.sign('HMAC', key as CryptoKey, encoder.encode(text))
    return toBase64url(new Uint8Array(mac))
  },

  async verify(key, text, mac) {
    const bytes = fromBase64url(mac)
    return !!bytes && subtle.verify('HMAC', key as CryptoKey, bytes, encoder.encode(text))
  },

  async hash(text) {
    return toBase64url(new Uint8Array(await subtle.digest('SHA-256', encoder.encode(text))))
  },

  toBase64: (text) => binaryToBase64(encoder.encode(text)),
  fromBase64: (base64) => decoder.decode(base64ToBinary(base64)),
}

function hkdf(salt: string, info: Uint8Array): HkdfParams {
  return { name: 'HKDF', hash: 'SHA-256', salt: encoder.encode(salt), info: copy(info) }
}

/** One object for all calls: Node takes a new one in a quarter more of the whole time. */
const parameters = { name: 'AES-GCM' } as AesGcmParams

/**
 * The IV is in the parameters for as long as the call takes to read them, and not while it works:
 * a platform that read them later would fail, and never seal twice under one IV.
 */
function gcm(
  verb: 'encrypt' | 'decrypt',
  key: unknown,
  iv: Uint8Array<ArrayBuffer>,
  header: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<ArrayBuffer> {
  parameters.iv = iv
  parameters.additionalData = header
  const done = subtle[verb](parameters, key as CryptoKey, bytes)
  parameters.iv = undefined as never
  return done
}

function copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes)
}

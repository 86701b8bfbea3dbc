/**
 * Base64url without padding, in the one spelling each string of bytes has (RFC 4648 section 5):
 * the bits that the last character has left over are zero.
 */
const CANONICAL = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/

/** Whether a text is canonical base64url. */
export function isBase64url(text: string): boolean {
  return CANONICAL.test(text)
}

/** Bytes as base64url without padding. */
export function toBase64url(bytes: Uint8Array): string {
  return base64ToUrl(binaryToBase64(bytes))
}

/** The bytes of a base64 or base64url text; throws if it is neither. */
export function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'))
  // A loop: `Uint8Array.from` takes ten times as long.
  const bytes = new Uint8Array(binary.length)
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i)
  return bytes
}

/** Bytes as standard base64 with padding. */
export function binaryToBase64(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}

/** Base64 in the alphabet that URLs and cookies take, without padding. */
export function base64ToUrl(base64: string): string {
  return base64.replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}

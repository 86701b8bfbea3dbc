/**
 * Base64url without padding, in the one spelling each string of bytes has (RFC 4648 section 5):
 * the bits that the last character has left over are zero.
 */
const CANONICAL = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/

/** What ECMAScript 2026 has, and so Node 25, workerd, Deno and Bun; many times as fast as a script. */
const native = Uint8Array.prototype as unknown as {
  setFromBase64?(text: string, options: object): { written: number }
  toBase64?(options: object): string
}
const OPTIONS = { alphabet: 'base64url', omitPadding: true }

/** What earlier versions of Node have, and most sandboxes on them that stand in for an edge. */
const node = (globalThis as unknown as { Buffer?: NodeBuffer }).Buffer

interface NodeBuffer {
  from(text: string, encoding: string): Uint8Array<ArrayBuffer>
  from(
    memory: ArrayBufferLike,
    start: number,
    length: number,
  ): { toString(encoding: string): string }
}

/** Whether a text is canonical base64url; of a long one `fromBase64url` tells it sooner. */
export function isBase64url(text: string): boolean {
  return CANONICAL.test(text)
}

/** Bytes as base64url without padding. */
export function toBase64url(bytes: Uint8Array): string {
  const { toBase64 } = native
  if (toBase64) return toBase64.call(bytes, OPTIONS)
  if (node) return node.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
  return base64ToUrl(binaryToBase64(bytes))
}

/**
 * The bytes of canonical base64url; `null` for any other text.
 *
 * @param more A second text, whose bytes are to follow.
 */
export function fromBase64url(text: string, more = ''): Uint8Array<ArrayBuffer> | null {
  const first = bytesIn(text)
  const bytes = new Uint8Array(first + bytesIn(more))
  try {
    return readInto(bytes, text) && (!more || readInto(bytes.subarray(first), more)) ? bytes : null
  } catch {
    return null
  }
}

/** Reads a text to where there is room for it: whether it is canonical. Some others make it throw. */
function readInto(bytes: Uint8Array, text: string): boolean {
  if (native.setFromBase64) {
    // It passes over blanks, takes padding, and does not look at bits that are left over.
    const { written } = native.setFromBase64.call(bytes, text, OPTIONS)
    return written === bytesIn(text) && isBase64url(text.slice(text.length & ~3))
  }
  const read = node?.from(text, 'base64url') ?? base64ToBinary(text)
  bytes.set(read)
  return toBase64url(read) === text
}

/** How many bytes there are in base64url. */
function bytesIn({ length }: string): number {
  return (length * 3) >> 2
}

/** The bytes of a base64 or base64url text; throws if it is neither. */
export function base64ToBinary(text: string): Uint8Array<ArrayBuffer> {
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
  return base64.replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, '')
}

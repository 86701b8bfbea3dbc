import type { Awaitable } from '../awaitable.ts'

/** The hash of a signed cookie's HMAC. */
export type Digest = 'sha1' | 'sha256'

/**
 * The primitives that a runtime gives. Both engines make the same bytes; the synchronous one
 * answers with values, the other with promises. Secrets and keys are opaque to all but the engine
 * that made them.
 */
export interface Engine {
  /** Takes the bytes of a secret for `derive`. */
  secret(bytes: Uint8Array): Awaitable<unknown>

  /** HKDF-SHA-256 (RFC 5869): `length` bytes in base64url, or the key for `seal` and `open`. */
  deriveText(secret: unknown, salt: string, info: Uint8Array, length: number): Awaitable<string>
  deriveKey(secret: unknown, salt: string, info: Uint8Array): Awaitable<unknown>

  /**
   * AES-256-GCM with a fresh IV, as the last parts of a compact JWE: `iv.ciphertext.tag`.
   *
   * @param header The protected header in base64url, as bytes: what is sealed opens with it alone.
   */
  seal(key: unknown, header: Uint8Array<ArrayBuffer>, text: string): Awaitable<string>

  /**
   * Undoes `seal`; `null` unless every character is as it was and the text is UTF-8.
   *
   * @param iv Canonical base64url of 12 bytes.
   * @param tag Canonical base64url of 16 bytes.
   */
  open(
    key: unknown,
    header: Uint8Array<ArrayBuffer>,
    iv: string,
    ciphertext: string,
    tag: string,
  ): Awaitable<string | null>

  /** The key for `sign` and `verify`. */
  macKey(secret: Uint8Array, digest: Digest): Awaitable<unknown>
  sign(key: unknown, text: string): Awaitable<string>

  /** Compares in constant time; a MAC that is not canonical base64url is refused. */
  verify(key: unknown, text: string, mac: string): Awaitable<boolean>

  /** SHA-256 in base64url. */
  hash(text: string): Awaitable<string>

  /** A text's UTF-8 in standard base64 with padding. */
  toBase64(text: string): string

  /** Undoes `toBase64`, in either alphabet; throws on what is neither or no UTF-8. */
  fromBase64(base64: string): string
}

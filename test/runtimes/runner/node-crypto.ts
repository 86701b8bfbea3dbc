/**
 * What the tests take of `node:crypto` to check results with, where a runtime has none of it. No
 * part of it is Web Crypto, which is what they check there.
 */
import { gcm } from '@noble/ciphers/aes.js'
import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha1 } from '@noble/hashes/legacy.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { Buffer } from './buffer.ts'

type Bytes = string | Uint8Array

const hashes = { sha1, sha256 }
const bytesOf = (bytes: Bytes): Uint8Array => Buffer.from(bytes as string)
const outputOf = (bytes: Uint8Array, encoding?: BufferEncoding): Buffer | string =>
  encoding ? Buffer.from(bytes).toString(encoding) : Buffer.from(bytes)

interface Hashing {
  update(bytes: Bytes): Hashing
  digest(encoding?: BufferEncoding): Buffer | string
}

function hashing(hash: { update(bytes: Uint8Array): unknown; digest(): Uint8Array }): Hashing {
  const self: Hashing = {
    update(bytes) {
      hash.update(bytesOf(bytes))
      return self
    },
    digest: (encoding) => outputOf(hash.digest(), encoding),
  }
  return self
}

export const createHash = (name: keyof typeof hashes): Hashing => hashing(hashes[name].create())

export const createHmac = (name: keyof typeof hashes, key: Bytes): Hashing =>
  hashing(hmac.create(hashes[name], bytesOf(key)))

export function hkdfSync(
  name: keyof typeof hashes,
  secret: Bytes,
  salt: Bytes,
  info: Bytes,
  length: number,
): Uint8Array {
  return hkdf(hashes[name], bytesOf(secret), bytesOf(salt), bytesOf(info), length)
}

export const randomBytes = (length: number): Buffer =>
  Buffer.from(crypto.getRandomValues(new Uint8Array(length)))

export { randomBytes as pseudoRandomBytes }

export const timingSafeEqual = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0

const TAG_LENGTH = 16

export function createCipheriv(_: 'aes-256-gcm', key: Uint8Array, iv: Uint8Array): object {
  let header: Uint8Array | undefined
  let sealed = Buffer.alloc(0)
  return {
    setAAD: (bytes: Uint8Array) => void (header = bytes),
    update(text: Bytes) {
      sealed = Buffer.from(gcm(key, iv, header).encrypt(bytesOf(text)))
      return sealed.subarray(0, -TAG_LENGTH)
    },
    final: () => Buffer.alloc(0),
    getAuthTag: () => sealed.subarray(-TAG_LENGTH),
  }
}

export function createDecipheriv(_: 'aes-256-gcm', key: Uint8Array, iv: Uint8Array): object {
  let header: Uint8Array | undefined
  let tag = Buffer.alloc(0)
  return {
    setAAD: (bytes: Uint8Array) => void (header = bytes),
    setAuthTag: (bytes: Buffer) => void (tag = bytes as typeof tag),
    update: (text: string, from: BufferEncoding, to: BufferEncoding) =>
      outputOf(gcm(key, iv, header).decrypt(Buffer.concat([Buffer.from(text, from), tag])), to),
    final: () => '',
  }
}

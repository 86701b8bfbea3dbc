import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  sign as signBytes,
  verify,
} from 'node:crypto'
import type { Vector } from './vectors.ts'

// Written from the page and the RFCs it names; nothing of the library is in here.

const base64url = (bytes: string | Buffer): string => Buffer.from(bytes).toString('base64url')
const bytesOf = (text: string): Buffer => Buffer.from(text, 'base64url')

/** What the page says a vector's secret comes to. */
export function derive(vector: Vector): Vector {
  const { cookie, saved, header } = vector
  const secret = vector['secret'] ?? Buffer.from(vector['secret-hex']!, 'hex')
  const { cty = '' } = JSON.parse(header!) as { cty?: string }
  const kid = hkdf(secret, prefixed('kid'), 6).toString('base64url')
  const day = Math.floor(Number(saved) / 86_400_000)
  const dayBytes = Buffer.alloc(4)
  dayBytes.writeUInt32BE(day)
  const info = prefixed('seal', 'A256GCM', cookie!, cty, kid, dayBytes)
  const type = `"typ":"session-kit1+jwe"${cty && `,"cty":"${cty}"`}`
  return {
    kid,
    info: info.toString('hex'),
    key: hkdf(secret, info, 32).toString('hex'),
    header: `{"alg":"dir","enc":"A256GCM","kid":"${kid}.${day}",${type}}`,
  }
}

/** The values of `NAME` and, of the signed format, `NAME.sig`. */
export function write(vector: Vector): string[] {
  const { digest, record, sign, header, claims, iv } = vector
  if (digest) {
    const value = record ? Buffer.from(record).toString('base64') : vector['store-key']!
    return [value, macOf(vector, value)]
  }
  const isNested = header!.includes('"cty"')
  const isSigned = sign !== undefined && (isNested || !iv)
  const jwsHeader = isNested ? '{"alg":"EdDSA","kid":"ed-1","typ":"session-kit1+jws"}' : header!
  const text = isSigned ? signJws(jwsHeader, claims!, sign) : claims!
  if (!iv) return [text]
  const cipher = createCipheriv('aes-256-gcm', contentKey(vector), Buffer.from(iv, 'hex'))
  cipher.setAAD(Buffer.from(base64url(header!)))
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  const end = [Buffer.from(iv, 'hex'), ciphertext, cipher.getAuthTag()].map(base64url)
  return [[base64url(header!), '', ...end].join('.')]
}

/** What a value carries: claims, or of the signed format the record or a store's key. */
export function read(vector: Vector): string {
  const { digest, value, sign } = vector
  if (digest) {
    if (macOf(vector, value!) !== vector['signature'])
      throw new Error('not signed with this secret')
    return vector['record'] ? Buffer.from(value!, 'base64').toString() : value!
  }
  const parts = value!.split('.')
  if (parts.length === 3) return verifyJws(value!, sign!)
  const [header, , iv, ciphertext, tag] = parts as [string, string, string, string, string]
  const decipher = createDecipheriv('aes-256-gcm', contentKey(vector), bytesOf(iv))
  decipher.setAAD(Buffer.from(header))
  decipher.setAuthTag(bytesOf(tag))
  const text = Buffer.concat([decipher.update(bytesOf(ciphertext)), decipher.final()]).toString()
  return bytesOf(header).toString().includes('"cty"') ? verifyJws(text, sign!) : text
}

/** The key under which a store has the record, where it asks for hashed ones. */
export function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('base64url')
}

function prefixed(...parts: (string | Buffer)[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part as string)
      return [Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]
    }),
  )
}

function hkdf(secret: string | Buffer, info: Buffer, length: number): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, 'session-kit/v1', info, length))
}

function macOf({ secret, digest, cookie }: Vector, value: string): string {
  return createHmac(digest!, secret!).update(`${cookie}=${value}`).digest('base64url')
}

function contentKey(vector: Vector): Buffer {
  if (!vector['seal']) return Buffer.from(derive(vector)['key']!, 'hex')
  return bytesOf((JSON.parse(vector['seal']) as { k: string }).k)
}

function signJws(header: string, payload: string, jwk: string): string {
  const input = `${base64url(header)}.${base64url(payload)}`
  const key = createPrivateKey({ key: JSON.parse(jwk), format: 'jwk' })
  return `${input}.${base64url(signBytes(null, Buffer.from(input), key))}`
}

function verifyJws(token: string, jwk: string): string {
  const [header, payload, signature] = token.split('.') as [string, string, string]
  const { d: _, ...publicJwk } = JSON.parse(jwk)
  const key = createPublicKey({ key: publicJwk, format: 'jwk' })
  if (!verify(null, Buffer.from(`${header}.${payload}`), key, bytesOf(signature))) {
    throw new Error('not signed with this key')
  }
  return bytesOf(payload).toString()
}

import { hkdfSync } from 'node:crypto'
import { compactDecrypt, decodeProtectedHeader } from 'jose'

/** What a sealed cookie carries, under its own names. */
export interface Claims {
  sid: string
  iat: number
  exp: number
  ct: number
  d?: Record<string, unknown>
  ma?: number
  st?: boolean
  [name: string]: unknown
}

export const isSealed = (value: string): boolean => /^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/.test(value)

/** Opens a sealed cookie with nothing of the kit's own: jose and the documented key schedule. */
export async function openSealed(value: string, name: string, secrets: string[]): Promise<Claims> {
  const { alg, enc, typ, kid = '' } = decodeProtectedHeader(value)
  const stated = JSON.stringify({ alg, enc, typ })
  if (stated !== '{"alg":"dir","enc":"A256GCM","typ":"session-kit1+jwe"}') {
    throw new Error(`not a sealed session: ${stated}`)
  }
  const [id = '', day = ''] = kid.split('.')
  const secret = secrets.find(
    (candidate) => derive(candidate, 6, 'kid').toString('base64url') === id,
  )
  if (secret === undefined) throw new Error('sealed under no key of this application')

  const dayBytes = Buffer.alloc(4)
  dayBytes.writeUInt32BE(Number(day))
  const key = derive(secret, 32, 'seal', 'A256GCM', name, '', id, dayBytes)
  const { plaintext } = await compactDecrypt(value, key)
  return JSON.parse(new TextDecoder().decode(plaintext)) as Claims
}

function derive(secret: string, length: number, ...parts: (string | Buffer)[]): Buffer {
  const info = parts.flatMap((part) => {
    const bytes = Buffer.from(part)
    return [Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]
  })
  return Buffer.from(hkdfSync('sha256', secret, 'session-kit/v1', Buffer.concat(info), length))
}

import { keygrip, type Keygrip } from './keys.ts'
import { isSealed, openSealed, type Claims } from './sealed.ts'

/** One Set-Cookie line, read. */
export interface SeenCookie {
  name: string
  form: 'plain' | 'encrypted' | 'sealed' | 'signature' | 'removed'
  /** The record, or the id of the record, or which key a signature belongs to. */
  payload?: unknown
  claims?: Claims
  /** Everything behind the value, as it was sent. */
  attributes: string
  /** The line itself, unless chance has a part in it. */
  line?: string
}

/** Reads the Set-Cookie lines of a response; signatures may also be for cookies that were sent. */
export async function readCookies(
  lines: string[],
  sent: string,
  keys: string[],
): Promise<SeenCookie[]> {
  const grip = keygrip(keys)
  const set = lines.map((line) => line.split(';')[0] ?? '')
  const pairs = [...set, ...sent.split(/; */)]
  const read = (line: string): Promise<SeenCookie> => readLine(line, set, pairs, grip, keys)
  return Promise.all(lines.map(read))
}

async function readLine(
  line: string,
  set: string[],
  pairs: string[],
  grip: Keygrip,
  keys: string[],
): Promise<SeenCookie> {
  const [, name = '', value = '', attributes = ''] = /^([^=]*)=([^;]*);? ?(.*)$/s.exec(line) ?? []
  if (value === '') return { name, form: 'removed', attributes, line }
  if (name.endsWith('.sig')) {
    return { name, form: 'signature', payload: signer(name, value, pairs, grip), attributes }
  }
  if (isSealed(value)) {
    const claims = await openSealed(value, name, keys)
    return { name, form: 'sealed', payload: claims.d ?? claims.sid, claims, attributes }
  }

  const signed = set.some((pair) => pair.startsWith(`${name}.sig=`))
  const inner = signed || fromBase64(value) !== undefined ? undefined : decrypt(value, grip)
  const form = inner === undefined ? 'plain' : 'encrypted'
  const payload = fromBase64(inner ?? value) ?? inner ?? value
  return { name, form, payload, attributes, ...(!isRandom(payload) && { line }) }
}

function signer(name: string, value: string, pairs: string[], grip: Keygrip): string {
  const subject = `${name.slice(0, -'.sig'.length)}=`
  const found = pairs.filter((pair) => pair.startsWith(subject))
  const index = Math.max(-1, ...found.map((pair) => grip.verify(pair, value)))
  return index < 0 ? 'of no key' : `of key ${index}`
}

function decrypt(value: string, grip: Keygrip): string | undefined {
  const bytes = Buffer.from(value, 'base64url')
  if (bytes.length === 0 || bytes.length % 16 > 0) return undefined
  const opened = grip.decrypt(bytes)
  return opened ? opened.value.toString() : undefined
}

function fromBase64(value: string): unknown {
  try {
    const decoded: unknown = JSON.parse(Buffer.from(value, 'base64').toString())
    return typeof decoded === 'object' && decoded !== null ? decoded : undefined
  } catch {
    return undefined
  }
}

/** Ids and CSRF secrets differ from run to run. */
function isRandom(payload: unknown): boolean {
  return typeof payload !== 'object' || payload === null || 'csrfToken' in payload
}

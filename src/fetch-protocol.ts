import { engine } from '#engine'
import { SessionError } from './errors.ts'
import { secretBytes, type Secret } from './secrets.ts'

/** The most bytes that a record may have as JSON, unless `maxSize` says otherwise. */
export const LARGEST_RECORD = 65_536

/** How far apart the two clocks may be, and how long a signature is good: milliseconds. */
export const SIGNATURE_LIFE = 60_000

/** What a signed request says beside its method, path and body. */
const SIGNED_HEADERS = ['x-timestamp', 'x-ttl', 'x-changed', 'if-match', 'if-none-match']

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The entity tag of a record: the SHA-256 of its JSON, in base64url. */
export async function tagOf(json: string): Promise<string> {
  return `"${await engine.hash(json)}"`
}

/** The text that a signature covers; no part before the body can have a line break in it. */
export function signedText(method: string, url: string, headers: Headers, body: string): string {
  const { pathname, search } = new URL(url)
  const said = SIGNED_HEADERS.map((name) => headers.get(name) ?? '')
  return ['session-kit/fetch/v1', method, pathname + search, ...said, body].join('\n')
}

/**
 * Reads a body of up to so many bytes of UTF-8; `undefined` if it is none. What is too much of it
 * is not waited for.
 */
export async function readText(
  message: Request | Response,
  limit: number,
): Promise<string | undefined> {
  const reader = message.body?.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    chunks.push(value)
    size += value.byteLength
    if (size <= limit) continue
    reader.cancel().catch(() => {})
    return undefined
  }
  return decode(chunks, size)
}

function decode(chunks: Uint8Array[], size: number): string | undefined {
  const bytes = new Uint8Array(size)
  for (const chunk of chunks.toReversed()) bytes.set(chunk, (size -= chunk.byteLength))
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

/** A token or secret, or several, newest first, in bytes. */
export function credentials(
  name: 'token' | 'secret',
  given: Secret | readonly Secret[],
): Uint8Array[] {
  const list = Array.isArray(given) ? (given as readonly Secret[]) : [given as Secret]
  if (name === 'token' && list.some((token) => !/^[\w.~+/=-]+$/.test(token as string))) {
    refuse('"token" must be letters, digits and -._~+/=')
  }
  try {
    return secretBytes(list)
  } catch (error) {
    const { code, message } = error as SessionError
    throw new SessionError(code, message.replace('"secrets"', `"${name}"`))
  }
}

/** Refuses an option. */
export function refuse(sentence: string): never {
  throw new SessionError('ERR_SESSION_OPTIONS', `Session option ${sentence}.`)
}

/** Checks the options that both halves have. */
export function checkCommon(options: {
  token?: unknown
  secret?: unknown
  maxSize?: number
}): void {
  if (options.token && options.secret) refuse('"token" and "secret" exclude each other')
  checkPositive('maxSize', options.maxSize)
}

/** Checks a number that may be left out. */
export function checkPositive(name: string, value: number | undefined): void {
  if (value !== undefined && !(value > 0)) refuse(`"${name}" must be a number above 0`)
}

import { engine } from '#engine'
import type { Awaitable } from './awaitable.ts'
import { SessionError } from './errors.ts'
import {
  checkCommon,
  checkPositive,
  credentials,
  LARGEST_RECORD,
  readText,
  refuse,
  signedText,
  tagOf,
} from './fetch-protocol.ts'
import { isAddressable, locate, LONGEST_KEY, type FetchTarget } from './fetch-target.ts'
import { parseJson, type SessionRecord } from './record.ts'
import type { Secret } from './secrets.ts'
import type { Store } from './store.ts'

export type { Fetcher, FetchTarget } from './fetch-target.ts'
export { createStoreHandler, type StoreHandlerOptions } from './store-handler.ts'

/** How to talk to the other half. */
export interface FetchStoreOptions {
  /** The bearer token to send, the first of several (see `createStoreHandler`). */
  token?: string | readonly string[]
  /** What to sign requests with, the first of several (see `createStoreHandler`). */
  secret?: Secret | readonly Secret[]
  /** What comes before the key in the path, where the target is no URL (default `/`). */
  path?: string
  /** How long a request may take with all of its answer, in milliseconds (default 2000). */
  timeout?: number
  /** The most bytes that a record may have; a longer answer is no record (default 65,536). */
  maxSize?: number
  /**
   * What the store on the other side is (default `'strong'`). Workers KV is `'eventual'`. If the
   * other side says something else, every operation fails and tells so.
   */
  consistency?: 'strong' | 'eventual'
  /**
   * Whether records are compared and touched over there (default true if `consistency` is
   * `'strong'`). `false` is for servers that know GET, PUT and DELETE alone, unstorage's for one,
   * and for stores without `compareAndSet`.
   */
  compareAndSet?: boolean
  /** The time, in milliseconds since the epoch (default `Date.now`). */
  now?: () => number
}

const DAY = 86_400_000

/**
 * Keeps records on another machine, with plain HTTP: behind `createStoreHandler`, in a Durable
 * Object, or on a server of the same manners (see there). One request for each operation. A read
 * and a delete whose connection breaks are tried once more, a write never.
 *
 * An answer that is no JSON, or too long, counts as no record. No redirect is followed.
 *
 * @param target An https URL (http for localhost, 127.0.0.1 and [::1]) without credentials, query
 *   or fragment; a binding; or a function that finds one for a key.
 * @throws SessionError `ERR_SESSION_OPTIONS` or `ERR_SESSION_SECRET`. Operations throw
 *   `ERR_SESSION_STORE`, `ERR_SESSION_TIMEOUT` and `ERR_SESSION_TOO_LARGE`.
 */
export function createFetchStore(target: FetchTarget, options: FetchStoreOptions = {}): Store {
  checkOptions(options)
  const { timeout = 2000, maxSize = LARGEST_RECORD, consistency = 'strong' } = options
  const { compareAndSet: compares = consistency === 'strong' } = options
  const place = locate(target, options.path)
  const sign = createSigner(options)
  const tags = new WeakMap<object, string>()

  return {
    consistency,
    hashedKeys: true,

    async get(key) {
      if (!isAddressable(key)) return null
      const { status, tag, text } = await send('GET', key, 404)
      const record = status === 404 ? null : recordOf(text)
      if (tag && Object(record) === record) tags.set(record as object, tag)
      return record
    },

    async set(key, record, maxAge, { changed }) {
      await put(key, record, maxAge, undefined, changed ? {} : { 'x-changed': 'false' })
    },

    async destroy(key, { maxAge }) {
      const ttl = maxAge !== undefined && { 'x-ttl': secondsOf(maxAge) }
      if (isAddressable(key)) await send('DELETE', key, 404, { ...ttl })
    },

    ...(compares && { compareAndSet, touch }),
  }

  async function compareAndSet(
    key: string,
    record: SessionRecord,
    maxAge: number | 'session' | undefined,
    previous: SessionRecord | null,
  ): Promise<boolean> {
    const condition: Record<string, string> = previous
      ? { 'if-match': tags.get(previous) ?? (await tagOf(JSON.stringify(previous))) }
      : { 'if-none-match': '*' }
    const { status, tag } = await put(key, record, maxAge, 412, condition)
    if (status === 412) return false
    if (tag) return true
    throw failure(`took no notice of a condition: ${PLAIN}`)
  }

  async function touch(
    key: string,
    maxAge: number | 'session' | undefined,
    { expire }: { expire: number },
  ): Promise<boolean> {
    if (!isAddressable(key)) return false
    const body = JSON.stringify({ _expire: expire })
    const { status } = await send('POST', key, 404, { 'x-ttl': secondsOf(maxAge) }, body)
    return status !== 404
  }

  async function put(
    key: string,
    record: SessionRecord,
    maxAge: number | 'session' | undefined,
    otherwise: number | undefined,
    headers: Record<string, string>,
  ): Promise<Answer> {
    if (!isAddressable(key)) refuse(`"genid" must make up to ${LONGEST_KEY} bytes, not . or ..`)
    const body = JSON.stringify(record)
    const size = new TextEncoder().encode(body).length
    if (size > maxSize) throw tooLarge(`${size} bytes, and "maxSize" is ${maxSize}`)
    const ttl = { 'x-ttl': secondsOf(maxAge) }
    const answer = await send('PUT', key, otherwise, { ...ttl, ...headers }, body)
    if (answer.tag && answer.status !== 412) tags.set(record, answer.tag)
    return answer
  }

  /** Sends a request; an answer that is neither a success nor `otherwise` throws. */
  async function send(
    method: 'GET' | 'PUT' | 'POST' | 'DELETE',
    key: string,
    otherwise: number | undefined,
    headers: Record<string, string> = {},
    body?: string,
  ): Promise<Answer> {
    return within(timeout, async (signal) => {
      const url = place.base + encodeURIComponent(key)
      const attempt = async (): Promise<Response> => {
        const signed = await sign(method, url, headers, body ?? '')
        // workerd does not know the redirect mode 'error'.
        const init = { method, headers: signed, body, signal, redirect: 'manual' } as const
        return place.send(key, url, init)
      }
      const response = await attempt().catch((error: unknown) => {
        // A connection that was kept open may have gone, a Durable Object been moved; but what was
        // written might be written again, and an object that is overloaded wants to be left alone.
        const isWrite = method === 'PUT' || method === 'POST'
        if (isWrite || signal.aborted || Object(error).overloaded) throw error
        return attempt()
      })
      const problem = problemOf(response, otherwise, consistency)
      if (problem) {
        response.body?.cancel().catch(() => {})
        throw problem
      }
      const { status } = response
      const tag = response.headers.get('etag')?.replace(/^W\//, '')
      return { status, tag, text: await readText(response, maxSize) }
    })
  }
}

interface Answer {
  status: number
  tag: string | undefined
  /** `undefined` if it is too long or no text. */
  text: string | undefined
}

const PLAIN = 'give createFetchStore() `compareAndSet: false`'

function checkOptions(options: FetchStoreOptions): void {
  const { timeout, consistency } = options
  checkCommon(options)
  checkPositive('timeout', timeout)
  if (consistency && !/^(strong|eventual)$/.test(consistency)) {
    refuse(`"consistency" must be 'strong' or 'eventual'`)
  }
}

type Signer = (
  method: string,
  url: string,
  headers: Record<string, string>,
  body: string,
) => Promise<Headers>

/** Makes what adds the headers to a request that it needs to come in. */
function createSigner({ token, secret, now = Date.now }: FetchStoreOptions): Signer {
  const [first] = secret ? credentials('secret', secret) : []
  const bearer = token && (credentials('token', token), [token].flat()[0])
  let key: Awaitable<unknown>
  return async (method, url, given, body) => {
    const headers = new Headers(given)
    if (bearer) headers.set('authorization', `Bearer ${bearer}`)
    if (!first) return headers
    headers.set('x-timestamp', String(now()))
    key ??= engine.macKey(first, 'sha256')
    const mac = await engine.sign(await key, signedText(method, url, headers, body))
    headers.set('authorization', `HMAC-SHA-256 ${mac}`)
    return headers
  }
}

function secondsOf(maxAge: number | 'session' | undefined): string {
  return String(Math.ceil((typeof maxAge === 'number' ? maxAge : DAY) / 1000))
}

function recordOf(text: string | undefined): unknown {
  try {
    return parseJson(text ?? '')
  } catch {
    return null
  }
}

/** Lets something take so long, all in all. */
async function within<result>(
  timeout: number,
  run: (signal: AbortSignal) => Promise<result>,
): Promise<result> {
  const controller = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => {
        // Not everything that fetches hears the signal, and an abort may look like an answer.
        const sentence = `The session server took longer than ${timeout} ms.`
        reject(new SessionError('ERR_SESSION_TIMEOUT', sentence))
        controller.abort()
      },
      Math.min(timeout, 2 ** 31 - 1),
    )
  })
  try {
    return await Promise.race([run(controller.signal), late])
  } catch (error) {
    // Node tells in the cause what happened.
    throw (Object(error) as Error).cause ?? error
  } finally {
    clearTimeout(timer)
  }
}

/** What is wrong with an answer, if anything. */
function problemOf(
  { ok, status, type, headers }: Response,
  otherwise: number | undefined,
  consistency: string,
): SessionError | undefined {
  const said = headers.get('x-consistency') ?? consistency
  if (said !== consistency && /^(strong|eventual)$/.test(said)) {
    const sentence = `Session option "consistency" must be '${said}', as the session server says.`
    return new SessionError('ERR_SESSION_OPTIONS', sentence)
  }
  if (ok || status === otherwise) return undefined
  if (status === 413) return tooLarge('more bytes than the session server takes')
  const isRedirect = type === 'opaqueredirect' || (status >= 300 && status < 400)
  const hints: Record<number, string> = {
    401: ': the token or secret is another, or the clocks are a minute apart',
    405: `: ${PLAIN}`,
    501: `, so its store cannot compare and set: ${PLAIN}`,
  }
  const hint = isRedirect ? ', a redirect, which is not followed' : (hints[status] ?? '')
  return failure(`answered ${status}${hint}`)
}

function failure(what: string): SessionError {
  return new SessionError('ERR_SESSION_STORE', `The session server ${what}.`)
}

function tooLarge(what: string): SessionError {
  return new SessionError('ERR_SESSION_TOO_LARGE', `The session's record has ${what}.`)
}

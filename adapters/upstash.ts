/**
 * Sessions in Upstash Redis, over HTTP: for Workers and for wherever else no connection can be kept.
 *
 * @module
 */
import { Redis } from '@upstash/redis'
import { SessionError, type Store } from '../src/index.ts'
import { createStoreOver, type Send } from './redis-scripts.ts'

/** Where a database is, as its page in the Upstash console tells. */
export interface UpstashCredentials {
  /** `UPSTASH_REDIS_REST_URL` */
  url: string
  /** `UPSTASH_REDIS_REST_TOKEN` */
  token: string
}

/** How records are kept. */
export interface UpstashStoreOptions {
  /** What every key begins with (default `'session:'`). */
  prefix?: string
  /** How long a request to Upstash may take, in milliseconds (default 2000). */
  timeout?: number
}

/** What a `Redis` of `@upstash/redis` sends its commands through. */
interface Requester {
  request(request: {
    body: string[]
    signal: () => AbortSignal
  }): Promise<{ result?: unknown; error?: string }>
}

/**
 * Keeps records in Upstash Redis, as JSON, each as long as its session lives and ten seconds more.
 * Changes are made by scripts that compare first: of requests at once none undoes another, and a
 * session that was destroyed stays destroyed.
 *
 * Make it once for an isolate or process, not for each request: Upstash lets a client read what
 * that client wrote before. What another isolate wrote a moment ago, a logout for instance, is sure
 * to be seen only in a database without read regions.
 *
 * A read whose connection breaks is tried once more. A write is not, for it may have been done: a
 * client made here sends it once, and a `redis` of your own as often as its `retry` says, which
 * `retry: { retries: 0 }` makes once too. Its deserialization, pipelining and `signal` are of no
 * consequence here.
 *
 * @param redis A `Redis` of `@upstash/redis` or `@upstash/redis/cloudflare`, or what to make one of.
 *   Workers with a compatibility date before 2024-11-11 need the latter.
 * @throws SessionError `ERR_SESSION_OPTIONS`.
 */
export function createUpstashStore(
  redis: Redis | UpstashCredentials,
  options: UpstashStoreOptions = {},
): Store {
  const { prefix = 'session:', timeout = 2000 } = options
  const isTime = Number.isFinite(timeout) && timeout > 0 && timeout < 2 ** 31
  if (!isTime) refuse('a "timeout" in milliseconds, above 0')
  const client = requesterOf(redis)

  async function ask(body: string[], signal: AbortSignal): Promise<unknown> {
    // To a signal that no function makes the client answers, once it aborts, that nothing is there.
    const { result, error } = await client.request({ body, signal: () => signal })
    const isAnswer = result === null || /^(string|number)$/.test(typeof result)
    if (!error && isAnswer) return result
    throw Object.assign(new Error(error), { name: 'UpstashError' })
  }

  const send: Send = async (_, args) => {
    const signal = AbortSignal.timeout(timeout)
    try {
      return await ask(args, signal).catch((error: Error) => {
        if (args[0] !== 'GET' || /^(Upstash|Timeout|Abort)/.test(error.name)) throw error
        return ask(args, signal)
      })
    } catch (error) {
      if (!signal.aborted) throw error
      throw new SessionError('ERR_SESSION_TIMEOUT', `Upstash took longer than ${timeout} ms.`)
    }
  }
  return createStoreOver(send, prefix)
}

function requesterOf(redis: unknown): Requester {
  const { client, url, token } = Object(redis) as Partial<UpstashCredentials> & {
    client?: Requester
  }
  if (typeof client?.request === 'function') return client
  if (!url || !token) refuse('a Redis of `@upstash/redis`, or "url" and "token" of a database')
  try {
    return requesterOf(
      new Redis({
        url,
        token,
        enableAutoPipelining: false,
        enableTelemetry: false,
        responseEncoding: false,
        retry: { retries: 0 },
      }),
    )
  } catch {
    refuse('a "url" that begins with https://')
  }
}

function refuse(need: string): never {
  throw new SessionError('ERR_SESSION_OPTIONS', `createUpstashStore() needs ${need}.`)
}

import type { Awaitable } from './awaitable.ts'
import { LARGEST_RECORD, readText, tagOf } from './fetch-protocol.ts'
import { isPlainObject, parseJson, type Json } from './record.ts'
import { createGuard, type GuardOptions } from './store-guard.ts'
import type { Store } from './store.ts'

/** Who may use a store from outside, and what they may send. */
export interface StoreHandlerOptions extends GuardOptions {
  /** The most bytes that a record may have (default 65,536). */
  maxSize?: number
  /** Hears why a request was answered with 503: the store's own error, which may hold keys. */
  onError?: (error: unknown) => void
}

/** How often a touch looks again at a record that others keep changing. */
const MOST_ROUNDS = 8

/**
 * Opens a store to others who have `createFetchStore`: the server half. The key is the last part
 * of the path, whatever comes before it.
 *
 * | request | answer |
 * | --- | --- |
 * | `GET /KEY`, `HEAD /KEY` | 200, the record as JSON, `ETag` |
 * | `PUT /KEY`, `x-ttl: SECONDS` | 204 and the `ETag` of what is kept now |
 * | the same with `If-Match: ETAG` or `If-None-Match: *` | 204, or 412 if it is not as it was |
 * | `POST /KEY`, `x-ttl: SECONDS`, `{"_expire":MS}` | 204: the record lives on, unchanged otherwise |
 * | `DELETE /KEY` | 204, also where nothing was |
 *
 * 401 is for whoever may not; 404 for no record; 400, 405 and 413 for requests that make no sense;
 * 501 if the store cannot compare and set; 503 if it failed. Bodies are empty but for a record.
 *
 * @returns A function that never rejects.
 * @throws SessionError `ERR_SESSION_OPTIONS` without `authorize`, `token` or `secret`;
 *   `ERR_SESSION_SECRET` if one of these two is weak.
 */
export function createStoreHandler(
  store: Store,
  options: StoreHandlerOptions,
): (request: Request) => Promise<Response> {
  const { mayCome, isSigned } = createGuard(options)
  const { maxSize = LARGEST_RECORD, onError, now = Date.now } = options
  const { consistency } = store
  const reply = (status: number, body: string | null = null, tag?: string): Response =>
    new Response(body, {
      status,
      headers: {
        'cache-control': 'no-store',
        ...(consistency && status !== 401 && { 'x-consistency': consistency }),
        ...(tag && { etag: tag }),
        ...(body !== null && { 'content-type': 'application/json' }),
        ...(status === 405 && { allow: 'GET, HEAD, PUT, POST, DELETE' }),
      },
    })

  return async function storeHandler(request) {
    try {
      if (!(await mayCome(request))) return reply(401)
      const body = await readText(request, maxSize)
      if (body === undefined) return reply(413)
      return (await isSigned(request, body)) ? await answer(request, body) : reply(401)
    } catch (error) {
      onError?.(error)
      return reply(503)
    }
  }

  function answer(request: Request, body: string): Awaitable<Response> {
    const key = keyOf(request.url)
    const ttl = ttlOf(request.headers.get('x-ttl'))
    if (!key || Number.isNaN(ttl)) return reply(400)
    switch (request.method) {
      case 'GET':
      case 'HEAD':
        return read(key, request)
      case 'PUT':
        return write(key, recordOf(body), ttl, request)
      case 'POST':
        return touch(key, recordOf(body)?._expire, ttl, request)
      case 'DELETE':
        return destroy(key, ttl, request)
      default:
        return reply(405)
    }
  }

  async function read(key: string, request: Request): Promise<Response> {
    const { json, tag } = await find(key, request)
    if (json === null) return reply(404)
    return reply(200, request.method === 'HEAD' ? null : json, tag)
  }

  async function write(
    key: string,
    record: Json | null,
    ttl: number | undefined,
    request: Request,
  ): Promise<Response> {
    if (!record) return reply(400)
    const match = request.headers.get('if-match')
    const noneMatch = request.headers.get('if-none-match')
    const changed = request.headers.get('x-changed') !== 'false'
    const how = { rolling: false, changed, ctx: request }
    if (!match && !noneMatch) await store.set(key, record, ttl, how)
    else {
      if (!store.compareAndSet) return reply(501)
      if (match ? noneMatch : noneMatch !== '*') return reply(400)
      const { previous, tag } = match ? await find(key, request) : NOTHING
      if (match && !(previous && (match === '*' || match === tag))) return reply(412)
      if (!(await store.compareAndSet(key, record, ttl, previous, how))) return reply(412)
    }
    return reply(204, null, await tagOf(JSON.stringify(record)))
  }

  async function touch(
    key: string,
    expire: unknown,
    ttl: number | undefined,
    request: Request,
  ): Promise<Response> {
    if (typeof expire !== 'number') return reply(400)
    if (store.touch) {
      return reply((await store.touch(key, ttl, { expire, ctx: request })) ? 204 : 404)
    }
    if (!store.compareAndSet) return reply(501)
    const how = { rolling: true, changed: false, ctx: request }
    for (let round = 0; round < MOST_ROUNDS; round++) {
      const { previous } = await find(key, request)
      const end = previous?.['_expire'] ?? Infinity
      if (!previous || !(now() <= (end as number))) return reply(404)
      const record = { ...previous, _expire: expire }
      if (await store.compareAndSet(key, record, ttl, previous, how)) return reply(204)
    }
    // Whoever was first every time has written all of it and with it a new end.
    return reply((await find(key, request)).previous ? 204 : 404)
  }

  async function destroy(
    key: string,
    maxAge: number | undefined,
    request: Request,
  ): Promise<Response> {
    await store.destroy(key, { ctx: request, ...(maxAge && { maxAge }) })
    return reply(204)
  }

  async function find(key: string, request: Request): Promise<Found> {
    const record = await store.get(key, undefined, { rolling: false, ctx: request })
    if (record === null || record === undefined) return NOTHING
    const json = JSON.stringify(record)
    return { previous: record as Json, json, tag: await tagOf(json) }
  }
}

interface Found {
  previous: Json | null
  json: string | null
  tag?: string
}

const NOTHING: Found = { previous: null, json: null }

function keyOf(url: string): string | undefined {
  try {
    return decodeURIComponent(new URL(url).pathname.split('/').at(-1)!)
  } catch {
    return undefined
  }
}

/** Seconds in milliseconds; NaN if they are none. */
function ttlOf(seconds: string | null): number | undefined {
  if (!seconds) return undefined
  return /^[1-9]\d{0,8}$/.test(seconds) ? Number(seconds) * 1000 : Number.NaN
}

function recordOf(json: string): Json | null {
  try {
    const record = parseJson(json)
    return isPlainObject(record) ? record : null
  } catch {
    return null
  }
}

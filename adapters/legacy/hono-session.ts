import type { Awaitable, Reader } from '../../src/index.ts'
import { judge, only } from './found.ts'
import { checkReader, type SourceOptions } from './options.ts'
import { createReader, type Found, type OldStore } from './reader.ts'
import { dataPart, decodeBase64url, decodeText, readObject } from './record.ts'

/** The options of `honoSession()`. */
export interface HonoSessionOptions extends SourceOptions {
  /** The name of the old cookie (default `'sid'`, the one that @hono/session writes). */
  key?: string

  /** Where the old application kept its data, if it used `useSessionStorage()`. */
  storage?: HonoSessionStorage
}

/** The part of a storage of @hono/session that is used. */
export interface HonoSessionStorage {
  get(sid: string): Awaitable<any>
  delete(sid: string): unknown
}

/** `{"enc":"A256GCM","alg":"dir"}`: no cookie of this package begins like this. */
const HEADER = 'eyJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiZGlyIn0'

/** A compact JWE without a wrapped key. */
const TOKEN = new RegExp(`^${HEADER}\\.\\.([\\w-]{16})\\.([\\w-]+)\\.([\\w-]{22})$`)

/**
 * Reads the tokens of @hono/session (compact JWE, `dir`, `A256GCM`) that were made with a `secret`
 * that is text. Their end holds for the session until it is saved again; a token without one is
 * good until the reader ends. With `storage` the data move: there they are deleted once the new
 * session is written, or ended.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function honoSession(options: HonoSessionOptions): Reader {
  const checked = checkReader('honoSession', options, false, ['storage'])
  const { key: name = 'sid' } = checked
  const { storage } = options
  let keys: Promise<CryptoKey[]> | undefined

  return createReader({
    until: checked.until,
    names: () => [name],
    knows: (value) => value.startsWith(`${HEADER}..`),

    read: ({ cookies, now }) =>
      only(cookies(name), async (value): Promise<Found> => {
        keys ??= Promise.all(checked.keys.map(deriveKey))
        const claims = readObject(await open(await keys, value))
        if (!claims) return null
        const { exp, iat, sid, ...data } = claims
        if (typeof sid !== 'string' || !/^(number|undefined)$/.test(typeof exp)) return null
        const found = judge(data, now, exp === undefined ? undefined : (exp as number) * 1000)
        if (!storage || !found || typeof found === 'string' || !('record' in found)) return found
        return { key: sid, from: oldStore(storage, found.record._expire) }
      }),
  })
}

/** The text in a token; `null` if none of the keys made it. */
async function open(keys: CryptoKey[], value: string): Promise<string | null> {
  const [, iv64, data, tag] = TOKEN.exec(value) ?? []
  const [iv, ...parts] = [iv64, data, tag].map((text) => decodeBase64url(text ?? ''))
  if (!iv?.length || !parts[0] || !parts[1]) return null
  const sealed = Uint8Array.from(parts.flatMap((part) => [...part!]))
  const additionalData = new TextEncoder().encode(HEADER)
  for (const key of keys) {
    const opened = await crypto.subtle
      .decrypt({ name: 'AES-GCM', iv, additionalData }, key, sealed)
      .catch((): null => null)
    if (opened) return decodeText(opened)
  }
  return null
}

async function deriveKey(secret: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', secret, 'HKDF', false, ['deriveKey'])
  const info = new TextEncoder().encode('session jwe cek')
  const how = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(0), info }
  return crypto.subtle.deriveKey(how, base, { name: 'AES-GCM', length: 256 }, false, ['decrypt'])
}

function oldStore(storage: HonoSessionStorage, _expire: number | undefined): OldStore {
  return {
    async get(sid) {
      // It may be an object that lives on in the storage.
      const data = readObject(JSON.stringify(await storage.get(sid)) ?? null)
      return data && { ...dataPart(data), ...(_expire !== undefined && { _expire }) }
    },
    async destroy(sid) {
      await storage.delete(sid)
    },
  }
}

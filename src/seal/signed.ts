import { engine } from '#engine'
import { all, chain, type Awaitable } from '../awaitable.ts'
import { cookieValues } from '../cookie-header.ts'
import type { CheckedOptions } from '../options.ts'
import { parseJson, recordText, type SessionRecord } from '../record.ts'
import type { KeygripLike } from '../secrets.ts'
import type { Digest, Engine } from './engine.ts'
import {
  pick,
  plainCookies,
  type Cargo,
  type Carried,
  type Format,
  type Refusal,
} from './format.ts'

/**
 * Signs with HMAC under the secrets themselves, as `keygrip` and `@eggjs/cookies` do.
 *
 * @param secrets The bytes of the secrets, the one that signs first.
 * @param current How many there are before the older ones, as `listSecrets` has it.
 */
export function createSigner(
  engine: Engine,
  secrets: Uint8Array[],
  digest: Digest,
  current = 1,
): KeygripLike {
  let known: Awaitable<unknown[]> | undefined
  const keys = (): Awaitable<unknown[]> =>
    (known ??= all(secrets.map((secret) => engine.macKey(secret, digest))))
  return {
    sign: (text) => chain(keys(), ([newest]) => engine.sign(newest, text)),
    index: (text, mac) =>
      chain(keys(), (keys) =>
        chain(all(keys.map((key) => engine.verify(key, text, mac))), (made) => {
          const index = made.indexOf(true)
          return index < current ? Math.min(index, 0) : index
        }),
      ),
  }
}

/**
 * The signed format: the pair `NAME` and `NAME.sig` that koa-session, `cookies` and
 * `@eggjs/cookies` write, byte for byte. Anyone who has the cookie can read its data.
 */
export function createSignedFormat(
  signer: KeygripLike,
  options: CheckedOptions<any>,
): Format<unknown> {
  const { key: name } = options
  const sigName = `${name}.sig`

  function openValue(value: string, macs: string[]): Awaitable<Carried | Refusal> {
    const indexes = macs.map((mac) => signer.index(`${name}=${value}`, mac))
    return chain(all(indexes), (found) => {
      const made = found.filter((index) => index >= 0)
      return made.length ? readSigned(value, Math.min(...made) > 0, options) : 'tampered'
    })
  }

  return {
    ...plainCookies([name, sigName], options),

    open(header) {
      const values = cookieValues(header, name)
      const macs = cookieValues(header, sigName)
      return chain(all(values.map((value) => openValue(value, macs))), pick)
    },

    seal(cargo) {
      const value = writeValue(cargo, options)
      return chain(signer.sign(`${name}=${value}`), (mac) => [value, mac])
    },
  }
}

/** Reads the value of a cookie whose signature is good: a store's key, or a record. */
export function readSigned(
  value: string,
  stale: boolean,
  { store, ContextStore, decode = decodeRecord }: CheckedOptions<any>,
): Carried | Refusal {
  const life = { created: 0, issued: 0, expires: undefined, maxAge: undefined }
  const carried = { id: value, life, isTimed: false, stale }
  if (store ?? ContextStore) return { ...carried, key: value }
  try {
    return { ...carried, record: decode(value) as SessionRecord }
  } catch {
    return 'tampered'
  }
}

/** The value that `readSigned` reads: by default, as koa-session's, JSON in standard base64. */
export function writeValue(
  { key, snapshot, life, maxAge }: Cargo,
  { encode }: CheckedOptions<any>,
): string {
  if (key !== undefined) return key
  const text = recordText(snapshot, life, maxAge)
  return encode ? encode(parseJson(text) as SessionRecord) : engine.toBase64(text)
}

function decodeRecord(text: string): unknown {
  return parseJson(engine.fromBase64(text))
}

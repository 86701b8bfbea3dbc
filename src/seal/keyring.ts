import { all, chain, isPromise, type Awaitable } from '../awaitable.ts'
import { base64ToUrl } from './base64url.ts'
import type { Engine } from './engine.ts'

/** The salt of all keys. */
export const SALT = 'session-kit/v1'
const DAY = 86_400
const encoder = new TextEncoder()

/** A key for one day and the protected header of everything sealed under it. */
export interface DayKey {
  key: unknown
  /** The protected header, in base64url. */
  header: string
  /** The same, as bytes. */
  headerBytes: Uint8Array<ArrayBuffer>
  day: number
  /** Whether it comes from the newest secret that seals, or from one that opens alone. */
  isNewest: boolean
}

/** The keys of one cookie name, derived once for each secret and day. */
export interface Keyring {
  /** The key to seal with at a time, in seconds. */
  current(seconds: number): Awaitable<DayKey>

  /**
   * The key that a protected header asks for. `null`, at no cost, unless the header is exactly
   * what this library writes, its `kid` names one of the secrets and its day lies in the window.
   */
  find(header: string, firstDay: number, lastDay: number): Awaitable<DayKey | null>
}

interface Source {
  secret: unknown
  kid: string
}

/**
 * Derives the keys that seal a cookie: HKDF-SHA-256 with the salt `session-kit/v1`, its info
 * length-prefixed and bound to purpose, algorithm, cookie name, audience, key id and UTC day.
 *
 * @param secrets The bytes of the secrets, the one that seals first.
 * @param current How many there are before the older ones, as `listSecrets` has it.
 * @param content The type of what is sealed, where that is no claims but a token: the audience, too.
 */
export function createKeyring(
  engine: Engine,
  secrets: Uint8Array[],
  cookieName: string,
  current = 1,
  content = '',
): Keyring {
  const end = `","typ":"session-kit1+jwe"${content && `,"cty":"${content}"`}}`
  const known = new Map<unknown, Awaitable<unknown>>()

  /** Makes a thing once. What is promised is kept as the value it becomes; a failure is not. */
  function once<value>(name: unknown, make: () => Awaitable<value>): Awaitable<value> {
    let made = known.get(name) as Awaitable<value> | undefined
    if (made !== undefined) return made
    known.set(name, (made = make()))
    if (isPromise(made)) {
      made.then(
        (value) => known.set(name, value),
        () => known.delete(name),
      )
    }
    return made
  }

  const sources = (): Awaitable<Source[]> =>
    once(known, () =>
      all(
        secrets.map((bytes) =>
          chain(engine.secret(bytes), (secret) =>
            chain(kidOf(engine, secret), (kid) => ({ secret, kid })),
          ),
        ),
      ),
    )

  const derive = ({ secret, kid }: Source, day: number, isNewest: boolean): Awaitable<DayKey> => {
    const header = headerText(kid, day, end)
    return once(header, () => {
      const info = keyInfo('seal', 'A256GCM', cookieName, content, kid, dayBytes(day))
      const headerBytes = encoder.encode(header)
      return chain(engine.deriveKey(secret, SALT, info), (key) => {
        return { key, header, headerBytes, day, isNewest }
      })
    })
  }

  let latest: DayKey | undefined

  return {
    current(seconds) {
      const day = Math.floor(seconds / DAY)
      if (latest?.day === day) return latest
      return chain(sources(), ([newest]) =>
        chain(derive(newest!, day, true), (key) => (latest = key)),
      )
    },

    find(header, firstDay, lastDay) {
      const isIn = ({ day }: { day: number }): boolean => day >= firstDay && day <= lastDay
      const found = known.get(header) as Awaitable<DayKey> | undefined
      if (found && !isPromise(found)) return isIn(found) ? found : null
      const asked = readHeader(header, end)
      if (!asked || !isIn(asked)) return null
      return chain(sources(), (sources) => {
        const index = sources.findIndex(({ kid }) => kid === asked.kid)
        return index < 0 ? null : derive(sources[index]!, asked.day, index < current)
      })
    },
  }
}

const PREFIX = '{"alg":"dir","enc":"A256GCM","kid":"'

function headerText(kid: string, day: number, end: string): string {
  return base64ToUrl(btoa(`${PREFIX}${kid}.${day}${end}`))
}

/** Reads the key id and day of a header, which must be what `headerText` writes, to the letter. */
function readHeader(header: string, end: string): { kid: string; day: number } | undefined {
  if (header.length > 144) return
  try {
    const kid = atob(header.replace(/-/g, '+').replace(/_/g, '/')).slice(PREFIX.length)
    const day = parseInt(kid.slice(9), 10)
    if (headerText(kid.slice(0, 8), day, end) === header) return { kid: kid.slice(0, 8), day }
  } catch {
    // Not base64 at all.
  }
}

/** The id of the keys that come from a secret. */
export function kidOf(engine: Engine, secret: unknown): Awaitable<string> {
  return engine.deriveText(secret, SALT, keyInfo('kid'), 6)
}

/** Joins parts behind their lengths, two bytes each, so that no two lists read the same. */
export function keyInfo(...parts: (string | number[])[]): Uint8Array {
  const bytes: number[] = []
  for (const part of parts) {
    const text = typeof part === 'string' ? encoder.encode(part) : part
    bytes.push(text.length >> 8, text.length & 255, ...text)
  }
  return new Uint8Array(bytes)
}

function dayBytes(day: number): number[] {
  return [day >>> 24, (day >>> 16) & 255, (day >>> 8) & 255, day & 255]
}

import { SessionError, type Reader } from '../../src/index.ts'
import { judge, only } from './found.ts'
import { ironKey, unseal } from './iron.ts'
import { checkReader, type SourceOptions } from './options.ts'
import { createReader, type ReaderRequest } from './reader.ts'
import { readObject } from './record.ts'

/** The options of `ironSession()`. */
export interface IronSessionOptions extends Omit<SourceOptions, 'keys'> {
  /** The `password` of the old application: one, or several by their ids as it has them. */
  keys: string | Readonly<Record<string, string>>
}

/** A seal, and the version that iron-session puts behind it. */
const VERSIONED = /^(Fe26\.2\*.+)~2$/

/** How many cookies iron-session 9 spreads a session over, with `chunk: true`. */
const CHUNKS = [0, 1, 2, 3]

/**
 * Reads the seals of iron-session 8 and 9, in one cookie or in chunks. The `key` is their
 * `cookieName`. Their end (`ttl`) holds for the session until it is saved again; a seal without
 * one is good until the reader ends.
 *
 * What is longer than a cookie in the format of this package needs a store.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function ironSession(options: IronSessionOptions): Reader {
  const { keys } = Object(options) as IronSessionOptions
  const byId = (typeof keys === 'string' ? { 1: keys } : Object(keys)) as Record<string, string>
  const checked = checkReader('ironSession', { ...options, keys: Object.values(byId) }, false)
  const entries = Object.entries(byId)
  if (Array.isArray(keys) || !entries.every(([id, key]) => /^\d+$/.test(id) && key.length >= 32)) {
    throw new SessionError(
      'ERR_SESSION_OPTIONS',
      'ironSession(): "keys" must be the password, of 32 characters or more, or such by their ids.',
    )
  }
  const passwords = new Map(entries.map(([id, key]) => [id, [ironKey(key)]]))
  const chunks = (name: string): string[] => CHUNKS.map((index) => `${name}.${index}`)

  return createReader({
    until: checked.until,

    names(key) {
      const name = checked.key ?? key
      return [name, ...chunks(name)]
    },

    read(request) {
      const name = checked.key ?? request.key
      const whole = request.cookies(name)
      const values = whole.length > 0 ? whole : [joined(chunks(name), request)]
      return only(
        values.filter(Boolean),
        async (value) => {
          const seal = VERSIONED.exec(value)?.[1]
          const opened = seal ? await unseal(seal, (id) => passwords.get(id) ?? []) : null
          return opened && judge(readObject(opened.text), request.now, opened.expires)
        },
        4096 * CHUNKS.length,
      )
    },
  })
}

/** The chunks put together, up to the first that is missing. */
function joined(names: string[], { cookies }: ReaderRequest): string {
  const values = names.map((name) => cookies(name)[0])
  const end = values.indexOf(undefined)
  return values.slice(0, end === -1 ? undefined : end).join('')
}

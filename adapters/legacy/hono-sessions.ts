import { SessionError, type Reader } from '../../src/index.ts'
import { judge, only } from './found.ts'
import { ironKey, unseal } from './iron.ts'
import { checkReader, type SourceOptions } from './options.ts'
import { createReader, type Found } from './reader.ts'
import { readJson, readObject } from './record.ts'

/** The options of `honoSessions()`. */
export interface HonoSessionsOptions extends SourceOptions {
  /** The `encryptionKey` of the old application, or several. */
  keys: string | readonly string[]
  /** The name of the old cookie (default `'session'`); the prefix `__Host-` belongs to it. */
  key?: string
}

/**
 * Reads what the `CookieStore` of hono-sessions seals. The end of a session
 * (`expireAfterSeconds`) holds until it is saved again; one without is good until the reader ends.
 * Flash messages come along.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS`
 */
export function honoSessions(options: HonoSessionsOptions): Reader {
  const checked = checkReader('honoSessions', options, false)
  const { key: name = 'session' } = checked
  const texts = [options.keys].flat()
  if (!texts.every((key) => key.length >= 32)) {
    throw new SessionError(
      'ERR_SESSION_OPTIONS',
      'honoSessions(): "keys" must have 32 characters or more, as its "encryptionKey".',
    )
  }
  const passwords = texts.map(ironKey)

  return createReader({
    until: checked.until,
    names: () => [name],

    read: ({ cookies, now }) =>
      only(cookies(name), async (value) => {
        const opened = await unseal(value, (id) => (id ? [] : passwords))
        return opened && readSession(opened.text, now, opened.expires)
      }),
  })
}

/** Reads `{"_data":{"NAME":{"value":…,"flash":…}},"_expire":…}`, which is JSON in JSON. */
function readSession(text: string, now: number, sealEnds = Infinity): Found {
  const inner = readJson(text)
  const session = typeof inner === 'string' ? readObject(inner) : null
  if (!session || session['_delete'] === true) return null
  const { _data, _expire } = session
  const ends = _expire === null || _expire === undefined ? Infinity : Date.parse(`${_expire}`)
  const entries = Object.entries(Object(_data)) as [string, { value: unknown; flash: unknown }][]
  const part = (isFlash: boolean): Record<string, unknown> =>
    Object.fromEntries(
      entries
        .filter(([, entry]) => Object(entry) === entry && Boolean(entry.flash) === isFlash)
        .map(([name, { value }]) => [name, value]),
    )
  const found = judge(part(false), now, Math.min(ends, sealEnds))
  if (!found || typeof found === 'string' || !('record' in found)) return found
  const flash = part(true)
  return { record: { ...found.record, ...(Object.keys(flash).length > 0 && { _flash: flash }) } }
}

import { afterEach, describe, expect, it, vi } from 'vitest'
import { jweFormat, jwsFormat } from '../../adapters/jose.ts'
import { createSessionManager, type SessionManager, type SessionOptions } from '../../src/index.ts'
import { createRecordingStore, type RecordingStore } from '../fixtures/recording-store.ts'
import { derive, hashOf, read, write } from './cookie-format/by-hand.ts'
import { readVectors, type Vector } from './cookie-format/vectors.ts'

const DAY = 86_400_000
const ID = 'AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE'

const vectors = readVectors()
const derived = vectors.filter((vector) => vector['kid'])
const stored = vectors.filter((vector) => vector['store-key'])
const whole = vectors.filter((vector) => !vector['store-key'])

afterEach(() => void vi.restoreAllMocks())

/** The library as a vector has it configured. */
function managerOf(vector: Vector, store?: RecordingStore): SessionManager {
  const { secret, cookie, saved, digest, sign, seal, record } = vector
  const hex = vector['secret-hex']
  const secrets = secret ?? (hex ? new Uint8Array(Buffer.from(hex, 'hex')) : '')
  const jwk = (text: string): object => JSON.parse(text) as object
  const keys = sign
    ? {
        format: jwsFormat({
          sign: jwk(sign),
          ...((seal || secret) && { seal: seal ? jwk(seal) : secrets }),
        }),
      }
    : seal
      ? { format: jweFormat({ keys: jwk(seal) }) }
      : { secrets, ...(digest && { encrypt: false, digest: digest as 'sha1' }) }
  return createSessionManager({
    key: cookie!,
    secure: cookie!.startsWith('__Host-'),
    now: () => Number(saved),
    maxAge: digest && record?.includes('_session') ? 'session' : DAY,
    ...(vector['store-key'] && { store }),
    ...keys,
  } as SessionOptions)
}

/** Draws the vector's session id and IV in place of random ones; no IV is left of another test. */
let drawn = Date.now()
function draw({ iv }: Vector): void {
  vi.spyOn(Date, 'now').mockReturnValue((drawn += 10_000))
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((bytes) => {
    const drawn = bytes!.byteLength === 32 ? Buffer.from(ID, 'base64url') : Buffer.from(iv!, 'hex')
    new Uint8Array(bytes!.buffer, bytes!.byteOffset).set(drawn)
    return bytes
  })
}

const storeOf = (vector: Vector): RecordingStore =>
  createRecordingStore(vector['store-key'] !== ID || undefined)

const signatureOf = (vector: Vector): string[] => (vector['signature'] ? [vector['signature']] : [])

describe('the vectors of the page', () => {
  it('are of every kind', () => {
    expect(vectors).toHaveLength(10)
    expect(new Set(vectors.map((vector) => Object.keys(vector).join())).size).toBeGreaterThan(7)
  })

  it.each(derived)('have the key that the page derives: $vector', (vector) => {
    expect(vector).toMatchObject(derive(vector))
  })

  it.each(vectors)('are what a few lines write by hand: $vector', (vector) => {
    expect(write(vector)).toEqual([vector['value'], ...signatureOf(vector)])
  })

  it.each(vectors)('are what a few lines read by hand: $vector', (vector) => {
    expect(read(vector)).toBe(vector['claims'] ?? vector['record'] ?? vector['store-key'])
  })

  it.each(whole)(
    'have the data where the page says: $vector',
    ({ claims, record, data, flash }) => {
      const { d, f } = JSON.parse(claims ?? '{}')
      const { _flash = f, ...members } = JSON.parse(record ?? '{}')
      expect(d ?? members).toMatchObject(JSON.parse(data!))
      expect(_flash).toEqual(flash && JSON.parse(flash))
    },
  )

  it.each(stored)(
    'have the record where the page says: $vector',
    ({ claims, value, ...vector }) => {
      const key = claims ? hashOf(JSON.parse(claims).sid) : value
      expect(vector['store-key']).toBe(key)
    },
  )

  it.each(vectors)('are what the library writes: $vector', async (vector) => {
    const { data, flash = '{}', record } = vector
    draw(vector)
    const store = storeOf(vector)
    const manager = managerOf(vector, store)
    const session = Object.assign(await manager.load(null), JSON.parse(data!))
    for (const [name, message] of Object.entries(JSON.parse(flash))) session.flash(name, message)
    if (vector['own-max-age']) session.maxAge = Number(vector['own-max-age'])
    const cookies = await manager.commit(session)

    const values = cookies.map((line) => /=([^;]*)/.exec(line)![1])
    expect(values).toEqual([vector['value'], ...signatureOf(vector)])
    if (!vector['store-key']) return
    expect([...store.records.keys()]).toEqual([vector['store-key']])
    if (record) expect([...store.records.values()]).toEqual([record])
  })

  it.each(vectors)('are what the library reads: $vector', async (vector) => {
    const { cookie, value, data, flash = '{}' } = vector
    const store = storeOf(vector)
    const record = vector['record'] ?? data!
    if (vector['store-key']) store.records.set(vector['store-key'], record)
    const signature = signatureOf(vector).map((mac) => `; ${cookie}.sig=${mac}`)
    const session = await managerOf(vector, store).load(`${cookie}=${value}${signature}`)

    expect(session.isNew).toBe(false)
    expect(session.toJSON()).toEqual(JSON.parse(data!))
    for (const [name, message] of Object.entries(JSON.parse(flash))) {
      expect(session.flash(name)).toBe(message)
    }
  })
})

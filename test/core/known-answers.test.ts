import { afterEach, describe, expect, it, vi } from 'vitest'
import { engine as nodeEngine } from '../../src/seal/engine-node.ts'
import { engine as webEngine } from '../../src/seal/engine-web.ts'
import type { Engine } from '../../src/seal/engine.ts'
import { createKeyring } from '../../src/seal/keyring.ts'
import { secretBytes } from '../../src/secrets.ts'
import { createClock, DAY } from '../fixtures/clock.ts'
import { decrypt, dayKey, dayOf, kidOf } from '../fixtures/jwe.ts'
import file from '../fixtures/sealed-cookies.json' with { type: 'json' }
import { createSealedReader, ID, type SealedReader } from '../fixtures/sealed-reader.ts'

type Vector = Record<'id' | 'name' | 'iv' | 'kid' | 'key' | 'claims' | 'token', string> & {
  now: number
  secret?: string
  secretHex?: string
}

const engines: [name: string, engine: Engine][] = [
  ['node', nodeEngine],
  ['web', webEngine],
]
const vectors: Vector[] = file.vectors
const cases = engines.flatMap(([by, engine]) =>
  vectors.map((vector) => [by, vector.id, engine, vector] as const),
)

afterEach(() => void vi.restoreAllMocks())

const secretOf = ({ secret, secretHex }: Vector): string | Uint8Array =>
  secret ?? new Uint8Array(Buffer.from(secretHex!, 'hex'))

function readerOf(engine: Engine, vector: Vector): SealedReader {
  const { name, now } = vector
  const secrets = [secretOf(vector)]
  return createSealedReader({ name, secrets, clock: createClock(now), engine })
}

/** Makes the next IV one that is given; the pool of them is older than a second. */
let drawn = Date.now()
function drawIv(iv: string): void {
  vi.spyOn(Date, 'now').mockReturnValue((drawn += 10_000))
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((pool) => {
    new Uint8Array(pool!.buffer).set(Buffer.from(iv, 'hex'))
    return pool
  })
}

describe.each(cases)('by the %s engine the known answer: %s', (_, __, engine, vector) => {
  const { now, iv, token } = vector
  const { ma, st, n, d, f, exp } = JSON.parse(vector.claims)
  const life = { created: now, issued: now, expires: exp * 1000, maxAge: ma as number | undefined }

  it('is what is sealed', async () => {
    const { seal } = readerOf(engine, vector)
    const isKey = n !== undefined || d === undefined
    drawIv(iv)
    const more = { life, version: n, ...(isKey && { key: ID }), ...(st && { maxAge: 'session' }) }
    expect(await seal(d ?? {}, { flash: f ?? {}, ...(more as object) })).toBe(token)
  })

  it('is what opens', async () => {
    const opened = await readerOf(engine, vector).open(token)
    expect(opened).toEqual({
      id: ID,
      key: n !== undefined || d === undefined ? ID : undefined,
      record: d,
      flash: f,
      version: n,
      life: { ...life, maxAge: st ? 'session' : ma },
      isTimed: true,
      stale: false,
    })
  })

  it('is under that key', async () => {
    const { name, kid, key } = vector
    const keyring = createKeyring(engine, secretBytes([secretOf(vector)]), name)
    const made = await keyring.current(now / 1000)
    const [header, , , ciphertext, tag] = token.split('.')
    expect(made.header).toBe(header)
    expect(JSON.parse(atob(header!))).toMatchObject({ kid: `${kid}.${Math.floor(now / DAY)}` })
    const opened = await engine.open(
      made.key,
      made.headerBytes,
      Buffer.from(iv, 'hex').toString('base64url'),
      ciphertext!,
      tag!,
    )
    expect(opened).toBe(vector.claims)
    // What makes tokens for other tests agrees.
    const how = { secret: secretOf(vector), name, time: now }
    expect(dayKey(how.secret, name, dayOf(now)).toString('hex')).toBe(key)
    expect(kidOf(how.secret)).toBe(kid)
    expect(decrypt(token, how)).toBe(vector.claims)
  })
})

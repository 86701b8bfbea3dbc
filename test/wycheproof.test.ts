import { createSecretKey } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { CbcKey } from '../adapters/legacy/cbc.ts'
import type { Engine } from '../src/seal/engine.ts'
import cbc from './fixtures/wycheproof/aes_cbc_pkcs5_test.json' with { type: 'json' }
import gcm from './fixtures/wycheproof/aes_gcm_test.json' with { type: 'json' }
import hkdf from './fixtures/wycheproof/hkdf_sha256_test.json' with { type: 'json' }
import sha1 from './fixtures/wycheproof/hmac_sha1_test.json' with { type: 'json' }
import sha256 from './fixtures/wycheproof/hmac_sha256_test.json' with { type: 'json' }
import { createSealedReader } from './fixtures/sealed-reader.ts'

/*
 * Engines take and give text, and vectors are any bytes. Here bytes go where a text would, and come
 * back as text of one character each: what lies between is the engine as it ships.
 */
class Passing {
  encode(text: string | Uint8Array): Uint8Array {
    return typeof text === 'string' ? Buffer.from(text) : text
  }
  decode(bytes: ArrayBuffer | Buffer): string {
    return Buffer.from(bytes as Buffer).toString('latin1')
  }
}

const engines = {} as Record<'node' | 'web', Engine>
let openCbc: (key: CbcKey, value: string) => Promise<string | null>

beforeAll(async () => {
  vi.stubGlobal('TextEncoder', Passing)
  vi.stubGlobal('TextDecoder', Passing)
  vi.doMock('node:buffer', () => ({
    isUtf8: (bytes: Buffer) => (bytes.toString = () => new Passing().decode(bytes)),
  }))
  vi.resetModules()
  engines.node = (await import('../src/seal/engine-node.ts')).engine
  engines.web = (await import('../src/seal/engine-web.ts')).engine
  openCbc = (await import('../adapters/legacy/cbc.ts')).decrypt
  vi.unstubAllGlobals()
  vi.doUnmock('node:buffer')
})
afterEach(() => void vi.restoreAllMocks())
afterAll(() => vi.resetModules())

const names = ['node', 'web'] as const
const bytes = (hex: string): Uint8Array<ArrayBuffer> => new Uint8Array(Buffer.from(hex, 'hex'))
const asText = (hex: string): string => bytes(hex) as unknown as string
const url = (hex: string): string => Buffer.from(hex, 'hex').toString('base64url')
const latin1 = (hex: string): string => Buffer.from(hex, 'hex').toString('latin1')

/** The vectors of a file, each with what its group says of all. */
function vectorsOf<group extends { tests: object[] }>(file: {
  testGroups: group[]
}): (group['tests'][number] & Omit<group, 'tests'>)[] {
  return file.testGroups.flatMap(({ tests, ...group }) =>
    tests.map((one) => ({ ...group, ...one })),
  )
}

async function gcmKey(name: 'node' | 'web', key: string): Promise<unknown> {
  if (name === 'node') return createSecretKey(bytes(key))
  return crypto.subtle.importKey('raw', bytes(key), 'AES-GCM', false, ['encrypt', 'decrypt'])
}

/** Makes the next IV one that is given. */
function drawIv(iv: string): void {
  // A pool that is older than a second is thrown away.
  const now = Date.now() + 10_000
  vi.spyOn(Date, 'now').mockReturnValue(now + drawn++ * 10_000)
  vi.spyOn(crypto, 'getRandomValues').mockImplementation((pool) => {
    new Uint8Array(pool!.buffer).set(bytes(iv))
    return pool
  })
}
let drawn = 0

describe.each(names)('AES-256-GCM of Wycheproof, by the %s engine', (name) => {
  const all = vectorsOf(gcm)
  const usual = all.filter(({ ivSize }) => ivSize === 96)
  const other = all.filter(({ ivSize }) => ivSize !== 96)

  it('opens what is valid and nothing else', async () => {
    for (const { tcId, key, iv, aad, msg, ct, tag, result } of usual) {
      const made = await gcmKey(name, key)
      const text = await engines[name].open(made, bytes(aad), url(iv), url(ct), url(tag))
      expect([tcId, text]).toEqual([tcId, result === 'valid' ? latin1(msg) : null])
    }
    expect(usual.map(({ result }) => result).filter((one) => one === 'valid')).toHaveLength(21)
    expect(usual).toHaveLength(48)
  })

  it('makes the same ciphertexts and tags', async () => {
    for (const { tcId, key, iv, aad, msg, ct, tag, result } of usual) {
      if (result !== 'valid') continue
      const made = await gcmKey(name, key)
      drawIv(iv)
      const sealed = await engines[name].seal(made, bytes(aad), asText(msg))
      expect([tcId, sealed]).toEqual([tcId, [iv, ct, tag].map(url).join('.')])
    }
  })

  it('is not even asked to open what has an IV of another length', async () => {
    const reader = createSealedReader({ engine: engines[name] })
    const [header] = (await reader.seal({ a: 1 })).split('.')
    reader.engine.reset()
    for (const { iv, ct, tag } of other) {
      expect(await reader.open([header, '', ...[iv, ct, tag].map(url)].join('.'))).toBe('tampered')
    }
    expect(reader.engine.total()).toBe(0)
    expect(other).toHaveLength(37)
  })
})

const macs = [
  { digest: 'sha1', file: sha1, size: 160 },
  { digest: 'sha256', file: sha256, size: 256 },
] as const
const onEach = names.flatMap((name) => macs.map((mac) => ({ name, ...mac })))

describe.each(onEach)('HMAC of Wycheproof, $digest, by the $name engine', (how) => {
  const engine = (): Engine => engines[how.name]

  it('is that of the valid ones, and of no other', async () => {
    const whole = vectorsOf(how.file).filter(({ tagSize }) => tagSize === how.size)
    for (const { tcId, key, msg, tag, result } of whole) {
      const made = await engine().macKey(bytes(key), how.digest)
      const isValid = result === 'valid'
      const verdict = await engine().verify(made, asText(msg), url(tag))
      expect([tcId, verdict]).toEqual([tcId, isValid])
      expect((await engine().sign(made, asText(msg))) === url(tag)).toBe(isValid)
    }
    expect(whole).toHaveLength(87)
  })

  it('is never one that is cut short, right as its beginning may be', async () => {
    const short = vectorsOf(how.file).filter(({ tagSize }) => tagSize !== how.size)
    for (const { tcId, key, msg, tag } of short) {
      const made = await engine().macKey(bytes(key), how.digest)
      expect([tcId, await engine().verify(made, asText(msg), url(tag))]).toEqual([tcId, false])
    }
    expect(short.length).toBeGreaterThan(80)
  })
})

describe.each(names)('HKDF-SHA-256 of Wycheproof, by the %s engine', (name) => {
  it('gives the bytes of all that are valid, and none of those that ask for too many', async () => {
    const engine = engines[name]
    const derive = async (ikm: string, salt: string, info: string, size: number): Promise<string> =>
      engine.deriveText(await engine.secret(bytes(ikm)), asText(salt), bytes(info), size)
    let refused = 0
    for (const { tcId, ikm, salt, info, size, okm, result } of vectorsOf(hkdf)) {
      const [{ status, value }] = (await Promise.allSettled([derive(ikm, salt, info, size)])) as [
        { status: string; value?: string },
      ]
      const isValid = result === 'valid'
      if (!isValid) refused++
      const expected = isValid ? [tcId, 'fulfilled', url(okm)] : [tcId, 'rejected', undefined]
      expect([tcId, status, value]).toEqual(expected)
    }
    expect(refused).toBe(3)
    expect(vectorsOf(hkdf)).toHaveLength(105)
  })

  it('makes keys of the same bytes', async () => {
    const engine = engines[name]
    const header = new TextEncoder().encode('header')
    const whole = vectorsOf(hkdf).filter(({ size, result }) => size >= 32 && result === 'valid')
    for (const { ikm, salt, info, okm } of whole) {
      const key = await engine.deriveKey(await engine.secret(bytes(ikm)), asText(salt), bytes(info))
      const [iv, ct, tag] = (await engine.seal(key, header, 'text')).split('.')
      const same = await gcmKey(name, okm.slice(0, 64))
      expect(await engine.open(same, header, iv!, ct!, tag!)).toBe('text')
    }
    expect(whole.length).toBeGreaterThan(10)
  })
})

describe('AES-256-CBC-PKCS5 of Wycheproof, by the reader of Egg cookies', () => {
  it('opens what is valid and nothing else', async () => {
    const whole = vectorsOf(cbc)
    for (const { tcId, key, iv, msg, ct, result } of whole) {
      const made = await crypto.subtle.importKey('raw', bytes(key), 'AES-CBC', false, ['decrypt'])
      const value = Buffer.from(ct, 'hex').toString('base64').replaceAll('+', '-')
      const text = await openCbc({ key: made, iv: bytes(iv) }, value.replaceAll('/', '_'))
      expect([tcId, text]).toEqual([tcId, result === 'valid' ? latin1(msg) : null])
    }
    expect(whole).toHaveLength(61)
  })
})

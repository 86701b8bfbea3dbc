import { describe, expect, it, vi } from 'vitest'
import { answersAtOnce as isNodeSync, engine as nodeEngine } from '../../src/seal/engine-node.ts'
import { answersAtOnce as isWebSync, engine as webEngine } from '../../src/seal/engine-web.ts'
import type { Engine } from '../../src/seal/engine.ts'
import { base64ToUrl } from '../../src/seal/base64url.ts'

type Parts = [iv: string, ciphertext: string, tag: string]

const engines: [name: string, engine: Engine][] = [
  ['node', nodeEngine],
  ['web', webEngine],
]
const pairs = engines.flatMap((a) => engines.map((b) => [a[0], b[0], a[1], b[1]] as const))

const hex = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'hex'))
const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const header = utf8('header')
const secret = crypto.getRandomValues(new Uint8Array(32))
const texts = ['', '{}', 'naïve 🍪', '\u0000', '\ufeff{}', 'x'.repeat(5000), '\ud800']

async function keyOf(engine: Engine, info = 'a'): Promise<unknown> {
  return engine.deriveKey(await engine.secret(secret), 'salt', utf8(info))
}

describe.each(engines)('the %s engine', (_, engine) => {
  it('writes texts in base64 as Buffer does, and reads both alphabets', () => {
    for (const text of [...texts.filter((text) => text.isWellFormed()), '??>>~~ Žluťoučký 🐎']) {
      const bytes = Buffer.from(text)
      expect(engine.toBase64(text)).toBe(bytes.toString('base64'))
      expect(engine.fromBase64(bytes.toString('base64'))).toBe(text)
      expect(engine.fromBase64(bytes.toString('base64url'))).toBe(text)
    }
  })

  it.each(['a*b=', 'eyJ9\u0000', 'e30.e30', '/w==', '7aCA'])(
    'throws on %j, which is no base64 or no UTF-8',
    (base64) => {
      expect(() => engine.fromBase64(base64)).toThrow(expect.any(Error))
    },
  )

  it('derives the bytes of RFC 5869, test case 3', async () => {
    const ikm = await engine.secret(hex('0b'.repeat(22)))
    expect(await engine.deriveText(ikm, '', new Uint8Array(), 42)).toBe(
      Buffer.from(
        '8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8',
        'hex',
      ).toString('base64url'),
    )
  })

  it.each([
    [
      '4a656665',
      'what do ya want for nothing?',
      'sha256',
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    [
      '0b'.repeat(20),
      'Hi There',
      'sha256',
      'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
    ],
    [
      'aa'.repeat(131),
      'Test Using Larger Than Block-Size Key - Hash Key First',
      'sha256',
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    ],
    ['0b'.repeat(20), 'Hi There', 'sha1', 'b617318655057264e28bc0b6fb378c8ef146be00'],
    [
      '4a656665',
      'what do ya want for nothing?',
      'sha1',
      'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
    ],
    [
      'aa'.repeat(80),
      'Test Using Larger Than Block-Size Key - Hash Key First',
      'sha1',
      'aa4ae5e15272d00e95705637ce8a3b55ed402112',
    ],
  ] as const)(
    'makes the MAC of RFC 2202 and RFC 4231: key %s, %j, %s',
    async (key, text, digest, mac) => {
      const expected = Buffer.from(mac, 'hex').toString('base64url')
      const macKey = await engine.macKey(hex(key), digest)
      expect(await engine.sign(macKey, text)).toBe(expected)
      expect(await engine.verify(macKey, text, expected)).toBe(true)
      expect(await engine.verify(macKey, `${text} `, expected)).toBe(false)
    },
  )

  it.each([
    ['nothing', (): string => ''],
    ['standard base64', (mac: string): string => `${mac.slice(0, -1)}+`],
    ['padding', (mac: string): string => `${mac}=`],
    ['a blank', (mac: string): string => `${mac} `],
    ['one character less', (mac: string): string => mac.slice(0, -1)],
    ['four more', (mac: string): string => `${mac}AAAA`],
    ['bits left over', (mac: string): string => mac.slice(0, -1) + next(mac.at(-1)!)],
    ['other text', (): string => 'é'.repeat(43)],
  ])('does not verify a MAC spelt with %s', async (_, spell) => {
    const key = await engine.macKey(secret, 'sha256')
    expect(await engine.verify(key, 'text', spell(await engine.sign(key, 'text')))).toBe(false)
  })

  it.each(['sha1', 'sha256'] as const)('verifies no MAC with a bit changed: %s', async (digest) => {
    const key = await engine.macKey(secret, digest)
    const mac = Buffer.from(await engine.sign(key, 'text'), 'base64url')
    for (const other of withBitsChanged(mac)) {
      expect(await engine.verify(key, 'text', other)).toBe(false)
    }
  })

  it('opens nothing with a bit changed in IV, ciphertext or tag', async () => {
    const key = await keyOf(engine)
    const parts = (await engine.seal(key, header, 'text')).split('.') as Parts
    expect(await engine.open(key, header, ...parts)).toBe('text')
    for (const index of [0, 1, 2]) {
      for (const other of withBitsChanged(Buffer.from(parts[index]!, 'base64url'))) {
        const [iv, ciphertext, tag] = parts.with(index, other) as Parts
        expect(await engine.open(key, header, iv, ciphertext, tag)).toBeNull()
      }
    }
  })

  it.each([1, 4, 8, 12, 15])('opens nothing by %d bytes of the tag', async (length) => {
    const key = await keyOf(engine)
    const [iv, ciphertext, tag] = (await engine.seal(key, header, 'text')).split('.') as Parts
    const short = Buffer.from(tag, 'base64url').subarray(0, length).toString('base64url')
    expect(await engine.open(key, header, iv, ciphertext, short)).toBeNull()
  })

  it('opens one spelling of a ciphertext', async () => {
    const key = await keyOf(engine)
    for (const text of ['a', 'ab', 'abc']) {
      const [iv, ciphertext, tag] = (await engine.seal(key, header, text)).split('.') as Parts
      for (const other of [`${ciphertext}=`, `${ciphertext} `, `${ciphertext}\n`, ` ${ciphertext}`])
        expect(await engine.open(key, header, iv, other, tag)).toBeNull()
      const lax = ciphertext.slice(0, -1) + next(ciphertext.at(-1)!)
      expect(await engine.open(key, header, iv, lax, tag)).toBeNull()
    }
  })

  it('hashes as FIPS 180-4 says', async () => {
    expect(await engine.hash('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
    expect(await engine.hash('')).toBe('47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
  })

  it('seals the same text under another IV each time: 10,000 times', async () => {
    const key = await keyOf(engine)
    const ivs = new Set<string>()
    for (let made = 0; made < 10_000; made++) {
      const sealed = await engine.seal(key, header, 'text')
      ivs.add(sealed.slice(0, sealed.indexOf('.')))
    }
    expect(ivs.size).toBe(10_000)
  })

  it('seals and opens many at once, each under its own IV and with its own header', async () => {
    const key = await keyOf(engine)
    const texts = Array.from({ length: 1000 }, (_, index) => `text ${index} ${'x'.repeat(index)}`)
    const known = (await engine.seal(key, header, 'known')).split('.') as Parts
    const opened: unknown[] = []
    const sealing = texts.map((text, index) => {
      opened.push(engine.open(key, header, ...known))
      return engine.seal(key, utf8(`of ${index}`), text)
    })
    expect(new Set(await Promise.all(opened))).toEqual(new Set(['known']))

    const sealed = (await Promise.all(sealing)).map((value) => value.split('.') as Parts)
    expect(new Set(sealed.map(([iv]) => iv)).size).toBe(1000)
    const openAll = (shift: number): Promise<(string | null)[]> =>
      Promise.all(
        sealed.map((parts, index) => engine.open(key, utf8(`of ${index + shift}`), ...parts)),
      )
    expect(await openAll(0)).toEqual(texts)
    expect(new Set(await openAll(1))).toEqual(new Set([null]))
  })

  it('opens bytes that are no UTF-8 as nothing', async () => {
    const ivAndTag = await forge(Buffer.from([0xff, 0xfe, 0x80]))
    expect(await engine.open(await keyOf(engine), header, ...ivAndTag)).toBeNull()
  })
})

describe('the web engine', () => {
  it('keeps keys that nobody gets out of it', async () => {
    for (const key of [
      await webEngine.secret(secret),
      await keyOf(webEngine),
      await webEngine.macKey(secret, 'sha256'),
    ]) {
      expect((key as CryptoKey).extractable).toBe(false)
    }
  })

  it('seals nothing where the platform reads the parameters too late', async () => {
    const key = await keyOf(webEngine)
    const { subtle } = crypto
    const encrypt = vi.spyOn(subtle, 'encrypt').mockImplementation(async (...values) => {
      await Promise.resolve()
      encrypt.mockRestore()
      return subtle.encrypt(...values)
    })

    await expect(webEngine.seal(key, header, 'text')).rejects.toThrow(TypeError)
  })
})

it('the node engine answers at once, as it says', () => {
  expect(nodeEngine.hash('')).toBeTypeOf('string')
  expect(isNodeSync).toBe(true)
})

it('the web engine answers with promises, as it says', () => {
  expect(webEngine.hash('')).toBeInstanceOf(Promise)
  expect(isWebSync).toBe(false)
})

describe.each(pairs)('what the %s engine makes and the %s engine reads', (_, __, maker, reader) => {
  it.each(texts)('is the text that was sealed: %j', async (text) => {
    const sealed = await maker.seal(await keyOf(maker), header, text)
    const [iv, ciphertext, tag] = sealed.split('.') as [string, string, string]
    expect([iv.length, tag.length]).toEqual([16, 22])
    const opened = await reader.open(await keyOf(reader), header, iv, ciphertext, tag)
    expect(opened).toBe(text.replace('\ud800', '\ufffd'))
    expect(await reader.open(await keyOf(reader), utf8('Header'), iv, ciphertext, tag)).toBeNull()
    expect(await reader.open(await keyOf(reader, 'b'), header, iv, ciphertext, tag)).toBeNull()
  })

  it('is the same MAC, hash and derived text', async () => {
    for (const text of texts) {
      for (const digest of ['sha1', 'sha256'] as const) {
        const mac = await maker.sign(await maker.macKey(secret, digest), text)
        const key = await reader.macKey(secret, digest)
        expect(await reader.verify(key, text, mac)).toBe(true)
        expect(await reader.sign(key, text)).toBe(mac)
      }
      expect(await reader.hash(text)).toBe(await maker.hash(text))
      const info = utf8(text.slice(0, 1000))
      expect(await reader.deriveText(await reader.secret(secret), 'salt', info, 33)).toBe(
        await maker.deriveText(await maker.secret(secret), 'salt', info, 33),
      )
    }
  })
})

/** Seals bytes as `engine.seal` would, if they were a text. */
async function forge(bytes: Uint8Array<ArrayBuffer>): Promise<[string, string, string]> {
  const key = (await keyOf(webEngine)) as CryptoKey
  const iv = crypto.getRandomValues(new Uint8Array(12))
  const parameters = { name: 'AES-GCM', iv, additionalData: header }
  const sealed = Buffer.from(await crypto.subtle.encrypt(parameters, key, bytes))
  const parts = [iv, sealed.subarray(0, -16), sealed.subarray(-16)]
  return parts.map((part) => base64ToUrl(Buffer.from(part).toString('base64'))) as never
}

/** Bytes with one bit changed, each of them in turn, as base64url. */
function* withBitsChanged(bytes: Buffer): Generator<string> {
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const other = Buffer.from(bytes)
    other[bit >> 3]! ^= 1 << (bit & 7)
    yield other.toString('base64url')
  }
}

/** The next letter of the alphabet: the same bytes, where a decoder is lenient. */
function next(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) + 1)
}

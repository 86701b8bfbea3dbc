import { describe, expect, it } from 'vitest'
import { createSessionManager, fromBase64, fromHex, SessionError } from '../../src/index.ts'
import { secretBytes } from '../../src/secrets.ts'
import { errorOf } from '../fixtures/errors.ts'
import { randomSecret, SECRET, SECRETS } from '../fixtures/secrets.ts'

/** Everything that a refusal may say, to the letter: there is no room in it for a secret. */
const SENTENCE =
  /^Session option "secrets" (must be 1 to 10|has one twice|(\[\d\] )?(is shorter than 32|looks like a sample|repeats itself|is too regular|must be text or a Uint8Array)): use 32 random characters, as `openssl rand -base64 32` prints\.$/

const bytes = (length: number, make: (index: number) => number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => make(index))

/** A copy, since an encoder of another realm gives arrays of that one. */
const utf8 = (text: string): Uint8Array => new Uint8Array(new TextEncoder().encode(text))

const weak: [why: string, secret: unknown][] = [
  ['31 characters', SECRET.slice(0, 31)],
  ['one character', 'x'],
  ['one letter 32 times', 'a'.repeat(32)],
  ['two letters in turn', 'ab'.repeat(16)],
  ['the hexadecimal digits twice', '0123456789abcdef'.repeat(2)],
  ['a good secret of 16 characters twice', 'Zq7xLm2Vc9Rt4Kp8'.repeat(2)],
  ['a word three times', 'correct-horse-'.repeat(3)],
  ["iron-session's sample", 'complex_password_at_least_32_characters_long'],
  ['a sample', 'this is a secret of thirty-two characters'],
  ['another', 'changeme-changeme-please-1234567890'],
  ['another', 'the-PassWord-of-nobody-in-particular-77'],
  ['another', 'my pass-word is this and you know it 42'],
  ['another', 'keyboard cat keyboard dog keyboard owl'],
  ['another', 'an-example-of-a-thing-that-nobody-changes'],
  ['another', 'CHANGE_ME_IN_PRODUCTION_0123456789abc'],
  ['blanks', ' '.repeat(40)],
  ['blanks and tabs', ' \t\n'.repeat(12)],
  ['the alphabet', 'abcdefghijklmnopqrstuvwxyzabcdef'],
  ['the alphabet backwards', 'zyxwvutsrqponmlkjihgfedcbazyxwvu'],
  ['all digits', '01234567890123456789012345678901'],
  ['doubled letters', 'aabbccddeeffgghhiijjkkllmmnnoopp'],
  ['32 zero bytes', new Uint8Array(32)],
  ['32 equal bytes', new Uint8Array(32).fill(7)],
  ['counting bytes', bytes(32, (index) => index)],
  ['31 random bytes', crypto.getRandomValues(new Uint8Array(31))],
  ['no bytes', new Uint8Array(0)],
  ['a number', 1e31],
  ['a bigint', 12_345_678_901_234_567_890_123_456_789_012n],
  ['null', null],
  ['undefined', undefined],
  ['an object', { secret: SECRET }],
  ['an object of another use', { secret: randomSecret('hex64'), use: 'seal' }],
  ['a weak one that opens alone', { secret: 'x', use: 'open' }],
  ['nothing that opens alone', { use: 'open' }],
  ['an object without a prototype', Object.create(null)],
  ['a list', [SECRETS[2]]],
  ['an ArrayBuffer', new ArrayBuffer(32)],
  ['a symbol', Symbol('secret')],
]

describe('a weak secret', () => {
  it.each(weak)('is refused, and not repeated: %s', (_, secret) => {
    const error = errorOf(() => createSessionManager({ secrets: [SECRET, secret] as never }))
    expect(error).toBeInstanceOf(SessionError)
    const { code, message } = error
    expect(code).toBe('ERR_SESSION_SECRET')
    expect(message).toMatch(SENTENCE)
    expect(message).toContain('[1]')
  })

  it.each(weak.filter(([, secret]) => typeof secret === 'string'))(
    'leaves no four characters of it in the message: %s',
    (_, secret) => {
      const text = secret as string
      const { message } = errorOf(() => secretBytes([text]))
      const parts = Array.from({ length: text.length - 3 }, (_, at) => text.slice(at, at + 4))
      // What is said of every secret is said of this one too.
      const own = parts.filter((part) => !SENTENCE.source.includes(part))
      expect(own.filter((part) => message.includes(part))).toEqual([])
    },
  )

  it('alone is refused as well as in a list', () => {
    expect(() => createSessionManager({ secrets: 'short' })).toThrowError(
      expect.objectContaining({ code: 'ERR_SESSION_SECRET' }),
    )
  })
})

describe('how regular a secret may be', () => {
  /** Bytes whose distance from one to the next is one of so many, round and round. */
  const stepping = (distances: number): Uint8Array => {
    let byte = 7
    return bytes(40, (index) => (byte += index === 0 ? 0 : 1 + (index % distances)))
  }

  it('is measured by its steps: ten different ones are enough, the first byte among them', () => {
    expect(secretBytes([stepping(9)])).toHaveLength(1)
    expect(errorOf(() => secretBytes([stepping(8)])).message).toContain('is too regular')
  })
})

describe('weak secrets that a host allows', () => {
  it('are taken, and each is heard of', () => {
    const heard: string[] = []
    const secrets = ['hello world', SECRET, 'keyboard cat keyboard dog keyboard owl']
    const all = secretBytes(secrets, (message) => heard.push(message))
    expect(all).toEqual(secrets.map(utf8))
    expect(heard).toEqual([
      expect.stringMatching(/^Session option "secrets" \[0\] is shorter than 32: use 32 random/),
      expect.stringMatching(/^Session option "secrets" \[2\] looks like a sample: use 32 random/),
    ])
    for (const message of heard) expect(message).toMatch(SENTENCE)
  })

  it.each(['', new Uint8Array(0)])('are refused all the same where they are empty', (secret) => {
    const heard: string[] = []
    const error = errorOf(() => secretBytes([SECRET, secret], (message) => heard.push(message)))
    expect(error.message).toMatch(/^Session option "secrets" \[1\] is shorter than 32: /)
    expect(heard).toEqual([])
  })
})

describe('the list of secrets', () => {
  it.each([
    ['none', [], /must be 1 to 10/],
    ['eleven', [...SECRETS, randomSecret('hex64')], /must be 1 to 10/],
    ['one twice', [SECRET, SECRETS[1]!, SECRET], /has one twice/],
    [
      'one twice, as text and as bytes',
      [SECRET, new TextEncoder().encode(SECRET)],
      /has one twice/,
    ],
    ['the same bytes twice', [bytes(32, (n) => n * n), bytes(32, (n) => n * n)], /has one twice/],
  ])('is refused with %s', (_, secrets, fault) => {
    const expected = { code: 'ERR_SESSION_SECRET', message: expect.stringMatching(fault) }
    expect(() => createSessionManager({ secrets })).toThrowError(expect.objectContaining(expected))
  })

  it.each([1, 2, 5, 10])('takes %d', (count) => {
    expect(secretBytes(SECRETS.slice(0, count))).toHaveLength(count)
  })

  it('is refused where none of them seals', () => {
    const secrets = [{ secret: SECRET, use: 'open' }] as const
    for (const given of [secrets, secrets[0]]) {
      const error = errorOf(() => createSessionManager({ secrets: given as never }))
      expect(error).toMatchObject({
        code: 'ERR_SESSION_SECRET',
        message: expect.stringMatching(/^Session option "secrets" need one that seals: /),
      })
    }
  })

  it('takes text as UTF-8, as it stands, and bytes as a copy', () => {
    const text = `  ${SECRET}é🔑`
    const given = utf8(SECRETS[1]!)
    const [fromText, fromBytes] = secretBytes([text, given])
    expect(fromText).toEqual(utf8(text))
    expect(fromBytes).toEqual(given)
    expect(fromBytes!.buffer).not.toBe(given.buffer)
  })

  it.each([
    ['a Uint8Array', () => crypto.getRandomValues(new Uint8Array(32))],
    ['a Buffer', () => Buffer.from(randomSecret('hex64'), 'hex')],
    ['a part of another', () => crypto.getRandomValues(new Uint8Array(64)).subarray(16, 48)],
  ])('stays as it was when whoever gave it wipes theirs: %s', (_, make) => {
    const given = make()
    const before = [...given]
    const [kept] = secretBytes([given])
    given.fill(0)
    expect([...kept!]).toEqual(before)
  })
})

describe('bytes from text', () => {
  const random = crypto.getRandomValues(new Uint8Array(32))
  const base64 = Buffer.from(random).toString('base64')
  const hex = Buffer.from(random).toString('hex')

  it.each([
    ['base64', fromBase64, base64],
    ['base64 without padding', fromBase64, base64.replace('=', '')],
    ['base64url', fromBase64, Buffer.from(random).toString('base64url')],
    ['base64 as a file has it', fromBase64, `${base64}\n`],
    ['hex', fromHex, hex],
    ['hex in capitals', fromHex, hex.toUpperCase()],
    ['hex as a file has it', fromHex, `${hex}\r\n`],
  ])('are the same bytes from %s', (_, make, text) => {
    expect(make(text)).toEqual(random)
    expect(secretBytes([make(text)])).toEqual([random])
  })

  it.each([
    ['31 bytes of base64', fromBase64, Buffer.alloc(31, 'kR4!x').toString('base64')],
    ['base64 with left-over bits', fromBase64, `${'kR4x'.repeat(10)}kR5`],
    ['base64 with a blank in it', fromBase64, `${base64.slice(0, 9)} ${base64.slice(9)}`],
    ['base64 of one character too many', fromBase64, `${'kR4x'.repeat(11)}k`],
    ['padding before it', fromBase64, `=${base64}`],
    ['padding in it', fromBase64, `${base64}${base64}`],
    ['a sign after it', fromBase64, `${base64}%`],
    ['no base64', fromBase64, '%'.repeat(44)],
    ['nothing', fromBase64, ''],
    ['no text', fromBase64, undefined],
    ['bytes', fromBase64, random],
    ['31 bytes of hex', fromHex, hex.slice(2)],
    ['half a byte', fromHex, hex.slice(0, -1) + hex],
    ['base64', fromHex, base64],
    ['nothing', fromHex, ''],
    ['a number', fromHex, 1e63],
  ] as [string, (text: string) => Uint8Array, unknown][])(
    'are refused, and not repeated: %s',
    (_, make, text) => {
      const error = errorOf(() => make(text as string))
      expect(error).toBeInstanceOf(SessionError)
      expect(error.code).toBe('ERR_SESSION_SECRET')
      expect(error.message).toMatch(
        /^Session option "secrets": from(Base64|Hex)\(\) takes 32 bytes, as `openssl rand -(base64|hex) 32` prints them\.$/,
      )
    },
  )
})

describe('a random secret', () => {
  const forms = {
    hex32: () => randomSecret('hex32'),
    hex64: () => randomSecret('hex64'),
    base64url43: () => randomSecret('base64url43'),
    bytes: () => crypto.getRandomValues(new Uint8Array(32)),
  }

  it.each(Object.entries(forms))('is never refused: 10,000 of %s', (_, make) => {
    const refused: unknown[] = []
    for (let count = 0; count < 10_000; count++) {
      const secret = make()
      try {
        secretBytes([secret])
      } catch {
        refused.push(secret)
      }
    }
    expect(refused).toEqual([])
  })
})

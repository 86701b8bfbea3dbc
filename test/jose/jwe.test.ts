import { CompactEncrypt } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { sealedHeader, spell } from '../../adapters/jose/header.ts'
import { createJweSealer, createKeySet } from '../../adapters/jose/jwe.ts'
import { contentKeys, type ContentKey } from '../../adapters/jose/jwk.ts'
import type { Refusal } from '../../src/host.ts'
import { OCT, OCT2 } from '../fixtures/jwks.ts'

const keys = contentKeys([OCT, OCT2], 'keys')
const set = createKeySet(keys, false)

/** What a holder of a key made of any bytes. */
function encrypt(bytes: Uint8Array, { kid, bytes: key }: ContentKey = keys[0]!): Promise<string> {
  return new CompactEncrypt(bytes)
    .setProtectedHeader(sealedHeader(kid, false) as never)
    .encrypt(key)
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('a set of keys', () => {
  it('seals under the first, and opens what each has sealed', async () => {
    const token = await set.seal('text')
    const header = token.split('.')[0]!
    expect(header).toBe(spell(sealedHeader(OCT.kid, false)))
    expect(await set.find(header)!(token)).toEqual({ text: 'text', stale: false })
    const other = await encrypt(utf8('text'), keys[1])
    expect(await set.find(other.split('.')[0]!)!(other)).toEqual({ text: 'text', stale: true })
  })

  it('seals under the first that may, and takes what is before it for newer', async () => {
    const both = contentKeys([{ ...OCT2, key_ops: ['decrypt'] }, OCT], 'keys')
    const set = createKeySet(both, false)
    const token = await set.seal('text')
    expect(token.split('.')[0]).toBe(spell(sealedHeader(OCT.kid, false)))
    const newer = await encrypt(utf8('text'), both[0])
    for (const one of [token, newer]) {
      expect(await set.find(one.split('.')[0]!)!(one)).toEqual({ text: 'text', stale: false })
    }
  })

  it('finds nothing for another header, were it of the same key', () => {
    expect(set.find(spell(sealedHeader(OCT.kid, true)))).toBeUndefined()
    expect(set.find(spell(sealedHeader('another', false)))).toBeUndefined()
    expect(set.find('')).toBeUndefined()
  })

  it.each([
    ['half a character', [0x61, 0xc3]],
    ['a byte that begins nothing', [0xff]],
  ])('opens no text that is no UTF-8: %s', async (_, bytes) => {
    const token = await encrypt(Uint8Array.from(bytes))
    expect(await set.find(token.split('.')[0]!)!(token)).toBe('tampered')
  })

  it('opens a text as it is, with a mark at its beginning', async () => {
    const token = await encrypt(utf8('\uFEFF{}'))
    expect(await set.find(token.split('.')[0]!)!(token)).toEqual({ text: '\uFEFF{}', stale: false })
  })

  it('keeps its keys where nobody can read them', async () => {
    const imported = vi.spyOn(crypto.subtle, 'importKey')
    try {
      await createKeySet(keys, false).seal('text')
      expect(imported.mock.results).toHaveLength(1)
      const key = (await imported.mock.results[0]!.value) as CryptoKey
      expect(key.extractable).toBe(false)
      expect(key.usages.toSorted()).toEqual(['decrypt', 'encrypt'])
    } finally {
      imported.mockRestore()
    }
  })
})

describe('a sealer whose keys are elsewhere', () => {
  it.each(['unknown', 'tampered'] as const)('passes on why it has none: %s', async (refusal) => {
    const token = await set.seal('text')
    for (const find of [(): Refusal => refusal, async (): Promise<Refusal> => refusal]) {
      const sealer = createJweSealer(find)
      expect(await sealer.open(token, undefined)).toBe(refusal)
      expect(await sealer.seal!('text', undefined)).toBe('')
    }
  })

  it('asks for them by the header of a token, and by none to seal', async () => {
    const asked: unknown[][] = []
    const sealer = createJweSealer((...given) => {
      asked.push(given)
      return set
    })
    const token = await sealer.seal!('text', 'ctx')
    expect(await sealer.open(token, 'ctx')).toEqual({ text: 'text', stale: false })
    const header = token.split('.')[0]
    expect(asked).toEqual([
      [undefined, 'ctx'],
      [header, 'ctx'],
    ])
  })

  it('asks for none where a token is not spelled strictly', async () => {
    const find = vi.fn<() => Refusal>(() => 'unknown')
    const sealer = createJweSealer(find)
    const [header, , iv, text, tag] = (await set.seal('text of some length')).split('.')
    for (const token of [
      '',
      `${header}..${iv}.${text}=.${tag}`,
      `${header}..${iv}.${text}+.${tag}`,
      `${header}..${iv}.${text}.${tag}.`,
      `${header}.a.${iv}.${text}.${tag}`,
    ]) {
      expect(await sealer.open(token, undefined)).toBe('tampered')
    }
    expect(find).not.toHaveBeenCalled()
  })
})

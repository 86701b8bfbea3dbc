import { createCipheriv, createHash, createHmac } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { cbcKeys, decrypt } from '../../adapters/legacy/cbc.ts'
import { macKeys, verifies } from '../../adapters/legacy/mac.ts'
import { md5 } from '../../adapters/legacy/md5.ts'

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

describe('MD5', () => {
  it('is that of Node, for any length', () => {
    for (let length = 0; length < 200; length++) {
      const bytes = crypto.getRandomValues(new Uint8Array(length))
      const expected = createHash('md5').update(bytes).digest('hex')
      expect(Buffer.from(md5(bytes)).toString('hex')).toBe(expected)
    }
  })
})

describe('MACs', () => {
  const secrets = ['first', 'second'].map(utf8)
  const mac = (secret: string, digest: string, text = 'a=b'): string =>
    createHmac(digest, secret).update(text).digest('base64url')

  it.each(['sha1', 'sha256'] as const)('are those of either key, by %s alone', async (digest) => {
    const keys = await macKeys(secrets, digest)()
    const other = digest === 'sha1' ? 'sha256' : 'sha1'
    for (const secret of ['first', 'second']) {
      expect(await verifies(keys, 'a=b', [mac(secret, digest)])).toBe(true)
      expect(await verifies(keys, 'a=c', [mac(secret, digest)])).toBe(false)
      expect(await verifies(keys, 'a=b', [mac(secret, other)])).toBe(false)
      expect(await verifies(keys, 'a=b', ['', 'x', mac(secret, digest)])).toBe(true)
    }
    expect(await verifies(keys, 'a=b', [mac('third', digest)])).toBe(false)
    expect(await verifies(keys, 'a=b', [])).toBe(false)
    expect(await verifies([], 'a=b', [mac('first', digest)])).toBe(false)
  })

  it('have one spelling, and lengths that there are', async () => {
    const keys = await macKeys(secrets, 'sha1')()
    const good = mac('first', 'sha1')
    for (const other of ['', good.slice(1), `${good}=`, `${good}A`, ` ${good}`, 'A'.repeat(44)]) {
      expect(await verifies(keys, 'a=b', [other])).toBe(false)
    }
  })

  it('cost nothing where they have no such length', async () => {
    const keys = await macKeys(secrets, 'sha1')()
    const verify = vi.spyOn(crypto.subtle, 'verify')
    const macs = ['', 'A'.repeat(26), 'A'.repeat(44), `${'A'.repeat(26)}=`]
    expect(await verifies(keys, 'a=b', macs)).toBe(false)
    expect(verify).not.toHaveBeenCalled()
    await verifies(keys, 'a=b', ['A'.repeat(27), 'A'.repeat(43)])
    expect(verify).toHaveBeenCalledTimes(4)
    verify.mockRestore()
  })

  it('are made by keys that are made once, and only verify', async () => {
    const keysOf = macKeys(secrets, 'sha1')
    const keys = await keysOf()
    expect(await keysOf()).toBe(keys)
    expect(keys.map((key) => [key.extractable, key.usages])).toEqual([
      [false, ['verify']],
      [false, ['verify']],
    ])
  })
})

describe('AES-CBC as Egg has it', () => {
  const secret = 'a key of an Egg application'
  const md5Of = (...parts: Uint8Array[]): Buffer =>
    createHash('md5').update(Buffer.concat(parts)).digest()

  /** EVP_BytesToKey, from what OpenSSL documents. */
  function encrypt(text: string | Uint8Array, padding = true): string {
    const key = utf8(secret)
    const first = md5Of(key)
    const second = md5Of(first, key)
    const cipher = createCipheriv('aes-256-cbc', Buffer.concat([first, second]), md5Of(second, key))
    cipher.setAutoPadding(padding)
    const bytes = Buffer.concat([cipher.update(text), cipher.final()])
    return bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')
  }

  const keysOf = cbcKeys([utf8(secret)])

  it('is opened, whatever the length', async () => {
    const [key] = await keysOf()
    for (let length = 0; length < 70; length++) {
      const text = 'é'.repeat(length)
      expect(await decrypt(key!, encrypt(text))).toBe(text)
    }
  })

  it('is not, in another spelling or cut', async () => {
    const [key] = await keysOf()
    const value = encrypt('a text of more than one block')
    for (const other of [
      '',
      '=',
      '%',
      value.slice(4),
      value.slice(0, -4),
      value.replace(/=+$/, ''),
      `${value}=`,
      `${value}AAAA`,
      ` ${value}`,
      `${value}\n`,
    ]) {
      expect([other, await decrypt(key!, other)]).toEqual([other, null])
    }
    const standard = encrypt('??>>~~'.repeat(20)).replaceAll('-', '+').replaceAll('_', '/')
    expect(standard).toMatch(/[+/]/)
    expect(await decrypt(key!, standard)).toBeNull()
  })

  it('costs nothing where it is no whole number of blocks', async () => {
    const [key] = await keysOf()
    const decryption = vi.spyOn(crypto.subtle, 'decrypt')
    for (const other of ['A', 'AAAA', `${'A'.repeat(20)}`, `${'A'.repeat(22)}B=`]) {
      expect(await decrypt(key!, other)).toBeNull()
    }
    expect(decryption).not.toHaveBeenCalled()
    decryption.mockRestore()
  })

  it('is none where the padding is none, or the text no UTF-8', async () => {
    const [key] = await keysOf()
    expect(await decrypt(key!, encrypt('x'.repeat(16), false))).toBeNull()
    expect(await decrypt(key!, encrypt(Uint8Array.from([0x61, 0xc3])))).toBeNull()
  })

  it('has keys that are made once, and decrypt alone', async () => {
    const keysOf = cbcKeys([utf8(secret)])
    const keys = await keysOf()
    expect(await keysOf()).toBe(keys)
    expect([keys[0]!.key.extractable, keys[0]!.key.usages]).toEqual([false, ['decrypt']])
  })
})

import { afterEach, describe, expect, it, vi } from 'vitest'
import { isSessionId, randomId } from '../../src/id.ts'

afterEach(() => void vi.restoreAllMocks())

describe('randomId', () => {
  it('is 32 bytes of crypto.getRandomValues, and of nothing else', () => {
    vi.spyOn(Math, 'random').mockImplementation(() => expect.unreachable())
    vi.spyOn(crypto, 'randomUUID').mockImplementation(() => expect.unreachable())
    const random = vi.spyOn(crypto, 'getRandomValues')
    expect(Buffer.from(randomId(), 'base64url')).toHaveLength(32)
    expect(random).toHaveBeenCalledTimes(1)
  })

  it('never comes twice, and each of its bits is even: 100,000 ids', () => {
    const count = 100_000
    const seen = new Set<string>()
    const ones = new Uint32Array(256)
    for (let made = 0; made < count; made++) {
      const id = randomId()
      seen.add(id)
      const bytes = Buffer.from(id, 'base64url')
      for (let bit = 0; bit < 256; bit++) ones[bit]! += (bytes[bit >> 3]! >> (bit & 7)) & 1
    }
    expect(seen.size).toBe(count)
    // Six standard deviations: a false alarm once in 2 million runs.
    const slack = 6 * Math.sqrt(count / 4)
    expect([...ones].filter((sum) => Math.abs(sum - count / 2) > slack)).toEqual([])
  })
})

describe('isSessionId', () => {
  it('takes what randomId makes, and nothing else', () => {
    const id = randomId()
    expect(isSessionId(id)).toBe(true)
    const others = ['', '../', id.slice(1), `${id}A`, `${id.slice(1)}=`, `${id.slice(1)}/`]
    for (const other of [...others, `${id.slice(1)}\n`, `${id.slice(1)}é`, 43, null, [id], {}]) {
      expect(isSessionId(other)).toBe(false)
    }
  })
})

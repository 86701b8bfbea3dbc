import { afterEach, describe, expect, it, vi } from 'vitest'
import { isSessionId, randomId } from '../../src/id.ts'
import { patience, report, runsOf } from '../fixtures/properties.ts'

afterEach(() => void vi.restoreAllMocks())

describe('randomId', () => {
  it('is 32 bytes of crypto.getRandomValues, and of nothing else', () => {
    vi.spyOn(Math, 'random').mockImplementation(() => expect.unreachable())
    vi.spyOn(crypto, 'randomUUID').mockImplementation(() => expect.unreachable())
    const random = vi.spyOn(crypto, 'getRandomValues')
    expect(Buffer.from(randomId(), 'base64url')).toHaveLength(32)
    expect(random).toHaveBeenCalledTimes(1)
  })

  it(
    'never comes twice, and each of its bits is even',
    async () => {
      const count = runsOf('random ids')
      const seen = new Set<string>()
      const values = Array.from({ length: 32 }, () => new Uint32Array(256))
      for (let made = 0; made < count; made++) {
        const id = randomId()
        seen.add(id)
        const bytes = Buffer.from(id, 'base64url')
        for (let at = 0; at < 32; at++) values[at]![bytes[at]!]!++
      }
      expect(seen.size).toBe(count)
      const ones = values.flatMap((counts) =>
        Array.from({ length: 8 }, (_, bit) =>
          counts.reduce((sum, times, value) => sum + times * ((value >> bit) & 1), 0),
        ),
      )
      expect(ones).toHaveLength(256)
      // Six standard deviations: a false alarm once in 2 million runs.
      const slack = 6 * Math.sqrt(count / 4)
      const uneven = ones.filter((sum) => Math.abs(sum - count / 2) > slack)
      await report('random ids', count, () => expect(uneven).toEqual([]))
    },
    patience,
  )
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

import { describe, expect, it } from 'vitest'
import { bundleWithout, misnamed, parts, withoutSentences } from '../../bench/parts.ts'

describe("the parts of the core with Hono's adapter", () => {
  it('name each file of the bundle once', async () => {
    const { files } = await bundleWithout([])
    expect(files).toContain('adapters/hono')
    expect(misnamed(parts, files)).toEqual([])
  })

  it('are told of a file that none has, that two have, and that is gone', () => {
    const some = [
      { what: 'one', files: ['src/a', 'src/b'] },
      { what: 'another', files: ['src/b', 'src/c'] },
    ]
    expect(misnamed(some, ['src/a', 'src/b', 'src/d'])).toEqual(['src/b', 'src/d', 'src/c'])
  })

  it('can each be left out, and leave the others there', async () => {
    const whole = await bundleWithout([])
    for (const part of parts) {
      const { code, files } = await bundleWithout([part])
      expect([part.what, files]).toEqual([part.what, whole.files])
      expect(code.length).toBeLessThan(whole.code.length)
    }
  })
})

describe('a bundle without sentences', () => {
  it.each([
    ['refuse(`"${name}" needs "secure".`)', 'refuse("")'],
    [
      "throw new SessionError('ERR_SESSION_DATA', 'It holds a cycle.')",
      /'ERR_SESSION_DATA', ""\)$/,
    ],
  ])('has none: %s', (code, left) => {
    expect(withoutSentences(code)).toMatch(left)
  })

  it.each([
    "headers.set('cache-control', 'private, no-store')",
    '`${name}=; Max-Age=0; Expires=Thu, 01 Jan 1970 00:00:00 GMT`',
    "type === 'regenerate'",
  ])('has what goes out: %s', (code) => {
    expect(withoutSentences(code)).toBe(code)
  })
})

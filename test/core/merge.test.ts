import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { merge } from '../../src/merge.ts'
import type { Json } from '../../src/record.ts'

const table: [why: string, base: Json, mine: Json, theirs: Json, data: Json, conflict?: true][] = [
  ['nobody changed anything', { a: 1 }, { a: 1 }, { a: 1 }, { a: 1 }],
  ['I changed a key', { a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1, b: 1 }, { a: 2, b: 1 }],
  ['they changed a key', { a: 1, b: 1 }, { a: 1, b: 1 }, { a: 2, b: 1 }, { a: 2, b: 1 }],
  ['each changed another key', { a: 1, b: 1 }, { a: 2, b: 1 }, { a: 1, b: 2 }, { a: 2, b: 2 }],
  ['each added a key', {}, { a: 1 }, { b: 1 }, { a: 1, b: 1 }],
  ['both changed a key', { a: 1 }, { a: 2 }, { a: 3 }, { a: 3 }, true],
  ['both changed a key alike', { a: 1 }, { a: 2 }, { a: 2 }, { a: 2 }],
  ['both added a key', {}, { a: 1 }, { a: 2 }, { a: 2 }, true],
  ['I deleted a key', { a: 1, b: 1 }, { b: 1 }, { a: 1, b: 1 }, { b: 1 }],
  ['they deleted a key', { a: 1, b: 1 }, { a: 1, b: 1 }, { b: 1 }, { b: 1 }],
  ['both deleted a key', { a: 1 }, {}, {}, {}],
  ['I deleted what they changed', { a: 1 }, {}, { a: 2 }, {}, true],
  ['they deleted what I changed', { a: 1 }, { a: 2 }, {}, {}, true],
  [
    'both changed parts of a value',
    { a: { x: 1, y: 1 } },
    { a: { x: 2, y: 1 } },
    { a: { x: 1, y: 2 } },
    { a: { x: 1, y: 2 } },
    true,
  ],
  [
    'I changed a part of a value',
    { a: { x: 1 }, b: 1 },
    { a: { x: 2 }, b: 1 },
    { a: { x: 1 }, b: 2 },
    { a: { x: 2 }, b: 2 },
  ],
  ['null is a value', { a: 1 }, { a: null }, { a: 1 }, { a: null }],
]

const json = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'constructor', 'toString'),
  fc.constantFrom(0, 1, null, '1', [1], { x: 1 }),
  {
    noNullPrototype: true,
  },
)

describe('merge', () => {
  it.each(table)('where %s', (_, base, mine, theirs, data, conflict) => {
    expect(merge(base, mine, theirs)).toEqual({ data, isConflict: conflict ?? false })
  })

  it('keeps its word on any data, and its arguments as they are: 3,000 times', () => {
    fc.assert(
      fc.property(json, json, json, (base, mine, theirs) => {
        const before = JSON.stringify([base, mine, theirs])
        const { data, isConflict } = merge(base, mine, theirs)
        expect(JSON.stringify([base, mine, theirs])).toBe(before)
        expect(merge(base, base, theirs).data).toEqual(theirs)
        expect(merge(base, mine, base).data).toEqual(mine)
        expect(merge(base, mine, mine)).toEqual({ data: mine, isConflict: false })
        expect(merge(base, theirs, mine).isConflict).toBe(isConflict)
        // Without a conflict it does not matter who was first.
        expect(isConflict ? data : merge(base, theirs, mine).data).toEqual(data)
        const keys = [base, mine, theirs, data].map((one) => Object.keys(one))
        for (const key of keys[3]!) expect([...keys[1]!, ...keys[2]!]).toContain(key)
      }),
      { numRuns: 3000 },
    )
  })
})

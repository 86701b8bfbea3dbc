import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { takeSnapshot } from '../../src/decide.ts'
import {
  isDataKey,
  isEmpty,
  isPlainObject,
  parseJson,
  parseSnapshot,
  readLive,
  readRecord,
  recordText,
} from '../../src/record.ts'
import { DAY, NOON } from '../fixtures/clock.ts'
import { check, patience } from '../fixtures/properties.ts'

const life = { created: NOON, issued: NOON, expires: NOON + DAY, maxAge: undefined }

describe('recordText', () => {
  it('puts _expire and _maxAge behind the data, as koa-session does', () => {
    expect(recordText('{"user":"fred","n":1}', life, DAY)).toBe(
      `{"user":"fred","n":1,"_expire":${NOON + DAY},"_maxAge":${DAY}}`,
    )
  })

  it('puts _session there for a browser session', () => {
    expect(recordText('{"user":"fred"}', life, 'session')).toBe('{"user":"fred","_session":true}')
  })

  it('has the flash where there is one', () => {
    expect(recordText('{}\n{"note":"hi"}', life, 'session')).toBe(
      '{"_flash":{"note":"hi"},"_session":true}',
    )
  })

  it('is what readRecord takes apart, whatever the data', () => {
    const data = fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => isDataKey(key) && key !== '__proto__'),
      fc.jsonValue(),
    )
    fc.assert(
      fc.property(data, data, (data, flash) => {
        const snapshot = takeSnapshot(data, flash)
        const record = JSON.parse(recordText(snapshot, life, DAY))
        const plain = JSON.parse(JSON.stringify({ data, flash }))
        expect(readRecord(record)).toEqual({
          ...plain,
          expires: NOON + DAY,
          maxAge: DAY,
          isOwn: false,
        })
      }),
      { numRuns: 2000 },
    )
  })
})

describe('readRecord', () => {
  it.each([
    [
      { user: 'fred', _expire: 5, _maxAge: 3 },
      { expires: 5, maxAge: 3 },
    ],
    [
      { user: 'fred', _session: true },
      { expires: undefined, maxAge: 'session' },
    ],
    [{ user: 'fred' }, { expires: undefined, maxAge: undefined }],
    [
      { user: 'fred', _expire: '5', _maxAge: '3' },
      { expires: undefined, maxAge: undefined },
    ],
    [
      { user: 'fred', _session: 'yes' },
      { expires: undefined, maxAge: undefined },
    ],
    [{ user: 'fred', _flash: { a: 1 } }, { flash: { a: 1 } }],
    [{ user: 'fred', _flash: 'a' }, { flash: {} }],
    [{ user: 'fred', _flash: null }, { flash: {} }],
  ])('takes %j apart', (record, contents) => {
    expect(readRecord(record)).toMatchObject({ data: { user: 'fred' }, ...contents })
  })

  it.each([null, undefined, true, 1, '', '{"user":"fred"}', [], [{ user: 'fred' }], () => {}])(
    'finds no record in %j',
    (value) => {
      expect(readRecord(value)).toBeNull()
    },
  )

  it.each([
    new Date(),
    new Map([['user', 'fred']]),
    new Set(),
    new TextEncoder().encode('{"user":"fred"}'),
    Buffer.from('{"user":"fred"}'),
    new ArrayBuffer(2),
    new Error('x'),
    /x/,
    new String('{"user":"fred"}'),
    new Number(1),
    Promise.resolve({}),
  ])('finds no record in an object that is something else: %s', (value) => {
    expect(readRecord(value)).toBeNull()
  })

  it.each([
    {},
    Object.create(null),
    Object.create({ inherited: 1 }),
    JSON.parse('{"__proto__":{"a":1}}'),
  ])('finds one in any object with keys and values', (value) => {
    expect(readRecord(value)).toMatchObject({ flash: {} })
  })
})

describe('readLive', () => {
  it.each([
    [{ n: 1, _expire: NOON }, true],
    [{ n: 1, _expire: NOON - 1 }, false],
    [{ n: 1, _session: true }, true],
    [{ n: 1 }, true],
    [{ n: 1, _expire: NOON + 1, _ended: true }, false],
    [{ _ended: true }, false],
    [null, false],
    ['{"n":1}', false],
  ])('takes apart what has not ended: %j', (record, isLive) => {
    const contents = readLive(record, NOON)
    expect(contents).toEqual(isLive ? { ...readRecord(record), data: { n: 1 } } : null)
  })

  it('lets nothing live by a clock that tells nothing', () => {
    expect(readLive({ n: 1 }, NaN)).toBeNull()
  })
})

describe('isDataKey', () => {
  it('is what keys are that are neither of the record nor was ever kept', () => {
    const keys = ['user', '', 'isnew', 'a_', 'isNew', '_', '_expire', '__proto__']
    expect(keys.filter(isDataKey)).toEqual(['user', '', 'isnew', 'a_'])
  })
})

describe('parseSnapshot', () => {
  it.each([
    [{}, {}],
    [{ user: 'fred' }, {}],
    [{ user: 'fred\n' }, { note: 'hi\n' }],
    [{}, { note: 'hi' }],
  ])('undoes takeSnapshot: %j, %j', (data, flash) => {
    expect(parseSnapshot(takeSnapshot(data, flash))).toEqual({ data, flash })
  })

  it('has nothing of a session that was never saved', () => {
    expect(parseSnapshot('')).toEqual({ data: {}, flash: {} })
  })
})

describe('parseJson', () => {
  it('reads JSON', () => {
    const value = { a: [1, null, 'é\u0001\n', { b: false }] }
    expect(parseJson(JSON.stringify(value))).toEqual(value)
    expect(() => parseJson('{')).toThrow(SyntaxError)
  })

  it.each(['__proto__', '\\u005f_proto__', '__\\u0070roto__', '__proto_\\u005F'])(
    'leaves out %s at any depth',
    (name) => {
      const value = parseJson(`{"a":[{"${name}":{"x":1},"b":2}],"${name}":{"x":1}}`)
      expect(value).toEqual({ a: [{ b: 2 }] })
      expect(JSON.stringify(value)).toBe('{"a":[{"b":2}]}')
      expect(Object.hasOwn(value as object, '__proto__')).toBe(false)
    },
  )

  it(
    'leaves out nothing else, and reaches no prototype, whatever the JSON',
    async () => {
      const names = [
        '__proto__',
        'constructor',
        'prototype',
        'toString',
        'a',
        '_flash',
        '_expire',
        '',
      ]
      const spelt = fc
        .tuple(fc.constantFrom(...names), fc.array(fc.nat(12), { maxLength: 3 }))
        .map(([name, escaped]) =>
          [...name].map((char, at) => (escaped.includes(at) ? escape(char) : char)).join(''),
        )
      const json = fc.letrec<{ value: string }>((tie) => ({
        value: fc.oneof(
          { depthSize: 'medium', withCrossShrink: true },
          fc.constantFrom('1', 'null', '"__proto__"', '"\\u005f"', 'true', '[]', '{}'),
          fc.array(tie('value'), { maxLength: 3 }).map((values) => `[${values.join(',')}]`),
          fc
            .array(fc.tuple(spelt, tie('value')), { maxLength: 5 })
            .map((pairs) => `{${pairs.map(([name, value]) => `"${name}":${value}`).join(', ')}}`),
        ),
      })).value
      const deep = fc
        .tuple(json, fc.nat(200))
        .map(([inner, levels]) => '{"a":'.repeat(levels) + inner + '}'.repeat(levels))
      const wide = fc.array(json, { minLength: 20, maxLength: 60, size: 'max' })
      const texts = fc.oneof(
        { weight: 20, arbitrary: json },
        { weight: 2, arbitrary: deep },
        { weight: 1, arbitrary: wide.map((values) => `[${values.join(',')}]`) },
      )
      const property = fc.property(texts, (text) => {
        const value = parseJson(text)
        expect(JSON.stringify(value)).toBe(JSON.stringify(without(JSON.parse(text))))
        expect(objectsIn(value).filter((one) => !isOrdinary(one))).toEqual([])
        const contents = readRecord(value)
        expect(Object.getPrototypeOf(contents?.data ?? {})).toBe(Object.prototype)
        expect(Object.keys(Object.prototype)).toEqual([])
      })
      await check('any JSON', property)
    },
    patience,
  )

  it('keeps the name where it is a value', () => {
    expect(parseJson('{"a":"__proto__"}')).toEqual({ a: '__proto__' })
  })
})

describe('isPlainObject and isEmpty', () => {
  it('tell an object with keys from others', () => {
    expect([{}, Object.create(null)].every(isPlainObject)).toBe(true)
    expect([null, undefined, [], 'x', 1, () => {}].some(isPlainObject)).toBe(false)
    expect([isEmpty({}), isEmpty(Object.create(null)), isEmpty({ a: undefined })]).toEqual([
      true,
      true,
      false,
    ])
  })
})

function escape(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** The same without what is called `__proto__`, level by level. */
function without(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(without)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([key]) => key !== '__proto__')
  return Object.fromEntries(entries.map(([key, inner]) => [key, without(inner)]))
}

/** Whether an object inherits what others do, and has no `__proto__` of its own. */
function isOrdinary(value: object): boolean {
  const prototype = Array.isArray(value) ? Array.prototype : Object.prototype
  return Object.getPrototypeOf(value) === prototype && !Object.hasOwn(value, '__proto__')
}

function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return []
  return [value, ...Object.values(value).flatMap(objectsIn)]
}

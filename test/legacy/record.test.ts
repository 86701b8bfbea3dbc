import { describe, expect, it } from 'vitest'
import {
  dataPart,
  decodeBase64,
  decodeBase64url,
  decodeText,
  readJson,
  readObject,
  readRecordText,
} from '../../adapters/legacy/record.ts'
import { DAY, HOUR, NOON } from '../fixtures/clock.ts'

const limits = { now: NOON, longest: DAY, usual: HOUR }
const encode = (text: string): string => Buffer.from(text).toString('base64')
const read = (record: unknown): unknown => readRecordText(encode(JSON.stringify(record)), limits)
const alive = { _expire: NOON + HOUR, _maxAge: HOUR }

/** Objects in objects, so many of them. */
function nest(levels: number): object {
  let value: object = {}
  for (let level = 1; level < levels; level++) value = { a: value }
  return value
}

const keysOf = (count: number): object =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 1]))

describe('bytes from base64', () => {
  it('are read in one spelling', () => {
    for (let length = 0; length < 20; length++) {
      const bytes = crypto.getRandomValues(new Uint8Array(length))
      expect(decodeBase64(Buffer.from(bytes).toString('base64'))).toEqual(bytes)
      expect(decodeBase64url(Buffer.from(bytes).toString('base64url'))).toEqual(bytes)
    }
    const bytes = Uint8Array.from([0xfb, 0xff, 0xbf])
    expect([decodeBase64('+/+/'), decodeBase64url('-_-_')]).toEqual([bytes, bytes])
  })

  it.each([
    'A',
    'AA',
    'AAA',
    'AB==',
    'AAB=',
    ' AAAA',
    'AAAA\n',
    'AA AA',
    'A-A=',
    'AAAA=',
    '%',
    'é',
  ])('are none in %j', (text) => {
    expect(decodeBase64(text)).toBeNull()
  })

  it.each(['A', 'AB', 'AAB', 'AA==', 'AAA=', '+AAA', '/AAA', ' AAA', 'AAA\n', 'AAA.', '%', 'é'])(
    'are none in %j, where URLs have them',
    (text) => {
      expect(decodeBase64url(text)).toBeNull()
    },
  )
})

describe('text from bytes', () => {
  it('is UTF-8 to the letter, or none', () => {
    expect(decodeText(new TextEncoder().encode('\uFEFFé🔑'))).toBe('\uFEFFé🔑')
    expect(decodeText(new Uint8Array(0))).toBe('')
    expect(decodeText(null)).toBeNull()
    expect(decodeText(Uint8Array.from([0x61, 0xc3]))).toBeNull()
    expect(decodeText(Uint8Array.from([0xff]))).toBeNull()
  })
})

describe('a record of koa-session', () => {
  it('is its data, and a time of its own', () => {
    expect(read({ user: 'fred', ...alive })).toEqual({ user: 'fred' })
    expect(read({ user: 'fred', ...alive, _maxAge: HOUR + 1 })).toEqual({
      user: 'fred',
      _maxAge: HOUR + 1,
    })
    expect(read({ user: 'fred', ...alive, _maxAge: DAY })).toMatchObject({ _maxAge: DAY })
    expect(read({ user: 'fred', _session: true })).toEqual({ user: 'fred', _session: true })
  })

  it.each([0, -1, DAY + 1, '60000', null, true, undefined])(
    'has no time of its own that is no such time: %j',
    (_maxAge) => {
      expect(read({ user: 'fred', ...alive, _maxAge })).toEqual({ user: 'fred' })
    },
  )

  it('is alive before its end, and no longer than its application lets it', () => {
    const isAlive = (_expire: unknown): boolean => read({ ...alive, _expire }) !== null
    expect([isAlive(NOON), isAlive(NOON + 1)]).toEqual([false, true])
    // A minute for the other server's clock.
    expect([isAlive(NOON + DAY + 60_000), isAlive(NOON + DAY + 60_001)]).toEqual([true, false])
    for (const odd of [`${NOON + 1}`, null, undefined, [NOON + 1], 1e300, true]) {
      expect([odd, isAlive(odd)]).toEqual([odd, false])
    }
  })

  it('of a browser session says nothing of an end', () => {
    expect(read({ _session: true, _expire: NOON + 1 })).toBeNull()
    expect(read({ _session: true, _expire: null })).toBeNull()
    for (const odd of [1, 'true', false, null]) expect(read({ _session: odd })).toBeNull()
  })

  it.each([
    ['a list', [alive]],
    ['null', null],
    ['text', 'text'],
    ['a number', 1],
    ['true', true],
  ])('is none in %s', (_, value) => {
    expect(read(value)).toBeNull()
  })

  it.each(['', '{', '{"a":1', 'text', '\uFEFF{}'])('is not even JSON in %j', (text) => {
    expect(readRecordText(encode(text), limits)).toBeUndefined()
  })

  it('is not even text where there is no base64, or no UTF-8', () => {
    for (const text of ['%', 'AAA', `${encode('{}')}\n`, Buffer.from([0xff]).toString('base64')]) {
      expect(readRecordText(text, limits)).toBeUndefined()
    }
  })

  it('has one spelling', () => {
    const json = JSON.stringify({ user: 'fred', ...alive })
    expect(readRecordText(encode(json), limits)).toEqual({ user: 'fred' })
    for (const other of [
      ` ${json}`,
      `${json}\n`,
      json.replace(':', ': '),
      json.replace('fred', '\\u0066red'),
      json.replace('{', '{"user":"barney",'),
    ]) {
      expect(readRecordText(encode(other), limits)).toBeNull()
    }
  })

  it('has 32 levels and a thousand keys, and no more', () => {
    expect(read({ ...alive, a: nest(31) })).toMatchObject({ a: {} })
    expect(read({ ...alive, a: nest(32) })).toBeNull()
    expect(read({ ...alive, ...keysOf(998) })).toMatchObject({ k0: 1 })
    expect(read({ ...alive, ...keysOf(999) })).toBeNull()
    expect(read({ ...alive, a: [keysOf(500), keysOf(600)] })).toBeNull()
  })

  it.each(['__proto__', 'constructor', 'prototype'])('has nowhere a key %s', (name) => {
    const json = (inner: string): string =>
      JSON.stringify({ ...alive, a: 'HERE' }).replace('"HERE"', inner)
    for (const inner of [`{"${name}":1}`, `[{"b":{"${name}":{}}}]`]) {
      expect(readRecordText(encode(json(inner)), limits)).toBeNull()
    }
    expect(read({ ...alive, a: { [`${name}s`]: 1, [`my${name}`]: 2 } })).toMatchObject({ a: {} })
    expect(read({ ...alive, a: name })).toEqual({ a: name })
  })
})

describe('an object from JSON', () => {
  it('is an object, or nothing', () => {
    expect(readObject('{"a":{"b":[1]}}')).toEqual({ a: { b: [1] } })
    for (const text of ['[]', 'null', '1', '"text"', '{', '', null, '{"a":{"constructor":1}}']) {
      expect(readObject(text)).toBeNull()
    }
    expect(readObject(JSON.stringify(nest(32)))).not.toBeNull()
    expect(readObject(JSON.stringify(nest(33)))).toBeNull()
  })

  it('may be any other value, or none, where that is asked for', () => {
    expect([readJson('null'), readJson('[1]'), readJson('"a"')]).toEqual([null, [1], 'a'])
    expect([readJson(''), readJson(null), readJson('{')]).toEqual([undefined, undefined, undefined])
  })
})

describe('the part of the application', () => {
  it('is all but what begins with an underscore', () => {
    expect(dataPart({ a: 1, _b: 2, c_: 3, _: 4, '': 5 })).toEqual({ a: 1, c_: 3, '': 5 })
  })
})

import { describe, expect, it } from 'vitest'
import { decide, takeSnapshot, type Facts, type Wish, type Word } from '../../src/decide.ts'
import type { Limits } from '../../src/life.ts'
import { DAY, HOUR, NOON } from '../fixtures/clock.ts'

type Options = Limits & { rolling: boolean; renew: boolean; touchAfter?: number }

const flash = {}
const user = { user: 'fred' }
const baseline = takeSnapshot(user, flash)
const plain: Options = { maxAge: DAY, rolling: false, renew: false }
const saved: Facts = {
  isNew: false,
  wish: '',
  isSettled: false,
  stale: false,
  baseline,
  life: { created: NOON - DAY, issued: NOON - HOUR, expires: NOON + DAY - HOUR, maxAge: undefined },
}
const fresh: Facts = { ...saved, isNew: true, baseline: '' }
const over = { ...saved.life, expires: NOON + 11 * HOUR }
const settled: Facts = { ...saved, isSettled: true, stale: true, life: over }

const table: [word: Word, why: string, facts: Facts, data?: object, options?: Partial<Options>][] =
  [
    // A new session
    ['nothing', 'nothing is in a new one', fresh, {}],
    ['nothing', 'nothing is in a new one, rolling', fresh, {}, { rolling: true, renew: true }],
    ['create', 'something is in a new one', fresh],
    ['create', 'a new one is to be saved, though empty', { ...fresh, wish: 'save' }, {}],
    ['create', 'a new one is to be saved', { ...fresh, wish: 'save' }],
    ['create', 'a new one got a new id', { ...fresh, wish: 'regenerate' }],
    ['create', 'a new one got a new id, though empty', { ...fresh, wish: 'regenerate' }, {}],
    ['nothing', 'nothing but defaults is in a new one', { ...fresh, baseline }],
    ['create', 'the defaults of a new one have changed', { ...fresh, baseline }, { user: 'flo' }],
    ['create', 'the defaults of a new one went', { ...fresh, baseline, wish: 'save' }, {}],
    ['create', 'a new one is to be saved with its defaults', { ...fresh, baseline, wish: 'save' }],
    // One that was there
    ['nothing', 'nothing happened', saved],
    ['changed', 'a value changed', saved, { user: 'flo' }],
    ['changed', 'a value was added', saved, { user: 'fred', n: 1 }],
    ['changed', 'everything went', saved, {}],
    ['changed', 'the order changed', { ...saved, baseline: '{"b":1,"a":1}' }, { a: 1, b: 1 }],
    [
      'nothing',
      'less than a tenth of its time is over',
      { ...saved, life: { ...saved.life, expires: NOON + 0.9 * DAY + 1 } },
      user,
      { rolling: true },
    ],
    [
      'rolling',
      'a tenth of its time is over',
      { ...saved, life: { ...saved.life, expires: NOON + 0.9 * DAY } },
      user,
      { rolling: true },
    ],
    [
      'rolling',
      'a tenth of its own time is over',
      { ...saved, life: { ...saved.life, maxAge: 10 * HOUR, expires: NOON + 9 * HOUR } },
      user,
      { rolling: true },
    ],
    [
      'nothing',
      'less than a tenth of its own time is over',
      { ...saved, life: { ...saved.life, maxAge: 10 * HOUR + 10, expires: NOON + 9 * HOUR + 10 } },
      user,
      { rolling: true },
    ],
    [
      'rolling',
      'its time has become longer, though its last save is not long ago',
      { ...saved, life: { ...saved.life, issued: NOON - 1 } },
      user,
      { rolling: true, maxAge: 10 * DAY },
    ],
    [
      'nothing',
      'it will end by absoluteMaxAge, and there is nothing to be gained',
      { ...saved, life: { ...saved.life, expires: NOON + HOUR } },
      user,
      { rolling: true, absoluteMaxAge: DAY + HOUR },
    ],
    ['rolling', 'every response saves', saved, user, { rolling: true, touchAfter: 0 }],
    [
      'rolling',
      'every response saves, even in the millisecond of the last save',
      { ...saved, life: { ...saved.life, issued: NOON, expires: NOON + DAY } },
      user,
      { rolling: true, touchAfter: 0 },
    ],
    [
      'rolling',
      'every response saves, and the clock that it was saved by is ahead',
      { ...saved, life: { ...saved.life, issued: NOON + 1, expires: NOON + DAY + 1 } },
      user,
      { rolling: true, touchAfter: 0 },
    ],
    [
      'rolling',
      'its last save is touchAfter ago',
      saved,
      user,
      { rolling: true, touchAfter: HOUR },
    ],
    [
      'nothing',
      'its last save is not touchAfter ago',
      saved,
      user,
      { rolling: true, touchAfter: HOUR + 1 },
    ],
    [
      'rolling',
      'half its time is over, though its last save is not touchAfter ago',
      { ...saved, life: { ...saved.life, expires: NOON + DAY / 2 } },
      user,
      { rolling: true, touchAfter: DAY },
    ],
    [
      'rolling',
      'it does not tell when it ends',
      { ...saved, life: { ...saved.life, expires: Infinity, maxAge: 'session' } },
      user,
      { rolling: true },
    ],
    [
      'rolling',
      'half its time is over, whether it is renewed or not',
      { ...saved, life: over },
      user,
      { rolling: true, renew: true },
    ],
    [
      'nothing',
      'its store wants it left alone for longer',
      { ...saved, pause: HOUR + 1 },
      user,
      { rolling: true, touchAfter: 0 },
    ],
    [
      'rolling',
      'its store wants it left alone no longer',
      { ...saved, pause: HOUR },
      user,
      { rolling: true, touchAfter: 0 },
    ],
    [
      'rolling',
      'half its time is over, though its store wants it left alone',
      { ...saved, pause: DAY, life: over },
      user,
      { rolling: true, maxAge: 2 * HOUR },
    ],
    ['renew', 'half its time is over', { ...saved, life: over }, user, { renew: true }],
    ['nothing', 'half its time is over, but nobody asked', { ...saved, life: over }],
    ['nothing', 'less than half its time is over', saved, user, { renew: true }],
    ['forced', 'its secret is an old one', { ...saved, stale: true }],
    [
      'renew',
      'its secret is old and half its time is over',
      { ...saved, stale: true, life: over },
      user,
      { renew: true },
    ],
    [
      'rolling',
      'its secret is old and every response saves',
      { ...saved, stale: true },
      user,
      { rolling: true, touchAfter: 0 },
    ],
    [
      'forced',
      'its secret is old, though its last save is not long ago',
      { ...saved, stale: true },
      user,
      { rolling: true },
    ],
    [
      'changed',
      'a value changed before all that',
      { ...saved, stale: true, life: over },
      {},
      { rolling: true, renew: true },
    ],
    ['forced', 'it is to be saved', { ...saved, wish: 'save' }],
    ['forced', 'it is to be saved, and changed', { ...saved, wish: 'save' }, {}],
    [
      'forced',
      'it is to be saved, and every response saves',
      { ...saved, wish: 'save' },
      user,
      { rolling: true },
    ],
    ['regenerate', 'it got a new id', { ...saved, wish: 'regenerate' }],
    [
      'regenerate',
      'it got a new id, and changed',
      { ...saved, wish: 'regenerate' },
      {},
      { rolling: true },
    ],
    // One that was committed before
    ['nothing', 'it was saved a moment ago', settled, user, { rolling: true, renew: true }],
    ['changed', 'it was saved and then changed', settled, {}, { rolling: true }],
    ['forced', 'it was saved and is to be saved again', { ...settled, wish: 'save' }],
    ['regenerate', 'it was saved and then got a new id', { ...settled, wish: 'regenerate' }],
    ['destroy', 'it was saved and then ended', { ...settled, isNew: true, wish: 'destroy' }, {}],
    // One that was ended
    ['destroy', 'it was ended', { ...fresh, wish: 'destroy' }, {}],
    [
      'destroy',
      'it was ended, and every response saves',
      { ...fresh, wish: 'destroy' },
      {},
      { rolling: true, renew: true },
    ],
    ['destroy', 'it was ended before it was marked as new', { ...saved, wish: 'destroy' }, {}],
    ['regenerate', 'it was ended and something put in', { ...fresh, wish: 'destroy' }],
  ]

const lifeAfter = (facts: Partial<Facts>, options: Partial<Options> = {}, data: object = user) =>
  decide({ ...saved, ...facts }, { data: data as {}, flash }, { ...plain, ...options }, NOON).life

describe('decide', () => {
  it.each(table)('says %s when %s', (word, _, facts, data = user, options = {}) => {
    const decision = decide(facts, { data: data as {}, flash }, { ...plain, ...options }, NOON)
    expect(decision.word).toBe(word)
    expect(decision.snapshot).toBe(JSON.stringify(data))
  })

  it('has every word in that table', () => {
    const words = new Set(table.map(([word]) => word))
    expect([...words].toSorted()).toEqual([
      'changed',
      'create',
      'destroy',
      'forced',
      'nothing',
      'regenerate',
      'renew',
      'rolling',
    ])
  })

  it('gives one word for every state there is, and changes no argument', () => {
    let states = 0
    for (const isNew of [true, false])
      for (const stale of [true, false])
        for (const wish of ['', 'save', 'regenerate', 'destroy'] as Wish[])
          for (const data of [{}, user, { user: 'flo' }])
            for (const rolling of [true, false])
              for (const renew of [true, false])
                for (const maxAge of [DAY, 'session'] as const) {
                  const facts = Object.freeze({
                    ...saved,
                    isNew,
                    stale,
                    wish,
                    life: Object.freeze(over),
                  })
                  const options = Object.freeze({ maxAge, rolling, renew })
                  const contents = Object.freeze({ data: Object.freeze(data), flash })
                  const { word, life } = decide(facts, contents, options, NOON)
                  expect(word).toMatch(/^[a-z]+$/)
                  expect(life.expires).toBeTypeOf('number')
                  states++
                }
    expect(states).toBe(384)
  })

  it('sees a flash as it sees data', () => {
    const word = (facts: Facts, flash: object): Word =>
      decide(facts, { data: user, flash: flash as {} }, plain, NOON).word
    const withFlash = { ...saved, baseline: takeSnapshot(user, { note: 'hi' }) }
    expect(word(saved, { note: 'hi' })).toBe('changed')
    expect(word(withFlash, { note: 'hi' })).toBe('nothing')
    expect(word(withFlash, { note: 'ho' })).toBe('changed')
    expect(word(withFlash, {})).toBe('changed')
    expect(decide(fresh, { data: {}, flash: { note: 'hi' } }, plain, NOON).word).toBe('create')
    expect(
      decide({ ...fresh, wish: 'destroy' }, { data: {}, flash: { a: 1 } }, plain, NOON).word,
    ).toBe('regenerate')
  })

  it.each([
    ['exactly half left', 12 * HOUR, {}, undefined, 'nothing'],
    ['less than half left', 12 * HOUR - 1, {}, undefined, 'renew'],
    ['nothing left', 0, {}, undefined, 'renew'],
    ['half of its own maxAge left', HOUR, {}, 2 * HOUR, 'nothing'],
    ['less than half of its own maxAge left', HOUR - 1, {}, 2 * HOUR, 'renew'],
    [
      'half of absoluteMaxAge left, which is less',
      HOUR,
      { absoluteMaxAge: 2 * HOUR },
      undefined,
      'nothing',
    ],
    ['less than that left', HOUR - 1, { absoluteMaxAge: 2 * HOUR }, undefined, 'renew'],
    ['a browser session', 1, { maxAge: 'session' }, undefined, 'nothing'],
    ['a browser session of its own', 1, {}, 'session', 'nothing'],
    ['no end', Infinity, {}, undefined, 'nothing'],
  ] as const)('renews only with less than half left: %s', (_, left, options, maxAge, word) => {
    const life = { ...saved.life, created: NOON, expires: NOON + left, maxAge }
    const decision = decide(
      { ...saved, life },
      { data: user, flash },
      { ...plain, renew: true, ...options },
      NOON,
    )
    expect(decision.word).toBe(word)
  })
})

describe('the life after a decision', () => {
  const renewed = { created: NOON - DAY, issued: NOON, expires: NOON + DAY, maxAge: undefined }

  it('is the same where nothing is written', () => {
    expect(lifeAfter({})).toBe(saved.life)
  })

  it('is the same where only the secret is new', () => {
    expect(lifeAfter({ stale: true })).toBe(saved.life)
  })

  it('begins again at every other save', () => {
    expect(lifeAfter({}, {}, { user: 'flo' })).toEqual(renewed)
    expect(lifeAfter({}, { rolling: true, touchAfter: 0 })).toEqual(renewed)
    expect(lifeAfter({ life: over }, { renew: true })).toEqual(renewed)
    expect(lifeAfter({ wish: 'save' })).toEqual(renewed)
    expect(lifeAfter({ wish: 'save', stale: true })).toEqual(renewed)
  })

  it('counts from now in a new session and under a new id', () => {
    const born = { ...renewed, created: NOON }
    expect(lifeAfter({ isNew: true, baseline: '' })).toEqual(born)
    expect(lifeAfter({ wish: 'regenerate' })).toEqual(born)
    expect(lifeAfter({ wish: 'destroy' })).toEqual(born)
  })

  it('keeps its own maxAge', () => {
    const life = { ...saved.life, maxAge: HOUR }
    expect(lifeAfter({ life, wish: 'save' })).toEqual({
      ...renewed,
      maxAge: HOUR,
      expires: NOON + HOUR,
    })
    expect(lifeAfter({ life, wish: 'regenerate' })).toMatchObject({ maxAge: HOUR })
  })

  it.each([
    ['the idle limit', DAY, 2 * DAY, 0, DAY],
    ['the absolute one, which is less', DAY, HOUR, 0, HOUR],
    ['what is left of the absolute one', DAY, 25 * HOUR, 24 * HOUR, HOUR],
    ['nothing once that is over', DAY, HOUR, 2 * HOUR, -HOUR],
    ['the absolute one for a browser session', 'session', 8 * HOUR, 0, 8 * HOUR],
    ['30 days for a browser session', 'session', undefined, 0, 30 * DAY],
  ] as const)('ends after %s', (_, maxAge, absoluteMaxAge, age, left) => {
    const life = { ...saved.life, created: NOON - age }
    const after = lifeAfter({ life, wish: 'save' }, { maxAge, absoluteMaxAge })
    expect(after.expires).toBe(NOON + left)
  })
})

describe('takeSnapshot', () => {
  it('differs where anything in it does', () => {
    const values = [{}, { a: 1 }, { a: '1' }, { a: [1] }, { a: { b: 1 } }, { b: 1 }, { a: null }]
    const flashes = [{}, { a: 1 }, { a: { b: 1 } }]
    const texts = values.flatMap((data) => flashes.map((flash) => takeSnapshot(data, flash)))
    expect(new Set(texts).size).toBe(values.length * flashes.length)
    expect(takeSnapshot({ a: '"}\n{"' }, {})).not.toBe(takeSnapshot({ a: '"}' }, { a: 1 }))
  })

  const cycle: Record<string, unknown> = { canary: 1 }
  cycle.self = cycle
  let deep: unknown = 'canary'
  for (let level = 0; level < 50_000; level++) deep = { deep }

  it.each([
    ['a cycle', cycle],
    ['a bigint', { canary: 10n }],
    ['50,000 levels', { deep }],
  ])('refuses what JSON cannot write, and says nothing of it: %s', (_, data) => {
    const message =
      'The session holds what JSON cannot write: a cycle, a BigInt, or too many levels.'
    const expected = { code: 'ERR_SESSION_DATA', message }
    expect(() => takeSnapshot(data, {})).toThrowError(expect.objectContaining(expected))
  })
})

it.each([
  ['nothing', 0],
  ['renew', 1],
] as const)('renews nothing at the end of the absolute limit: %s', (word, more) => {
  const life = { created: NOON - DAY, issued: NOON - HOUR, expires: NOON + HOUR, maxAge: undefined }
  const saved = { isNew: false, wish: '', isSettled: false, stale: false, baseline: '{"a":1}' }
  const limits = { ...plain, renew: true, absoluteMaxAge: DAY + HOUR + more }
  expect(
    decide({ ...saved, life } as never, { data: { a: 1 }, flash: {} }, limits, NOON).word,
  ).toBe(word)
})

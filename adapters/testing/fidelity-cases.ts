import { check, checkEqual, checkGone } from './assert.ts'
import type { Case, Section, Trial } from './trial.ts'

/** Data that some way of keeping JSON does not bring back as they were. */
export const samples: Readonly<Record<string, unknown>> = {
  'text of every script, with emoji, quotes, line ends and NUL': [
    'Zoë Ångström',
    '\u0435\u0451 \u4e2d\u6587 \u0627\u0644\u0639\u0631\u0628\u064a\u0629',
    '🐦👩‍👩‍👧',
    '"\'`\\/<>&%',
    'a\r\nb\tc\u0000d\u2028e\u2029f\ufeff',
  ],
  'half a surrogate pair': ['\ud83d', '\udc26', 'a\udc26\ud83db'],
  'text that looks like something else': [
    '1',
    '007',
    '1e3',
    '9007199254740993',
    'true',
    'null',
    '{"a":1}',
    '"text"',
    '2026-03-03T12:00:00.000Z',
    '$1 %s {{x}}',
    '',
    ' ',
  ],
  'numbers to the last digit': [
    0, 1, -1, 1.5, 0.1, 0.30000000000000004, 1e21, 5e-324, 1.7976931348623157e308, 9007199254740991,
    -9007199254740991, 1767225600123,
  ],
  'true, false and null': [true, false, null, { no: false, none: null }],
  'empty objects, empty lists and empty text': [{}, [], '', { o: {}, l: [], t: '' }, [[]], [{}]],
  'lists in their order, within lists': [[3, 1, 2], [[1], [[2]]], [{ b: 1, a: [{}] }]],
  'keys of any text': Object.fromEntries(
    ['', ' ', '0', '1', 'a.b', '$set', 'a:b', 'constructor', 'toString', 'length', 'é', '🐦'].map(
      (key, index) => [key, index],
    ),
  ),
  'a hundred levels': nest(100),
  'sixty kilobytes of text': 'é🐦x '.repeat(10_000).slice(0, 40_000),
}

/** What a record holds comes back as it was. */
export const fidelitySection: Section = {
  subject: 'what a record holds',
  cases: [
    ...Object.entries(samples).map(([name, sample]): Case => [
      `is kept: ${name}`,
      async (trial) => {
        const key = trial.key('a')
        const record = trial.record({ sample })
        await trial.set(key, record)
        checkEqual(await trial.get(key), record, `get() gives back ${name}`)
      },
    ]),
    [
      'is kept: the fields that begin with an underscore',
      async (trial) => {
        const records = [
          { ...trial.record({ n: 1 }), _flash: { note: 'hi', list: [] } },
          { n: 1, _session: true as const },
        ]
        for (const [index, record] of records.entries()) {
          const key = trial.key(`${index}`)
          await trial.set(key, record)
          checkEqual(await trial.get(key), record, 'A record’s own fields belong to it')
        }
      },
    ],
    [
      'is kept from prototypes: a key named __proto__',
      async (trial) => {
        const key = trial.key('a')
        const text = '{"__proto__":{"admin":true},"deep":{"__proto__":{"admin":true},"n":1}}'
        await trial.set(key, trial.record(JSON.parse(text) as Record<string, unknown>))
        const found = await trial.get(key)
        checkEqual(found?.deep?.n, 1, 'A record with a key __proto__ is kept')
        check(found.admin === undefined, 'A key __proto__ in a record is no prototype')
        check(found.deep.admin === undefined, 'A key __proto__ within a record is no prototype')
        check(!('admin' in {}), 'A key __proto__ in a record leaves other objects alone')
      },
    ],
  ],
}

/** Keys that a store has to take. */
const keys: Readonly<Record<string, string>> = {
  'such as the session manager makes': 'A9_-'.repeat(11).slice(1),
  'with a prefix of 128 characters': `${'a:b.c-d_'.repeat(16)}${'x'.repeat(43)}`,
  'with spaces': ' a  b ',
  'with slashes': '/a//b/',
  'with the way to another folder': '../../etc/a',
  'with what patterns and queries are made of': '*?[a]{b}$;\'"`%_\\',
  'with what addresses are made of': '?a=b&c#d%2e%2e+@:',
  'with letters of every script': 'ключ-中文-é-🐦',
  'that is the name of a property': 'constructor',
  'of four hundred characters': 'x'.repeat(400),
}

/** Keys that a store may refuse. */
const odd: readonly string[] = ['', '.', '..', 'a\0b', 'a\r\nb', '字'.repeat(400), 'x'.repeat(5000)]

/** Keys are told apart, whatever is in them. */
export const keySection: Section = {
  subject: 'a key',
  cases: [
    ...Object.entries(keys).map(([name, start]): Case => [
      `is taken: ${name}`,
      async (trial) => {
        const key = start === 'constructor' ? start : `${start}${trial.key('')}`.slice(-400)
        const record = trial.record({ key })
        await trial.set(key, record)
        checkEqual(await trial.get(key), record, `A key is taken ${name}`)
        await trial.destroy(key)
        checkGone(await trial.get(key), `A key is let go ${name}`)
      },
    ]),
    [
      'is not found for being the name of a property',
      async (trial) => {
        for (const key of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length']) {
          checkGone(await trial.get(key), `A key ${key} that was never set has no record`)
        }
      },
    ],
    [
      'is told from another that differs in case, in blanks or in the way it is written',
      async (trial) => {
        const all = ['k', 'K', 'k ', ' k', 'k/', './k', 'k%20', 'é', 'e\u0301'].map((key) =>
          trial.key('').concat(key),
        )
        for (const key of all) await trial.set(key, trial.record({ key }))
        for (const key of all) {
          checkEqual((await trial.get(key))?.key, key, 'Keys that differ have records that differ')
        }
      },
    ],
    [
      'is kept or refused, and never taken for another',
      async (trial) => {
        const kept = []
        for (const key of odd) {
          if (await isKept(trial, key)) kept.push(key)
        }
        for (const key of kept) {
          checkEqual((await trial.get(key))?.key, key, 'A key that is taken has its own record')
          await trial.destroy(key)
        }
      },
    ],
  ],
}

async function isKept(trial: Trial, key: string): Promise<boolean> {
  try {
    await trial.set(key, trial.record({ key }))
    return true
  } catch {
    return false
  }
}

function nest(levels: number): unknown {
  let value: unknown = 'bottom'
  for (let level = 0; level < levels; level++) value = level % 2 ? [value] : { value }
  return value
}

import { act, assign, begin, casesOf, holding, leave, read, start, stored } from './modes.ts'
import { pack, pair } from '../stage.ts'
import type { Stage } from '../stage.ts'
import type { Case } from '../run.ts'

const { found, cookie, store, both } = casesOf('data')

/** What a handler can see of one key, and whether the session still works. */
const inspectKey = (key: string) =>
  act((ctx, { note }) => {
    const { session } = ctx
    const value = session[key]
    const text = JSON.stringify(session)
    note(typeof value === 'function' ? '<function>' : value, session.a, JSON.parse(text))
  })

const words = [
  'constructor',
  'hasOwnProperty',
  'toString',
  'valueOf',
  'inspect',
  'commit',
  'sessCtx',
  'store',
  'id',
  'cookie',
  'then',
  'key',
  'ctx',
  'data',
  'version',
  'expire',
  'new',
]
for (const key of words) {
  both(`assigned with a key ${key}`, [
    assign({ [key]: 'v', a: 1 }),
    inspectKey(key),
    act((ctx) => void (ctx.session.a = 2)),
    inspectKey(key),
  ])
}
for (const key of ['flash', 'update', 'destroy']) {
  both(`a key ${key} of the application, set`, [
    act((ctx) => void (ctx.session[key] = { info: ['x'] })),
    inspectKey(key),
    act((ctx) => void ctx.session[key].info.push('y')),
    inspectKey(key),
    act((ctx) => void delete ctx.session[key]),
    read(),
  ])
  both(`a key ${key} of the application, assigned`, [assign({ [key]: 'v', a: 1 }), inspectKey(key)])
  both(`a key ${key} of the application, set when missing`, [
    act((ctx) => {
      const list = (ctx.session[key] = ctx.session[key] || {})
      list.info = ['x']
    }),
    inspectKey(key),
    // What one visitor was told is nobody else's.
    act((ctx, { note }) => note(ctx.session[key]?.info), { jar: 'another' }),
  ])
}

const methods = ['save', 'regenerate', 'manuallyCommit', 'toJSON']
const getters = ['length', 'populated', 'externalKey', 'isNew']
const marks = ['_foo', '_requireSave', '_expire', '_maxAge', '_session', '_ctx', '_sessCtx']
for (const key of [...methods, ...getters, ...marks]) {
  both(`assigned with a name of its own: ${key}`, [
    assign({ [key]: 'v', a: 1 }),
    inspectKey(key),
    act((ctx) => void (ctx.session.a = 2)),
    read(),
  ])
  cookie(`read with a name of its own: ${key}`, [
    { ...inspectKey(key), cookie: pair(pack({ ...stored({ a: 1 }), [key]: 'v' })) },
  ])
  store(`read with a name of its own: ${key}`, [{ ...inspectKey(key), cookie: pair('k1') }], {
    options: holding('k1', { ...stored({ a: 1 }), [key]: 'v' }),
  })
}
for (const [key, value] of [
  ['maxAge', 1234],
  ['maxAge', 'session'],
  ['maxAge', '1234'],
  ['_maxAge', 1234],
  ['_session', true],
  ['_expire', 1234],
] as const) {
  both(`assigned with a control: ${key} ${JSON.stringify(value)}`, [
    assign({ [key]: value, a: 1 }),
    act((ctx, { note }) => note(ctx.session.maxAge, ctx.session.toJSON())),
    act((ctx) => void (ctx.session.a = 2)),
  ])
}
for (const key of ['_foo', '_maxAge', '_session', '_expire', 'isNew']) {
  both(`set directly: ${key}`, [
    act((ctx) => {
      ctx.session.a = 1
      ctx.session[key] = key === '_session' ? true : 7
    }),
    read(),
  ])
}
for (const key of methods) {
  both(`set directly: ${key}`, [
    act((ctx) => {
      ctx.session.a = 1
      ctx.session[key] = 'v'
    }),
    read(),
  ])
}
for (const key of ['length', 'populated', 'externalKey']) {
  both(`set directly: ${key}`, [begin(), act((ctx) => void (ctx.session[key] = 7)), read()])
}
const hostile = '{"__proto__":{"admin":true},"a":1}'
const lookAround = act((ctx, { note }) => {
  note(ctx.session.admin, ctx.session.a, ({} as any).admin)
  note(typeof ctx.session.save, ctx.session.populated)
})
both('__proto__ in assigned data', [assign(JSON.parse(hostile)), lookAround])
both('__proto__ in assigned data, read at once', [
  act((ctx, { note }) => {
    ctx.session = JSON.parse(hostile)
    note(ctx.session.admin, ctx.session.a, ctx.session.toJSON().admin)
  }),
])
cookie('__proto__ in a cookie', [
  { ...lookAround, cookie: pair(Buffer.from(hostile).toString('base64')) },
])
store('__proto__ in a record', [{ ...lookAround, cookie: pair('k1') }], {
  options: (stage) => ({
    store: { ...stage.store(), get: async () => JSON.parse(hostile) },
  }),
})
both('__proto__ set directly', [
  act((ctx) => {
    ctx.session.a = 1
    ctx.session.__proto__ = 'v'
  }),
  read(),
])
both('__proto__ and constructor deep inside', [
  act((ctx) => {
    ctx.session.deep = JSON.parse('{"__proto__":{"admin":true},"constructor":{"prototype":{}}}')
  }),
  act((ctx, { note }) => {
    note(JSON.stringify(ctx.session.deep), ({} as any).admin)
  }),
  act((ctx) => void (ctx.session.deep.more = 1)),
  act((ctx, { note }) => note(JSON.stringify(ctx.session.deep))),
])

const values: [name: string, make: () => unknown][] = [
  ['null', () => null],
  ['false', () => false],
  ['0', () => 0],
  ['-0', () => -0],
  ['NaN', () => NaN],
  ['1e300', () => 1e300],
  ['an empty string', () => ''],
  ['text beyond ASCII', () => 'žluťoučký 馬 🐎 \u0000\u2028'],
  ['a lone surrogate', () => '\ud83d'],
  ['undefined in an object', () => ({ a: undefined, b: 1 })],
  ['undefined in an array', () => [undefined, 1]],
  ['an array with a hole', () => Object.assign([1], { 2: 3 })],
  ['a Date', () => new Date(start)],
  ['a RegExp', () => /x/],
  ['a Map', () => new Map([[1, 2]])],
  ['a Set', () => new Set([1])],
  ['a Buffer', () => Buffer.from('ab')],
  ['a typed array', () => new Uint8Array([1, 2])],
  ['a Symbol', () => Symbol('s')],
  ['an object with toJSON', () => ({ toJSON: () => ({ made: 1 }) })],
  [
    'an instance of a class',
    () =>
      new (class Point {
        x = 1
      })(),
  ],
  ['a boxed string', () => new String('boxed')],
  ['an empty object', () => ({})],
  ['an empty array', () => []],
  ['a function deep inside', () => ({ f: () => 1, n: 1 })],
  [
    'twenty levels',
    () => {
      let deep: object = { end: true }
      for (let level = 0; level < 20; level++) deep = { deep }
      return deep
    },
  ],
]
for (const [name, make] of values) {
  both(`value: ${name}`, [act((ctx) => void (ctx.session.value = make())), read(), read()])
}
both('value: undefined beside another', [begin({ u: undefined, a: 1 }), read()])
both('value: undefined alone in a new session', [begin({ u: undefined }), read()])
both('value: a function alone in a new session', [begin({ f: () => 1 }), read()])
both('value: a function beside another', [begin({ f: () => 1, a: 1 }), read()])
both('value: set to undefined', [begin({ a: 1, b: 2 }), begin({ a: undefined }), read()])
both('value: a Date is a string afterwards', [
  begin({ d: new Date(start) }),
  act((ctx) => [typeof ctx.session.d, ctx.session.d]),
])
both('a Symbol as key', [
  act((ctx) => {
    ctx.session.a = 1
    ctx.session[Symbol('s')] = 'v'
  }),
  read(),
])
for (const key of ['', ' ', 'a.b', 'a b', 'ž', '🐎', '"', '0', '-1', '$key', 'a\nb']) {
  both(`a key ${JSON.stringify(key)}`, [begin({ [key]: 1 }), begin({ [key]: 2 }), read()])
}
both('keys that look like numbers', [
  begin({ b: 1, 2: 'x', 1: 'y', a: 2 }),
  act((ctx) => Object.entries(ctx.session.toJSON())),
  read(),
])
both('a hidden property', [
  act((ctx) => {
    ctx.session.a = 1
    Object.defineProperty(ctx.session, 'hidden', { value: 1, enumerable: false })
  }),
  read(),
])

const payloads: [name: string, text: string][] = [
  ['null', 'null'],
  ['false', 'false'],
  ['0', '0'],
  ['an empty string', '""'],
  ['a number', '5'],
  ['a string', '"abc"'],
  ['an array', '[1,2]'],
  ['true', 'true'],
  ['{}', '{}'],
  ['half an object', '{'],
  ['two objects', '{}{}'],
  ['nothing', ''],
  ['bytes that are no text', '\u00ff\u00fe'],
]
for (const [name, text] of payloads) {
  const value = Buffer.from(text, 'latin1').toString('base64')
  cookie(`a cookie whose payload is ${name}`, [
    act((ctx) => ({ session: ctx.session, isNew: ctx.session.isNew }), { cookie: pair(value) }),
    leave({ cookie: pair(value) }),
  ])
}
for (const text of ['%%%', 'eyJhIjox', ' ', 'a,b', 'ž', '={}']) {
  cookie(`a cookie whose value is ${JSON.stringify(text)}`, [
    read({ cookie: Buffer.from(pair(text)).toString('latin1') }),
  ])
}
const answers: [name: string, value: unknown][] = [
  ['undefined', undefined],
  ['null', null],
  ['false', false],
  ['0', 0],
  ['an empty string', ''],
  ['a string', 'abc'],
  ['a string of JSON', '{"a":1}'],
  ['an array', [1]],
  ['true', true],
  ['{}', {}],
  ['5', 5],
]
for (const [name, value] of answers) {
  store(
    `the store gives ${name}`,
    [
      act((ctx) => ({ session: ctx.session, isNew: ctx.session.isNew }), { cookie: pair('k1') }),
      leave({ cookie: pair('k1') }),
    ],
    { options: (stage: Stage) => ({ store: { ...stage.store(), get: async () => value } }) },
  )
}
store(
  'the store keeps what it is given, and it is changed later',
  [
    act(async (ctx) => {
      ctx.session.o = { x: 1 }
      await ctx.session.save()
      ctx.session.o.x = 2
    }),
    read(),
  ],
  { options: living },
)
store(
  'the store gives the object it keeps',
  [act((ctx) => void (ctx.session.o = { x: 1 })), act((ctx) => void (ctx.session.o.x = 2)), read()],
  { options: living },
)

function living(stage: Stage): object {
  const kept = new Map<string, unknown>()
  const get = async (key: string): Promise<unknown> => kept.get(key)
  const set = async (key: string, record: unknown): Promise<void> => void kept.set(key, record)
  const destroy = async (key: string): Promise<void> => void kept.delete(key)
  return { genid: stage.genid, store: { get, set, destroy } }
}

for (const size of [1000, 2800]) {
  both(`${size} characters`, [begin({ text: 'x'.repeat(size) }), read()])
}
store('100,000 characters', [begin({ text: 'x'.repeat(100_000) }), read()])
cookie('5,000 characters', [begin({ text: 'x'.repeat(5000) }), leave()])
cookie('5,000 characters over an existing session', [
  begin(),
  begin({ text: 'x'.repeat(5000) }),
  read(),
])
store('an id of 5,000 characters', [begin()], {
  options: () => ({ genid: () => 'x'.repeat(5000) }),
})
both('a hundred keys', [
  begin(Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`k${at}`, at]))),
  act((ctx) => ctx.session.length),
])

const record = pair(pack({ ...stored({ a: 1 }), extra: { _under: 1 } }))
cookie('a key with an underscore deep inside', [
  read({ cookie: record }),
  { ...begin({ b: 1 }), cookie: record },
])
store('a record with keys of others', [read({ cookie: pair('k1') }), begin({ b: 1 }), read()], {
  options: holding('k1', stored({ a: 1, _theirs: 2, isNew: true })),
})

export const data: Case[] = found

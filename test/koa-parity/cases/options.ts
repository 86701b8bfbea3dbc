import { act, assign, begin, casesOf, day, held, holding, hour, leave, read } from './modes.ts'
import { stored } from './modes.ts'
import { pack, pair, unpack } from '../stage.ts'
import type { Loose, Stage } from '../stage.ts'
import type { Case } from '../run.ts'

const { found, plain, cookie, store, both } = casesOf('options')

const visit = [begin(), read(), begin({ b: 2 }), assign(null), read()]

both('no further option', visit)

const nullable = [
  'sameSite',
  'secure',
  'httpOnly',
  'signed',
  'overwrite',
  'autoCommit',
  'rolling',
  'renew',
  'externalKey',
  'genid',
  'valid',
  'beforeSave',
  'prefix',
  'ContextStore',
  'key',
  'encode',
  'decode',
  'domain',
  'path',
  'priority',
  'partitioned',
  'expires',
]
for (const option of [...nullable, 'store']) {
  for (const value of [null, undefined]) {
    cookie(`option ${option} is ${value}`, visit, { options: () => ({ [option]: value }) })
  }
}
for (const option of nullable) {
  for (const value of [null, undefined]) {
    store(`option ${option} is ${value}`, visit, { options: () => ({ [option]: value }) })
  }
}
for (const value of [null, undefined]) {
  cookie(`every option is ${value}`, visit, {
    options: () => Object.fromEntries([...nullable, 'store'].map((option) => [option, value])),
  })
}

const settings: [option: string, value: unknown, name?: string][] = [
  ['sameSite', true],
  ['sameSite', false],
  ['sameSite', 'lax'],
  ['sameSite', 'strict'],
  ['sameSite', 'none'],
  ['sameSite', 'Lax'],
  ['sameSite', 'bogus'],
  ['sameSite', ''],
  ['secure', false],
  ['secure', 'auto'],
  ['httpOnly', false],
  ['httpOnly', 'yes'],
  ['signed', false],
  ['signed', 'yes'],
  ['overwrite', false],
  ['overwrite', 1],
  ['autoCommit', 0],
  ['rolling', 'yes'],
  ['renew', 1],
  ['key', 'sid'],
  ['key', '__Host-sid'],
  ['key', 'a.b+c'],
  ['key', ''],
  ['key', 'a b'],
  ['key', 'a;b'],
  ['key', 'a=b'],
  ['key', 'ž'],
  ['key', 5],
  ['domain', '.example.com'],
  ['domain', 'example.com'],
  ['domain', 'bad domain'],
  ['domain', ''],
  ['priority', 'high'],
  ['priority', 'Low'],
  ['priority', 'bogus'],
  ['partitioned', true],
  ['partitioned', false],
  ['path', '/x'],
  ['path', '/a;b'],
  ['path', ''],
  ['expires', new Date(0), 'the beginning of time'],
  ['expires', new Date(2e12), 'a Date'],
  ['prefix', 'p:'],
  ['prefix', 5],
  ['genid', 'id'],
  ['valid', true],
  ['beforeSave', 'x'],
  ['encode', 'x'],
  ['decode', 1],
  ['externalKey', {}],
  ['externalKey', { get: () => '' }, 'an object without set'],
  ['externalKey', 'x-session'],
  ['store', {}],
  ['store', 'memory'],
  ['store', { get() {}, set() {} }, 'an object without destroy'],
  ['store', { get() {}, destroy() {} }, 'an object without set'],
  ['store', { set() {}, destroy() {} }, 'an object without get'],
  ['store', { get: 1, set: 2, destroy: 3 }, 'an object of numbers'],
  ['ContextStore', {}],
  ['ContextStore', Set, 'a class without its methods'],
  ['ContextStore', () => ({}), 'an arrow function'],
  ['domian', 'typo'],
  ['encrypt', false],
]
for (const [option, value, name = JSON.stringify(value)] of settings) {
  cookie(`option ${option} is ${name}`, visit, { options: () => ({ [option]: value }) })
}
for (const [option, value] of settings.filter(([, value]) => typeof value !== 'object')) {
  if (typeof value === 'function') continue
  store(`option ${option} is ${JSON.stringify(value)}`, visit, {
    options: () => ({ [option]: value }),
  })
}
both(
  'all attributes at once',
  [
    { ...begin(), headers: { 'x-forwarded-proto': 'https' } },
    { ...assign(null), headers: { 'x-forwarded-proto': 'https' } },
  ],
  {
    options: () => ({
      key: 'sid',
      path: '/',
      domain: 'example.com',
      priority: 'medium',
      sameSite: 'none',
      secure: true,
      httpOnly: false,
      partitioned: true,
    }),
    mount(app, session, options) {
      app.proxy = true
      app.use(session(options, app))
    },
  },
)
both(
  'path: the cookie comes back below it only',
  [
    begin(),
    read({ path: '/x/y' }),
    read({ path: '/z' }),
    { ...assign(null), path: '/x' },
    read({ path: '/x' }),
  ],
  { options: () => ({ path: '/x' }) },
)
both(
  'overwrite false: save() and the end',
  [
    act(async (ctx) => {
      ctx.session.a = 1
      await ctx.session.save()
    }),
  ],
  { options: () => ({ overwrite: false }) },
)
both('overwrite false: regenerate', [begin(), act((ctx) => ctx.session.regenerate())], {
  options: () => ({ overwrite: false }),
})
both('signed false: save, change, remove', visit, { options: () => ({ signed: false }) })
both('signed false without app.keys', visit, {
  keys: () => null,
  options: () => ({ signed: false }),
})
both(
  'signed false takes a cookie of anybody',
  [read({ cookie: `koa.sess=${pack({ a: 1, _expire: 9e12, _maxAge: hour })}` })],
  { options: () => ({ signed: false }) },
)

plain('arguments: session(app)', [begin({ maxAge: hour, a: 1 }), read()], {
  mount: (app, session) => app.use(session(app)),
})
plain('arguments: session(app, options)', visit, {
  mount: (app, session) => app.use(session(app, { maxAge: hour, key: 'sid' })),
})
plain('arguments: session(null, app)', [begin({ maxAge: hour, a: 1 }), read()], {
  mount: (app, session) => app.use(session(null, app)),
})
plain('arguments: session({}, app)', [begin({ maxAge: hour, a: 1 }), read()], {
  mount: (app, session) => app.use(session({}, app)),
})
for (const [name, values] of [
  ['nothing', []],
  ['options alone', [{ maxAge: hour }]],
  ['options and {}', [{ maxAge: hour }, {}]],
  ['a string', ['sid']],
] as const) {
  plain(`arguments: ${name}`, [], { mount: (app, session) => app.use(session(...values)) })
}
plain('the name of the middleware', [], {
  mount: (app, session, _options, { note }) => note(session({}, app).name, session({}, app).length),
})

plain('the object of the caller: its keys afterwards', [begin(), read()], {
  mount(app, session, _options, { note }) {
    const options = { maxAge: hour }
    app.use(session(options, app))
    note(Object.keys(options))
  },
})
plain('the object of the caller: maxage stays alone', [begin(), read()], {
  mount(app, session, _options, { note }) {
    const options = { maxage: hour }
    app.use(session(options, app))
    note(Object.keys(options))
  },
})
both('the object of the caller is frozen', visit, {
  mount: (app, session, options) => app.use(session(Object.freeze(options), app)),
})
const inherited = { key: 'inherited', httpOnly: false }
both('the object of the caller has all its options', visit, { options: () => inherited })
both('the object of the caller inherits its options', visit, {
  options: () => inherited,
  mount: (app, session, options) => app.use(session(Object.create(options), app)),
})
plain('the object of the caller serves two apps', [begin({ a: 1 }), read()], {
  mount(app, session, _options, stage) {
    const options = { maxAge: hour, store: stage.store() }
    session(options, new app.constructor())
    app.use(session(options, app))
  },
})
for (const [name, change] of [
  ['key', { key: 'changed' }],
  ['maxAge', { maxAge: 2 * hour }],
  ['rolling', { rolling: true }],
  ['renew', { renew: true }],
  ['autoCommit', { autoCommit: false }],
  ['signed', { signed: false }],
  ['httpOnly', { httpOnly: false }],
  ['sameSite', { sameSite: 'lax' }],
  ['valid', { valid: () => false }],
  ['genid', { genid: () => 'late id' }],
] as const) {
  both(
    `changed after the start: ${name}`,
    [begin(), read({ wait: 0.6 * hour }), begin({ b: 2 }), read(), act(() => {})],
    {
      mount(app, session, options) {
        app.use(session(options, app))
        Object.assign(options, change)
      },
    },
  )
}
plain('changed after the start: store', [begin(), read(), leave(), assign(null)], {
  options: (stage) => ({ maxAge: hour, genid: stage.genid }),
  mount(app, session, options, stage) {
    app.use(session(options, app))
    options.store = stage.store()
  },
})
plain(
  'changed after the start: store, between two requests',
  [
    begin(),
    act((ctx, stage) => void (ctx.app.settings.store = stage.store()), { jar: null }),
    begin({ b: 2 }),
    read(),
  ],
  {
    options: (stage) => ({ maxAge: hour, genid: stage.genid }),
    mount(app, session, options) {
      app.settings = options
      app.use(session(options, app))
    },
  },
)

both('ctx.sessionOptions: what it tells', [
  act((ctx, { note }) => {
    const { key, maxAge, signed, httpOnly, autoCommit } = ctx.sessionOptions
    note(key, maxAge, signed, httpOnly, autoCommit)
  }),
])
both('ctx.sessionOptions: maxAge of one request', [
  act((ctx) => {
    ctx.sessionOptions.maxAge = 5000
    ctx.session.a = 1
  }),
  begin({ b: 2 }),
])
plain('app.context has a session that can be redefined', [], {
  mount(app, session, _options, { note }) {
    session({ maxAge: hour }, app)
    const found = Object.getOwnPropertyDescriptor(app.context, 'session')
    note(found?.configurable, found?.enumerable, typeof found?.get, typeof found?.set)
  },
})
plain('app.context.session is redefined', [act((ctx) => ctx.session)], {
  mount(app, session) {
    app.use(session({ maxAge: hour }, app))
    Object.defineProperty(app.context, 'session', { get: () => 'mine', configurable: true })
  },
})
both('two session middlewares with different keys', [begin(), read(), assign(null)], {
  mount(app, session, options) {
    app.use(session({ ...options, key: 'one' }, app))
    app.use(session({ ...options, key: 'two' }, app))
  },
})
both('two apps, one in the other', [begin(), read()], {
  mount(app, session, options) {
    const inner = new app.constructor()
    inner.keys = app.keys
    session({ ...options, key: 'inner' }, inner)
    app.use(session({ ...options, key: 'outer' }, app))
  },
})

both('genid: its arguments', [begin(), read()], {
  options: (stage) => ({
    genid(...values: unknown[]) {
      stage.note('genid', ...values)
      return 'constant'
    },
  }),
})
plain('genid: by default', [begin(), read(), assign(null)], {
  options: (stage) => ({ maxAge: hour, store: stage.store() }),
})
plain(
  'prefix without genid',
  [begin(), act((ctx) => String(ctx.session.externalKey).startsWith('p:'))],
  { options: (stage) => ({ maxAge: hour, store: stage.store(), prefix: 'p:' }) },
)
store('prefix beside genid', [begin(), read()], { options: () => ({ prefix: 'p:' }) })
for (const [name, value] of [
  ['a newline', 'a\nb'],
  ['a semicolon', 'a;b'],
  ['a space', 'a b'],
  ['a comma and quotes', '"a,b"'],
  ['a letter beyond Latin-1', '馬'],
] as const) {
  store(`genid gives ${name}`, [begin(), read()], { options: () => ({ genid: () => value }) })
}
const regenerated = [
  begin(),
  begin({ b: 2 }),
  act((ctx: Loose) => ctx.session.regenerate()),
  read(),
]
store('genid is synchronous', regenerated)
store('genid is asynchronous', regenerated, {
  options: (stage) => ({ genid: async () => stage.genid() }),
})

const turned = (text: string): string => [...text].toReversed().join('')
const coding = {
  encode: (record: unknown) => turned(pack(record)).replaceAll('=', '.'),
  decode: (value: string) => unpack(turned(value.replaceAll('.', '='))),
}
both('encode and decode of the application', visit, { options: () => coding })
both('encode alone', visit, { options: () => ({ encode: coding.encode }) })
cookie('decode alone', [read({ cookie: held({ a: 1 }) })], {
  options: () => ({ decode: () => ({ decoded: true }) }),
})
cookie('encode: its arguments', [begin(), read()], {
  options: ({ note }) => ({
    encode(...values: unknown[]) {
      note('encode', ...values)
      return pack(values[0])
    },
  }),
})
cookie('decode: its arguments', [read({ cookie: held({ a: 1 }) })], {
  options: ({ note }) => ({
    decode(...values: unknown[]) {
      note('decode', ...values)
      return unpack(String(values[0]))
    },
  }),
})
cookie('encode gives a value no cookie can hold', [begin()], {
  options: () => ({ encode: () => 'a;b' }),
})
cookie('encode gives an empty string', [begin()], { options: () => ({ encode: () => '' }) })
cookie('encode is asynchronous', [begin()], {
  options: () => ({ encode: async (record: unknown) => pack(record) }),
})

class ClassStore {
  #stage: Stage
  constructor(stage: Stage) {
    this.#stage = stage
  }
  async get(key: string): Promise<unknown> {
    return this.#stage.records.get(key)
  }
  async set(key: string, record: unknown): Promise<void> {
    this.#stage.records.set(key, JSON.parse(JSON.stringify(record)))
  }
  async destroy(key: string): Promise<void> {
    this.#stage.records.delete(key)
  }
}
store('the store is an instance of a class', visit, {
  options: (stage) => ({ store: new ClassStore(stage) }),
})
store('the store is synchronous', visit, {
  options: ({ records }) => ({
    store: {
      get: (key: string) => records.get(key),
      set: (key: string, record: unknown) =>
        void records.set(key, JSON.parse(JSON.stringify(record))),
      destroy: (key: string) => void records.delete(key),
    },
  }),
})
store('the store is a function with methods', visit, {
  options: (stage) => ({ store: Object.assign(() => {}, stage.store()) }),
})
store('the store has methods that need this', visit, {
  options: (stage) => ({
    store: {
      inner: stage.store(),
      get(...values: Loose[]) {
        return this.inner.get(...values)
      },
      set(...values: Loose[]) {
        return this.inner.set(...values)
      },
      destroy(...values: Loose[]) {
        return this.inner.destroy(...values)
      },
    },
  }),
})
store('a new store is put into the old object', [begin(), read()], {
  mount(app, session, options, stage) {
    app.use(session(options, app))
    const other = stage.store()
    options.store.get = async (...values: Loose[]) => {
      stage.note('the new get')
      return other.get(...values)
    }
  },
})

function contextStore(stage: Stage): Loose {
  return class extends ClassStore {
    constructor(ctx: Loose) {
      super(stage)
      stage.note('new', ctx)
    }
  }
}
plain('ContextStore: a visit', visit, {
  options: (stage) => ({ maxAge: hour, genid: stage.genid, ContextStore: contextStore(stage) }),
})
plain('ContextStore: beside a store', [begin(), read()], {
  options: (stage) => ({
    maxAge: hour,
    genid: stage.genid,
    store: stage.store(),
    ContextStore: contextStore(stage),
  }),
})
plain('ContextStore: an old constructor function', [begin(), read()], {
  options: (stage) => {
    function Old() {}
    Object.assign(Old.prototype, stage.store())
    return { maxAge: hour, genid: stage.genid, ContextStore: Old }
  },
})
plain(
  'ContextStore: it reads the request',
  [{ ...begin(), path: '/one' }, read({ path: '/one' }), read({ path: '/two' })],
  {
    options: (stage) => ({
      maxAge: hour,
      genid: stage.genid,
      ContextStore: class {
        #ctx: Loose
        constructor(ctx: Loose) {
          this.#ctx = ctx
        }
        async get(key: string) {
          return stage.records.get(this.#ctx.path + key)
        }
        async set(key: string, record: unknown) {
          stage.records.set(this.#ctx.path + key, record)
        }
        async destroy(key: string) {
          stage.records.delete(this.#ctx.path + key)
        }
      },
    }),
  },
)

function byHeader({ note }: Stage): Record<string, unknown> {
  return {
    externalKey: {
      get: (ctx: Loose) => ctx.get('x-session'),
      set(...values: unknown[]) {
        note('externalKey.set', ...values)
        ;(values[0] as Loose).set('x-session', values[1])
      },
    },
  }
}
const withKey = { headers: { 'x-session': 'k1' } }
store('externalKey: a new session', [begin()], { options: byHeader })
store('externalKey: an existing session', [read(withKey), { ...begin({ b: 2 }), ...withKey }], {
  options: (stage) => holding('k1', stored({ a: 1 }), byHeader(stage))(stage),
})
store('externalKey: an unknown key', [read(withKey), { ...begin(), ...withKey }], {
  options: byHeader,
})
store('externalKey: not touched', [leave(withKey), leave()], {
  options: (stage) => holding('k1', stored({ a: 1 }), byHeader(stage))(stage),
})
store('externalKey: null', [{ ...assign(null), ...withKey }], {
  options: (stage) => holding('k1', stored({ a: 1 }), byHeader(stage))(stage),
})
store('externalKey: null without a session before', [assign(null)], { options: byHeader })
store('externalKey: regenerate', [act((ctx) => ctx.session.regenerate(), withKey)], {
  options: (stage) => holding('k1', stored({ a: 1 }), byHeader(stage))(stage),
})
store('externalKey: a cookie is not looked at', [read({ cookie: pair('k1') })], {
  options: (stage) => holding('k1', stored({ a: 1 }), byHeader(stage))(stage),
})
store('externalKey: rolling', [{ ...read(withKey), wait: 1000 }], {
  options: (stage) => holding('k1', stored({ a: 1 }), { ...byHeader(stage), rolling: true })(stage),
})
store('externalKey: expired', [{ ...read(withKey), wait: day }], {
  options: (stage) => holding('k1', stored({ a: 1 }), byHeader(stage))(stage),
})
for (const [name, value] of [
  ['undefined', undefined],
  ['null', null],
  ['an empty string', ''],
] as const) {
  store(`externalKey: get gives ${name}`, [begin()], {
    options: (stage) => ({
      externalKey: {
        get: () => value,
        set: (...values: unknown[]) => stage.note('externalKey.set', ...values),
      },
    }),
  })
}
store('externalKey: in a cookie of the application', [begin(), read(), begin({ b: 2 }), read()], {
  options: () => ({
    externalKey: {
      get: (ctx: Loose) => ctx.cookies.get('mine', { signed: false }),
      set: (ctx: Loose, key: string) => ctx.cookies.set('mine', key, { signed: false }),
    },
  }),
})
for (const [name, get] of [
  ['synchronous', () => 'k1'],
  ['asynchronous', async () => 'k1'],
] as const) {
  store(`externalKey: get is ${name}`, [read(), begin({ b: 2 })], {
    options: (stage) =>
      holding('k1', stored({ a: 1 }), {
        externalKey: {
          get,
          set: (...values: unknown[]) => stage.note('externalKey.set', ...values),
        },
      })(stage),
  })
}
cookie('externalKey without a store', [begin(), read()], { options: byHeader })

store('the calls of a store', [
  begin(),
  read(),
  begin({ b: 2 }),
  act((ctx) => void (ctx.session.maxAge = 5000)),
  begin({ c: 3 }),
  assign(null),
])
store('the calls of a store with rolling', [begin(), leave(), begin({ b: 2 }), assign(null)], {
  options: () => ({ rolling: true }),
})
store('the calls of a store with renew', [begin(), read({ wait: 0.75 * hour }), assign(null)], {
  options: () => ({ renew: true }),
})

export const options: Case[] = found

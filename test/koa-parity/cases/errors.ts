import { catching } from './modes.ts'
import { act, assign, begin, casesOf, held, holding, hour, leave, read, stored } from './modes.ts'
import { Broken, Planned, pair } from '../stage.ts'
import type { Stage } from '../stage.ts'
import type { Case } from '../run.ts'

const { found, plain, cookie, store, both } = casesOf('errors')

function fail(message: string): never {
  throw new Planned(message)
}

function breakDown(message: string): never {
  throw new Broken(message)
}

const changeAndThrow = act((ctx) => {
  ctx.session.b = 2
  fail('handler')
})

both('the handler throws, session untouched', [begin(), act(() => fail('handler')), read()])
both('the handler throws, session only read', [
  begin(),
  act((ctx) => {
    void ctx.session.a
    fail('handler')
  }),
  read(),
])
both('the handler throws after a change of an existing session', [begin(), changeAndThrow, read()])
both('the handler throws after filling a new session', [changeAndThrow, read()])
both('the handler throws after filling a new session, caught upstream', [changeAndThrow, read()], {
  upstream: catching,
})
both('the handler throws after a change, caught upstream', [begin(), changeAndThrow, read()], {
  upstream: catching,
})
both('the handler throws after session = null', [
  begin(),
  act((ctx) => {
    ctx.session = null
    fail('handler')
  }),
  read(),
])
both(
  'the handler throws after session = null, caught upstream',
  [
    begin(),
    act((ctx) => {
      ctx.session = null
      fail('handler')
    }),
    read(),
  ],
  { upstream: catching },
)
both(
  'the handler throws after regenerate, caught upstream',
  [
    begin(),
    act(async (ctx) => {
      await ctx.session.regenerate()
      fail('handler')
    }),
    read(),
  ],
  { upstream: catching },
)
both('the handler throws after regenerate', [
  begin(),
  act(async (ctx) => {
    await ctx.session.regenerate()
    fail('handler')
  }),
])
const throwWithStatus = act((ctx) => {
  ctx.session.b = 2
  ctx.throw(403, 'not you', { headers: { 'x-reason': 'none' } })
})
both('ctx.throw with a status and headers', [begin(), throwWithStatus, read()])
both('ctx.throw with a status and headers, caught upstream', [begin(), throwWithStatus, read()], {
  upstream: catching,
})
both('the handler throws what is no error', [
  act(
    (ctx) => {
      ctx.session.a = 1
      throw 'a string'
    },
    { jar: null },
  ),
])
both('an error handler inside keeps the session', [changeAndThrow, read()], {
  mount(app, session, options) {
    app.use(session(options, app))
    app.use(catching)
  },
})

const refusing = (verb: string) => (stage: Stage) => ({
  store: { ...stage.store(), [verb]: async () => breakDown(`${verb} down`) },
})

store('set rejects', [begin(), read()], { options: refusing('set') })
store('set rejects and the handler throws', [changeAndThrow, read()], { options: refusing('set') })
store(
  'get rejects',
  [begin(), act((_ctx, { note }) => note('handler ran'), { cookie: pair('k1') })],
  { options: refusing('get') },
)
store('get throws at once', [leave({ cookie: pair('k1') })], {
  options: (stage) => ({ store: { ...stage.store(), get: () => breakDown('get down') } }),
})
store('set throws at once', [begin()], {
  options: (stage) => ({ store: { ...stage.store(), set: () => breakDown('set down') } }),
})
store('destroy rejects on session = null', [begin(), assign(null), read()], {
  options: refusing('destroy'),
})
store('destroy rejects on regenerate', [begin(), act((ctx) => ctx.session.regenerate()), read()], {
  options: refusing('destroy'),
})
store(
  'save() rejects and the handler goes on',
  [
    act(async (ctx, { note }) => {
      ctx.session.a = 1
      await ctx.session.save().catch((error: unknown) => note(error instanceof Error))
      return 'went on'
    }),
  ],
  { options: (stage) => ({ ...refusing('set')(stage), autoCommit: false }) },
)

both('beforeSave throws', [begin(), read()], {
  options: () => ({ beforeSave: () => fail('before') }),
})
both('beforeSave throws and the handler throws', [changeAndThrow, read()], {
  options: () => ({ beforeSave: () => fail('before') }),
})
both('encode throws', [begin(), read()], { options: () => ({ encode: () => fail('encode') }) })
cookie('decode throws a SyntaxError', [read({ cookie: held({ a: 1 }) })], {
  options: () => ({
    decode() {
      throw new SyntaxError('decode')
    },
  }),
})
cookie('decode throws another error', [read({ cookie: held({ a: 1 }) })], {
  options: () => ({ decode: () => fail('decode') }),
})
cookie('decode throws another error, session untouched', [leave({ cookie: held({ a: 1 }) })], {
  options: () => ({ decode: () => fail('decode') }),
})
cookie('decode returns null', [read({ cookie: held({ a: 1 }) })], {
  options: () => ({ decode: () => null }),
})
cookie('valid throws', [read({ cookie: held({ a: 1 }) })], {
  options: () => ({ valid: () => fail('valid') }),
})
store('valid throws', [read({ cookie: pair('k1') })], {
  options: holding('k1', stored({ a: 1 }), { valid: () => fail('valid') }),
})
store('genid throws', [begin()], { options: () => ({ genid: () => fail('genid') }) })
store('externalKey.get throws', [begin()], {
  options: () => ({ externalKey: { get: () => fail('get'), set() {} } }),
})
store('externalKey.set throws', [begin()], {
  options: () => ({ externalKey: { get: () => '', set: () => fail('set') } }),
})
plain('ContextStore: the constructor throws', [begin()], {
  options: () => ({
    maxAge: hour,
    ContextStore: class {
      constructor() {
        fail('constructor')
      }
      get() {}
      set() {}
      destroy() {}
    },
  }),
})

both('circular data', [
  act((ctx) => {
    ctx.session.a = 1
    ctx.session.self = { session: {} }
    ctx.session.self.session = ctx.session.self
  }),
  read(),
])
both('circular data and the handler throws', [
  act((ctx) => {
    ctx.session.self = {}
    ctx.session.self.self = ctx.session.self
    fail('handler')
  }),
  read(),
])
both('a BigInt', [act((ctx) => void (ctx.session.big = 1n)), read()])
both('a value whose toJSON throws', [
  act((ctx) => void (ctx.session.bad = { toJSON: () => breakDown('toJSON') })),
  read(),
])
both('a getter that throws', [
  act((ctx) => {
    Object.defineProperty(ctx.session, 'bad', { enumerable: true, get: () => fail('getter') })
  }),
  read(),
])

both('the response was ended, new session', [
  act((ctx) => {
    ctx.session.a = 1
    ctx.res.end('raw')
  }),
])
both('the response was ended, existing session changed', [
  begin(),
  act((ctx) => {
    ctx.session.b = 2
    ctx.res.end('raw')
  }),
  read(),
])
both('the response was ended, session unchanged', [
  begin(),
  act((ctx) => {
    void ctx.session.a
    ctx.res.end('raw')
  }),
  read(),
])
both('the response was ended, session = null', [
  begin(),
  act((ctx) => {
    ctx.session = null
    ctx.res.end('raw')
  }),
])
both('ctx.respond is false and the response was ended', [
  begin(),
  act((ctx) => {
    ctx.respond = false
    ctx.session.b = 2
    ctx.res.statusCode = 202
    ctx.res.end('raw')
  }),
])
both('the headers were flushed and the response goes on for longer', [
  begin(),
  act((ctx) => {
    ctx.respond = false
    ctx.flushHeaders()
    ctx.session.b = 2
    setImmediate(() => ctx.res.end('streamed'))
  }),
  read(),
])
both('the response was ended and the handler throws', [
  begin(),
  act((ctx) => {
    ctx.session.b = 2
    ctx.res.end('raw')
    fail('handler')
  }),
])
both(
  'saved, then the response is ended',
  [
    act(async (ctx) => {
      ctx.session.a = 1
      await ctx.session.save()
      ctx.res.end('raw')
    }),
    read(),
  ],
  { options: () => ({ autoCommit: false }) },
)

const secure = (): object => ({ secure: true })
both('secure over http', [begin()], { options: secure })
both('secure over http, only read', [read()], { options: secure })
both('secure over http, session = null', [assign(null)], { options: secure })
both(
  'secure behind a proxy that speaks https',
  [{ ...begin(), headers: { 'x-forwarded-proto': 'https' } }, read()],
  {
    options: secure,
    mount(app, session, options) {
      app.proxy = true
      app.use(session(options, app))
    },
  },
)
both(
  'https behind a proxy without the option',
  [{ ...begin(), headers: { 'x-forwarded-proto': 'https' } }, read()],
  {
    mount(app, session, options) {
      app.proxy = true
      app.use(session(options, app))
    },
  },
)
both('no app.keys: not touched', [leave()], { keys: () => null })
both('no app.keys: read without a cookie', [read()], { keys: () => null })
both('no app.keys: written', [begin()], { keys: () => null })
cookie('no app.keys: read with a cookie', [read({ cookie: held({ a: 1 }) })], { keys: () => null })
store('no app.keys: a request with a cookie', [leave({ cookie: pair('k1') })], {
  keys: () => null,
})
both('app.keys are set after the session was made', [begin(), read()], {
  keys: () => null,
  mount(app, session, options) {
    app.use(session(options, app))
    app.keys = ['late key']
  },
})

for (const [name, value] of [
  ['undefined', undefined],
  ['a string', 'text'],
  ['an empty string', ''],
  ['a number', 5],
  ['true', true],
  ['a function', () => 1],
] as const) {
  both(`session = ${name}`, [begin(), assign(value), read()])
}
both('session = a string, caught in the handler', [
  begin(),
  act((ctx) => {
    try {
      ctx.session = 'text'
    } catch {
      return { session: ctx.session }
    }
  }),
  read(),
])

export const errors: Case[] = found

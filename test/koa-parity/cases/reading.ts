import { inspect } from 'node:util'
import { act, assign, begin, casesOf, held, holding, hour, leave, read, start } from './modes.ts'
import { stored } from './modes.ts'
import { pair } from '../stage.ts'
import type { Case } from '../run.ts'

const { found, plain, cookie, store, both } = casesOf('reading and writing')

both('not touched, no cookie', [leave(), leave()])
both('read only, no cookie', [read(), read()])
both('filled, then read', [begin(), read()])
both('an existing session is read and left as it is', [begin(), read(), read()])
both('an existing session is not touched', [begin(), leave(), read()])
both('a key is set to the value it has', [begin(), act((ctx) => void (ctx.session.a = 1))])
both('a key is added', [begin(), act((ctx) => void (ctx.session.b = 2)), read()])
both('a key is changed', [begin(), act((ctx) => void (ctx.session.a = 2)), read()])
both('a key is changed and changed back', [
  begin(),
  act((ctx) => {
    ctx.session.a = 2
    ctx.session.a = 1
  }),
  read(),
])
both('one of two keys is deleted', [
  begin({ a: 1, b: 2 }),
  act((ctx) => void delete ctx.session.a),
  read(),
])
both('all keys are deleted', [
  begin({ a: 1, b: 2 }),
  act((ctx) => {
    delete ctx.session.a
    delete ctx.session.b
  }),
  read(),
])
both('a key is set and deleted again in a new session', [
  act((ctx) => {
    ctx.session.a = 1
    delete ctx.session.a
  }),
  read(),
])
both('a key that never was is deleted', [begin(), act((ctx) => void delete ctx.session.z), read()])
both('the order of keys changes', [
  begin({ a: 1, b: 2 }),
  act((ctx) => {
    delete ctx.session.a
    ctx.session.a = 1
  }),
  read(),
])
both(
  'counting',
  [1, 2, 3, 4].map(() => act((ctx) => (ctx.session.n = (ctx.session.n ?? 0) + 1))),
)
both('an array in an object grows', [
  begin({ o: { n: [1] } }),
  act((ctx) => void ctx.session.o.n.push(2)),
  read(),
])
both('an array is filled in place', [
  begin({ list: [3, 1, 2] }),
  act((ctx) => void ctx.session.list.fill(0)),
  read(),
])
both('a key deep inside is deleted', [
  begin({ o: { p: { q: 1, r: 2 } } }),
  act((ctx) => void delete ctx.session.o.p.q),
  read(),
])
both('a nested object is read only', [begin({ o: { p: { q: 1 } } }), act((ctx) => ctx.session.o.p)])
both('one object under two keys', [
  act((ctx) => {
    const shared = { n: 1 }
    Object.assign(ctx.session, { one: shared, two: shared })
  }),
  act((ctx) => void (ctx.session.one.n = 2)),
  read(),
])
both('words of one checksum: plumless becomes buckeroo', [
  begin({ word: 'plumless' }),
  act((ctx) => void (ctx.session.word = 'buckeroo')),
  read(),
])

both('replaced, new session', [assign({ a: 1 }), read()])
both('replaced by {} in a new session', [assign({}), read()])
both('replaced by {} without being read', [begin(), assign({}), read()])
both('replaced by {} after being read', [
  begin(),
  act((ctx) => {
    void ctx.session.a
    ctx.session = {}
  }),
  read(),
])
both('replaced by other data without being read', [begin(), assign({ b: 2 }), read()])
both('replaced by other data after being read', [
  begin(),
  act((ctx) => {
    void ctx.session.a
    ctx.session = { b: 2 }
  }),
  read(),
])
both('replaced by the same data without being read', [begin(), assign({ a: 1 }), read()])
both('replaced by the same data after being read', [
  begin(),
  act((ctx) => void (ctx.session = { a: ctx.session.a })),
  read(),
])
both('replaced, then changed', [
  begin(),
  act((ctx) => {
    ctx.session = { b: 2 }
    ctx.session.c = 3
  }),
  read(),
])
both('replaced twice', [
  begin(),
  act((ctx) => {
    ctx.session = { b: 2 }
    ctx.session = { c: 3 }
  }),
  read(),
])
both('replaced by itself', [
  begin(),
  act((ctx) => {
    const { session } = ctx
    ctx.session = session
    return { session: ctx.session, isNew: ctx.session.isNew }
  }),
  read(),
])
both('replaced by a changed copy of itself', [
  begin(),
  act((ctx) => void (ctx.session = { ...ctx.session.toJSON(), b: 2 })),
  read(),
])
both('the assigned object is changed later', [
  act((ctx) => {
    const data: Record<string, unknown> = { a: 1 }
    ctx.session = data
    data.b = 2
  }),
  read(),
])

both('isNew', [
  act((ctx, { note }) => {
    note(ctx.session.isNew)
    ctx.session.a = 1
    note(ctx.session.isNew)
    ctx.session = { a: 2 }
    note(ctx.session.isNew)
  }),
  act((ctx) => ctx.session.isNew),
  act((ctx) => {
    void ctx.session.a
    ctx.session = { a: 3 }
    return ctx.session.isNew
  }),
])
both('length and populated', [
  act((ctx, { note }) => {
    note(ctx.session.length, ctx.session.populated)
    ctx.session.a = 1
    note(ctx.session.length, ctx.session.populated)
    ctx.session._hidden = 1
    ctx.session.f = () => 1
    note(ctx.session.length, ctx.session.populated)
  }),
  act((ctx) => [ctx.session.length, ctx.session.populated]),
])
both('toJSON, JSON.stringify and inspect', [
  begin({ a: 1, o: { p: [1, 2] } }),
  act((ctx) => [ctx.session.toJSON(), JSON.stringify(ctx.session), inspect(ctx.session)]),
])
both('toJSON is a copy', [begin(), act((ctx) => void (ctx.session.toJSON().a = 2)), read()])
both('what Object.keys, in and for-in see', [
  begin(),
  act((ctx) => {
    const seen = []
    for (const key in ctx.session) seen.push(key)
    return [Object.keys(ctx.session), seen, 'a' in ctx.session, Object.hasOwn(ctx.session, 'a')]
  }),
])
both('missing keys read as undefined', [
  act((ctx) => [ctx.session.nothing === undefined, 'nothing' in ctx.session]),
])
both('the same object at every read', [
  act((ctx) => ctx.session === ctx.session),
  begin(),
  act((ctx) => ctx.session === ctx.session),
])
both('externalKey', [
  act((ctx, { note }) => {
    note(ctx.session.externalKey)
    ctx.session.a = 1
    note(ctx.session.externalKey)
  }),
  act((ctx, { note }) => note(ctx.session.externalKey)),
  act((ctx, { note }) => {
    ctx.session = { b: 1 }
    note(ctx.session.externalKey)
  }),
])

const changeAfter = async (ctx: any, next: () => Promise<void>): Promise<void> => {
  await next()
  ctx.session.late = true
}
both('changed upstream, after the session was committed', [begin(), read(), read()], {
  upstream: changeAfter,
})
both('read upstream, before the session middleware', [begin(), read(), read()], {
  upstream(ctx, next, { note }) {
    note(ctx.session)
    return next()
  },
})
both('changed upstream, before the session middleware', [read(), read(), leave(), read()], {
  upstream(ctx, next) {
    ctx.session.early = (ctx.session.early ?? 0) + 1
    return next()
  },
})
both('set to null upstream, before the session middleware', [begin(), read(), read()], {
  upstream(ctx, next) {
    if (ctx.get('cookie')) ctx.session = null
    return next()
  },
})
both('changed between the session middleware and the handler', [leave(), read(), read()], {
  mount(app, session, options) {
    app.use(session(options, app))
    app.use(async (ctx: any, next: () => Promise<void>) => {
      ctx.session.before = true
      await next()
      ctx.session.after = true
    })
  },
})

both('with a redirect', [
  act((ctx) => {
    ctx.session.a = 1
    ctx.redirect('/elsewhere')
  }),
  read(),
])
both('with 204, 304 and 404', [
  act((ctx) => {
    ctx.session.n = 1
    ctx.status = 204
  }),
  act((ctx) => {
    ctx.session.n = 2
    ctx.status = 304
  }),
  act((ctx) => {
    ctx.session.n = 3
    ctx.status = 404
  }),
  read(),
])
both('with HEAD and POST', [
  { ...begin(), method: 'HEAD' },
  { ...begin({ b: 2 }), method: 'POST' },
  read({ method: 'POST' }),
])
both('beside cookies of the application', [
  act((ctx) => {
    ctx.cookies.set('first', '1', { signed: false })
    ctx.session.a = 1
    ctx.cookies.set('second', '2', { signed: true })
  }),
  act((ctx) => {
    ctx.session.a = 2
    ctx.append('Set-Cookie', 'third=3; path=/')
    return [ctx.cookies.get('first'), ctx.cookies.get('second')]
  }),
  read(),
])

cookie('an unknown value without a signature', [
  read({ cookie: 'koa.sess=whatever' }),
  act((ctx) => void (ctx.session.a = 1), { cookie: 'koa.sess=whatever' }),
])
store('an unknown id', [
  leave({ cookie: pair('unknown') }),
  read({ cookie: pair('unknown') }),
  act((ctx) => void (ctx.session.a = 1), { cookie: pair('unknown') }),
  read(),
])
store('the cookie stays while its record is gone', [
  begin(),
  act((_ctx, { records }) => records.clear()),
  read(),
  leave(),
  read(),
])
cookie('an expired cookie', [
  leave({ cookie: held({ a: 1 }, { expire: start - 1 }) }),
  read({ cookie: held({ a: 1 }, { expire: start - 1 }) }),
  act((ctx) => void (ctx.session.b = 1), { cookie: held({ a: 1 }, { expire: start - 1 }) }),
])
cookie('an expired cookie is replaced without being read', [
  { ...assign({ b: 1 }), cookie: held({ a: 1 }, { expire: start - 1 }) },
  read(),
])
store('a record that was put there by others', [read({ cookie: pair('k1') }), read()], {
  options: holding('k1', stored({ a: 1 })),
})
store(
  'a record that was put there by others is changed',
  [{ ...begin({ b: 2 }), cookie: pair('k1') }, read()],
  { options: holding('k1', stored({ a: 1 })) },
)

plain('not mounted: the session is there and never saved', [begin(), read()], {
  mount: (app, session) => void session({ maxAge: hour }, app),
})
plain('not mounted: a cookie is read', [read({ cookie: held({ a: 1 }) })], {
  mount: (app, session) => void session({ maxAge: hour }, app),
})
plain(
  'a context the application makes itself',
  [
    act((ctx) => {
      const request = { headers: { cookie: held({ a: 1 }) }, socket: {} }
      const other = ctx.app.createContext(request, { getHeader() {}, setHeader() {} })
      return other.session
    }),
  ],
  { options: () => ({ maxAge: hour }) },
)

export const reading: Case[] = found

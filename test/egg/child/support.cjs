'use strict'

const clock = require('./clock.cjs')
const record = require('./record.cjs')
const { createStore, records } = require('./stores.cjs')

const compiled = new Map()
const SEEN = ['session:missed', 'session:expired', 'session:invalid']

/** Turns the text of a function into the function. */
function compile(code) {
  if (!compiled.has(code)) compiled.set(code, new Function(`return (${code})`)())
  return compiled.get(code)
}

/** The application's boot class. */
exports.boot = ({ store = 'none', twice = false, configure } = {}) =>
  class Boot {
    constructor(app) {
      this.app = app
      app.fixture = { notes: {}, store, createStore, records }
      record.listen(app.loggers)
      for (const event of SEEN) app.on(event, (data) => record.event(event, data))
      app.on('cookieLimitExceed', ({ name, value, ctx }) =>
        record.event('cookieLimitExceed', { name, length: value.length, ctx }),
      )
    }

    configWillLoad() {
      this.app.config.coreMiddleware.unshift('early')
    }

    configDidLoad() {
      if (store !== 'none') this.app.sessionStore = createStore(store)
      if (configure) configure(this.app)
      if (twice) this.app.sessionStore = createStore(store)
    }
  }

/** Stands before every other middleware and does what the request's header asks for. */
exports.early = () =>
  async function early(ctx, next) {
    const code = ctx.get('x-early')
    if (!code) return next()
    return compile(Buffer.from(code, 'base64').toString())(ctx, next)
  }

/** Runs the handler that came with the request and answers what it returned. */
async function handle(ctx) {
  const code = ctx.get('x-handler')
  const value = code ? await compile(Buffer.from(code, 'base64').toString())(ctx) : undefined
  if (ctx.body === undefined && ctx.respond !== false) ctx.body = { value: record.copy(value) }
}

exports.router = (app) => {
  for (const path of ['/', '/ignored', '/unmatched']) app.all(path, (ctx) => handle(ctx))
  if (app.io) app.io.route('say', app.io.controller.chat.say)
}

/** What an application on egg-socket.io does with its session. */
exports.socket = {
  connection: () =>
    async function connection(ctx, next) {
      const { notes } = ctx.app.fixture
      notes.connected = record.copy(ctx.session)
      ctx.session.sockets = (ctx.session.sockets ?? 0) + 1
      await next()
      notes.disconnected = record.copy(ctx.session)
    },
  packet: () =>
    async function packet(ctx, next) {
      ctx.session.packets = (ctx.session.packets ?? 0) + 1
      await next()
    },
  chat: () => ({
    async say() {
      this.socket.emit('said', { word: this.args[0], session: record.copy(this.session) })
    },
  }),
}

/** The page for errors, which may look at the session like any other page. */
exports.errorPage = function errorPage(error) {
  const page = { error: `${error.name}: ${error.message}` }
  if (error.code) page.code = error.code
  if (this.get('x-error-page')) page.session = record.copy(this.session)
  this.body = page
}

/** The orders that the test gives while the application runs. */
exports.createOrders = (app) => {
  const session = app.config.session
  const original = session && { ...session }
  const originalStore = app.sessionStore

  return {
    clock: ({ time }) => clock.set(time),

    async take() {
      // Session events are sent after the response, in a later turn of the loop.
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
      return record.take()
    },

    async evaluate({ code, given }) {
      return record.copy(await compile(code)(app, given))
    },

    async reset() {
      if (app.mockRestore) await app.mockRestore()
      for (const name of Object.keys(session ?? {})) {
        if (!(name in original)) delete session[name]
      }
      Object.assign(session ?? {}, original)
      records.clear()
      const { store } = app.fixture
      if (session) {
        app.sessionStore = store === 'none' ? (originalStore ?? null) : createStore(store)
      }
      app.fixture.notes = {}
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate)
      record.take()
    },
  }
}

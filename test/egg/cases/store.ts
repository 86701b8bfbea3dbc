import { keys } from '../fixture.ts'
import { signedCookie } from '../keys.ts'
import { START } from '../run.ts'
import type { Site } from '../site.ts'
import type { Case, Suite } from '../suite.ts'
import { lifetime } from './lifetime.ts'
import { catching, change, fail, read, remove, write } from './pages.ts'
import { places } from './places.ts'
import { playground } from './signed.ts'
import { members, writing } from './writing.ts'

const DAY = 86_400_000

/** Puts a record into the store, past the library. */
const put = (site: Site, id: string, record: unknown): Promise<unknown> =>
  site.evaluate(
    (app, given) => void app.fixture.records.set(given.id, JSON.stringify(given.record)),
    {
      id,
      record,
    },
  )

/** A visitor whose cookie names a record, and the record itself. */
function withRecord(name: string, record: unknown): Case {
  return {
    name,
    run: async (site) => {
      await put(site, 'known', record)
      const visitor = site.visitor().holding(signedCookie('known', keys[0]))
      await visitor.visit(read)
      await visitor.visit(change)
      site.note('left', await site.evaluate((app) => app.fixture.records.has('known')))
    },
  }
}

/** A session's whole life with this kind of store. */
function withStore(name: string, kind: string, hosts?: Case['hosts']): Case {
  return {
    name,
    ...(hosts && { hosts }),
    run: async (site) => {
      const { store } = await site.useStore(kind)
      site.note('made', store)
      const visitor = site.visitor()
      await visitor.visit(write)
      await visitor.visit(change)
      await visitor.visit(read)
      await visitor.visit(remove)
      await visitor.visit(read)
    },
  }
}

function failing(call: string): Case {
  return {
    name: `${call}() fails`,
    run: async (site) => {
      await site.useStore('failing', call)
      const visitor = site.visitor()
      await visitor.visit(write)
      await visitor.visit((ctx) => {
        ctx.app.fixture.notes.ran = true
        return ctx.session
      })
      await visitor.visit(remove)
      site.note('the page ran', await site.evaluate((app) => app.fixture.notes.ran))
    },
  }
}

const wrong = (call: string): Case => ({
  name: `a store without ${call}()`,
  run: async (site) => {
    const refused = await site.useStore('lacking', call).then(() => 'taken', String)
    site.note('app.sessionStore', refused)
    await site.visitor().visit(write)
  },
})

const id = /^[\w-]+$/

export const store: Suite = {
  app: {
    ...playground,
    name: 'store',
    session: { encrypt: false, ignore: '/ignored' },
    boot: { store: 'object' },
  },
  cases: [
    ...writing,
    ...members,
    ...lifetime,
    ...places,
    withStore('a store that is an object', 'object'),
    withStore('a store that is a class', 'class'),
    withStore('a store that is an instance', 'instance'),
    withStore('a store with synchronous methods', 'synchronous'),
    withStore('a store with generator methods', 'generator', ['egg3']),
    withStore('app.sessionStore = null goes back to cookies', 'none'),
    ...['get', 'set', 'destroy'].map(wrong),
    ...['get', 'set', 'destroy'].map(failing),
    {
      name: 'app.sessionStore gives what was set',
      run: async (site) => {
        const seen = await site.evaluate((app) => {
          const one = app.fixture.createStore('object')
          app.sessionStore = one
          const same = app.sessionStore === one && app.config.session.store === one
          app.sessionStore = null
          return [same, app.sessionStore]
        })
        site.note('app.sessionStore', seen)
        site.note('logs', (await site.take()).logs)
      },
    },
    {
      name: 'set() fails after the page failed',
      run: async (site) => {
        await site.useStore('failing', 'set')
        await site.visitor().visit(fail, { early: catching })
      },
    },
    {
      name: 'an id that the store does not know',
      run: async (site) => {
        const visitor = site.visitor().holding(signedCookie('chosen-by-eve', keys[0]))
        await visitor.visit(read)
        const { store } = await visitor.visit(write)
        site.note(
          'adopted',
          store.some(({ call, key }) => call === 'set' && key === 'chosen-by-eve'),
        )
      },
    },
    withRecord('a record', { user: 'fred', _expire: START + DAY, _maxAge: DAY }),
    withRecord('a record that ended', { user: 'fred', _expire: START - 1, _maxAge: DAY }),
    withRecord('a record without an end', { user: 'fred' }),
    withRecord('a record of a browser session', { user: 'fred', _session: true }),
    ...[{}, 'text', 0, true, [1], null].map((record) =>
      withRecord(`a record that is ${JSON.stringify(record)}`, record),
    ),
    {
      name: 'a record that valid refuses',
      run: async (site) => {
        await site.evaluate((app) => void (app.config.session.valid = () => false))
        await put(site, 'known', { user: 'fred', _expire: START + DAY, _maxAge: DAY })
        const visitor = site.visitor().holding(signedCookie('known', keys[0]))
        await visitor.visit(read)
        await visitor.visit(write)
      },
    },
    {
      name: 'the id stays over a login and goes with regenerate()',
      run: async (site) => {
        const visitor = site.visitor()
        const first = await visitor.visit(change)
        const login = await visitor.visit(write)
        await visitor.visit(async (ctx) => {
          const before = ctx.session.externalKey
          await ctx.session.regenerate()
          return [before, ctx.session.externalKey]
        })
        await visitor.visit((ctx) => [ctx.session, ctx.session.externalKey])
        site.note('kept', first.store.at(-1)?.key === login.store.at(-1)?.key)
      },
    },
    {
      name: 'what an id looks like',
      run: async (site) => {
        const visitor = site.visitor()
        const { store, cookies } = await visitor.visit(write)
        const key = store.at(-1)?.key ?? ''
        site.note('form', [id.test(key), key.length, cookies[0]?.payload === key])
      },
    },
    {
      name: 'genid',
      run: async (site) => {
        await site.evaluate((app) => {
          let last = 0
          app.config.session.genid = (ctx: { path: string }) => `made-for-${ctx.path}-${++last}`
        })
        const visitor = site.visitor()
        await visitor.visit(write, { path: '/unmatched' })
        await visitor.visit(change, { path: '/unmatched' })
        await visitor.visit((ctx) => ctx.session.regenerate())
      },
    },
    {
      name: 'externalKey of the application',
      run: async (site) => {
        await site.evaluate((app) => {
          app.config.session.externalKey = {
            get: (ctx: { get(name: string): string }) => ctx.get('x-session'),
            set: (ctx: { set(name: string, value: string): void }, value: string) =>
              ctx.set('x-session', value),
          }
        })
        const visitor = site.visitor()
        const { store } = await visitor.visit(write)
        const headers = { 'x-session': store.at(-1)?.key ?? '' }
        await visitor.visit(read, { headers })
        await visitor.visit(change, { headers })
        await visitor.visit(remove, { headers })
        await visitor.visit(read, { headers })
      },
    },
    {
      name: 'ContextStore',
      run: async (site) => {
        await site.evaluate((app) => {
          app.sessionStore = null
          const { records } = app.fixture
          app.config.session.ContextStore = class {
            path: string
            constructor(ctx: { path: string }) {
              this.path = ctx.path
            }
            async get(key: string) {
              return records.get(key) && JSON.parse(records.get(key))
            }
            async set(key: string, record: object) {
              records.set(key, JSON.stringify({ ...record, from: this.path }))
            }
            async destroy(key: string) {
              records.delete(key)
            }
          }
        })
        const visitor = site.visitor()
        await visitor.visit(write)
        await visitor.visit(read)
        await visitor.visit(remove)
        site.note('left', await site.evaluate((app) => app.fixture.records.size))
      },
    },
    {
      name: 'a store that keeps the very object',
      run: async (site) => {
        await site.useStore('sharing')
        const visitor = site.visitor()
        await visitor.visit((ctx) => {
          ctx.session.deep = { n: 1 }
          ctx.app.fixture.notes.deep = ctx.session.deep
        })
        await site.evaluate((app) => void app.fixture.notes.deep.n++)
        await visitor.visit(read)
      },
    },
    {
      name: 'a slow page and a removal meanwhile',
      run: async (site) => {
        const visitor = site.visitor()
        await visitor.visit(write)
        const slow = visitor.visit(async (ctx) => {
          ctx.session.slow = true
          await new Promise((open) => (ctx.app.fixture.notes.open = open))
        })
        await site.evaluate(async (app) => {
          while (!app.fixture.notes.open) await new Promise((wait) => setTimeout(wait, 1))
        })
        await visitor.visit(remove)
        await site.evaluate((app) => app.fixture.notes.open())
        await slow
        site.note('records left', await site.evaluate((app) => app.fixture.records.size))
      },
    },
    {
      name: 'a slow page and regenerate() meanwhile',
      run: async (site) => {
        const visitor = site.visitor()
        await visitor.visit(write)
        const slow = visitor.visit(async (ctx) => {
          ctx.session.slow = true
          await new Promise((open) => (ctx.app.fixture.notes.open = open))
        })
        await site.evaluate(async (app) => {
          while (!app.fixture.notes.open) await new Promise((wait) => setTimeout(wait, 1))
        })
        await visitor.visit((ctx) => ctx.session.regenerate())
        await site.evaluate((app) => app.fixture.notes.open())
        await slow
        site.note('records left', await site.evaluate((app) => app.fixture.records.size))
      },
    },
    {
      name: 'logValue false',
      run: async (site) => {
        await site.configure({ logValue: false })
        await put(site, 'known', { user: 'fred', _expire: START - 1, _maxAge: DAY })
        await site.visitor().holding(signedCookie('known', keys[0])).visit(read)
      },
    },
  ],
}

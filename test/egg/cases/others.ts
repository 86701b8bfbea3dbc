import { keys } from '../fixture.ts'
import { encryptedCookie, signedCookie } from '../keys.ts'
import { START } from '../run.ts'
import { raw } from '../source.ts'
import type { Site } from '../site.ts'
import type { Case, Suite } from '../suite.ts'
import { change, fail, read, remove, write } from './pages.ts'

const DAY = 86_400_000
const record = { user: 'fred', _expire: START + DAY, _maxAge: DAY }

const life = async (site: Site): Promise<void> => {
  const visitor = site.visitor()
  await visitor.visit(write)
  await visitor.visit(read)
  await visitor.visit(change)
  await visitor.visit(remove)
  await visitor.visit(read)
}

/** `encrypt: true` and nothing else: here the kit writes a format of its own. */
export const sealed: Suite = {
  app: { name: 'sealed', session: { encrypt: true } },
  cases: [
    { name: 'the life of a session', run: life },
    {
      name: 'the life of a browser session',
      run: async (site) => {
        await site.configure({ maxAge: 'session' })
        await life(site)
      },
    },
    {
      name: 'the life of a session in a store',
      run: async (site) => {
        await site.useStore('object')
        await life(site)
      },
    },
    {
      name: 'attributes',
      run: async (site) => {
        await site.configure({ sameSite: 'strict', domain: '.example.com', priority: 'high' })
        await life(site)
      },
    },
    {
      name: 'a cookie that Egg signed',
      run: async (site) => {
        const visitor = site.visitor().holding(signedCookie(record, keys[0]))
        await visitor.visit(read)
        await visitor.visit(change)
        await visitor.visit(read)
      },
    },
    {
      name: 'a cookie that Egg encrypted',
      run: async (site) => {
        const visitor = site.visitor().holding(encryptedCookie(record, keys[0]))
        await visitor.visit(read)
        await visitor.visit(change)
        await visitor.visit(read)
      },
    },
    {
      name: 'a bit that was changed on the way',
      run: async (site) => {
        const visitor = site.visitor()
        await visitor.visit(write)
        const [name = '', value = ''] = visitor.jar.header('/', site.now).split('=')
        const middle = Math.floor(value.length / 2)
        const flipped = value[middle] === 'A' ? 'B' : 'A'
        const changed = value.slice(0, middle) + flipped + value.slice(middle + 1)
        const thief = site.visitor().holding(`${name}=${changed}`)
        await thief.visit((ctx) => ctx.session.user ?? 'nobody')
      },
    },
  ],
}

/** Keys were rotated: what the older one made is still good. */
export const rotated: Suite = {
  app: {
    name: 'rotated',
    session: { encrypt: false },
    config: { keys: `${keys[1]}, ${keys[0]}` },
  },
  cases: [
    {
      name: 'a cookie signed with the older key',
      run: async (site) => {
        const visitor = site.visitor().holding(signedCookie(record, keys[0]))
        await visitor.visit(() => 'untouched')
        await visitor.visit(read)
        await visitor.visit(read)
        await visitor.visit(change)
      },
    },
    {
      name: 'a cookie signed with neither key',
      run: async (site) => {
        const visitor = site.visitor().holding(signedCookie(record, 'a key that was taken away'))
        await visitor.visit(read)
        await visitor.visit(read)
      },
    },
    {
      name: "a record's id signed with the older key",
      run: async (site) => {
        await site.useStore('object')
        await site.evaluate(
          (app, given) => void app.fixture.records.set('known', JSON.stringify(given)),
          record,
        )
        const visitor = site.visitor().holding(signedCookie('known', keys[0]))
        await visitor.visit(read)
        await visitor.visit(change)
      },
    },
    {
      name: 'a cookie encrypted with the older key',
      run: async (site) => {
        await writeHostFormat(site)
        const visitor = site.visitor().holding(encryptedCookie(record, keys[0]))
        await visitor.visit(read)
        await visitor.visit(change)
        await visitor.visit(read)
      },
    },
    {
      name: 'a cookie encrypted with neither key',
      run: async (site) => {
        await writeHostFormat(site)
        const cookie = encryptedCookie(record, 'a key that was taken away')
        await site.visitor().holding(cookie).visit(read)
      },
    },
  ],
}

const writeHostFormat = (site: Site): Promise<void> =>
  site.configure({ encrypt: true, ...(site.plugin === 'kit' && { format: 'host' }) })

const post = (token?: unknown): { method: string; headers: Record<string, string> } => ({
  method: 'POST',
  headers: token === undefined ? {} : { 'x-csrf-token': String(token) },
})

const csrfCases = (store: string): Case[] => [
  {
    name: `${store}: a form's way`,
    run: async (site) => {
      await site.useStore(store)
      const visitor = site.visitor()
      await visitor.visit((ctx) => [typeof ctx.csrf, ctx.csrf.length])
      await visitor.visit(write, post())
      await visitor.visit(write, post('a guess'))
      const secret = await visitor.visit((ctx) => void (ctx.set('x-token', ctx.csrf), ctx.session))
      const { payload } = secret.cookies[0] ?? {}
      site.note('secret sent again', payload !== undefined)
    },
  },
  {
    name: `${store}: the right token`,
    run: async (site) => {
      await site.useStore(store)
      const visitor = site.visitor()
      await visitor.visit((ctx) => {
        ctx.app.fixture.notes.token = ctx.csrf
      })
      const token = await site.evaluate((app) => app.fixture.notes.token)
      await visitor.visit(write, post(token))
      await visitor.visit((ctx) => Object.keys(ctx.session.toJSON()))
    },
  },
  {
    name: `${store}: rotateCsrfSecret()`,
    run: async (site) => {
      await site.useStore(store)
      const visitor = site.visitor()
      await visitor.visit((ctx) => {
        ctx.app.fixture.notes.token = ctx.csrf
      })
      const token = await site.evaluate((app) => app.fixture.notes.token)
      await visitor.visit((ctx) => ctx.rotateCsrfSecret(), post(token))
      await visitor.visit(write, post(token))
    },
  },
  {
    name: `${store}: the session is removed`,
    run: async (site) => {
      await site.useStore(store)
      const visitor = site.visitor()
      await visitor.visit((ctx) => void ctx.csrf)
      await visitor.visit(remove)
      await visitor.visit(read)
    },
  },
]

/** CSRF secrets in the session. */
export const csrf: Suite = {
  app: {
    name: 'csrf',
    session: { encrypt: false },
    config: { security: { csrf: { enable: true, useSession: true } } },
  },
  cases: [...csrfCases('none'), ...csrfCases('object')],
}

/** Production, a name of its own, readable by scripts, and pages without sessions. */
export const production: Suite = {
  app: {
    name: 'production',
    env: 'prod',
    session: {
      key: 'SHOP',
      encrypt: false,
      httpOnly: false,
      logValue: false,
      match: raw('(ctx) => ctx.path !== "/unmatched"'),
    },
    boot: { store: 'object', twice: true },
  },
  cases: [
    { name: 'the life of a session', run: life },
    {
      name: 'a path that does not match',
      run: async (site) => {
        const visitor = site.visitor()
        await visitor.visit(write)
        await visitor.visit(read, { path: '/unmatched' })
        await visitor.visit(change, { path: '/unmatched' })
        await visitor.visit(read)
      },
    },
    {
      name: 'a record that ended',
      run: async (site) => {
        await site.evaluate((app) => {
          app.fixture.records.set('known', '{"user":"fred","_expire":1}')
        })
        await site
          .visitor()
          .holding(signedCookie('known', keys[0], 'SHOP'))
          .visit(read)
      },
    },
    { name: 'the page fails', run: (site) => site.visitor().visit(fail) },
  ],
}

/** The middleware is switched off; `ctx.session` is there and nothing is kept. */
export const disabled: Suite = {
  app: { name: 'disabled', session: { enable: false, encrypt: false } },
  cases: [{ name: 'the life of a session', run: life }],
}

/** Options that no session can have. */
export const invalid: Suite = {
  app: { name: 'invalid', session: { encrypt: false, maxAge: '7d' } },
  cases: [],
}

/** Options that are not set, as older releases let one say it. */
export const unset: Suite = {
  app: {
    name: 'unset',
    session: { encrypt: false, sameSite: null, secure: null, rolling: null, store: null },
  },
  cases: [],
}

/** A master, an agent and a worker. */
export const cluster: Suite = {
  app: {
    name: 'cluster',
    cluster: 1,
    session: { encrypt: false },
    config: { cluster: { listen: { hostname: '127.0.0.1' } } },
  },
  cases: [{ name: 'the life of a session', run: life }],
}

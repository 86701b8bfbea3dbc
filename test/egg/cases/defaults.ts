import { keys } from '../fixture.ts'
import { encryptedCookie, signedCookie } from '../keys.ts'
import { START } from '../run.ts'
import type { Suite } from '../suite.ts'

const DAY = 86_400_000
const record = { user: 'fred', _expire: START + DAY, _maxAge: DAY }

/** An application that says nothing about its session. */
export const defaults: Suite = {
  app: { name: 'defaults' },
  cases: [
    {
      name: 'config.session as the application sees it',
      run: async (site) => {
        const config = await site.evaluate((app) => {
          const { store: _, ...shown } = app.config.session
          return Object.fromEntries(
            Object.keys(shown)
              .toSorted()
              .map((name) => [name, typeof shown[name] === 'function' ? 'f' : shown[name]]),
          )
        })
        site.note('config.session', config)
      },
    },
    { name: 'a page without a session', run: (site) => site.visitor().visit() },
    {
      name: 'reading an empty session',
      run: (site) => site.visitor().visit((ctx) => [ctx.session, ctx.session.isNew]),
    },
    {
      name: 'writing, reading and removing',
      run: async (site) => {
        const visitor = site.visitor()
        await visitor.visit((ctx) => (ctx.session.user = 'fred'))
        await visitor.visit((ctx) => [ctx.session, ctx.session.isNew])
        await visitor.visit((ctx) => (ctx.session.views = 1))
        await visitor.visit((ctx) => void (ctx.session = null))
        await visitor.visit((ctx) => ctx.session)
      },
    },
    {
      name: 'a cookie that Egg 4 signed by default',
      run: async (site) => {
        const visitor = site.visitor().holding(signedCookie(record, keys[0]))
        await visitor.visit((ctx) => ctx.session)
        await visitor.visit((ctx) => (ctx.session.views = 1))
        await visitor.visit((ctx) => ctx.session)
      },
    },
    {
      name: 'a cookie that Egg 3 encrypted by default',
      run: async (site) => {
        const visitor = site.visitor().holding(encryptedCookie(record, keys[0]))
        await visitor.visit((ctx) => ctx.session)
        await visitor.visit((ctx) => (ctx.session.views = 1))
      },
    },
    {
      name: 'the session ends after a day',
      run: async (site) => {
        const visitor = site.visitor()
        await visitor.visit((ctx) => (ctx.session.user = 'fred'))
        await site.advance(DAY - 1000)
        await visitor.visit((ctx) => ctx.session)
        await site.advance(2000)
        await visitor.visit((ctx) => ctx.session)
      },
    },
    {
      name: 'no part of the session stands in run/',
      run: async (site) => site.note('credentials in run/', await site.dumpedCredentials()),
    },
  ],
}

import { keys } from '../fixture.ts'
import { signedCookie } from '../keys.ts'
import { START } from '../run.ts'
import type { Case } from '../suite.ts'
import { catching, read, write } from './pages.ts'

const record = (data: object): object => ({
  ...data,
  _expire: START + 86_400_000,
  _maxAge: 86_400_000,
})

export const hooks: Case[] = [
  {
    name: 'beforeSave changes the session',
    run: async (site) => {
      await site.evaluate((app) => {
        app.config.session.beforeSave = (_: unknown, session: Record<string, unknown>) => {
          session['saved'] = true
        }
      })
      const visitor = site.visitor()
      await visitor.visit(write)
      await visitor.visit(read)
    },
  },
  {
    name: 'beforeSave fails',
    run: async (site) => {
      await site.evaluate((app) => {
        app.config.session.beforeSave = () => {
          throw new Error('beforeSave failed')
        }
      })
      await site.visitor().visit(write)
    },
  },
  {
    name: 'beforeSave fails after the page failed',
    run: async (site) => {
      await site.evaluate((app) => {
        app.config.session.beforeSave = () => {
          throw new Error('beforeSave failed')
        }
      })
      await site.visitor().visit(
        (ctx) => {
          ctx.session.user = 'fred'
          throw new Error('the page failed')
        },
        { early: catching },
      )
    },
  },
  {
    name: 'valid refuses a session',
    run: async (site) => {
      await site.evaluate((app) => {
        app.config.session.valid = (_: unknown, value: { user: string }) => value.user !== 'bad'
      })
      const visitor = site.visitor().holding(signedCookie(record({ user: 'bad' }), keys[0]))
      await visitor.visit(read)
      await visitor.visit(write)
      await visitor.visit(read)
    },
  },
  {
    name: 'encode and decode of the application',
    run: async (site) => {
      await site.evaluate((app) => {
        app.config.session.encode = (data: unknown) => encodeURIComponent(JSON.stringify(data))
        app.config.session.decode = (text: string) => JSON.parse(decodeURIComponent(text))
      })
      const visitor = site.visitor()
      await visitor.visit(write)
      await visitor.visit(read)
    },
  },
]

import type { Evaluated } from '../site.ts'
import type { Case } from '../suite.ts'
import { catching, change, fail, read, write } from './pages.ts'

const brokenBody = {
  method: 'POST',
  body: '{',
  headers: { 'content-type': 'application/json', 'x-error-page': '1' },
}

/** Lets the task in the background go on, after its response was sent, and waits for its word. */
const background: Evaluated = async (app) => {
  const { notes } = app.fixture
  while (!notes.go) await new Promise((wait) => setTimeout(wait, 1))
  notes.go()
  return notes.background
}

/** Where in an application a session is touched: early, late, in the background, without a request. */
export const places: Case[] = [
  {
    name: 'the page fails: the change reaches the browser',
    run: async (site) => {
      const visitor = site.visitor()
      await visitor.visit(fail)
      await visitor.visit(read)
    },
  },
  {
    name: 'the page fails and another middleware answers',
    run: async (site) => {
      const visitor = site.visitor()
      await visitor.visit(fail, { early: catching })
      await visitor.visit(read)
    },
  },
  {
    name: 'the response is already on its way',
    run: (site) =>
      site.visitor().visit((ctx) => {
        ctx.session.user = 'fred'
        ctx.respond = false
        ctx.res.end('"sent"')
      }),
  },
  {
    name: 'read before the middleware',
    run: async (site) => {
      const visitor = site.visitor()
      await visitor.visit(write)
      await visitor.visit((ctx) => [ctx.state.early, ctx.session], {
        early: (ctx, next) => {
          ctx.state.early = JSON.parse(JSON.stringify(ctx.session))
          return next()
        },
      })
    },
  },
  {
    name: 'written before the middleware',
    run: async (site) => {
      const visitor = site.visitor()
      const early = (ctx: { session: { early: number } }, next: () => Promise<void>) => {
        ctx.session.early = 1
        return next()
      }
      await visitor.visit(read, { early })
      await visitor.visit(read)
      await visitor.visit(change)
      await visitor.visit(read, { early })
      await visitor.visit(read)
    },
  },
  {
    name: 'written after the middleware was left',
    run: async (site) => {
      const visitor = site.visitor()
      await visitor.visit(write)
      await visitor.visit(() => 'page', {
        early: async (ctx, next) => {
          await next()
          ctx.session.late = 1
        },
      })
      await visitor.visit(read)
    },
  },
  {
    name: 'a path that the middleware ignores',
    run: async (site) => {
      const visitor = site.visitor()
      await visitor.visit(change, { path: '/ignored' })
      await visitor.visit(write)
      await visitor.visit(read, { path: '/ignored' })
      await visitor.visit(change, { path: '/ignored' })
      await visitor.visit(read)
    },
  },
  {
    name: 'the error page of a body that cannot be parsed',
    run: async (site) => {
      const visitor = site.visitor()
      await visitor.visit(write)
      await visitor.visit(undefined, brokenBody)
      await visitor.visit(read)
    },
  },
  {
    name: 'read in the background',
    run: async (site) => {
      const visitor = site.visitor()
      await visitor.visit(write)
      await visitor.visit((ctx) => {
        const { notes } = ctx.app.fixture
        notes.background = new Promise((resolve) => {
          ctx.runInBackground(async (later: typeof ctx) => {
            await new Promise((go) => (notes.go = go))
            resolve(JSON.parse(JSON.stringify(later.session)))
          })
        })
      })
      site.note('background', await site.evaluate(background))
    },
  },
  {
    name: 'saved in the background',
    run: async (site) => {
      const visitor = site.visitor()
      await visitor.visit(write)
      await visitor.visit((ctx) => {
        const { notes } = ctx.app.fixture
        notes.background = new Promise((resolve) => {
          ctx.runInBackground(async (later: typeof ctx) => {
            await new Promise((go) => (notes.go = go))
            later.session.views = 1
            await later.session.save().then(
              () => resolve('saved'),
              ({ code }: { code: string }) => resolve(code),
            )
          })
        })
      })
      site.note('background', await site.evaluate(background))
      await visitor.visit(read)
    },
  },
  {
    name: 'in an anonymous context',
    run: async (site) => {
      const seen = await site.evaluate((app) => {
        const ctx = app.createAnonymousContext()
        const before = JSON.stringify(ctx.session)
        ctx.session.user = 'fred'
        return [before, ctx.session]
      })
      site.note('anonymous', seen)
    },
  },
  {
    name: 'in app.mockContext()',
    run: async (site) => {
      const seen = await site.evaluate((app) => {
        const ctx = app.mockContext()
        const before = JSON.stringify(ctx.session)
        ctx.session.user = 'fred'
        return [before, ctx.session]
      })
      site.note('mocked context', seen)
    },
  },
  {
    name: 'app.mockSession()',
    run: async (site) => {
      await site.evaluate((app) => void app.mockSession({ user: 'mocked' }))
      const visitor = site.visitor()
      await visitor.visit(read)
      await visitor.visit(async (ctx) => {
        await ctx.session.save()
        return ctx.session.user
      })
      await site.evaluate((app) => app.mockRestore())
      await visitor.visit(read)
      await visitor.visit(write)
      await visitor.visit(read)
    },
  },
  {
    name: 'app.mockSession() for a page that assigns',
    run: async (site) => {
      await site.evaluate((app) => void app.mockSession({ user: 'mocked' }))
      const visitor = site.visitor()
      await visitor.visit((ctx) => {
        ctx.session = { user: 'wilma' }
        return ctx.session
      })
      await visitor.visit((ctx) => {
        ctx.session = null
        return [ctx.session]
      })
    },
  },
  {
    name: 'a log line that names the user of the session',
    run: async (site) => {
      await site.evaluate((app) => {
        Object.defineProperty(app.context, 'userId', {
          configurable: true,
          get() {
            return this.session?.user ?? 'nobody'
          },
        })
      })
      const page = (ctx: { logger: { warn(text: string): void } }) => ctx.logger.warn('in the page')
      const visitor = site.visitor()
      await visitor.visit(write)
      await visitor.visit(page, {
        early: (ctx, next) => {
          ctx.logger.warn('before the session')
          return next()
        },
      })
      await visitor.visit(() => {
        throw new Error('the page failed')
      })
      await site.evaluate((app) => void delete app.context.userId)
    },
  },
]

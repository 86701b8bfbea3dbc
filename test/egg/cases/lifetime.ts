import type { Case } from '../suite.ts'
import { change, read, write } from './pages.ts'

/** How a session of this `config.session` begins, goes on and ends. */
function withOptions(name: string, options: Record<string, unknown>): Case {
  return {
    name,
    run: async (site) => {
      await site.configure(options)
      const visitor = site.visitor()
      await visitor.visit(write)
      await visitor.visit((ctx) => [ctx.session, ctx.session.maxAge])
      await visitor.visit(change)
      await site.advance(7000)
      await visitor.visit(read)
    },
  }
}

/** A page that gives its session another lifetime, and what the session is after it. */
function ownMaxAge(name: string, maxAge: unknown): Case {
  return {
    name,
    run: async (site) => {
      const visitor = site.visitor()
      const headers = { 'x-max-age': JSON.stringify(maxAge) }
      await visitor.visit(
        (ctx) => {
          ctx.session.user = 'fred'
          ctx.session.maxAge = JSON.parse(ctx.get('x-max-age'))
          return [ctx.session.maxAge]
        },
        { headers },
      )
      await visitor.visit((ctx) => [ctx.session, ctx.session.maxAge])
      await visitor.visit(change)
      await visitor.visit((ctx) => [ctx.session, ctx.session.maxAge])
    },
  }
}

export const lifetime: Case[] = [
  withOptions('maxAge of ten seconds', { maxAge: 10_000 }),
  withOptions('maxAge "session"', { maxAge: 'session' }),
  ownMaxAge('session.maxAge of five seconds', 5000),
  ownMaxAge('session.maxAge "session"', 'session'),
  ownMaxAge('session.maxAge as text', '5000'),
  {
    name: 'only session.maxAge set on an empty session',
    run: (site) => site.visitor().visit((ctx) => void (ctx.session.maxAge = 5000)),
  },
  {
    name: 'save() of a browser session before it ends',
    run: async (site) => {
      await site.configure({ maxAge: 'session' })
      await site.visitor().visit(async (ctx) => {
        ctx.session.user = 'fred'
        await ctx.session.save()
        ctx.session.views = 1
      })
    },
  },
  {
    name: 'a shorter maxAge does not shorten what is under way',
    run: async (site) => {
      const visitor = site.visitor()
      await visitor.visit(write)
      await site.configure({ maxAge: 60_000 })
      await visitor.visit(change)
      await site.advance(61_000)
      await visitor.visit(read)
    },
  },
  {
    name: 'rolling',
    run: async (site) => {
      await site.configure({ maxAge: 10_000, rolling: true })
      const visitor = site.visitor()
      await visitor.visit(write)
      await site.advance(6000)
      await visitor.visit(() => 'untouched')
      await visitor.visit(read)
      await site.advance(6000)
      await visitor.visit(read)
    },
  },
  {
    name: 'rolling with nothing to roll',
    run: async (site) => {
      await site.configure({ rolling: true })
      await site.visitor().visit(read)
    },
  },
  {
    name: 'renew',
    run: async (site) => {
      await site.configure({ maxAge: 10_000, renew: true })
      const visitor = site.visitor()
      await visitor.visit(write)
      await site.advance(4000)
      await visitor.visit(read)
      await site.advance(1000)
      await visitor.visit(read)
      await site.advance(1000)
      await visitor.visit(() => 'untouched')
      await visitor.visit(read)
      await visitor.visit(read)
    },
  },
]

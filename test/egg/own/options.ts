import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { places, type Site } from '../site.ts'
import { describeHosts } from '../trial.ts'
import { dataOf } from '../cases/pages.ts'

describeHosts('the options that are functions, in config.session', ({ open }) => {
  let site: Site

  beforeAll(async () => {
    site = await open({ name: 'functions' })
  })
  beforeEach(() => site.begin())

  describe.each(places)('with sessions in %s', (_, store) => {
    beforeEach(() => site.useStore(store))

    it('leave a message over a redirect and pages that do not look, for one that does', async () => {
      const visitor = site.visitor()
      const { status } = await visitor.visit((ctx) => {
        ctx.session.flash('notice', 'Welcome')
        ctx.redirect('/elsewhere')
      })
      expect(status).toBe(302)
      await visitor.visit(() => 'a page that does not look')
      await visitor.visit((ctx) => void (ctx.session.views = 1))
      const pages = [
        await visitor.visit((ctx) => ctx.session.flash('notice')),
        await visitor.visit((ctx) => ctx.session.flash('notice') ?? null),
      ]
      expect(pages.map(({ body }) => body)).toEqual([{ value: 'Welcome' }, { value: null }])
    })

    it('are those by which readSession() reads, which writes nothing', async () => {
      const visitor = site.visitor()
      await visitor.visit((ctx) => void (ctx.session.user = 'ada'))
      const read = (ctx: any): Promise<unknown> => {
        const { createRequire } = process.getBuiltinModule('node:module')
        const require = createRequire(`${ctx.app.config.baseDir}/app.js`)
        return require('session-kit/koa').readSession(ctx.app, ctx.req)
      }
      const { body, cookies } = await visitor.visit(read)
      expect(body).toEqual({ value: { user: 'ada' } })
      expect(cookies).toEqual([])
      expect((await site.visitor().visit(read)).body).toEqual({ value: null })
    })

    it('give each tenant cookies of its own domain', async () => {
      await site.evaluate((app) => {
        app.config.session.domain = (ctx: any) => ctx.get('x-tenant') || undefined
      })
      const write = (ctx: any): void => void (ctx.session.user = 'ada')
      const own = await site.visitor().visit(write, { headers: { 'x-tenant': 'one.example' } })
      const none = await site.visitor().visit(write)

      expect(JSON.stringify(own.cookies)).toContain('one.example')
      expect(JSON.stringify(none.cookies)).not.toContain('one.example')
    })

    it('have a schema that fills in, migrates, and refuses', async () => {
      const visitors = [site.visitor(), site.visitor(), site.visitor()]
      await visitors[0]!.visit((ctx) => void (ctx.session = { user: 'ada' }))
      await visitors[1]!.visit((ctx) => void (ctx.session = { name: 'bob' }))
      await visitors[2]!.visit((ctx) => void (ctx.session = { user: 5 }))
      await site.evaluate((app) => {
        app.config.session.schema = {
          '~standard': {
            version: 1,
            vendor: 'test',
            validate: ({ user, views = 0, ...others }: any) =>
              Object.keys(others).length || (user !== undefined && typeof user !== 'string')
                ? { issues: [{ message: 'refused' }] }
                : { value: { ...(user && { user }), views } },
          },
        }
        app.config.session.migrate = (old: any) => (old.name ? { user: old.name } : old)
      })
      const data = await Promise.all(visitors.map(dataOf))

      expect(data).toEqual([{ user: 'ada', views: 0 }, { user: 'bob', views: 0 }, { views: 0 }])
    })
  })

  it('move a session to the store that outgrows its cookie, and back', async () => {
    await site.useStore('object')
    await site.configure({ overflow: 'store' })
    const ids = (): Promise<unknown> => site.evaluate((app) => [...app.fixture.records.keys()])
    const visitor = site.visitor()
    await visitor.visit((ctx) => void (ctx.session.user = 'ada'))
    expect(await ids()).toEqual([])
    await visitor.visit((ctx) => void (ctx.session.cart = 'x'.repeat(12_000)))
    expect(await ids()).toHaveLength(1)
    expect(await dataOf(visitor)).toEqual({ user: 'ada', cart: 'x'.repeat(12_000) })
    const back = await visitor.visit((ctx) => void delete ctx.session.cart)

    expect(JSON.stringify(back.cookies)).toContain('"d":{"user":"ada"}')
    expect(await dataOf(visitor)).toEqual({ user: 'ada' })
  })
})

import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { keys } from '../fixture.ts'
import { openSealed } from '../sealed.ts'
import type { Site, Visitor } from '../site.ts'
import { describeHosts } from '../trial.ts'
import { change, dataOf, read, remove, write } from '../cases/pages.ts'

/** The same browser at another site. */
function at(site: Site, visitor: Visitor): Visitor {
  const other = site.visitor()
  const header = visitor.jar.header('/', site.now)
  return header ? other.holding(header) : other
}

describeHosts('beside the plugin that comes with Egg', ({ host, open }) => {
  let stock: Site
  let kit: Site

  beforeAll(async () => {
    const name = 'beside'
    ;[stock, kit] = await Promise.all([open({ name }, 'stock'), open({ name }, 'kit')])
  })
  beforeEach(() => Promise.all([stock.begin(), kit.begin()]))

  describe("format: 'host'", () => {
    it.each([
      ['encrypted', { encrypt: true }],
      ['signed', { encrypt: false }],
      ['for as long as the browser is open', { encrypt: true, maxAge: 'session' }],
    ])('is read and written by both, %s', async (_, session) => {
      await stock.configure(session)
      await kit.configure({ ...session, format: 'host' })
      const first = stock.visitor()
      await first.visit(write)
      const second = at(kit, first)
      expect(await dataOf(second)).toEqual({ user: 'fred' })
      const { cookies } = await second.visit(change)
      expect(cookies[0]!.form).toBe(session.encrypt ? 'encrypted' : 'plain')

      const third = at(stock, second)
      expect(await dataOf(third)).toEqual({ user: 'fred', views: 1 })
      await third.visit(change)
      const fourth = at(kit, third)
      expect(await dataOf(fourth)).toEqual({ user: 'fred', views: 2 })
      await fourth.visit(remove)
      expect(await dataOf(at(stock, fourth))).toEqual({})
    })
  })

  describe('encrypt, which Egg says is on', () => {
    it('hides the session from whoever has the cookie', async () => {
      const visitor = kit.visitor()
      const { cookies } = await visitor.visit((ctx) => void (ctx.session.user = 'fred-the-first'))
      expect(cookies.map(({ name, form }) => [name, form])).toEqual([['EGG_SESS', 'sealed']])

      const value = visitor.jar.value('EGG_SESS')!
      for (const part of [value, ...value.split('.')]) {
        for (const text of [part, Buffer.from(part, 'base64url').toString('latin1')]) {
          expect(text).not.toMatch(/fred|user|_expire/)
          expect(Buffer.from(text, 'base64').toString('latin1')).not.toMatch(/fred|user|_expire/)
        }
      }
      const { d } = await openSealed(value, 'EGG_SESS', [keys[0]])
      expect(d).toEqual({ user: 'fred-the-first' })
    })

    it.runIf(host.generation === 4)('is off in Egg 4, whose cookies are taken over', async () => {
      const before = stock.visitor()
      const { cookies } = await before.visit(write)
      expect(cookies.map(({ name, form }) => [name, form])).toEqual([
        ['EGG_SESS', 'plain'],
        ['EGG_SESS.sig', 'signature'],
      ])

      const after = at(kit, before)
      const { cookies: replaced, body } = await after.visit(read)
      expect(body).toEqual({ value: { user: 'fred' } })
      expect(replaced.map(({ name, form }) => [name, form])).toEqual([
        ['EGG_SESS', 'sealed'],
        ['EGG_SESS.sig', 'removed'],
      ])
      expect(after.jar.header('/', kit.now)).not.toContain('.sig')
      expect(await dataOf(after)).toEqual({ user: 'fred' })
    })
  })
})

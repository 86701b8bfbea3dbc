import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Jar } from '../../fixtures/cookies.ts'
import { places, type Handler, type Site } from '../site.ts'
import { describeHosts } from '../trial.ts'

const PUBLIC = { 'cache-control': 'public, max-age=60', 'cdn-cache-control': 'max-age=600' }
const PRIVATE = { 'cache-control': 'private, no-store', vary: 'Cookie' }

describeHosts('what caches are told', ({ open }) => {
  let site: Site

  beforeAll(async () => {
    site = await open({ name: 'caching' })
  })
  beforeEach(() => site.begin())

  /** What a page tells caches that its handler has said everybody may keep. */
  async function visit(jar: Jar, handler: Handler): Promise<object> {
    const code = `(ctx) => {
      ctx.set(${JSON.stringify(PUBLIC)})
      return (${String(handler)})(ctx)
    }`
    const { headers } = await fetch(site.url, {
      headers: {
        'x-handler': Buffer.from(code).toString('base64'),
        ...(jar.header && { cookie: jar.header }),
      },
    })
    jar.take(headers.getSetCookie())
    const names = ['cache-control', 'cdn-cache-control', 'vary']
    return Object.fromEntries([...headers].filter(([name]) => names.includes(name)))
  }

  describe.each(places)('of sessions in %s', (_, store) => {
    beforeEach(() => site.useStore(store))

    it.each([
      ['sealed', { encrypt: true }],
      ['as the stock plugin has them', { encrypt: true, format: 'host' }],
    ])('%s: nothing, what a page depends on, or to keep away', async (_, options) => {
      await site.configure(options)
      const jar = new Jar()
      expect(await visit(jar, () => {})).toEqual(PUBLIC)
      expect(await visit(jar, (ctx) => ctx.session.user ?? null)).toEqual({
        ...PUBLIC,
        vary: 'Cookie',
      })
      expect(await visit(jar, (ctx) => void (ctx.session.user = 'ada'))).toEqual(PRIVATE)
      expect(await visit(jar, () => {})).toEqual(PUBLIC)
      expect(await visit(jar, (ctx) => ctx.session.user)).toEqual({ ...PUBLIC, vary: 'Cookie' })
      expect(await visit(jar, (ctx) => void (ctx.session = null))).toEqual(PRIVATE)
      expect(await visit(jar, () => {})).toEqual(PUBLIC)
    })

    it('of a page that fails: the same', async () => {
      const jar = new Jar()
      const failing: Handler = (ctx) => {
        ctx.session.user = 'ada'
        throw new Error('later')
      }

      expect(await visit(jar, failing)).toEqual(PRIVATE)
      expect(jar.header).toContain('EGG_SESS=')
    })
  })
})

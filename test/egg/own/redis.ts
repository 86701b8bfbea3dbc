import { expect, it } from 'vitest'
import { client } from '../cases/redis.ts'
import { change, dataOf, remove, write } from '../cases/pages.ts'
import { child, type AppSpec } from '../fixture.ts'
import type { Host } from '../hosts.ts'
import type { Site } from '../site.ts'
import { describeHosts } from '../trial.ts'

const DAY = 86_400

/** An `app.js` of one function, as the documentation of egg-session has it. */
function appFile({ esm }: Host, lines: string): string {
  const support = JSON.stringify(child('support.cjs'))
  const head = esm
    ? `import support from ${support}
import { createRedisStore } from 'session-kit/redis'
export default (app) => {`
    : `const support = require(${support})
const { createRedisStore } = require('session-kit/redis')
module.exports = app => {`
  return `${head}
  new (support.boot())(app)
  ${lines}
}`
}

function specOf(host: Host, name: string, lines: string): AppSpec {
  return {
    name,
    plugins: ({ packages }) => ({ redis: { enable: true, package: packages.redis } }),
    config: { redis: { client: client(process.env['REDIS_URL']!) } },
    appFile: appFile(host, lines),
  }
}

/** The keys that are in Redis, of those with a prefix, and how many seconds each has left. */
async function kept(site: Site, pattern: string): Promise<Record<string, number>> {
  const found = await site.evaluate(async (app, pattern) => {
    const keys = await app.redis.keys(pattern)
    return Promise.all(
      keys.map(async (key: string) => [key, Math.round((await app.redis.pttl(key)) / 1000)]),
    )
  }, pattern)
  return Object.fromEntries(found as [string, number][])
}

/** Takes away what an earlier test, or an earlier run, has left. */
const clear = (site: Site, pattern: string): Promise<unknown> =>
  site.evaluate(async (app, pattern) => {
    for (const key of await app.redis.keys(pattern)) await app.redis.del(key)
  }, pattern)

describeHosts('app.sessionStore = createRedisStore(app.redis)', ({ host, start }) => {
  it('is all that an application writes', async () => {
    const site = await start(
      specOf(host, 'one-line', 'app.sessionStore = createRedisStore(app.redis)'),
    )
    await clear(site, 'session:*')
    const visitor = site.visitor()
    await visitor.visit(write)
    await visitor.visit(change)
    expect(await dataOf(visitor)).toEqual({ user: 'fred', views: 1 })

    const records = await kept(site, 'session:*')
    expect(Object.keys(records)).toEqual([expect.stringMatching(/^session:[\w-]{43}$/)])
    expect(Math.abs(Object.values(records)[0]! - DAY)).toBeLessThan(20)
    const id = (await visitor.visit((ctx) => ctx.session.externalKey)).body as { value: string }
    expect(Object.keys(records)[0]).not.toContain(id.value)

    await visitor.visit(remove)
    expect(await kept(site, 'session:*')).toEqual({})
    expect(await dataOf(visitor)).toEqual({})
  })

  it('loses none of many changes at once, and forgets a session that was left', async () => {
    const site = await start(
      specOf(
        host,
        'at-once',
        "app.sessionStore = createRedisStore(app.redis, { prefix: 'once:' })",
      ),
    )
    await clear(site, 'once:*')
    const visitor = site.visitor()
    await visitor.visit(write)
    const header = visitor.jar.header('/', site.now)
    const same = () => site.visitor().holding(header)
    await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        same().visit(
          (ctx) => ctx.session.update((session: any) => (session[ctx.get('x-name')] = true)),
          { headers: { 'x-name': `page${i}` } },
        ),
      ),
    )
    expect(Object.keys((await dataOf(visitor)) as object)).toHaveLength(9)

    await same().visit(remove)
    await visitor.visit(change)
    expect(await kept(site, 'once:*')).toEqual({})
  })

  it('keeps browser sessions as long as their cookies are good', async () => {
    const site = await start({
      ...specOf(
        host,
        'browser',
        "app.sessionStore = createRedisStore(app.redis, { prefix: 'br:' })",
      ),
      session: { maxAge: 'session' },
    })
    await clear(site, 'br:*')
    await site.visitor().visit(write)

    const [seconds] = Object.values(await kept(site, 'br:*'))
    expect(Math.abs(seconds! - 30 * DAY)).toBeLessThan(20)
    await clear(site, 'br:*')
  })
})

/** What the documentation of egg-session has, as it has it. */
const methods = (redis: string): string => `
    async get(key) {
      const res = await ${redis}.get(key);
      if (!res) return null;
      return JSON.parse(res);
    }, // ,

    async set(key, value, maxAge) {
      // maxAge not present means session cookies
      // we can't exactly know the maxAge and just set an appropriate value like one day
      if (!maxAge) maxAge = 24 * 60 * 60 * 1000;
      value = JSON.stringify(value);
      await ${redis}.set(key, value, 'PX', maxAge);
    }, // ,

    async destroy(key) {
      await ${redis}.del(key);
    }, // ,`

describeHosts("the store in egg-session's documentation", ({ host, start }) => {
  const object = `app.sessionStore = {${methods('app.redis')}
  };`
  const asClass = `app.sessionStore = class Store {
    constructor(app) {
      this.app = app;
    }
${methods('this.app.redis').replaceAll('}, // ,', '}')}
  };`

  it.each([
    ['an object', object],
    ['a class', asClass],
  ])('works as it is written, as %s', async (name, lines) => {
    const prefix = `documented-${name.split(' ')[1]}:`
    const spec = specOf(host, `documented-${name.split(' ')[1]}`, lines.replaceAll('}, // ,', '},'))
    const site = await start({ ...spec, session: { prefix } })
    await clear(site, `${prefix}*`)
    const visitor = site.visitor()
    await visitor.visit(write)
    await visitor.visit(change)
    expect(await dataOf(visitor)).toEqual({ user: 'fred', views: 1 })
    // Ten seconds more than the session lives.
    expect(Math.abs(Object.values(await kept(site, `${prefix}*`))[0]! - DAY - 10)).toBeLessThan(20)
    await visitor.visit(remove)
    expect(await kept(site, `${prefix}*`)).toEqual({})

    await site.configure({ maxAge: 'session' })
    const other = site.visitor()
    expect((await other.visit(write)).status).toBe(200)
    expect(await dataOf(other)).toEqual({ user: 'fred' })
    expect(Math.abs(Object.values(await kept(site, `${prefix}*`))[0]! - DAY)).toBeLessThan(9)
    await clear(site, `${prefix}*`)
  })
})

import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { change, dataOf, remove, write } from '../cases/pages.ts'
import { client } from '../cases/redis.ts'
import { child, type AppSpec } from '../fixture.ts'
import type { Host } from '../hosts.ts'
import type { Site, Visitor } from '../site.ts'
import { describeHosts } from '../trial.ts'

const DAY = 86_400

/** An `app.js` that gives this to Egg. */
function appFile({ esm }: Host, expression: string): string {
  const support = JSON.stringify(child('support.cjs'))
  return esm
    ? `import support from ${support}
import { createRedisStore } from 'session-kit/redis'
export default ${expression}`
    : `const support = require(${support})
const { createRedisStore } = require('session-kit/redis')
module.exports = ${expression}`
}

/** One function, as the documentation of egg-session has it. */
const asFunction = (lines: string): string => `(app) => {
  new (support.boot())(app)
  ${lines}
}`

/** A class with this in the place where Egg 4 has made `app.redis`, and Egg 3 as well. */
const asBoot = (line: string): string => `class extends support.boot() {
  willReady() {
    const { app } = this
    ${line}
  }
}`

function specOf(host: Host, name: string, expression: string): AppSpec {
  return {
    name,
    plugins: ({ packages }) => ({ redis: { enable: true, package: packages.redis } }),
    config: { redis: { client: client(process.env['REDIS_URL']!) } },
    appFile: appFile(host, expression),
  }
}

/** The keys that are in Redis, of those like this, and how many seconds each has left. */
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
  const line = `app.sessionStore = createRedisStore(app.redis, { prefix: '${host.name}:' })`

  it('is all that an application writes', async () => {
    const site = await start(
      specOf(host, 'one-line', asBoot('app.sessionStore = createRedisStore(app.redis)')),
    )
    const visitor = site.visitor()
    await visitor.visit(write)
    await visitor.visit(change)
    expect(await dataOf(visitor)).toEqual({ user: 'fred', views: 1 })

    const page = await visitor.visit((ctx) => ctx.session.externalKey)
    const { value: id } = page.body as { value: string }
    const key = `session:${createHash('sha256').update(id).digest('base64url')}`
    const seconds = (await kept(site, key))[key]!
    expect(Math.abs(seconds - DAY)).toBeLessThan(20)

    await visitor.visit(remove)
    expect(await kept(site, key)).toEqual({})
    expect(await dataOf(visitor)).toEqual({})
  })

  it('loses none of many changes at once, and forgets a session that was left', async () => {
    const site = await start(specOf(host, 'at-once', asBoot(line)))
    await clear(site, `${host.name}:*`)
    const visitor = site.visitor()
    await visitor.visit(write)
    const header = visitor.jar.header('/', site.now)
    const same = (): Visitor => site.visitor().holding(header)
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
    expect(await dataOf(visitor)).toEqual({})
    expect(await kept(site, `${host.name}:*`)).toEqual({})
  })

  it('keeps browser sessions as long as their cookies are good', async () => {
    const site = await start({
      ...specOf(host, 'browser', asBoot(line)),
      session: { maxAge: 'session' },
    })
    await clear(site, `${host.name}:*`)
    await site.visitor().visit(write)

    const [seconds] = Object.values(await kept(site, `${host.name}:*`))
    expect(Math.abs(seconds! - 30 * DAY)).toBeLessThan(20)
    await clear(site, `${host.name}:*`)
  })
})

describeHosts('createRedisStore(() => app.redis)', ({ host, start }) => {
  it('stands where egg-session has its store, though Egg 4 makes app.redis after app.js', async () => {
    const site = await start(
      specOf(host, 'function', asFunction('app.sessionStore = createRedisStore(() => app.redis)')),
    )
    const visitor = site.visitor()
    await visitor.visit(write)
    expect(await dataOf(visitor)).toEqual({ user: 'fred' })
    await visitor.visit(remove)
    expect(await dataOf(visitor)).toEqual({})
  })
})

/** The methods in the documentation of egg-session, as they are there, for an object or a class. */
const methods = (redis: string, comma: string): string => `
    async get(key) {
      const res = await ${redis}.get(key);
      if (!res) return null;
      return JSON.parse(res);
    }${comma}

    async set(key, value, maxAge) {
      // maxAge not present means session cookies
      // we can't exactly know the maxAge and just set an appropriate value like one day
      if (!maxAge) maxAge = 24 * 60 * 60 * 1000;
      value = JSON.stringify(value);
      await ${redis}.set(key, value, 'PX', maxAge);
    }${comma}

    async destroy(key) {
      await ${redis}.del(key);
    }${comma}`

const object = `app.sessionStore = {${methods('app.redis', ',')}
  };`

const asClass = `app.sessionStore = class Store {
    constructor(app) {
      this.app = app;
    }
${methods('this.app.redis', '')}
  };`

describeHosts("the store in egg-session's documentation", ({ host, start }) => {
  it.each([
    ['an object', object],
    ['a class', asClass],
  ])('works as it is written, as %s', async (title, lines) => {
    const name = title.replace(/^an? /, '')
    const prefix = `${host.name}-${name}:`
    const site = await start({ ...specOf(host, name, asFunction(lines)), session: { prefix } })
    await clear(site, `${prefix}*`)
    const visitor = site.visitor()
    await visitor.visit(write)
    await visitor.visit(change)
    expect(await dataOf(visitor)).toEqual({ user: 'fred', views: 1 })
    // Ten seconds more than the session lives.
    expect(Math.abs(Object.values(await kept(site, `${prefix}*`))[0]! - DAY - 10)).toBeLessThan(9)
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

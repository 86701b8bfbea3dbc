import { raw, type Settings } from '../source.ts'
import type { Suite } from '../suite.ts'
import { change, read, remove, write } from './pages.ts'

/** The store as the documentation of egg-session has it. */
const documented = `app => {
  app.sessionStore = {
    async get(key) {
      const res = await app.redis.get(key)
      if (!res) return null
      return JSON.parse(res)
    },

    async set(key, value, maxAge) {
      // maxAge not present means session cookies
      // we can't exactly know the maxAge and just set an appropriate value like one day
      if (!maxAge) maxAge = 24 * 60 * 60 * 1000
      value = JSON.stringify(value)
      await app.redis.set(key, value, 'PX', maxAge)
    },

    async destroy(key) {
      await app.redis.del(key)
    },
  }
}`

/** The settings of a client in the words of egg-redis. */
export function client(address: string): Settings {
  const { hostname, port, username, password, pathname } = new URL(address)
  return {
    host: hostname,
    port: Number(port || 6379),
    password: password || '',
    ...(username && { username }),
    db: Number(pathname.slice(1) || 0),
  }
}

const address = process.env['REDIS_URL']

/** The documented store on the Redis that `REDIS_URL` names; left out without it. */
export const redis: Suite = {
  skip: !address,
  app: {
    name: 'redis',
    session: { encrypt: false, prefix: 'session-kit-parity:' },
    plugins: (host) => ({ redis: { enable: true, package: host.packages.redis } }),
    config: { redis: { client: client(address ?? 'redis://127.0.0.1') } },
    boot: { configure: raw(documented) },
  },
  cases: [
    {
      name: 'the life of a session',
      run: async (site) => {
        const visitor = site.visitor()
        await visitor.visit(write)
        await visitor.visit(change)
        await visitor.visit(read)
        await visitor.visit(remove)
        await visitor.visit(read)
      },
    },
    {
      name: 'a browser session',
      run: async (site) => {
        await site.configure({ maxAge: 'session' })
        const visitor = site.visitor()
        await visitor.visit(write)
        await visitor.visit(read)
        await visitor.visit(remove)
      },
    },
    {
      name: 'how long a record is kept',
      run: async (site) => {
        const visitor = site.visitor()
        await visitor.visit(write)
        const id = visitor.jar.value('EGG_SESS')
        const seconds = await site.evaluate(
          async (app, given) => (await app.redis.pttl(given)) / 1000,
          id,
        )
        site.note('seconds, about', Math.round((seconds as number) / 10) * 10)
        await visitor.visit(remove)
      },
    },
  ],
}

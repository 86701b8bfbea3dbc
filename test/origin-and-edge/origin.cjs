'use strict'

/** What an origin of the tests has, on Koa and on Egg: its pages, its store, and that for others. */
exports.createOrigin = (kit) => {
  const clients = []
  let handler

  /** Makes a store of a kind; one that only this process can reach is opened to others. */
  function createStore(kind, { url, token, secret, prefix }) {
    handler = undefined
    if (kind === 'cookie') return null
    if (kind === 'upstash') return kit.createUpstashStore({ url, token }, { prefix })
    if (kind === 'kv') return kit.createFetchStore(url, { secret, consistency: 'eventual' })
    if (kind === 'object') return kit.createFetchStore(url, { secret, timeout: 20_000 })
    const client = clients[0] ?? new kit.Redis(url)
    clients[0] = client
    const store = kind === 'redis' ? kit.createRedisStore(client, { prefix }) : documented(client)
    handler = kit.createStoreHandler(store, { secret })
    return store
  }

  return {
    createStore,

    /** Stands first: what others ask of the store. */
    serveStore: kit.serveStore('/store/', (request) => handler(request)),

    /** Does what the path says, and answers with what the session then holds. */
    async page(ctx) {
      const [, , act] = ctx.path.split('/')
      if (act === 'out') ctx.session = null
      if (act === 'in') {
        ctx.session.user = 'Ada'
        await ctx.session.regenerate?.()
      }
      if (act === 'count') ctx.session.origin = (ctx.session.origin ?? 0) + 1
      ctx.body = ctx.session?.toJSON() ?? {}
    },

    stop: () => clients.forEach((client) => client.disconnect()),
  }
}

/** The store that egg-session's documentation shows. */
const documented = (redis) => ({
  async get(key) {
    const text = await redis.get(key)
    return text ? JSON.parse(text) : null
  },
  async set(key, value, maxAge) {
    await redis.set(key, JSON.stringify(value), 'PX', maxAge || 86_400_000)
  },
  async destroy(key) {
    await redis.del(key)
  },
})

import { expect, it } from 'vitest'
import { dumpsOf } from '../dumps.ts'
import { keys } from '../fixture.ts'
import { raw } from '../source.ts'
import { describeHosts } from '../trial.ts'

/** A key of the session's own; the name of what holds it must not be what hides it. */
const OWN_KEY = 'canary7Vt0c2BzWmLr5Xy8KdPn3HsJf6GuEa1TiOoRw'

/** Every way in which an application hands the session something that holds a credential. */
const configure = raw(`(app) => {
  const { createRequire } = process.getBuiltinModule('node:module')
  const { createRedisStore } = createRequire(app.baseDir + '/app.js')('session-kit/redis')
  const client = {
    options: { host: '127.0.0.1', username: 'canary-user', password: 'canary-password' },
    url: 'redis://canary-user:canary-password@127.0.0.1',
    records: new Map(),
    call: async () => null,
  }
  app.sessionStore = class Store {
    constructor() {
      this.client = client
      this.url = client.url
    }
    get() {}
    set() {}
    destroy() {}
  }
  app.sessionStore = Object.assign(createRedisStore(client), { client })
}`)

describeHosts('what Egg writes down of its configuration', ({ start }) => {
  it('has neither a store nor its client in it, no secret, and no reader', async () => {
    const site = await start({
      name: 'credentials',
      session: {
        secrets: [OWN_KEY],
        accept: [
          raw(`((password) => Object.assign((kit) => kit, { toString: () => password }))
          ('canary-reader')`),
        ],
        valid: raw(`((token) => () => token)('canary-token')`),
      },
      boot: { configure },
    })
    expect(await site.evaluate((app) => typeof app.sessionStore.get)).toBe('function')

    const texts = await dumpsOf(site)
    expect(Object.entries(texts).filter(([, text]) => /canary|127\.0\.0\.1:/.test(text))).toEqual(
      [],
    )
    const { config } = JSON.parse(texts['application_config.json']!) as { config: any }
    expect(config.session).not.toHaveProperty('store')
    // Egg itself hides what is called so; the agent has a dump of its own.
    expect(config.session.secrets).toBe('<Array>')
    expect(JSON.parse(texts['agent_config.json']!).config.session.secrets).toBe('<Array>')
  })

  it("shows of the application's keys what Egg itself shows: their length", async () => {
    const texts = await dumpsOf(await start({ name: 'keys' }))
    const { config } = JSON.parse(texts['application_config.json']!) as { config: any }

    expect(config.keys).toBe(`<String len: ${keys[0].length}>`)
    expect(Object.values(texts).filter((text) => text.includes(keys[0]))).toEqual([])
  })
})

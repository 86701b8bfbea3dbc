import { cp } from 'node:fs/promises'
import { it } from 'vitest'
import { raw } from '../source.ts'
import { describeHosts } from '../trial.ts'

describeHosts('x', ({ host, start }) => {
  it('dumps', async () => {
    const site = await start({
      name: 'secrets',
      config: { redis: { client: { host: '127.0.0.1', password: 'canary-config-password' } } },
      session: {
        secrets: ['canary-kitkeys-q7Vt0c2BzWmLr5Xy8KdPn3HsJf6GuEa1'],
        valid: raw('() => "canary-closure"'),
      },
      boot: {
        configure: raw(`(app) => {
       const client = { options: { password: 'canary-password' }, call: async () => null }
       const { createRedisStore } = process.getBuiltinModule('module').createRequire(app.baseDir + '/x.js')('session-kit/redis')
       app.sessionStore = createRedisStore(client)
       app.sessionStore.client = client
     }`),
      },
    })
    await new Promise((r) => setTimeout(r, 1500))
    await cp(site.folder + '/run', '/tmp/run-' + host.name, { recursive: true })
    await cp(site.folder + '/logs', '/tmp/logs-' + host.name, { recursive: true }).catch(() => {})
  })
})

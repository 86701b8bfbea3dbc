import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import Koa3 from 'koa'
import { createSession as stockSession } from 'koa-session'
import { serveStore, session } from '../../adapters/koa.ts'
import { createRedisStore } from '../../adapters/redis.ts'
import { createUpstashStore } from '../../adapters/upstash.ts'
import { createFetchStore, createStoreHandler } from '../../src/fetch.ts'
import { child, writeApp, type AppSpec, type Plugin } from '../egg/fixture.ts'
import { hosts, type Host } from '../egg/hosts.ts'
import { installKit, kitPackage } from '../egg/kit-package.ts'
import { startApp } from '../egg/run.ts'
import { raw } from '../egg/source.ts'
import { closeWorkspace, openWorkspace } from '../egg/workspace.ts'
import { listen } from '../fetch/server.ts'
import type { Place } from './how.ts'

const require = createRequire(import.meta.url)
const file = fileURLToPath(new URL('origin.cjs', import.meta.url))
const { createOrigin } = require(file) as { createOrigin(kit: object): any }

/** What an origin is set to. */
export interface Setting {
  keys: readonly string[]
  session: Record<string, unknown>
  place: Place
  /** What its store is made of. */
  given: { url?: string; token?: string; secret: string; prefix: string }
}

/** An origin that runs. */
export interface Origin {
  url: string
  /** The hash of its signed cookies. */
  digest: 'sha1' | 'sha256'
  configure(setting: Setting): Promise<void>
  stop(): Promise<void>
}

/** Ways to start an origin, by name. */
export const origins: Record<string, () => Promise<Origin>> = {
  'Koa 2': () => startKoa(require('koa2') as typeof Koa3, session),
  'Koa 3': () => startKoa(Koa3, session),
  ...Object.fromEntries(hosts.map((host) => [host.title, () => startEgg(host, 'kit')])),
}

/** The same on what came before session-kit. */
export const stockOrigins: Record<string, () => Promise<Origin>> = {
  'koa-session 7': () => startKoa(Koa3, stockSession),
  ...Object.fromEntries(
    hosts.map((host) => [`the plugin of ${host.title}`, () => startEgg(host, 'stock')]),
  ),
}

async function startKoa(Koa: typeof Koa3, createSession: any): Promise<Origin> {
  const origin = createOrigin({
    createRedisStore,
    createUpstashStore,
    createFetchStore,
    createStoreHandler,
    serveStore,
    Redis,
  })
  let callback: ReturnType<Koa3['callback']>
  const { url, stop } = await listen((request, response) => callback(request, response))
  return {
    url: url.slice(0, -1),
    digest: 'sha1',
    async configure({ keys, session, place, given }) {
      const app = new Koa()
      app.proxy = true
      app.keys = [...keys]
      const store = origin.createStore(place, given)
      app.use(origin.serveStore)
      app.use(createSession({ ...session, ...(store && { store }) }, app))
      app.use(origin.page)
      callback = app.callback()
    },
    async stop() {
      await stop()
      origin.stop()
    },
  }
}

const spec: AppSpec = {
  name: 'origin',
  files: {
    'app/middleware/shared.js': raw('(_, app) => (ctx, next) => app.origin.serveStore(ctx, next)'),
    'app/router.js': raw(`(app) => app.all('/origin/:act', (ctx) => app.origin.page(ctx))`),
  },
}

function appFile({ esm }: Host): string {
  const support = JSON.stringify(child('support.cjs'))
  return `${
    esm
      ? `import support from ${support}\nimport { createRequire } from 'node:module'`
      : `const support = require(${support})\nconst { createRequire } = require('node:module')`
  }
class Boot extends support.boot() {
  constructor(app) {
    super(app)
    const take = createRequire(app.baseDir + '/app.js')
    const parts = ['redis', 'upstash', 'fetch', 'koa'].map((name) => take('session-kit/' + name))
    app.origin = take(${JSON.stringify(file)})
      .createOrigin(Object.assign({ Redis: take('ioredis') }, ...parts))
  }
  configWillLoad() {
    super.configWillLoad()
    this.app.config.coreMiddleware.unshift('shared')
  }
}
${esm ? 'export default' : 'module.exports ='} Boot`
}

async function startEgg(host: Host, plugin: Plugin): Promise<Origin> {
  const workspace = await openWorkspace(host)
  const kit = await kitPackage()
  if (!kit.ready) throw new Error(kit.reason)
  await installKit(kit, workspace)
  const app = await startApp(
    await writeApp(workspace, host, { ...spec, appFile: appFile(host) }, plugin),
  )
  // Its clock is to go like everybody's.
  await app.order('clock', {})
  return {
    url: app.url,
    digest: 'sha256',
    async configure(setting) {
      const code = String((app: any, { keys, session, place, given }: Setting) => {
        Object.defineProperty(app, 'keys', { value: keys, configurable: true })
        Object.assign(app.config.session, session)
        app.sessionStore = app.origin.createStore(place, given)
      })
      await app.order('evaluate', { code, given: setting })
    },
    async stop() {
      await app.stop()
      await closeWorkspace(workspace)
    },
  }
}

// What a session costs a request of Egg 4, over HTTP: the plugin that Egg has, and this one.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { Agent, request as requestHttp } from 'node:http'
import path from 'node:path'
import { hosts } from '../test/egg/hosts.ts'
import { installKit, kitPackage, removeKitPackage } from '../test/egg/kit-package.ts'
import { closeWorkspace, openWorkspace } from '../test/egg/workspace.ts'
import { timeOf } from './clock.ts'
import { koaCases } from './koa-apps.ts'
import { measureAbove, type Effort, type Times } from './measure.ts'
import { cell, table, type Measured } from './report.ts'
import { FLOOR } from './names.ts'
import { secret } from './seals.ts'
import { together, type Subject } from './subject.ts'

/** How an application keeps its sessions. */
interface Kind {
  plugin: unknown
  hasStore?: boolean
}

const ours = { enable: true, package: 'session-kit/egg' }
const STOCK = 'Egg’s plugin'
const STOCK_STORE = 'Egg’s plugin, with a store'
const kinds: Record<string, Kind> = {
  [FLOOR]: { plugin: false },
  [STOCK]: { plugin: true },
  '**session-kit/egg**': { plugin: ours },
  [STOCK_STORE]: { plugin: true, hasStore: true },
  '**session-kit/egg**, with a store': { plugin: ours, hasStore: true },
}

/** An application in a process of its own. */
interface App {
  ask(path: string, cookie: string): Promise<string>
  clock(): number
  stop(): Promise<void>
}

/** µs of processor time of the server's process, above an application without sessions. */
export async function benchEgg(effort: Effort): Promise<Measured> {
  const workspace = await openWorkspace(hosts.find(({ generation }) => generation === 4)!)
  const kit = await kitPackage()
  const apps: Record<string, App> = {}
  try {
    if (!kit.ready) throw new Error(kit.reason)
    await installKit(kit, workspace)
    for (const [name, kind] of Object.entries(kinds)) {
      apps[name] = await startApp(path.join(workspace, String(Object.keys(apps).length)), kind)
    }
    const columns: Map<string, Times>[] = []
    for (const { path, hasCookie } of koaCases) {
      const subjects: Subject[] = []
      for (const [name, { ask, clock }] of Object.entries(apps)) {
        const cookie = hasCookie ? await ask('/fill', '') : ''
        if (Boolean(cookie) !== (hasCookie && name !== FLOOR)) throw new Error('Which cookie?')
        subjects.push(subjectFor(name, ask, path, cookie, clock))
      }
      // A process of Egg's has its code compiled by then.
      columns.push(await measureAbove(subjects, { ...effort, smallestBatch: 256 }))
    }
    const rows = [...columns[0]!.keys()].map((name) => {
      const stock = kinds[name]!.hasStore ? STOCK_STORE : STOCK
      return [name, ...columns.map((column) => cell(column.get(name)!, column.get(stock)))]
    })
    return { table: table(['Egg 4', ...koaCases.map(({ title }) => title)], rows), aims: [] }
  } finally {
    await Promise.all(Object.values(apps).map(({ stop }) => stop()))
    await removeKitPackage(kit)
    await closeWorkspace(workspace)
  }
}

function subjectFor(
  name: string,
  ask: App['ask'],
  path: string,
  cookie: string,
  clock: () => number,
): Subject {
  let written: string[] = []
  return {
    name,
    run: (times) =>
      together(times, async () => {
        const answer = await ask(path, cookie)
        if (answer) written.push(answer)
      }),
    async check() {
      for (const answer of written) await ask('/read', answer)
      written = []
    },
    clock,
  }
}

async function startApp(folder: string, { plugin, hasStore }: Kind): Promise<App> {
  const files: Record<string, string> = {
    'package.json': '{ "name": "bench" }',
    'config/config.default.js': `module.exports = ${JSON.stringify({
      keys: secret,
      security: { csrf: { enable: false } },
      logger: { level: 'NONE', consoleLevel: 'NONE' },
    })}`,
    'config/plugin.js': `module.exports = { session: ${JSON.stringify(plugin)} }`,
    'app.js': hasStore ? STORE : 'module.exports = () => {}',
    'app/router.js': ROUTER,
    'server.js': SERVER,
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true })
    await writeFile(path.join(folder, name), text)
  }
  const env = { PATH: process.env['PATH'], HOME: folder, EGG_HOME: folder, EGG_SERVER_ENV: 'prod' }
  const child = fork(path.join(folder, 'server.js'), { cwd: folder, env, execArgv: [] })
  const [port] = (await once(child, 'message')) as [number]
  const agent = new Agent({ keepAlive: true })
  return {
    ask: (path, cookie) => ask(agent, port, path, cookie),
    clock: () => timeOf(child.pid!),
    async stop() {
      agent.destroy()
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** A request: the cookies that came. */
async function ask(agent: Agent, port: number, path: string, cookie: string): Promise<string> {
  const request = requestHttp({
    host: '127.0.0.1',
    port,
    path,
    agent,
    headers: cookie ? { cookie } : {},
  })
  const answered = once(request, 'response')
  request.end()
  const [response] = await answered
  let text = ''
  for await (const chunk of response) text += chunk
  if (response.statusCode !== 200) throw new Error(`${path} answered ${response.statusCode}`)
  const lines = (response.headers['set-cookie'] as string[] | undefined) ?? []
  return lines.map((line) => line.split(';')[0]).join('; ')
}

const SERVER = `
  const http = require('node:http')
  const egg = require('egg')
  process.on('disconnect', () => process.exit())
  egg.start({ baseDir: __dirname, mode: 'single' }).then((app) => {
    const server = http.createServer(app.callback())
    // While others are measured nobody asks, for longer than five seconds.
    server.keepAliveTimeout = 0
    app.emit('server', server)
    server.listen(0, '127.0.0.1', () => process.send(server.address().port))
  })
`

const ROUTER = `
  const payload = { user: 'ada', roles: ['reader', 'writer'], notes: 'x'.repeat(520) }
  module.exports = (app) => {
    const hasSession = app.plugins.session?.enable
    app.get('/untouched', (ctx) => (ctx.body = 'ok'))
    for (const path of ['/fill', '/read', '/write']) {
      app.get(path, (ctx) => {
        ctx.body = 'ok'
        if (!hasSession) return
        if (path === '/fill') Object.assign(ctx.session, payload)
        if (ctx.session.user !== 'ada') throw new Error('The session is lost.')
        if (path === '/write') ctx.session.views = Math.random()
      })
    }
  }
`

const STORE = `
  module.exports = (app) => {
    const records = new Map()
    app.sessionStore = {
      get: async (key) => JSON.parse(records.get(key) ?? 'null'),
      set: async (key, record) => void records.set(key, JSON.stringify(record)),
      destroy: async (key) => void records.delete(key),
    }
  }
`

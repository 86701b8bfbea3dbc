// What a session costs a Koa request: ours beside koa-session's, in one run, interleaved.
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Koa from 'koa'
import stock from 'koa-session'
import kit from 'session-kit/koa'
import { measureAbove, type Subject, type Times } from './measure.ts'
import { cell, table } from './report.ts'

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void>

const payload = { user: 'ada', roles: ['reader', 'writer'], notes: 'x'.repeat(520) }
const keys = [randomBytes(32).toString('base64')]

const routes: Record<string, (ctx: any) => void> = {
  untouched: () => {},
  read: (ctx) => {
    if (ctx.session.user !== 'ada') throw new Error('The session is lost.')
  },
  write: (ctx) => {
    if (ctx.session.user !== 'ada') throw new Error('The session is lost.')
    ctx.session.views = Math.random()
  },
  fill: (ctx) => Object.assign(ctx.session, payload),
}

const middlewares: Record<string, ((app: Koa) => Koa.Middleware) | undefined> = {
  'no session': undefined,
  'koa-session, signed': (app) => stock({ maxAge: 3_600_000 }, app) as Koa.Middleware,
  'session-kit, signed': (app) => kit({ maxAge: 3_600_000 }, app),
  'session-kit, encrypted': (app) => kit({ maxAge: 3_600_000, encrypt: true }, app),
}

const cases = [
  ['untouched, no cookie', '/untouched', false],
  ['untouched, with a cookie', '/untouched', true],
  ['read', '/read', true],
  ['read and write', '/write', true],
] as const

function createApp(make: ((app: Koa) => Koa.Middleware) | undefined): Handler {
  const app = new Koa()
  app.keys = keys
  if (make) app.use(make(app))
  app.use((ctx) => {
    if (make) routes[ctx.path.slice(1)]!(ctx)
    ctx.body = 'ok'
  })
  return app.callback() as unknown as Handler
}

/** One request through an application, without a network between. */
async function request(handler: Handler, path: string, cookie: string): Promise<string> {
  const req = new IncomingMessage(new Socket())
  req.method = 'GET'
  req.url = path
  if (cookie) req.headers = { cookie }
  const res = new ServerResponse(req)
  await handler(req, res)
  if (res.statusCode !== 200) throw new Error(`The application answered ${res.statusCode}.`)
  const cookies = res.getHeader('set-cookie') as string[] | undefined
  return (cookies ?? []).map((line) => line.split(';')[0]).join('; ')
}

/** Prints µs of processor time above an application without sessions. */
export async function benchKoa(): Promise<string> {
  // One real request first, so that nothing here depends on the shortcut above.
  const server = createServer(createApp(middlewares['session-kit, encrypted']) as never)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  const answer = await fetch(`http://127.0.0.1:${port}/fill`)
  if (answer.headers.getSetCookie().length !== 1) throw new Error('No cookie was set.')
  server.close()

  const columns: Map<string, Times>[] = []
  for (const [, path, withCookie] of cases) {
    const subjects: Subject[] = []
    for (const [name, make] of Object.entries(middlewares)) {
      const handler = createApp(make)
      const cookie = make && withCookie ? await request(handler, '/fill', '') : ''
      let written: string[] = []
      subjects.push({
        name,
        async run() {
          const answer = await request(handler, path, cookie)
          if (Boolean(answer) !== Boolean(make && path === '/write'))
            throw new Error('Which cookie?')
          if (answer) written.push(answer)
        },
        async check() {
          for (const answer of written) await request(handler, '/read', answer)
          written = []
        },
      })
    }
    columns.push(await measureAbove(subjects))
  }
  const [, ...names] = Object.keys(middlewares)
  const rows = names.map((name) => [
    name.replace('session-kit', '**session-kit**'),
    ...columns.map((column) => cell(column.get(name)!, column.get('koa-session, signed'))),
  ])
  return table(['Koa 3', ...cases.map(([title]) => title)], rows)
}

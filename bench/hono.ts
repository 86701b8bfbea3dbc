// What a session costs a request through Hono: this library, and others, in one run, interleaved.
import { randomBytes } from 'node:crypto'
import { Hono, type Context, type MiddlewareHandler } from 'hono'
import type { Bar } from './chart.ts'
import { buildFor } from './engines.ts'
import { measureAbove, type Subject, type Times } from './measure.ts'
import { importPeer } from './peers/index.ts'
import { aimTable, cell, table } from './report.ts'

type Data = Record<string, any>
type Handler = (c: Context<any>) => unknown

/** How an application uses a library. */
interface Library {
  middleware?: MiddlewareHandler<any>
  fill: Handler
  /** Returns the user. */
  read: Handler
  /** Reads the user, and changes the count of views. */
  write: Handler
}

const secret = randomBytes(32).toString('base64')
const payload = { user: 'ada', roles: ['reader', 'writer'], notes: 'x'.repeat(540), views: 0 }

const FLOOR = 'no session'
const KIT = '**session-kit**, `node:crypto`'
const HONO = '@hono/session'
const cases = [
  'untouched, no cookie',
  'untouched, with a cookie',
  'read',
  'read and write',
] as const
const paths = ['/untouched', '/untouched', '/read', '/write'] as const

/** Prints µs of processor time above an application without sessions, and a chart of the last case. */
export async function benchHono(): Promise<{ text: string; bars: Bar[] }> {
  const libraries = await allLibraries()
  const counts: Record<string, number[]> = {}
  const columns: Map<string, Times>[] = []
  for (const [index, path] of paths.entries()) {
    const subjects: Subject[] = []
    // The application without sessions is sent a cookie as well.
    const { cookie: any } = await request(createApp(libraries[KIT]!), '/fill', '')
    for (const [name, library] of Object.entries(libraries)) {
      const app = createApp(library)
      const cookie = index ? (await request(app, '/fill', '')).cookie || any : ''
      counts[name] = [...(counts[name] ?? []), (await request(app, path, cookie)).lines]
      subjects.push(subjectFor(name, app, path, cookie))
    }
    columns.push(await measureAbove(subjects))
  }
  const names = Object.keys(libraries).filter((name) => name !== FLOOR)
  const rows = names.map((name) => [
    name,
    ...columns.map((column) => cell(column.get(name)!)),
    counts[name]!.join(', '),
  ])
  const [bare, untouched, , written] = columns.map((column) => column.get(KIT)!.median)
  const theirs = columns[3]!.get(HONO)!.median
  const aims = [
    { what: 'untouched, no cookie, µs', measured: bare!, limit: 1 },
    { what: 'untouched, with a cookie, µs', measured: untouched!, limit: 1 },
    { what: 'read and write / @hono/session', measured: written! / theirs, limit: 0.2 },
  ]
  const head = ['Hono', ...cases, 'Set-Cookie lines']
  const bars = names.map((name) => ({ name, value: columns[3]!.get(name)!.median }))
  return { text: `${table(head, rows)}\n\n${aimTable(aims)}`, bars }
}

function createApp({ middleware, fill, read, write }: Library): Hono {
  const app = new Hono()
  if (middleware) app.use(middleware)
  const expectAda = (handler: Handler) => async (c: Context) => {
    if ((await handler(c)) !== 'ada') throw new Error('The session is lost.')
    return c.text('ok')
  }
  app.get('/untouched', (c) => c.text('ok'))
  app.get('/fill', async (c) => {
    await fill(c)
    return c.text('ok')
  })
  return app.get('/read', expectAda(read)).get('/write', expectAda(write))
}

/** A request through an application: the cookie that came, and how many lines of them. */
async function request(
  app: Hono,
  path: string,
  cookie: string,
): Promise<{ cookie: string; lines: number }> {
  const headers = cookie ? { cookie } : undefined
  const answer = await app.fetch(new Request(`https://app.test${path}`, { headers }))
  if (answer.status !== 200) throw new Error(`The application answered ${answer.status}.`)
  const lines = answer.headers.getSetCookie()
  return { cookie: lines.at(-1)?.split(';')[0] ?? '', lines: lines.length }
}

function subjectFor(name: string, app: Hono, path: string, cookie: string): Subject {
  let written: string[] = []
  return {
    name,
    async run() {
      const answer = await request(app, path, cookie)
      if (path !== '/write' || name === FLOOR) return
      if (answer.lines !== 1) throw new Error(`${name} sent ${answer.lines} cookies.`)
      written.push(answer.cookie)
    },
    async check() {
      for (const cookie of written) await request(app, '/read', cookie)
      written = []
    },
  }
}

async function allLibraries(): Promise<Record<string, Library>> {
  return {
    [FLOOR]: { fill: () => {}, read: () => 'ada', write: () => 'ada' },
    [KIT]: kit((await buildFor('node')).honoSession),
    '**session-kit**, Web Crypto': kit((await buildFor('workerd')).honoSession),
    [HONO]: await honoSession(),
    'iron-session, in the handler': await ironSession(),
    'hono-sessions': await honoSessions(),
  }
}

function kit(session: typeof import('session-kit/hono').session): Library {
  return {
    middleware: session({ secrets: secret, maxAge: 3_600_000 }),
    fill: async (c) => Object.assign(await c.var.session, payload),
    read: async (c) => (await c.var.session).user,
    async write(c) {
      const session = await c.var.session
      session.views = Math.random()
      return session.user
    },
  }
}

async function honoSession(): Promise<Library> {
  const { useSession } = await importPeer('@hono/session')
  return {
    middleware: useSession({ secret, duration: { absolute: 3600 } }),
    fill: (c) => c.var.session.update(payload),
    read: async (c) => (await c.var.session.get()).user,
    async write(c) {
      await c.var.session.update((data: Data) => ({ ...data, views: Math.random() }))
      return c.var.session.data.user
    },
  }
}

async function ironSession(): Promise<Library> {
  const { getIronSession } = await importPeer('iron-session')
  const get = (c: Context): ReturnType<typeof getIronSession> =>
    getIronSession(c.req.raw, c.res, { cookieName: 'sid', password: secret })
  return {
    async fill(c) {
      const session = await get(c)
      Object.assign(session, payload)
      await session.save()
    },
    read: async (c) => (await get(c)).user,
    async write(c) {
      const session = await get(c)
      session.views = Math.random()
      await session.save()
      return session.user
    },
  }
}

async function honoSessions(): Promise<Library> {
  const { CookieStore, sessionMiddleware } = await importPeer('hono-sessions')
  return {
    middleware: sessionMiddleware({
      store: new CookieStore(),
      encryptionKey: secret,
      expireAfterSeconds: 3600,
      cookieOptions: { path: '/', httpOnly: true, sameSite: 'Lax' },
    }),
    fill(c) {
      for (const [key, value] of Object.entries(payload)) c.var.session.set(key, value)
    },
    read: (c) => c.var.session.get('user'),
    write(c) {
      c.var.session.set('views', Math.random())
      return c.var.session.get('user')
    },
  }
}

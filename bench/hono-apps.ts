// Applications of Hono that keep a session, by this library and by others, on any runtime.
import { Hono, type Context, type MiddlewareHandler } from 'hono'
import type { Build } from './engines.ts'
import { together, type Subject } from './subject.ts'
import type { ImportPeer } from './peers/types.ts'
import { FLOOR, HONO, KIT_NODE, KIT_WEB, NO_WORK } from './names.ts'
import { secret, type Data } from './seals.ts'

type Handler = (c: Context<any>) => unknown

/** How the names end of those that keep their sessions in a store. */
const STORED = ', with a store'

/** How an application uses a library. */
interface Library {
  middleware?: MiddlewareHandler<any>[]
  fill: Handler
  /** Returns the user. */
  read: Handler
  /** Reads the user, and changes the count of views. */
  write: Handler
}

const payload = { user: 'ada', roles: ['reader', 'writer'], notes: 'x'.repeat(540), views: 0 }

/** What a request does with its session, and whether there is an aim for that. */
export const cases = [
  { title: 'untouched, no cookie', path: '/untouched', hasCookie: false, isJudged: true },
  { title: 'untouched, with a cookie', path: '/untouched', hasCookie: true, isJudged: true },
  { title: 'read', path: '/read', hasCookie: true, isJudged: false },
  { title: 'read and write', path: '/write', hasCookie: true, isJudged: true },
]

/** The applications, that without a session first. */
export async function honoApps(
  web: Build,
  node: Build | undefined,
  importPeer: ImportPeer,
): Promise<Record<string, Hono>> {
  const none: Library = { fill: () => {}, read: () => 'ada', write: () => 'ada' }
  const libraries: Record<string, Library> = {
    [FLOOR]: none,
    [NO_WORK]: { ...none, middleware: [async (_, next) => void (await next())] },
    ...(node && { [KIT_NODE]: kit(node.honoSession) }),
    [KIT_WEB]: kit(web.honoSession),
    [HONO]: await honoSession(importPeer),
    'iron-session, in the handler': await ironSession(importPeer),
    'hono-sessions': await honoSessions(importPeer),
    [`**session-kit**${STORED}`]: kit((node ?? web).honoSession, memory()),
    [`${HONO}${STORED}`]: await honoSession(importPeer, memory()),
    [`hono-sessions${STORED}`]: await honoSessions(importPeer, memory()),
  }
  return Object.fromEntries(
    Object.entries(libraries).map(([name, library]) => [name, createApp(library)]),
  )
}

/** What is timed of applications, and how many Set-Cookie lines each sends. */
export async function honoSubjects(
  apps: Record<string, Hono>,
  index: number,
): Promise<{ subjects: Subject[]; lines: Record<string, number> }> {
  const { path, hasCookie } = cases[index]!
  const subjects: Subject[] = []
  const lines: Record<string, number> = {}
  // The application without sessions is sent a cookie as well.
  const { cookie: any } = await request(apps[KIT_WEB]!, '/fill', '')
  for (const [name, app] of Object.entries(apps)) {
    const cookie = hasCookie ? (await request(app, '/fill', '')).cookie || any : ''
    lines[name] = (await request(app, path, cookie)).lines
    subjects.push(subjectFor(name, app, path, cookie))
  }
  return { subjects, lines }
}

function createApp({ middleware = [], fill, read, write }: Library): Hono {
  const app = new Hono()
  for (const one of middleware) app.use(one)
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
    run: (times) =>
      together(times, async () => {
        const answer = await request(app, path, cookie)
        if (path !== '/write' || name === FLOOR || name === NO_WORK) return
        // A store may have what changed, and the cookie be good as it is.
        const isKept = answer.lines === 0 && name.endsWith(STORED)
        if (answer.lines !== 1 && !isKept) throw new Error(`${name} sent ${answer.lines} cookies.`)
        written.push(answer.cookie || cookie)
      }),
    async check() {
      for (const cookie of written) await request(app, '/read', cookie)
      written = []
    },
  }
}

/** Where those with a store keep their records: as JSON, as any store outside the process does. */
function memory(): Memory {
  const records = new Map<string, string>()
  return {
    get: async (key) => JSON.parse(records.get(key) ?? 'null'),
    set: async (key, record) => void records.set(key, JSON.stringify(record)),
    delete: async (key) => void records.delete(key),
  }
}

interface Memory {
  get(key: string): Promise<Data | null>
  set(key: string, record: Data): Promise<void>
  delete(key: string): Promise<void>
}

function kit(session: typeof import('session-kit/hono').session, records?: Memory): Library {
  const store = records && { ...records, destroy: records.delete }
  return {
    middleware: [session({ secrets: secret, maxAge: 3_600_000, store })],
    fill: async (c) => Object.assign(await c.var.session, payload),
    read: async (c) => (await c.var.session).user,
    async write(c) {
      const session = await c.var.session
      session.views = Math.random()
      return session.user
    },
  }
}

async function honoSession(importPeer: ImportPeer, records?: Memory): Promise<Library> {
  const { useSession, useSessionStorage } = await importPeer('@hono/session')
  const middleware = useSession({ secret, duration: { absolute: 3600 } })
  return {
    middleware: records ? [useSessionStorage(records), middleware] : [middleware],
    fill: (c) => c.var.session.update(payload),
    read: async (c) => (await c.var.session.get()).user,
    async write(c) {
      await c.var.session.update((data: Data) => ({ ...data, views: Math.random() }))
      return c.var.session.data.user
    },
  }
}

async function ironSession(importPeer: ImportPeer): Promise<Library> {
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

async function honoSessions(importPeer: ImportPeer, records?: Memory): Promise<Library> {
  const { CookieStore, sessionMiddleware } = await importPeer('hono-sessions')
  const store = records && {
    getSessionById: records.get,
    createSession: records.set,
    persistSessionData: records.set,
    deleteSession: records.delete,
  }
  return {
    middleware: [
      sessionMiddleware({
        store: store ?? new CookieStore(),
        encryptionKey: secret,
        expireAfterSeconds: 3600,
        cookieOptions: { path: '/', httpOnly: true, sameSite: 'Lax' },
      }),
    ],
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

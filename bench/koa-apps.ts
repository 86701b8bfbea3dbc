// Applications of Koa that keep a session, by this library and by others.
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Koa, { type Middleware } from 'koa'
import stock from 'koa-session'
import kit from 'session-kit/koa'
import { FLOOR, KOA_KIT_STORE, KOA_SEALED, KOA_STOCK, KOA_STOCK_STORE } from './names.ts'
import { importPeer } from './peers/index.ts'
import { secret } from './seals.ts'
import { together, type Subject } from './subject.ts'

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void>
type Session = Record<string, any>

/** How an application uses a library: what sets it up, and what gives a request's session. */
interface Library {
  setUp?(app: Koa): Middleware
  session?(ctx: any): Promise<Session & { save?(): Promise<void> }>
  /** Counts the calls of the store. */
  store?: CountingStore
}

const payload = { user: 'ada', roles: ['reader', 'writer'], notes: 'x'.repeat(520) }
const keys = [secret]
const maxAge = 3_600_000

/** What a request does with its session, and whether there is an aim for that. */
export const koaCases = [
  { title: 'untouched, no cookie', path: '/untouched', hasCookie: false, isJudged: true },
  { title: 'untouched, with a cookie', path: '/untouched', hasCookie: true, isJudged: true },
  { title: 'read', path: '/read', hasCookie: true, isJudged: true },
  { title: 'read and write', path: '/write', hasCookie: true, isJudged: false },
]

/** An application at its work, without a network between. */
export interface KoaApp {
  handler: Handler
  /** Calls of the store since this was asked last. */
  takeCalls(): number
}

/** The applications, that without a session first. */
export async function koaApps(): Promise<Record<string, KoaApp>> {
  const { Cookies } = await importPeer('@eggjs/cookies')
  const { getIronSession } = await importPeer('iron-session')
  const [theirs, ours] = [countingStore(), countingStore()]
  const libraries: Record<string, Library> = {
    [FLOOR]: {},
    [KOA_STOCK]: { setUp: (app) => stock({ maxAge }, app) as Middleware },
    '**session-kit**, signed': { setUp: (app) => kit({ maxAge }, app) },
    [KOA_SEALED]: { setUp: (app) => kit({ maxAge, encrypt: true }, app) },
    'koa-session, encrypted, as Egg has it': {
      setUp(app) {
        Object.defineProperty(app.context, 'cookies', {
          get() {
            return (this.eggCookies ??= new Cookies(this, keys))
          },
        })
        return stock({ maxAge, encrypt: true } as object, app) as Middleware
      },
    },
    'iron-session, in the handler': {
      session: ({ req, res }) => getIronSession(req, res, { cookieName: 'sid', password: secret }),
    },
    [KOA_STOCK_STORE]: {
      setUp: (app) => stock({ maxAge, store: theirs.store }, app) as Middleware,
      store: theirs,
    },
    [KOA_KIT_STORE]: {
      setUp: (app) => kit({ maxAge, store: ours.store }, app),
      store: ours,
    },
  }
  return Object.fromEntries(
    Object.entries(libraries).map(([name, library]) => [name, createApp(library)]),
  )
}

function createApp({ setUp, session, store }: Library): KoaApp {
  const app = new Koa()
  app.keys = keys
  if (setUp) app.use(setUp(app))
  app.use(async (ctx) => {
    ctx.body = 'ok'
    const { path } = ctx
    if (path === '/untouched' || !(setUp ?? session)) return
    const found = session ? await session(ctx) : (ctx as any).session
    if (path === '/fill') Object.assign(found, payload)
    else if (found.user !== 'ada') throw new Error('The session is lost.')
    if (path === '/write') found.views = Math.random()
    if (path !== '/read') await found.save?.()
  })
  return {
    handler: app.callback() as unknown as Handler,
    takeCalls: () => store?.take() ?? 0,
  }
}

interface CountingStore {
  store: {
    get(key: string): Promise<unknown>
    set(key: string, record: unknown): Promise<void>
    destroy(key: string): Promise<void>
  }
  take(): number
}

/** A store as koa-session's README has it, in memory. */
function countingStore(): CountingStore {
  const records = new Map<string, string>()
  let calls = 0
  return {
    store: {
      async get(key) {
        calls++
        return JSON.parse(records.get(key) ?? 'null')
      },
      async set(key, record) {
        calls++
        records.set(key, JSON.stringify(record))
      },
      async destroy(key) {
        calls++
        records.delete(key)
      },
    },
    take() {
      const taken = calls
      calls = 0
      return taken
    },
  }
}

/** A request: the cookies that came. */
export async function requestKoa(handler: Handler, path: string, cookie: string): Promise<string> {
  const req = new IncomingMessage(new Socket())
  req.method = 'GET'
  req.url = path
  if (cookie) req.headers = { cookie }
  const res = new ServerResponse(req)
  await handler(req, res)
  if (res.statusCode !== 200) throw new Error(`The application answered ${res.statusCode}.`)
  const cookies = [res.getHeader('set-cookie') ?? []].flat() as string[]
  return cookies.map((line) => line.split(';')[0]).join('; ')
}

/** What is timed of applications, and how often each calls its store. */
export async function koaSubjects(
  apps: Record<string, KoaApp>,
  index: number,
): Promise<{ subjects: Subject[]; calls: Record<string, number> }> {
  const { path, hasCookie } = koaCases[index]!
  const subjects: Subject[] = []
  const calls: Record<string, number> = {}
  for (const [name, { handler, takeCalls }] of Object.entries(apps)) {
    const cookie = hasCookie ? await requestKoa(handler, '/fill', '') : ''
    takeCalls()
    await requestKoa(handler, path, cookie)
    calls[name] = takeCalls()
    const sends = path === '/write' && name !== FLOOR
    let written: string[] = []
    subjects.push({
      name,
      run: (times) =>
        together(times, async () => {
          const answer = await requestKoa(handler, path, cookie)
          if (Boolean(answer) !== sends && !name.includes('store')) throw new Error('Which cookie?')
          if (answer) written.push(answer)
        }),
      async check() {
        for (const answer of written) await requestKoa(handler, '/read', answer)
        written = []
      },
    })
  }
  return { subjects, calls }
}

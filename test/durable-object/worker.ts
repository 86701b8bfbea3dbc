/**
 * A Worker for the tests: sessions in Durable Objects, the objects themselves behind plain HTTP,
 * and the contract's suite, run in here.
 */
import { Hono } from 'hono'
import {
  createDurableObjectStore,
  SessionObject,
  type ObjectNamespace,
} from 'session-kit/durable-object'
import { session, type SessionVariables } from 'session-kit/hono'
import { describeStore } from '../../adapters/testing.ts'

interface Stub {
  fetch(request: Request): Promise<Response>
  inspect(): Promise<unknown>
}

interface Bindings {
  SECRET: string
  SESSION: ObjectNamespace & { getByName(name: string): Stub }
}

interface Visit {
  n?: number
  [name: string]: unknown
}

/** The object that ships, and a window into it. */
export class InspectedObject extends SessionObject {
  async inspect(): Promise<unknown> {
    const { sql } = this.ctx.storage
    const tables = sql.exec("SELECT name FROM sqlite_master WHERE name = 'session'").toArray()
    return {
      tables: tables.length,
      size: (sql as unknown as { databaseSize: number }).databaseSize,
      alarm: await (this.ctx.storage as unknown as { getAlarm(): Promise<number> }).getAlarm(),
    }
  }
}

/** Requests that wait in the middle, and those that may go on. */
const waiting = new Set<string>()
const open = new Set<string>()
/** How far the clock of this isolate is ahead; alarms ring by the real one. */
let passed = 0
const { now } = Date
Date.now = () => now() + passed

/** The methods of the requests that sessions have sent to objects. */
let calls: string[] = []

/** The same objects, with an ear at the door. */
function counted(namespace: ObjectNamespace): ObjectNamespace {
  return {
    idFromName: (name) => namespace.idFromName(name),
    get(id, hint) {
      if (hint.locationHint !== 'weur') throw new Error('The hint is lost.')
      const stub = namespace.get(id, hint)
      return {
        fetch(request) {
          calls.push(request.method)
          return stub.fetch(request)
        },
      }
    },
  }
}

async function pass(gate: string | undefined): Promise<void> {
  if (!gate) return
  waiting.add(gate)
  while (!open.has(gate)) await new Promise((resolve) => setTimeout(resolve, 5))
}

const routes = new Hono<{ Bindings: Bindings; Variables: SessionVariables<Visit> }>()
  .get('/read', async (c) => c.json(await c.var.session))
  .get('/id', async (c) => c.text((await c.var.session).externalKey!))
  .post('/set', async (c) => {
    const session = await c.var.session
    await pass(c.req.query('gate'))
    session[c.req.query('key')!] = c.req.query('value')
    return c.text('')
  })
  .post('/increment', async (c) => {
    const session = await c.var.session
    await session.update((session) => {
      session.n = (session.n ?? 0) + 1
    })
    return c.text(`${session.n}`)
  })
  .post('/in', async (c) => {
    const session = await c.var.session
    session['user'] = 'Ada'
    await session.regenerate()
    return c.text('')
  })
  .post('/out', (c) => {
    c.var.session.destroy()
    return c.text('')
  })

const app = new Hono<{ Bindings: Bindings }>()
  .onError((error, c) => c.text(`${(error as { code?: string }).code}: ${error.message}`, 500))
  .get('/waiting/:gate', (c) => c.json(waiting.has(c.req.param('gate'))))
  .post('/open/:gate', (c) => {
    open.add(c.req.param('gate'))
    return c.text('')
  })
  .on(['GET', 'DELETE'], '/calls', (c) => c.json(calls.splice(0)))
  .get('/refusals', (c) =>
    c.json(
      [undefined, null, {}].map((namespace) => {
        try {
          return createDurableObjectStore(namespace as never)
        } catch (error) {
          return `${(error as { code?: string }).code}: ${(error as Error).message}`
        }
      }),
    ),
  )
  .all('/objects/:key', (c) => c.env.SESSION.getByName(c.req.param('key')).fetch(c.req.raw))
  .all('/one-for-all/:key', (c) => c.env.SESSION.getByName('one').fetch(c.req.raw))
  .get('/inspect/:key', async (c) => {
    return c.json((await c.env.SESSION.getByName(c.req.param('key')).inspect()) as object)
  })
  .get('/suite', (c) => c.json(suite(c.env).map(([name]) => name)))
  .get('/suite/:index', async (c) => {
    const [, run] = suite(c.env)[Number(c.req.param('index'))]!
    const outcome = { error: '', skipped: '' }
    const context = { skip: (reason: string) => (outcome.skipped = reason) }
    await run(context).catch((error: Error) => (outcome.error = error.message))
    return c.json(outcome)
  })

type Case = [name: string, run: (context: object) => Promise<void>]

/** What `describeStore` would have a runner run. */
function suite(env: Bindings): Case[] {
  const path: string[] = []
  const cases: Case[] = []
  describeStore(
    'objects',
    () => ({
      store: createDurableObjectStore(env.SESSION, { timeout: 20_000 }),
      advance: (ms) => void (passed += ms),
    }),
    {
      describe(name, body) {
        path.push(name)
        body()
        path.pop()
      },
      it: (name, body) => cases.push([[...path, name].join(' > '), body]),
    },
  )
  return cases
}

for (const [kind, rolling] of [
  ['strong', false],
  ['rolling', true],
] as const) {
  app.use(
    `/${kind}/*`,
    session<Visit>((c) => ({
      key: `__Host-${kind}`,
      secrets: c.env.SECRET,
      store: createDurableObjectStore(counted(c.env.SESSION), {
        locationHint: 'weur',
        timeout: 20_000,
      }),
      storeTimeout: 20_000,
      rolling,
      touchAfter: 0,
    })),
  )
  app.route(`/${kind}`, routes)
}

export default app

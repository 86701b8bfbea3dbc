// What sessions in a store cost: how many requests a second, and how many calls for each.
import { Redis } from 'ioredis'
import koaSession from 'koa-session'
import Koa, { type Middleware } from 'koa'
import kit from 'session-kit/koa'
import { createRedisStore } from 'session-kit/redis'
import { startRedis } from '../test/fixtures/redis-server.ts'
import { requestKoa } from './koa-apps.ts'
import { quartiles, shuffled, type Times } from './measure.ts'
import { cell, table } from './report.ts'
import { secret } from './seals.ts'
import { openDurableObjects } from './stores/places.ts'

const maxAge = 3_600_000
const CLIENTS = [1, 16, 64]
const ROUNDS = 5

const STOCK = 'koa-session, Redis as its README has it'

/** An application with its sessions in a store. */
interface Place {
  name: string
  /** A request: the cookies that came. It fails where the session is not there. */
  visit(path: 'begin' | 'read' | 'write', cookie: string): Promise<string | undefined>
  /** Calls of the store since this was asked last. */
  takeCalls(): Promise<number>
  stop(): Promise<unknown>
}

/**
 * Requests a second, on the clock, since this is about waiting for others: each round measures all
 * places in an order drawn anew.
 *
 * @param seconds How long one of them is measured in a round.
 */
export async function benchStore(seconds: number): Promise<string> {
  const server = await startRedis()
  const objects = await openDurableObjects()
  const places: Place[] = [
    redisPlace(STOCK, server.url, (app, redis) => {
      return koaSession({ maxAge, store: readmeStore(redis) }, app) as Middleware
    }),
    redisPlace('**session-kit/koa**, Redis', server.url, (app, redis) =>
      kit({ maxAge, store: createRedisStore(redis, { prefix: 'kit:' }) }, app),
    ),
    {
      name: '**session-kit**, Durable Object, over HTTP',
      async visit(path, cookie) {
        const answer = await objects.visit(path, cookie)
        if (answer.isNew !== (path === 'begin')) throw new Error('The session is lost.')
        return answer.cookie
      },
      async takeCalls() {
        return Object.values(await objects.takeCounts()).reduce((sum, calls) => sum + calls, 0)
      },
      stop: objects.stop,
    },
  ]
  try {
    const rows: string[][] = []
    for (const path of ['read', 'write'] as const) {
      const columns: Map<string, Times>[] = []
      for (const clients of CLIENTS) {
        columns.push(await measurePlaces(places, path, clients, seconds))
      }
      for (const place of places) {
        rows.push([
          path === 'read' ? 'read' : 'read and write',
          place.name,
          ...columns.map((column) => cell(column.get(place.name)!, column.get(STOCK))),
          String(await callsOf(place, path)),
        ])
      }
    }
    const heads = CLIENTS.map((clients) => `${clients} client${clients === 1 ? '' : 's'}`)
    return table(['requests a second', 'sessions', ...heads, 'calls of the store'], rows)
  } finally {
    await Promise.all(places.map(({ stop }) => stop()))
    await server.stop()
  }
}

async function measurePlaces(
  places: Place[],
  path: 'read' | 'write',
  clients: number,
  seconds: number,
): Promise<Map<string, Times>> {
  const rates = new Map<string, number[]>(places.map(({ name }) => [name, []]))
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const place of shuffled(places)) {
      const perSecond = await run(place, path, clients, (seconds * 1000) / ROUNDS)
      if (round) rates.get(place.name)!.push(perSecond)
    }
  }
  return new Map([...rates].map(([name, list]) => [name, quartiles(list)]))
}

/** Requests a second of so many clients, each with a session of its own. */
async function run(
  place: Place,
  path: 'read' | 'write',
  clients: number,
  ms: number,
): Promise<number> {
  const cookies = await Promise.all(
    Array.from({ length: clients }, async () => (await place.visit('begin', ''))!),
  )
  let requests = 0
  const start = performance.now()
  await Promise.all(
    cookies.map(async (cookie) => {
      while (performance.now() - start < ms) {
        await place.visit(path, cookie)
        requests++
      }
    }),
  )
  return requests / ((performance.now() - start) / 1000)
}

/** How often a request calls the store. */
async function callsOf(place: Place, path: 'read' | 'write'): Promise<number> {
  const cookie = (await place.visit('begin', ''))!
  // Redis learns the scripts the first time.
  await place.visit(path, cookie)
  await place.takeCalls()
  await place.visit(path, cookie)
  return place.takeCalls()
}

function redisPlace(
  name: string,
  url: string,
  setUp: (app: Koa, redis: Redis) => Middleware,
): Place {
  const redis = new CountingRedis(url)
  const app = new Koa()
  app.keys = [secret]
  app.use(setUp(app, redis))
  app.use(async (ctx) => {
    const { session, path } = ctx as unknown as { session: Record<string, unknown>; path: string }
    ctx.body = 'ok'
    if (path === '/begin') session['user'] = 'ada'
    if (session['user'] !== 'ada') throw new Error('The session is lost.')
    if (path === '/write') session['seen'] = Math.random()
  })
  const handler = app.callback() as never
  return {
    name,
    visit: (path, cookie) => requestKoa(handler, `/${path}`, cookie),
    async takeCalls() {
      const { calls } = redis
      redis.calls = 0
      return calls
    },
    stop: () => redis.quit(),
  }
}

/** A client that counts what it sends. */
class CountingRedis extends Redis {
  calls = 0

  override sendCommand(...values: Parameters<Redis['sendCommand']>): unknown {
    this.calls++
    return super.sendCommand(...values)
  }
}

/** The twenty lines that the README of egg-session has for Redis. */
function readmeStore(redis: Redis): Record<'get' | 'set' | 'destroy', any> {
  return {
    async get(key: string) {
      const found = await redis.get(key)
      if (!found) return null
      return JSON.parse(found)
    },
    async set(key: string, value: unknown, maxAge?: number) {
      await redis.set(key, JSON.stringify(value), 'PX', maxAge || 86_400_000)
    },
    async destroy(key: string) {
      await redis.del(key)
    },
  }
}

import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { createSessionManager } from 'session-kit'
import { createRedisStore } from 'session-kit/redis'
import { startRedis } from '../../test/fixtures/redis-server.ts'
import { SECRET } from '../../test/fixtures/secrets.ts'
import { bundleWorker, runWorker } from '../../test/workerd/running.ts'
import { countOperations, perform, takeCounts, type Act, type Counts, type Visit } from './acts.ts'

/** Where sessions are kept under load. */
export interface Place {
  name: string
  /** Makes a request with a cookie. */
  visit(act: Act, cookie: string): Promise<Answer>
  /** The store's operations since this was asked last. */
  takeCounts(): Promise<Counts>
  /** Ends what was started. */
  stop(): Promise<void>
}

export interface Answer {
  /** The cookie named no session. */
  isNew: boolean
  /** What the session has counted to. */
  n: number
  /** The cookie that was set; empty if it was cleared. */
  cookie: string | undefined
}

/** Sessions of this process in Redis. */
export async function openRedis(): Promise<Place> {
  const server = await startRedis()
  const redis = new Redis(server.url)
  const prefix = `load:${randomUUID()}:`
  const counts: Counts = {}
  const manager = createSessionManager<Visit>({
    secrets: SECRET,
    storeTimeout: 10_000,
    store: countOperations(createRedisStore(redis, { prefix }), counts),
  })
  return {
    name: 'Redis',
    async visit(act, cookie) {
      const session = await manager.load(cookie)
      const { isNew } = session
      await perform(session, act)
      const n = session.n ?? 0
      return { isNew, n, cookie: cookieOf(await manager.commit(session)) }
    },
    takeCounts: async () => takeCounts(counts),
    async stop() {
      for await (const keys of redis.scanStream({ match: `${prefix}*`, count: 1000 })) {
        if (keys.length) await redis.unlink(keys)
      }
      await redis.quit()
      await server.stop()
    },
  }
}

/** The Worker of `worker.ts`, in workerd; what it stores is in memory where the system has a place. */
export async function openWorker(): Promise<{ url: URL; stop(): Promise<void> }> {
  const shared = '/dev/shm'
  const folder = await mkdtemp(join(existsSync(shared) ? shared : tmpdir(), 'session-kit-load-'))
  const code = await bundleWorker(new URL('worker.ts', import.meta.url))
  const worker = await runWorker(code, folder, {
    env: { SESSION: { type: 'durable-object', worker: 'test', exportName: 'CountedObject' } },
    exports: { CountedObject: { type: 'durable-object', storage: 'sqlite' } },
  })
  return {
    url: worker.url,
    async stop() {
      await worker.stop()
      await rm(folder, { recursive: true })
    },
  }
}

/** Sessions of a Worker in Durable Objects, over HTTP. */
export async function openDurableObjects(): Promise<Place> {
  const worker = await openWorker()
  return {
    name: 'Durable Object',
    async visit(act, cookie) {
      const response = await fetch(new URL(`visit/${act}`, worker.url), { headers: { cookie } })
      const text = await response.text()
      if (!response.ok) throw new Error(`The Worker answered ${response.status}.`)
      return { ...JSON.parse(text), cookie: cookieOf(response.headers.getSetCookie()) }
    },
    async takeCounts() {
      const response = await fetch(new URL('counts', worker.url))
      return ((await response.json()) as { operations: Counts }).operations
    },
    stop: worker.stop,
  }
}

function cookieOf(lines: string[]): string | undefined {
  const [line] = lines
  if (!line) return undefined
  return line.includes('Max-Age=0') ? '' : line.slice(0, line.indexOf(';'))
}

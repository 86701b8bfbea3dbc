/** One session at an origin on Node and at an edge in workerd, wherever it is kept. */
import { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { removeKitPackage, kitPackage } from './egg/kit-package.ts'
import { Jar } from './fixtures/cookies.ts'
import { SECRETS } from './fixtures/secrets.ts'
import { startUpstash, type UpstashServer } from './fixtures/upstash-server.ts'
import type { How, Place } from './origin-and-edge/how.ts'
import { origins, stockOrigins, type Origin, type Setting } from './origin-and-edge/origins.ts'
import { bundleWorker, runWorker, type RunningWorker } from './workerd/running.ts'

const [OLD, NEW, STORE_SECRET] = SECRETS as [string, string, string]
const PREFIX = `origin-and-edge-${process.pid}:`

let worker: RunningWorker
let upstash: UpstashServer

beforeAll(async () => {
  upstash = await startUpstash(process.env['REDIS_URL']!)
  const text = (value: string): object => ({ type: 'text', value })
  const code = await bundleWorker(new URL('origin-and-edge/worker.ts', import.meta.url))
  worker = await runWorker(code, undefined, {
    env: {
      SESSION: { type: 'durable-object', worker: 'test', exportName: 'SessionObject' },
      STORE_SECRET: text(STORE_SECRET),
      UPSTASH_URL: text(upstash.url),
      UPSTASH_TOKEN: text(upstash.token),
      PREFIX: text(PREFIX),
    },
    exports: { SessionObject: { type: 'durable-object', storage: 'sqlite' } },
  })
})

afterAll(async () => {
  await worker?.stop()
  await upstash?.stop()
  const redis = new Redis(process.env['REDIS_URL']!)
  for (const key of await redis.keys(`${PREFIX}*`)) await redis.del(key)
  redis.disconnect()
  await removeKitPackage(await kitPackage())
})

/** What both sides are told, in so many words. */
const common = { key: '__Host-visit', secure: true, sameSite: 'lax', storeTimeout: 20_000 }

/** An origin and the edge, set to the same. */
class Pair {
  readonly #origin: Origin
  readonly #place: Place
  readonly #session: Record<string, unknown>
  /** What the edge alone is told. */
  more: Record<string, unknown> = {}
  secrets: string[] = [OLD]

  constructor(origin: Origin, place: Place, session: Record<string, unknown>) {
    this.#origin = origin
    this.#place = place
    this.#session = { ...common, ...session }
  }

  async setOrigin(keys: string[]): Promise<void> {
    const given: Partial<Record<Place, object>> = {
      kv: { url: new URL('store/kv', worker.url).href },
      object: { url: new URL('store/object', worker.url).href },
      upstash: { url: upstash.url, token: upstash.token },
    }
    await this.#origin.configure({
      keys,
      session: this.#session,
      place: this.#place,
      given: {
        url: process.env['REDIS_URL']!,
        ...given[this.#place],
        secret: STORE_SECRET,
        prefix: PREFIX,
      },
    } satisfies Setting)
  }

  get how(): How {
    const { digest, url } = this.#origin
    const options = { ...this.#session, digest, secrets: this.secrets, ...this.more }
    return { place: this.#place, origin: url, options }
  }

  visitor(): Visitor {
    return new Visitor(this)
  }
}

/** A browser in front of the edge. */
class Visitor {
  readonly jar = new Jar()
  readonly #pair: Pair
  #counted = 0

  constructor(pair: Pair) {
    this.#pair = pair
  }

  async visit(path: string): Promise<{ data: unknown; cookies: string[] }> {
    const response = await fetch(new URL(path, worker.url), {
      method: 'POST',
      headers: { 'x-how': JSON.stringify(this.#pair.how), cookie: this.jar.header },
    })
    const cookies = response.headers.getSetCookie()
    const text = await response.text()
    if (response.status !== 200) throw new Error(`${path}: ${response.status} ${text}`)
    this.jar.take(cookies)
    return { data: JSON.parse(text), cookies }
  }

  /** What a page shows of the session. */
  async at(path: string): Promise<unknown> {
    return (await this.visit(path)).data
  }

  /** Counts at both sides, and tells how often each was counted, and what a page shows then. */
  async countBoth(): Promise<{ counted: number; shown: unknown[] }> {
    this.#counted += 1
    await this.visit('/edge/count')
    const shown = [await this.at('/origin/count?edge=read'), await this.at('/edge/read')]
    return { counted: this.#counted, shown }
  }

  /** Somebody who has a copy of this one's cookies. */
  copy(): Visitor {
    const copy = new Visitor(this.#pair)
    copy.jar.take(this.jar.header.split('; ').map((pair) => `${pair}; path=/`))
    return copy
  }
}

type Kind = [name: string, place: Place, session: Record<string, unknown>]

const kinds: Kind[] = [
  ['in a sealed cookie', 'cookie', { encrypt: true }],
  ['in a signed cookie', 'cookie', { encrypt: false }],
  ['in Redis at the origin', 'redis', { encrypt: true }],
  ['in Redis at the origin, with a signed cookie', 'redis', { encrypt: false }],
  ['in Workers KV at the edge', 'kv', { encrypt: true }],
  ['in Upstash', 'upstash', { encrypt: true }],
  ['in a Durable Object', 'object', { encrypt: true }],
]

/** What two sides seal with while their secrets change, a step of one of them at a time. */
const rotation: [ahead: string[], behind: string[]][] = [
  [[OLD], [OLD]],
  [[OLD, NEW], [OLD]],
  [
    [OLD, NEW],
    [OLD, NEW],
  ],
  [
    [NEW, OLD],
    [OLD, NEW],
  ],
  [
    [NEW, OLD],
    [NEW, OLD],
  ],
  [[NEW], [NEW, OLD]],
  [[NEW], [NEW]],
]

/** Those that find out what else has been changed. */
const merging = new Set<Place>(['redis', 'upstash', 'object'])

const halfWay: Kind[] = [
  ['in a signed cookie', 'cookie', { encrypt: false }],
  [
    "in the store that egg-session's documentation shows",
    'documented',
    { encrypt: false, hashKeys: false, prefix: PREFIX },
  ],
]

const sides: [name: string, start: () => Promise<Origin>, kinds: Kind[]][] = [
  ...Object.entries(origins).map(([name, start]): (typeof sides)[number] => [name, start, kinds]),
  ...Object.entries(stockOrigins).map(([name, start]): (typeof sides)[number] => [
    `${name}, not session-kit,`,
    start,
    halfWay,
  ]),
]

describe.each(sides)('an origin on %s and the edge', (_, start, kinds) => {
  let origin: Origin
  beforeAll(async () => {
    origin = await start()
  })
  afterAll(() => origin?.stop())

  describe.each(kinds)('with a session %s', (_, place, session) => {
    let pair: Pair
    beforeEach(async () => {
      pair = new Pair(origin, place, session)
      await pair.setOrigin([OLD])
    })

    it('share what was begun at the edge', async () => {
      const visitor = pair.visitor()
      await visitor.visit('/edge/in')
      expect(await visitor.at('/origin/count')).toEqual({ user: 'Ada', origin: 1 })
      expect(await visitor.at('/edge/count')).toEqual({ user: 'Ada', origin: 1, edge: 1 })
      expect(await visitor.at('/origin/read')).toEqual({ user: 'Ada', origin: 1, edge: 1 })
    })

    it('share what was begun at the origin', async () => {
      const visitor = pair.visitor()
      await visitor.visit('/origin/in')
      expect(await visitor.at('/edge/count')).toEqual({ user: 'Ada', edge: 1 })
      expect(await visitor.at('/origin/count')).toEqual({ user: 'Ada', edge: 1, origin: 1 })
      expect(await visitor.at('/edge/read')).toEqual({ user: 'Ada', edge: 1, origin: 1 })
    })

    it.each(['edge', 'origin'])('are both left by a logout at the %s', async (side) => {
      const visitor = pair.visitor()
      await visitor.visit('/edge/in')
      await visitor.visit('/origin/count')
      const copy = visitor.copy()
      await visitor.visit(`/${side}/out`)
      expect(visitor.jar.size).toBe(0)
      for (const other of ['edge', 'origin']) {
        expect(await visitor.at(`/${other}/read`)).toEqual({})
        if (place !== 'cookie') expect(await copy.at(`/${other}/read`)).toEqual({})
      }
    })

    it.each(['edge', 'origin'])(
      'know a new id from the %s, and the old one no more',
      async (side) => {
        const visitor = pair.visitor()
        await visitor.visit('/edge/count')
        const copy = visitor.copy()
        await visitor.visit(`/${side}/in`)
        for (const other of ['edge', 'origin']) {
          expect(await visitor.at(`/${other}/read`)).toEqual({ user: 'Ada', edge: 1 })
          if (place !== 'cookie') expect(await copy.at(`/${other}/read`)).toEqual({})
        }
      },
    )

    it('send the cookie of the origin where the edge only looks, though it is rolling', async () => {
      pair.more = { rolling: true }
      const visitor = pair.visitor()
      await visitor.visit('/edge/in')
      const { cookies } = await visitor.visit('/origin/count?edge=read')
      // Attributes in lower case: a host's, not the edge's.
      expect(cookies.filter((cookie) => /; path=\//.test(cookie))).toEqual(cookies)
      expect(cookies).toHaveLength(session['encrypt'] ? 1 : 2)
      expect(await visitor.at('/edge/read')).toEqual({ user: 'Ada', origin: 1 })
    })

    it('keep of two changes in one request what can be kept', async () => {
      const visitor = pair.visitor()
      await visitor.visit('/edge/in')
      await visitor.visit('/origin/count?edge=count')
      const kept = { user: 'Ada', origin: 1, ...(merging.has(place) && { edge: 1 }) }
      expect(await visitor.at('/edge/read')).toEqual(kept)
      expect(await visitor.at('/origin/read')).toEqual(kept)
    })

    it('are both left, whichever of them ends it while the other counts', async () => {
      for (const path of ['/origin/count?edge=out', '/origin/out?edge=count']) {
        const visitor = pair.visitor()
        await visitor.visit('/edge/in')
        const copy = visitor.copy()
        await visitor.visit(path)
        expect(await visitor.at('/edge/read')).toEqual({})
        expect(await visitor.at('/origin/read')).toEqual({})
        if (place !== 'cookie') expect(await copy.at('/edge/read')).toEqual({})
      }
    })

    it.each(['edge', 'origin'])(
      'lose nobody while their secrets change, the %s first',
      async (first) => {
        const visitors: Visitor[] = []
        for (const [ahead, behind] of rotation) {
          const [edge, keys] = first === 'edge' ? [ahead, behind] : [behind, ahead]
          pair.secrets = edge
          await pair.setOrigin(keys)
          for (const side of ['edge', 'origin']) {
            const visitor = pair.visitor()
            await visitor.visit(`/${side}/in`)
            visitors.push(visitor)
          }
          const all = await Promise.all(visitors.map((visitor) => visitor.countBoth()))
          for (const { counted, shown } of all) {
            const expected = { user: 'Ada', edge: counted, origin: counted }
            expect(shown).toEqual([expected, expected])
          }
        }
      },
    )
  })
})

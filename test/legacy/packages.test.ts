import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import Keygrip from 'keygrip'
import Koa from 'koa'
import koaSession from 'koa-session'
import { describe, expect, it, vi } from 'vitest'
import { eggEncrypted, eggSigned, koaSigned } from '../../adapters/legacy.ts'
import type { Reader } from '../../src/index.ts'
import { createRandom, randomData } from '../fixtures/random.ts'
import { patience, report, runsOf, seed } from '../fixtures/properties.ts'
import { eggHeader, encode, KEYS, recordOf, setUp, UNTIL } from './fixture.ts'
import { headerOf, libraries, type Data } from './libraries.ts'

/** A package that writes session cookies, and the reader that is for them. */
interface Package {
  name: string
  write(data: Data): Promise<string> | string
  reader: Reader
}

const options = { keys: KEYS, until: UNTIL }
const verify = vi.fn<(data: object) => object>((data) => data)

/** koa-session in a Koa application, on `cookies` and `keygrip`. */
function koa(digest: 'sha1' | 'sha256'): Package {
  const app = new Koa()
  app.keys = digest === 'sha1' ? [...KEYS] : (new Keygrip([...KEYS], digest) as never)
  app.use(koaSession({ key: 'EGG_SESS', maxAge: 86_400_000 }, app))
  let next: Data = {}
  app.use((ctx) => {
    ctx.session = next
    ctx.body = ''
  })
  const listen = app.callback()
  return {
    name: `koa-session, ${digest}`,
    reader: koaSigned({ ...options, digest }),

    async write(data) {
      next = data
      // No network: what Koa has of a request and a response is enough.
      const request = Object.assign(new IncomingMessage(new Socket()), { url: '/', method: 'GET' })
      const response = new ServerResponse(request)
      response.end = () => response
      await listen(request, response)
      return headerOf(response.getHeader('set-cookie') as string[])
    },
  }
}

const packages: Package[] = [
  koa('sha1'),
  koa('sha256'),
  {
    name: '@eggjs/cookies, encrypted',
    write: (data) => eggHeader(encode(recordOf(data))),
    reader: eggEncrypted({ ...options, verify }),
  },
  {
    name: '@eggjs/cookies, signed',
    write: (data) => eggHeader(encode(recordOf(data)), { encrypt: false }),
    reader: eggSigned(options),
  },
  ...libraries.map(({ name, write, read }) => ({ name, write, reader: read() })),
]

const random = createRandom(seed)

/** The header with one bit of a value in it changed. */
function flipped(header: string): string {
  const places = [...header.matchAll(/=([^;]+)/g)].flatMap(({ index, 1: value }) =>
    Array.from(value!, (_, at) => index + 1 + at),
  )
  const at = places[random(places.length)]!
  const code = header.charCodeAt(at) ^ (1 << random(8))
  return header.slice(0, at) + String.fromCharCode(code) + header.slice(at + 1)
}

describe.each(packages)('$name', ({ write, reader }) => {
  it(
    'wrote what is read to the letter, and with one bit changed is no session',
    async () => {
      const runs = runsOf('cookies of other libraries', 1 / packages.length)
      const { manager, events } = setUp({ accept: [reader] })
      await report('cookies of other libraries', runs, async () => {
        for (let run = 0; run < runs; run++) {
          const data = randomData(random)
          const header = await write(data)
          const session = await manager.load(header)
          expect(JSON.stringify(session)).toBe(JSON.stringify(data))
          expect(events).toEqual([])
          verify.mockClear()
          const changed = flipped(header)
          expect([changed, (await manager.load(changed)).populated]).toEqual([changed, false])
          expect(verify).toHaveBeenCalledTimes(0)
          events.length = 0
        }
      })
    },
    patience,
  )
})

it('there are ten, of nine packages', () => {
  expect(packages).toHaveLength(10)
})

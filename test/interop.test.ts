import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { Cookies as EggCookies } from '@eggjs/cookies'
import { CompactEncrypt, compactDecrypt } from 'jose'
import Keygrip from 'keygrip'
import Koa from 'koa'
import koaSession from 'koa-session'
import { describe, expect, it } from 'vitest'
import { createSessionManager } from '../src/index.ts'
import { dayKey, dayOf, headerOf } from './fixtures/jwe.ts'
import { cookieHeader } from './fixtures/cookies.ts'
import { patience, report, runsOf, seed } from './fixtures/properties.ts'
import { SECRETS } from './fixtures/secrets.ts'
import { createRandom, randomData } from './fixtures/random.ts'

const NAME = 'cookies for other libraries'
const keys = SECRETS.slice(0, 2)
const random = createRandom(seed)
const strict = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: ['A256GCM'] }

/** Data whose JSON is what comes back. */
const anyData = (): Record<string, unknown> => JSON.parse(JSON.stringify(randomData(random)))

/** Reads the data of a session in a Cookie header. */
type Read = (header: string) => Promise<unknown>

/** koa-session in a Koa application, on `cookies` and `keygrip`. */
function koa(digest: 'sha1' | 'sha256'): Read {
  const app = new Koa()
  app.keys = digest === 'sha1' ? [...keys] : (new Keygrip([...keys], digest) as never)
  app.use(koaSession({ key: 'sid' }, app))
  let found: unknown
  app.use((ctx) => {
    found = ctx.session!.isNew ? null : ctx.session!.toJSON()
    ctx.body = ''
  })
  const listen = app.callback()
  return async (cookie) => {
    // No network: what Koa has of a request and a response is enough.
    const request = new IncomingMessage(new Socket())
    Object.assign(request, { url: '/', method: 'GET', headers: { cookie } })
    const response = new ServerResponse(request)
    response.end = () => response
    await listen(request, response)
    return found
  }
}

const egg: Read = async (header) => {
  const cookies = new EggCookies({ get: () => header } as never, keys as never)
  const value = cookies.get('sid', { signed: true })
  return value === undefined ? null : JSON.parse(Buffer.from(value, 'base64').toString())
}

const jose: Read = async (header) => {
  const token = header.slice(header.indexOf('=') + 1)
  const { kid } = JSON.parse(atob(token.slice(0, token.indexOf('.'))))
  const key = dayKey(keys[0]!, 'sid', Number(kid.split('.')[1]))
  const { plaintext } = await compactDecrypt(token, key, strict)
  return JSON.parse(new TextDecoder().decode(plaintext)).d
}

const readers = [
  { name: 'koa-session, sha1', options: { encrypt: false, digest: 'sha1' }, read: koa('sha1') },
  { name: 'koa-session, sha256', options: { encrypt: false }, read: koa('sha256') },
  { name: '@eggjs/cookies', options: { encrypt: false }, read: egg },
  { name: 'jose', options: {}, read: jose },
] as const

describe.each(readers)('$name', ({ options, read }) => {
  it(
    'reads what is written here, to the letter',
    async () => {
      const manager = createSessionManager<any>({ secrets: keys, key: 'sid', ...options })
      const runs = runsOf(NAME, 1 / 5)
      await report(NAME, runs, async () => {
        for (let run = 0; run < runs; run++) {
          const data = anyData()
          const session = await manager.load(null)
          Object.assign(session, data)
          const found = await read(cookieHeader(await manager.commit(session)))
          const { _expire, _maxAge, ...rest } = found as Record<string, unknown>
          expect(JSON.stringify(rest)).toBe(JSON.stringify(data))
        }
      })
    },
    patience,
  )
})

describe('jose', () => {
  it(
    'writes what is read here, to the letter',
    async () => {
      const manager = createSessionManager<any>({ secrets: keys, key: 'sid' })
      const runs = runsOf(NAME, 1 / 5)
      await report(NAME, runs, async () => {
        for (let run = 0; run < runs; run++) {
          const data = anyData()
          const now = Date.now()
          const iat = Math.floor(now / 1000)
          const sid = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
          const claims = JSON.stringify({ sid, iat, exp: iat + 60, ct: iat, d: data })
          const token = await new CompactEncrypt(new TextEncoder().encode(claims))
            .setProtectedHeader(JSON.parse(headerOf(keys[0]!, dayOf(now))))
            .encrypt(dayKey(keys[0]!, 'sid', dayOf(now)))
          const session = await manager.load(`sid=${token}`)
          expect(JSON.stringify(session)).toBe(JSON.stringify(data))
        }
      })
    },
    patience,
  )
})

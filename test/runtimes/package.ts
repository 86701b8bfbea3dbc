/** The package by the names that its users import, its cookies across runtimes, and old cookies. */
import { Hono } from 'hono'
import { createSessionManager, withSession, type Reader, type SessionOptions } from 'session-kit'
import { session } from 'session-kit/hono'
import { eggEncrypted, eggSigned, koaSigned } from 'session-kit/legacy'
import { createMemoryStore } from 'session-kit/memory'
import { describe, expect, it } from 'vitest'
import file from '../fixtures/cookies.json' with { type: 'json' }
import { SECRETS } from '../fixtures/secrets.ts'
import { copyCookies, page, sendHostile, visit, type Ask } from './flow.ts'

/** What Node sealed under the first secret, as the command puts it in. */
declare const SEALED: { cookie: string; data: object }

const [OLD, NEW] = SECRETS as [string, string]

async function open(options: SessionOptions, header: string): Promise<unknown> {
  return (await createSessionManager(options).load(header)).toJSON()
}

describe('a cookie that was sealed on Node', () => {
  it('opens', async () => {
    expect(await open({ secrets: OLD }, SEALED.cookie)).toEqual(SEALED.data)
    expect(await open({ secrets: NEW }, SEALED.cookie)).toEqual({})
  })

  it('is sealed again under the new secret', async () => {
    const manager = createSessionManager({ secrets: [NEW, OLD] })
    const found = await manager.load(SEALED.cookie)
    await found.save()
    const [cookie] = await manager.commit(found)
    expect(await open({ secrets: NEW }, cookie!.split(';')[0]!)).toEqual(SEALED.data)
  })
})

const request = (path: string, cookie: string): Request =>
  new Request(`https://shop.example${path}`, { headers: cookie ? { cookie } : {} })

function askHandler(options: SessionOptions<any>): Ask {
  const handler = withSession(options, async (request, lazy) => {
    return new Response(await page(new URL(request.url).pathname, await lazy))
  })
  return (path, cookie) => handler(request(path, cookie))
}

function askHono(options: SessionOptions<any>): Ask {
  const app = new Hono().use(session(options))
  app.get('*', async (c) => c.text(await page(c.req.path, await (c as any).var.session)))
  return async (path, cookie) => app.fetch(request(path, cookie))
}

describe.each([
  ['withSession', askHandler],
  ['the middleware of Hono', askHono],
])('%s', (_, ask) => {
  const inCookie = (): Ask => ask({ secrets: OLD })
  const inMemory = (): Ask => ask({ secrets: OLD, store: createMemoryStore() })

  it('keeps a session in the cookie', () => visit(inCookie()))
  it('keeps a session in memory', () => visit(inMemory()))
  it('knows no cookie from before a login or logout', () => copyCookies(inMemory()))
  it('answers hostile cookies', () => sendHostile(inCookie()))
  it('answers hostile cookies with a store', () => sendHostile(inMemory()))
})

interface Vector {
  id: string
  stack: string
  now: number
  keys: string[]
  name: string
  algorithm?: string
  encrypt?: boolean
  header: string
  reads?: object
  stored?: [string, any][]
}

// One was not signed, which no reader takes.
const readable = (file.vectors as unknown as Vector[]).filter(
  ({ id, reads, stored }) => reads && !stored && id !== 'koa-5-unsigned',
)

function readerOf({ stack, keys, name: key, algorithm, encrypt, now }: Vector): Reader {
  const options = { keys, key, until: now + 86_400_000 }
  if (encrypt) return eggEncrypted({ ...options, verify: (data: any) => data })
  if (stack !== 'koa') return eggSigned(options)
  return koaSigned({ ...options, digest: algorithm as 'sha1' })
}

it.each(readable)('reads the old cookie $id', async (vector) => {
  const { now } = Date
  // The readers have no clock of their own.
  Date.now = () => vector.now
  try {
    const options = { secrets: OLD, key: 'modern', accept: [readerOf(vector)] }
    expect(await open(options, vector.header)).toEqual(vector.reads)
  } finally {
    Date.now = now
  }
})

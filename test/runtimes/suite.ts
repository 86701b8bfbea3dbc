/** What has to hold in every runtime, with the package as its users get it. */
import { Hono } from 'hono'
import {
  createSessionManager,
  fromHex,
  withSession,
  type Reader,
  type SessionOptions,
} from 'session-kit'
import { session } from 'session-kit/hono'
import { eggEncrypted, eggSigned, koaSigned } from 'session-kit/legacy'
import { createMemoryStore } from 'session-kit/memory'
import file from '../fixtures/cookies.json' with { type: 'json' }
import sealedCookies from '../fixtures/sealed-cookies.json' with { type: 'json' }
import { equal, type Check } from './check.ts'
import { copyCookies, page, sendHostile, visit } from './flow.ts'

/** A cookie that Node sealed under the first secret, as the command puts it in. */
declare const SEALED: string

export const OLD = 'V9s1kQmJr0Zb3t8xWc5uNf2yHg7pLd4A/eTiOqRwX6M='
const NEW = 'qN0r3uB8fYw5ZxkT1mJc7vHs9aPd2gLeK4oUiE6WRt4='

/** What Node put into it. */
export const DATA = { user: 'Zoë', list: [1, null, { deep: '\u{1F36A}' }] }

async function seal(options: SessionOptions, data: object = DATA): Promise<string> {
  const manager = createSessionManager(options)
  const made = await manager.load('')
  Object.assign(made, data)
  const cookies = await manager.commit(made)
  return cookies.map((line) => line.split(';')[0]).join('; ')
}

async function open(options: SessionOptions, header: string): Promise<unknown> {
  return (await createSessionManager(options).load(header)).toJSON()
}

const sealed: Record<string, () => Promise<void>> = {
  async 'opens what it sealed'() {
    equal(await open({ secrets: OLD }, await seal({ secrets: OLD })), DATA)
  },
  async 'opens what Node sealed'() {
    equal(await open({ secrets: OLD }, SEALED), DATA)
  },
  async 'opens under an old secret, and not without it'() {
    const header = await seal({ secrets: OLD })
    equal(await open({ secrets: [NEW, OLD] }, header), DATA)
    equal(await open({ secrets: NEW }, header), {})
  },
  async 'seals the old one again under the new secret'() {
    const manager = createSessionManager({ secrets: [NEW, OLD] })
    const found = await manager.load(SEALED)
    await found.save()
    const [cookie] = await manager.commit(found)
    equal(await open({ secrets: NEW }, cookie!.split(';')[0]!), DATA)
  },
  async 'seals many at once, each under its own IV'() {
    const all = Array.from({ length: 100 }, (_, n) => ({ n }))
    const headers = await Promise.all(all.map((data) => seal({ secrets: OLD }, data)))
    equal(await Promise.all(headers.map((header) => open({ secrets: OLD }, header))), all)
    equal(new Set(headers.map((header) => header.split('.')[2])).size, all.length)
  },
  async 'refuses each change of a character'() {
    const header = await seal({ secrets: OLD }, { a: 1 })
    for (let place = header.indexOf('=') + 1; place < header.length; place++) {
      const other = header[place] === 'x' ? 'y' : 'x'
      const changed = header.slice(0, place) + other + header.slice(place + 1)
      equal(await open({ secrets: OLD }, changed), {})
    }
  },
  async 'ends at its time'() {
    let time = Date.UTC(2026, 5, 15, 12)
    const options = { secrets: OLD, maxAge: 60_000, now: () => time }
    const header = await seal(options)
    time += 59_000
    equal(await open(options, header), DATA)
    time += 2_000
    equal(await open(options, header), {})
  },
}

const memory: Record<string, () => Promise<void>> = {
  async 'loses no increment of 25 requests at once'() {
    const options = { secrets: OLD, store: createMemoryStore() }
    const manager = createSessionManager<{ count: number }>(options)
    const header = await seal(options, { count: 0 })
    await Promise.all(
      Array.from({ length: 25 }, async () => {
        const found = await manager.load(header)
        await found.update((one) => void one.count++)
        await manager.commit(found)
      }),
    )
    equal(await open(options, header), { count: 25 })
  },
  async 'keeps what two requests change in different places'() {
    const options = { secrets: OLD, store: createMemoryStore() }
    const manager = createSessionManager<Record<string, number>>(options)
    const header = await seal(options, { start: 1 })
    const [one, two] = await Promise.all([manager.load(header), manager.load(header)])
    one['one'] = 1
    two['two'] = 2
    await Promise.all([manager.commit(one), manager.commit(two)])
    equal(await open(options, header).then((all) => Object.keys(all as object).toSorted()), [
      'one',
      'start',
      'two',
    ])
  },
}

type Ask = (path: string, cookie: string) => Promise<Response>

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

/** The checks of a host whose sessions are in the cookie, and in memory. */
function hostChecks(ask: (options: SessionOptions<any>) => Ask): typeof sealed {
  const inMemory = (): Ask => ask({ secrets: OLD, store: createMemoryStore() })
  return {
    'keeps a session in the cookie': () => visit(ask({ secrets: OLD })),
    'keeps a session in memory': () => visit(inMemory()),
    'knows no cookie from before a login or logout': () => copyCookies(inMemory()),
    'answers hostile cookies': () => sendHostile(ask({ secrets: OLD })),
    'answers hostile cookies with a store': () => sendHostile(inMemory()),
  }
}

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

async function readVector(vector: Vector): Promise<void> {
  const { now } = Date
  // The readers have no clock of their own.
  Date.now = () => vector.now
  try {
    const options = { secrets: OLD, key: 'modern', accept: [readerOf(vector)] }
    equal(await open(options, vector.header), vector.reads)
  } finally {
    Date.now = now
  }
}

const vectors = Object.fromEntries(
  readable.map((vector) => [vector.id, () => readVector(vector)] as const),
)

/** Sealed cookies that another implementation made of the page on the format. */
const answers = Object.fromEntries(
  sealedCookies.vectors.flatMap(({ id, name, secret, secretHex, now, claims, token }) => {
    const { d, n } = JSON.parse(claims) as { d?: object; n?: number }
    // A store's key has its record elsewhere.
    if (!d || n) return []
    const secrets = secret ?? fromHex(secretHex!)
    const options = { secrets, key: name, secure: name.startsWith('__'), now: () => now }
    return [[id, async () => equal(await open(options, `${name}=${token}`), d)] as const]
  }),
)

const suites = {
  sealed,
  answers,
  memory,
  vectors,
  withSession: hostChecks(askHandler),
  hono: hostChecks(askHono),
}

export const checks: Check[] = Object.entries(suites).flatMap(([suite, all]) =>
  Object.entries(all).map(([name, run]) => ({ suite, name, run })),
)

import { runInNewContext } from 'node:vm'
import Keygrip from 'keygrip'
import Koa from 'koa'
import { afterEach, describe, expect, it, vi } from 'vitest'
import createEggSession from '../adapters/egg/app/middleware/session.ts'
import { session } from '../adapters/koa.ts'
import { eggEncrypted, eggSigned, koaSigned } from '../adapters/legacy.ts'
import { md5 } from '../adapters/legacy/md5.ts'
import { createSessionManager, type Reader } from '../src/index.ts'
import file from './fixtures/cookies.json' with { type: 'json' }
import { createRecordingStore, type RecordingStore } from './fixtures/recording-store.ts'
import { SECRET } from './fixtures/secrets.ts'
import { Cookies3, Cookies4 } from './legacy/fixture.ts'
import { closeAll, serve, type Served } from './legacy/host.ts'

interface Vector {
  id: string
  stack: string
  now: number
  keys: string[]
  name: string
  /** Of Koa's signatures. */
  algorithm?: string
  options?: object
  /** Of Egg's plugin, as JavaScript. */
  config?: string
  encrypt?: boolean
  /** What a handler put into the session. */
  session?: object
  plaintext?: string
  /** The Cookie header, and what a handler finds then. */
  header: string
  valid?: boolean
  reads?: object
  setCookie: string[]
  stored?: [string, object][]
}

const vectors = file.vectors as unknown as Vector[]
const DAY = 86_400_000

afterEach(async () => {
  vi.useRealTimers()
  vi.restoreAllMocks()
  await closeAll()
})

type Act = (ctx: any) => unknown
const read: Act = (ctx) => (ctx.body = JSON.stringify(ctx.session))
const write =
  (data: object | null): Act =>
  (ctx) => {
    ctx.session = data
    ctx.body = ''
  }

/** The vector's application, with the session kit in it; its keys are the vector's. */
async function applicationOf(vector: Vector, act: Act, store?: RecordingStore): Promise<Served> {
  const { stack, keys, name, algorithm, config, encrypt } = vector
  const app = new Koa() as any
  app.silent = true
  // Of an unsigned session it warns.
  vi.spyOn(console, 'warn').mockImplementation(() => {})
  if (stack === 'koa') {
    app.keys = algorithm === 'sha256' ? new Keygrip(keys, 'sha256') : keys
    app.use(session({ key: name, ...vector.options }, app))
  } else {
    const Cookies = stack === 'egg3' ? Cookies3 : (Cookies4 as any)
    const made = new WeakMap()
    Object.defineProperty(app.context, 'cookies', {
      get(this: object) {
        if (!made.has(this)) made.set(this, new Cookies(this, keys))
        return made.get(this)
      },
    })
    app.keys = keys
    app.coreLogger = console
    const own = runInNewContext(`(${config ?? '{}'})`) as object
    const options = { key: name, maxAge: DAY, httpOnly: true, encrypt, format: 'host', ...own }
    app.use(createEggSession(store ? { ...options, store } : options, app))
  }
  app.use(act)
  return serve(app)
}

/** Nobody says `maxAge` in these: koa-session then leaves the first cookie without an end. */
function asDocumented({ id, setCookie, now }: Vector): string[] {
  if (!/^koa-[157]-/.test(id)) return setCookie
  const expires = `path=/; expires=${new Date(now + DAY).toUTCString()};`
  return setCookie.map((line) => line.replace('path=/;', expires))
}

function filledStore({ stored }: Vector): RecordingStore | undefined {
  if (!stored) return undefined
  const store = createRecordingStore()
  for (const [key, record] of stored) store.records.set(key, JSON.stringify(record))
  return store
}

/** Stops the clock at a vector's time. */
function stopClock({ now }: Vector): void {
  vi.useFakeTimers({ toFake: ['Date'], now })
}

const written = vectors.filter(({ session }) => session)
const judged = vectors.filter(({ reads }) => reads)
const removed = vectors.filter(({ reads }) => !reads)

describe('a session', () => {
  it.each(written)('is written byte for byte: $id', async (vector) => {
    stopClock(vector)
    const store = vector.stored && createRecordingStore()
    const { cookies } = await (await applicationOf(vector, write(vector.session!), store))('')
    expect(cookies).toEqual(asDocumented(vector))
    expect(cookies.map((line) => line.split(';')[0]).join('; ')).toBe(vector.header)
    const records = [...(store?.records ?? [])].map(([key, json]) => [key, JSON.parse(json)])
    expect(records).toEqual(vector.stored ?? [])
  })

  it.each(removed)('is removed byte for byte: $id', async (vector) => {
    stopClock(vector)
    const { cookies } = await (await applicationOf(vector, write(null)))(vector.header)
    expect(cookies).toEqual(vector.setCookie)
  })
})

describe('a cookie', () => {
  it.each(judged)('is read or refused: $id', async (vector) => {
    stopClock(vector)
    const ask = await applicationOf(vector, read, filledStore(vector))
    const { status, body, cookies } = await ask(vector.header)
    expect([status, body]).toEqual([200, JSON.stringify(vector.reads)])
    expect(cookies).toEqual(vector.session ? [] : vector.setCookie)
  })

  it.each(judged)('is the same to a reader, on Web Crypto: $id', async (vector) => {
    stopClock(vector)
    const store = filledStore(vector)
    const manager = createSessionManager({
      secrets: SECRET,
      key: 'modern',
      accept: [readerOf(vector)],
      ...(store ? { store } : {}),
    })
    const session = await manager.load(vector.header)
    // Koa was told not to sign it: no reader takes that.
    const expected = vector.id === 'koa-5-unsigned' ? {} : vector.reads
    expect(JSON.stringify(session)).toBe(JSON.stringify(expected))
  })
})

function readerOf({ stack, keys, name: key, algorithm, encrypt, now }: Vector): Reader {
  const options = { keys, key, until: now + DAY }
  if (encrypt) return eggEncrypted({ ...options, verify: (data) => data })
  if (stack !== 'koa') return eggSigned(options)
  return koaSigned({ ...options, digest: algorithm as 'sha1' })
}

describe('the vectors', () => {
  it('are all there', () => {
    expect(vectors).toHaveLength(16)
    expect(vectors.filter(({ valid }) => valid === false)).toHaveLength(3)
  })

  it('hold what their plaintext says', () => {
    for (const { plaintext, reads, stored } of vectors) {
      if (!plaintext || stored) continue
      const { _expire, _maxAge, _session, ...data } = JSON.parse(plaintext)
      expect(data).toEqual(reads)
    }
  })

  it.each(Object.entries(file.keyIv))('have the key and IV of %s', (secret, { key, iv }) => {
    const bytes = Buffer.from(secret)
    const first = md5(bytes)
    const second = md5(Buffer.concat([first, bytes]))
    const third = md5(Buffer.concat([second, bytes]))
    expect(Buffer.concat([first, second]).toString('hex')).toBe(key)
    expect(Buffer.from(third).toString('hex')).toBe(iv)
  })
})

// What sealing a session into a cookie's value and opening it again costs, this library and others.
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { buildFor, type Build } from './engines.ts'
import { measure, type Subject, type Times } from './measure.ts'
import { importPeer } from './peers/index.ts'
import { aimTable, cell, table } from './report.ts'

type Data = Record<string, any>

interface Seal {
  seal(data: Data): unknown
  open(sealed: any): unknown
}

const secret = randomBytes(32).toString('base64')
const sizes = [60, 600, 2500]
const hour = 3_600_000
const encoder = new TextEncoder()
const decoder = new TextDecoder()

const RAW = 'AES-256-GCM, raw, Web Crypto'
const SYNC = 'AES-256-GCM, raw, `node:crypto`'
const KIT_WEB = '**session-kit**, Web Crypto'
const KIT_NODE = '**session-kit**, `node:crypto`'
const HONO = '@hono/session'
const IRON = 'iron-session'

/** Prints µs of processor time for each library and size of data. */
export async function benchSeal(): Promise<string> {
  const seals = await allSeals()
  const columns: Map<string, Times>[] = []
  for (const size of sizes) columns.push(await measure(subjectsFor(seals, size)))
  const raw = (column: Map<string, Times>): Times => column.get(RAW)!
  const order = Object.keys(seals).toSorted((a, b) => median(a) - median(b))
  const rows = order.map((name) => [
    name,
    ...columns.map((column) => cell(column.get(name)!, raw(column))),
  ])

  function median(name: string): number {
    return columns[1]!.get(name)!.median
  }
  const aims = columns.flatMap((column, index) => {
    const ratio = (a: string, b: string): number => column.get(a)!.median / column.get(b)!.median
    const size = `${sizes[index]} bytes`
    return [
      { what: `Web Crypto / raw, ${size}`, measured: ratio(KIT_WEB, RAW), limit: 1.2 },
      {
        what: `\`node:crypto\` / raw Web Crypto, ${size}`,
        measured: ratio(KIT_NODE, RAW),
        limit: 0.4,
      },
      {
        what: `@hono/session / \`node:crypto\`, ${size}`,
        measured: ratio(HONO, KIT_NODE),
        limit: 7,
        isLeast: true,
      },
      {
        what: `iron-session / \`node:crypto\`, ${size}`,
        measured: ratio(IRON, KIT_NODE),
        limit: 16,
        isLeast: true,
      },
    ]
  })
  const head = ['seal and open', ...sizes.map((size) => `${size} bytes of JSON`)]
  return `${table(head, rows)}\n\n${aimTable(aims)}`
}

function subjectsFor(seals: Record<string, Seal>, size: number): Subject[] {
  return Object.entries(seals).map(([name, { seal, open }]) => {
    let count = 0
    let done: [Data, Data][] = []
    return {
      name,
      async run() {
        const data = payload(size, count++)
        done.push([data, (await open(await seal(data))) as Data])
      },
      async check() {
        for (const [data, opened] of done) {
          for (const [key, value] of Object.entries(data)) {
            if (!isDeepStrictEqual(opened[key], value)) throw new Error(`${name} lost "${key}".`)
          }
        }
        done = []
      },
    }
  })
}

/** Data that is as long in JSON, and never the same. */
function payload(size: number, count: number): Data {
  const data = { user: 'ada', roles: ['reader'], count: 1_000_000 + count, notes: '' }
  data.notes = 'Zoë reads. '.repeat(250).slice(0, Math.floor((size - 60) * (11 / 12)))
  return data
}

async function allSeals(): Promise<Record<string, Seal>> {
  return {
    [RAW]: await rawWeb(),
    [SYNC]: rawNode(),
    [KIT_WEB]: kitFormat(await buildFor('workerd')),
    [KIT_NODE]: kitFormat(await buildFor('node')),
    'session-kit, `load` and `commit`, Web Crypto': kitWhole(await buildFor('workerd')),
    'session-kit, `load` and `commit`, `node:crypto`': kitWhole(await buildFor('node')),
    'jose, `CompactEncrypt`': await joseCompact(),
    [HONO]: await honoSession(),
    'hono-sessions': await honoSessions(),
    [IRON]: await ironSession(),
    'next-auth': await nextAuth(),
    '@eggjs/cookies, `encrypt`': await eggCookies(),
    '@fastify/secure-session': await secureSession(),
  }
}

async function rawWeb(): Promise<Seal> {
  const { subtle } = crypto
  const key = await subtle.importKey('raw', randomBytes(32), 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ])
  return {
    async seal(data) {
      const iv = crypto.getRandomValues(new Uint8Array(12))
      const text = encoder.encode(JSON.stringify(data))
      const sealed = Buffer.from(await subtle.encrypt({ name: 'AES-GCM', iv }, key, text))
      return `${Buffer.from(iv).toString('base64url')}.${sealed.toString('base64url')}`
    },
    async open(value: string) {
      const [iv, sealed] = value.split('.').map((part) => Buffer.from(part, 'base64url'))
      const text = await subtle.decrypt({ name: 'AES-GCM', iv: iv! }, key, sealed!)
      return JSON.parse(decoder.decode(text))
    },
  }
}

function rawNode(): Seal {
  const key = createSecretKey(randomBytes(32))
  return {
    seal(data) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, iv)
      const sealed = cipher.update(JSON.stringify(data), 'utf8', 'base64url')
      const end = cipher.final('base64url')
      const tag = cipher.getAuthTag().toString('base64url')
      return `${iv.toString('base64url')}.${sealed}${end}.${tag}`
    },
    open(value: string) {
      const [iv, sealed, tag] = value.split('.').map((part) => Buffer.from(part, 'base64url'))
      const decipher = createDecipheriv('aes-256-gcm', key, iv!, { authTagLength: 16 })
      decipher.setAuthTag(tag!)
      return JSON.parse(decipher.update(sealed!, undefined, 'utf8') + decipher.final('utf8'))
    },
  }
}

function kitFormat({ checkOptions, createSealedFormat, takeSnapshot }: Build): Seal {
  const options = checkOptions({ secrets: secret, maxAge: hour })
  const format = createSealedFormat(options)
  const id = crypto.randomUUID().replaceAll('-', '').padEnd(43, 'A')
  return {
    async seal(data) {
      const now = Date.now()
      const life = { created: now, issued: now, expires: now + hour, maxAge: undefined }
      const snapshot = takeSnapshot(data, {})
      const [value] = await format.seal({ id, key: undefined, snapshot, life, maxAge: hour }, null)
      return `${options.key}=${value}`
    },
    async open(header: string) {
      const carried = await format.open(header, null)
      return (carried as { record: Data }).record
    },
  }
}

function kitWhole({ createSessionManager }: Build): Seal {
  const manager = createSessionManager({ secrets: secret, maxAge: hour })
  return {
    async seal(data) {
      const session = await manager.load(null)
      Object.assign(session, data)
      return (await manager.commit(session))[0]!.split(';')[0]
    },
    open: (header: string) => manager.load(header),
  }
}

async function joseCompact(): Promise<Seal> {
  const { CompactEncrypt, compactDecrypt } = await importPeer('jose')
  const key = await crypto.subtle.importKey('raw', randomBytes(32), 'AES-GCM', false, [
    'encrypt',
    'decrypt',
  ])
  return {
    seal: (data) =>
      new CompactEncrypt(encoder.encode(JSON.stringify(data)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(key),
    open: async (jwe: string) =>
      JSON.parse(decoder.decode((await compactDecrypt(jwe, key)).plaintext)),
  }
}

async function honoSession(): Promise<Seal> {
  const { createEncryptionKey, jweEncrypt, jweDecrypt } = await importPeer('@hono/session/cookies')
  const key = await createEncryptionKey(secret)
  return {
    seal: async (data) => (await jweEncrypt(data, key, { absolute: 3600 })).jwe,
    open: async (jwe: string) => (await jweDecrypt(jwe, key)).payload,
  }
}

async function honoSessions(): Promise<Seal> {
  const { encrypt, decrypt } = await importPeer('hono-sessions')
  return {
    seal: (data) => encrypt(secret, JSON.stringify(data)),
    open: async (sealed: string) => JSON.parse(await decrypt(secret, sealed)),
  }
}

async function ironSession(): Promise<Seal> {
  const { sealData, unsealData } = await importPeer('iron-session')
  const options = { password: secret }
  return {
    seal: (data) => sealData(data, options),
    open: (sealed: string) => unsealData(sealed, options),
  }
}

async function nextAuth(): Promise<Seal> {
  const { encode, decode } = await importPeer('next-auth/jwt')
  return {
    seal: (data) => encode({ token: data, secret }),
    open: (token: string) => decode({ token, secret }),
  }
}

/** As Egg's sessions have it: JSON in base64, encrypted, in base64 once more. */
async function eggCookies(): Promise<Seal> {
  const { Cookies } = await importPeer('@eggjs/cookies')
  const keys = [secret]
  return {
    seal(data) {
      let lines: string[] = []
      const response = { get: () => lines, set: (_: string, list: string[]) => (lines = list) }
      const ctx = { get: () => '', set: response.set, response, app: { emit() {} } }
      const text = Buffer.from(JSON.stringify(data)).toString('base64')
      new Cookies(ctx, keys).set('sid', text, { encrypt: true, maxAge: hour })
      return lines[0]!.split(';')[0]
    },
    open(header: string) {
      const ctx = { get: () => header, response: {}, app: {} }
      const text = new Cookies(ctx, keys).get('sid', { encrypt: true })!
      return JSON.parse(Buffer.from(text, 'base64').toString())
    },
  }
}

async function secureSession(): Promise<Seal> {
  const { fastify } = await importPeer('fastify')
  const app = fastify()
  app.register((await importPeer('@fastify/secure-session')).default, { key: randomBytes(32) })
  await app.ready()
  return {
    seal: (data) => app.encodeSecureSession(app.createSecureSession({ ...data })),
    open: (sealed: string) => app.decodeSecureSession(sealed).data(),
  }
}

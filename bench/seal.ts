// What sealing a session into a cookie's value and opening it again costs, this library and others.
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { buildFor } from './engines.ts'
import { sealAims, type Runtime } from './aims.ts'
import { measure, type Effort, type Times } from './measure.ts'
import { KIT_NODE, RAW, sizes } from './names.ts'
import { importPeer } from './peers/index.ts'
import { cell, table, type Measured } from './report.ts'
import { kitFormat, kitWhole, sealSubjects, secret, webSeals, type Seal } from './seals.ts'

/** µs of processor time for each library and size of data. */
export async function benchSeal(runtime: Runtime, effort: Effort): Promise<Measured> {
  const seals = await allSeals()
  const columns: Map<string, Times>[] = []
  for (const size of sizes) columns.push(await measure(sealSubjects(seals, size), effort))
  return { table: sealTable(columns, runtime), aims: sealAims(columns, runtime) }
}

/** Times of seals, a column for each of the sizes, beside the raw ones. */
export function sealTable(columns: Map<string, Times>[], runtime: Runtime): string {
  const median = (name: string): number => columns[1]!.get(name)!.median
  const rows = [...columns[0]!.keys()]
    .toSorted((a, b) => median(a) - median(b))
    .map((name) => [name, ...columns.map((column) => cell(column.get(name)!, column.get(RAW)))])
  const heads = sizes.map((size) => `${size} bytes of JSON`)
  return table([`${runtime}: seal and open`, ...heads], rows)
}

/** Those that run on Node. */
export async function allSeals(): Promise<Record<string, Seal>> {
  const node = await buildFor('node')
  return {
    ...(await webSeals(await buildFor('workerd'), importPeer)),
    'AES-256-GCM, raw, `node:crypto`': rawNode(),
    [KIT_NODE]: kitFormat(node),
    'session-kit, `load` and `commit`, `node:crypto`': kitWhole(node),
    'next-auth': await nextAuth(),
    '@eggjs/cookies, `encrypt`': await eggCookies(),
    '@fastify/secure-session': await secureSession(),
  }
}

function rawNode(): Seal {
  const key = createSecretKey(randomBytes(32))
  return {
    seal(data) {
      const iv = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, iv)
      const sealed = cipher.update(JSON.stringify(data), 'utf8')
      cipher.final()
      return [iv, sealed, cipher.getAuthTag()].map((part) => part.toString('base64url')).join('.')
    },
    open(value: string) {
      const [iv, sealed, tag] = value.split('.').map((part) => Buffer.from(part, 'base64url'))
      const decipher = createDecipheriv('aes-256-gcm', key, iv!, { authTagLength: 16 })
      decipher.setAuthTag(tag!)
      const text = decipher.update(sealed!)
      decipher.final()
      return JSON.parse(text.toString())
    },
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
      new Cookies(ctx, keys).set('sid', text, { encrypt: true, maxAge: 3_600_000 })
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

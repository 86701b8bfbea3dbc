// How libraries seal a session into a cookie's value and open it again, on any runtime.
import type { Build } from './engines.ts'
import { HONO, IRON, KIT_WEB, RAW, RAW_CLAIMS } from './names.ts'
import { together, type Subject } from './subject.ts'
import type { ImportPeer } from './peers/types.ts'

export type Data = Record<string, any>

/** A library at its work. */
export interface Seal {
  seal(data: Data): unknown
  open(sealed: any): unknown
}

/** No secret at all: Workers draw nothing at random before the first request. */
export const secret = 'qN0r3uB8fYw5ZxkT1mJc7vHs9aPd2gLeK4oUiE6WRt4='
const hour = 3_600_000
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** All that Web Crypto is enough for. */
export async function webSeals(web: Build, importPeer: ImportPeer): Promise<Record<string, Seal>> {
  return {
    [RAW]: await rawWeb(),
    [RAW_CLAIMS]: await rawWithClaims(),
    [KIT_WEB]: kitFormat(web),
    'session-kit, `load` and `commit`, Web Crypto': kitWhole(web),
    'jose, `CompactEncrypt`': await joseCompact(importPeer),
    [HONO]: await honoSession(importPeer),
    'hono-sessions': await honoSessions(importPeer),
    [IRON]: await ironSession(importPeer),
  }
}

/** What is timed of libraries, with so many bytes of JSON. */
export function sealSubjects(seals: Record<string, Seal>, size: number): Subject[] {
  return Object.entries(seals).map(([name, { seal, open }]) => {
    let count = 0
    let done: [Data, Data][] = []
    return {
      name,
      run: (times) =>
        together(times, async () => {
          const data = payload(size, count++)
          done.push([data, (await open(await seal(data))) as Data])
        }),
      async check() {
        for (const [data, opened] of done) {
          for (const key of Object.keys(data)) {
            // Lists are of strings alone.
            if (String(opened[key]) !== String(data[key])) throw new Error(`${name} lost "${key}".`)
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

/** The limit of all others: Web Crypto alone, with what is quickest around it. */
async function rawWeb(): Promise<Seal> {
  const { subtle } = crypto
  const key = await gcmKey()
  return {
    async seal(data) {
      const iv = random(12)
      const text = encoder.encode(JSON.stringify(data))
      const sealed = await subtle.encrypt({ name: 'AES-GCM', iv }, key, text)
      return `${toBase64url(iv)}.${toBase64url(new Uint8Array(sealed))}`
    },
    async open(value: string) {
      const [iv, sealed] = value.split('.').map(fromBase64url)
      const text = await subtle.decrypt({ name: 'AES-GCM', iv: iv! }, key, sealed!)
      return JSON.parse(decoder.decode(text))
    },
  }
}

/** The format alone, as a request has it: a Cookie header, and the JSON that a commit has made. */
export function kitFormat({ checkOptions, createSealedFormat, takeSnapshot }: Build): Seal {
  const options = checkOptions({ secrets: secret, maxAge: hour })
  const format = createSealedFormat(options)
  const id = toBase64url(random())
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

export function kitWhole({ createSessionManager }: Build): Seal {
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

/** What the format asks of anyone: identity and times to encrypt, a header to authenticate. */
async function rawWithClaims(): Promise<Seal> {
  const { subtle } = crypto
  const key = await gcmKey()
  const kid = `${toBase64url(random(6))}.20000`
  const header = `{"alg":"dir","enc":"A256GCM","kid":"${kid}","typ":"session-kit1+jwe"}`
  const additionalData = encoder.encode(toBase64url(encoder.encode(header)))
  const start = decoder.decode(additionalData)
  const sid = toBase64url(random())
  return {
    async seal(data) {
      const iv = random(12)
      const now = Math.floor(Date.now() / 1000)
      const text = encoder.encode(
        JSON.stringify({ sid, iat: now, exp: now + 3600, ct: now, d: data }),
      )
      const sealed = await subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, text)
      return `${start}..${toBase64url(iv)}.${toBase64url(new Uint8Array(sealed))}`
    },
    async open(value: string) {
      const [given, , iv, sealed] = value.split('.')
      if (given !== start) throw new Error('Another header.')
      const parameters = { name: 'AES-GCM', iv: fromBase64url(iv!), additionalData }
      const text = await subtle.decrypt(parameters, key, fromBase64url(sealed!))
      return JSON.parse(decoder.decode(text)).d
    },
  }
}

async function joseCompact(importPeer: ImportPeer): Promise<Seal> {
  const { CompactEncrypt, compactDecrypt } = await importPeer('jose')
  const key = await gcmKey()
  return {
    seal: (data) =>
      new CompactEncrypt(encoder.encode(JSON.stringify(data)))
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
        .encrypt(key),
    open: async (jwe: string) =>
      JSON.parse(decoder.decode((await compactDecrypt(jwe, key)).plaintext)),
  }
}

async function honoSession(importPeer: ImportPeer): Promise<Seal> {
  const { createEncryptionKey, jweEncrypt, jweDecrypt } = await importPeer('@hono/session/cookies')
  const key = await createEncryptionKey(secret)
  return {
    seal: async (data) => (await jweEncrypt(data, key, { absolute: 3600 })).jwe,
    open: async (jwe: string) => (await jweDecrypt(jwe, key)).payload,
  }
}

async function honoSessions(importPeer: ImportPeer): Promise<Seal> {
  const { encrypt, decrypt } = await importPeer('hono-sessions')
  return {
    seal: (data) => encrypt(secret, JSON.stringify(data)),
    open: async (sealed: string) => JSON.parse(await decrypt(secret, sealed)),
  }
}

async function ironSession(importPeer: ImportPeer): Promise<Seal> {
  const { sealData, unsealData } = await importPeer('iron-session')
  const options = { password: secret }
  return {
    seal: (data) => sealData(data, options),
    open: (sealed: string) => unsealData(sealed, options),
  }
}

function random(length = 32): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length))
}

function gcmKey(): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', random(), 'AES-GCM', false, ['encrypt', 'decrypt'])
}

/** What the platform does by itself. */
const { Buffer } = globalThis as { Buffer?: typeof globalThis.Buffer }
const native = Uint8Array as unknown as {
  fromBase64(text: string, options: object): Uint8Array<ArrayBuffer>
}

function toBase64url(bytes: Uint8Array<ArrayBuffer>): string {
  if (Buffer) return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64url')
  const { toBase64 } = bytes as unknown as { toBase64(options: object): string }
  return toBase64.call(bytes, { alphabet: 'base64url', omitPadding: true })
}

function fromBase64url(text: string): Uint8Array<ArrayBuffer> {
  return Buffer
    ? Buffer.from(text, 'base64url')
    : native.fromBase64(text, { alphabet: 'base64url' })
}

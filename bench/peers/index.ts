/**
 * The libraries that this one is measured beside. They have a package.json and a lock of their own,
 * so that `npm ci` in the root stays small, and in a folder of their own, for the files above import
 * this package by its name. Types name only what is used.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

type Data = Record<string, any>

/** What is used of each library, by the name that it is imported by. */
export interface Peers {
  jose: {
    CompactEncrypt: new (text: Uint8Array) => {
      setProtectedHeader(header: Data): { encrypt(key: CryptoKey): Promise<string> }
    }
    compactDecrypt(jwe: string, key: CryptoKey): Promise<{ plaintext: Uint8Array }>
  }
  'iron-session': {
    sealData(data: Data, options: { password: string }): Promise<string>
    unsealData(seal: string, options: { password: string }): Promise<Data>
    getIronSession(
      request: Request,
      response: Response,
      options: { cookieName: string; password: string },
    ): Promise<Data & { save(): Promise<void> }>
  }
  '@hono/session': { useSession(options: Data): any }
  '@hono/session/cookies': {
    createEncryptionKey(secret: string): Promise<Uint8Array>
    jweEncrypt(data: Data, key: Uint8Array, duration: Data): Promise<{ jwe: string }>
    jweDecrypt(jwe: string, key: Uint8Array): Promise<{ payload: Data }>
  }
  'hono-sessions': {
    CookieStore: new () => object
    sessionMiddleware(options: Data): any
    encrypt(password: string, text: string): Promise<string>
    decrypt(password: string, sealed: string): Promise<string>
  }
  '@eggjs/cookies': {
    Cookies: new (
      ctx: Data,
      keys: string[],
    ) => {
      get(name: string, options: Data): string | undefined
      set(name: string, value: string, options: Data): void
    }
  }
  '@fastify/secure-session': { default: unknown }
  fastify: {
    fastify(): {
      register(plugin: unknown, options: Data): void
      ready(): Promise<void>
      createSecureSession(data: Data): unknown
      encodeSecureSession(session: unknown): string
      decodeSecureSession(sealed: string): { data(): Data }
    }
  }
  'next-auth/jwt': {
    encode(options: { token: Data; secret: string }): Promise<string>
    decode(options: { token: string; secret: string }): Promise<Data>
  }
}

const here = fileURLToPath(new URL('.', import.meta.url))

/** Installs the libraries, unless they are there. */
export function installPeers(): void {
  if (existsSync(`${here}node_modules`)) return
  execFileSync('npm', ['ci', '--prefix', here, '--ignore-scripts'], { stdio: 'inherit' })
}

/** Imports a library. */
export async function importPeer<name extends keyof Peers>(name: name): Promise<Peers[name]> {
  const specifier: string = name
  return (await import(specifier)) as Peers[name]
}

/** The libraries and their versions, as one line. */
export function peerVersions(): string {
  const { dependencies } = read(`${here}package.json`) as { dependencies: Record<string, string> }
  const { devDependencies } = read(`${here}../../package.json`) as {
    devDependencies: Record<string, string>
  }
  const own = ['hono', 'koa', 'koa-session'].map((name) => [name, devDependencies[name]] as const)
  return [...own, ...Object.entries(dependencies)]
    .map(([name, version]) => `${name} ${version}`)
    .join(', ')
}

function read(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'))
}

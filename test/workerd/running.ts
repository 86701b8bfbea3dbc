import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import * as miniflare from 'miniflare'
import { parseSetCookie } from '../fixtures/cookies.ts'
import { SECRET } from '../fixtures/secrets.ts'

/**
 * A test's Worker, bundled as wrangler would bundle it: through the package's exports.
 *
 * @param alias What it gets in the place of what it imports.
 */
export async function bundleWorker(
  entry: URL = new URL('worker.ts', import.meta.url),
  alias: Record<string, string> = {},
): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(entry)],
    bundle: true,
    // Else the paths that the compiler takes in here would hold for the bundle, too.
    tsconfigRaw: {},
    format: 'esm',
    target: 'es2022',
    platform: 'neutral',
    conditions: ['workerd', 'worker'],
    external: ['cloudflare:*'],
    alias,
    minify: true,
    write: false,
  })
  return outputFiles[0]!.text
}

/** A KV namespace as tests look into it. */
export interface Kv {
  get(key: string): Promise<string | null>
  get(keys: string[], type: 'text'): Promise<Map<string, string | null>>
  put(key: string, value: string, options?: { expirationTtl: number }): Promise<void>
  delete(key: string): Promise<void>
  list(): Promise<{ keys: { name: string; expiration?: number }[] }>
}

export interface RunningWorker {
  url: URL
  kv: Kv
  /** Sets KV's own clock going by hand. */
  holdKvClock(now: number): Promise<void>
  passKvTime(ms: number): Promise<void>
  stop(): Promise<void>
}

/** What a Worker has beside a secret and KV, in miniflare's terms. */
export interface WorkerParts {
  env?: Record<string, object>
  exports?: Record<string, object>
}

/**
 * Starts a Worker in workerd, without Node's globals.
 *
 * @param folder Where its data are kept, to outlive this run.
 */
export async function runWorker(
  code: string,
  folder?: string,
  parts: WorkerParts = {},
): Promise<RunningWorker> {
  ;(miniflare as unknown as { _enableControlEndpoints(): void })._enableControlEndpoints()
  const running = new miniflare.Miniflare({
    cf: false,
    host: '127.0.0.1',
    port: 0,
    ...(folder && { resourcePersistencePath: folder }),
    workers: [
      {
        config: {
          name: 'test',
          compatibilityDate: '2026-06-01',
          manifest: {
            mainModule: 'worker.js',
            modulesRoot: '/',
            modules: { 'worker.js': { type: 'esm', contents: code } },
          },
          env: {
            SECRET: { type: 'text', value: SECRET },
            SESSIONS: { type: 'kv', id: 'SESSIONS' },
            ...parts.env,
          },
          exports: parts.exports,
        },
      },
    ],
  } as miniflare.MiniflareOptions)
  return {
    url: await running.ready,
    kv: (await running.getKVNamespace('SESSIONS')) as unknown as Kv,
    holdKvClock: (now) => controlKv(running, 'enableFakeTimers', now),
    passKvTime: (ms) => controlKv(running, 'advanceFakeTime', ms),
    stop: () => running.dispose(),
  }
}

/** Moves the clock of the simulated KV, by a call that is not public and may change with a version. */
async function controlKv(running: object, name: string, argument: number): Promise<void> {
  const namespace = await (
    running as {
      _getInternalDurableObjectNamespace(...names: string[]): Promise<{
        idFromName(name: string): unknown
        get(id: unknown): { fetch(url: string, init: object): Promise<Response> }
      }>
    }
  )._getInternalDurableObjectNamespace('kv', 'kv:ns', 'KVNamespaceObject')
  const object = namespace.get(namespace.idFromName('SESSIONS'))
  const controlOp = { name, args: [argument] }
  const { ok } = await object.fetch('http://placeholder/', {
    method: 'POST',
    cf: { miniflare: { name: 'SESSIONS', controlOp } },
  })
  if (!ok) throw new Error(`KV's clock does not take ${name}.`)
}

/** An answer of the test's Worker. */
export interface Answer {
  status: number
  body: string
  cookies: string[]
  /** Calls of KV and events, in order. */
  log: string[]
  derived: number
  headers: Headers
}

/** A browser at a running Worker. */
export class Visitor {
  readonly cookies: Map<string, string> = new Map()
  readonly #url: URL
  /** The time that the Worker is to believe in, or the real one. */
  now: number | undefined

  constructor({ url }: { url: URL }) {
    this.#url = url
  }

  get cookieHeader(): string {
    return [...this.cookies].map((pair) => pair.join('=')).join('; ')
  }

  get(path: string, cookie?: string): Promise<Answer> {
    return this.#send('GET', path, cookie)
  }

  post(path: string): Promise<Answer> {
    return this.#send('POST', path)
  }

  async #send(method: string, path: string, cookie = this.cookieHeader): Promise<Answer> {
    const headers = new Headers(cookie ? { cookie } : {})
    if (this.now) headers.set('x-now', `${this.now}`)
    const response = await fetch(new URL(path, this.#url), { method, headers, redirect: 'manual' })
    const cookies = response.headers.getSetCookie()
    for (const { name, value, attributes } of cookies.map(parseSetCookie)) {
      if (attributes.get('max-age') === '0') this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
    return {
      status: response.status,
      body: await response.text(),
      cookies,
      log: (response.headers.get('x-log') || undefined)?.split(',') ?? [],
      derived: Number(response.headers.get('x-derived')),
      headers: response.headers,
    }
  }
}

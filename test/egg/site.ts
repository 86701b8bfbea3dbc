import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Host } from './hosts.ts'
import { readCookies } from './cookie-view.ts'
import { keys, type Plugin } from './fixture.ts'
import { Jar } from './jar.ts'
import { START, type RunningApp } from './run.ts'
import { normalise, type Deeds, type Exchange, type Transcript } from './transcript.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- the same text runs in two generations of Egg
type Loose = any

/** Runs in the application's process, so it can use nothing from the test around it. */
export type Handler = (ctx: Loose) => unknown
export type Early = (ctx: Loose, next: () => Promise<void>) => unknown
export type Evaluated = (app: Loose, given: Loose) => unknown

export interface Request {
  path?: string
  method?: string
  headers?: Record<string, string>
  body?: string
  /** Runs before every other middleware. */
  early?: Early
}

/** Where an application keeps its sessions: what to call it, and what to give to `useStore`. */
export const places = [
  ['a cookie', 'none'],
  ['a store', 'object'],
] as const

/** A running application as a case sees it: visitors, a clock, and a transcript. */
export class Site {
  readonly host: Host
  readonly plugin: Plugin
  /** The application's keys, newest first. */
  readonly keys: string[]
  readonly #app: RunningApp
  #transcript: Transcript = []
  #now = START

  constructor(app: RunningApp) {
    this.#app = app
    this.host = app.written.host
    this.plugin = app.written.plugin
    const given = app.written.spec.config?.['keys']
    this.keys = typeof given === 'string' ? given.split(',').map((key) => key.trim()) : [keys[0]]
  }

  get now(): number {
    return this.#now
  }

  get url(): string {
    return this.#app.url
  }

  get folder(): string {
    return this.#app.written.folder
  }

  /** Brings the application back to how it started. */
  async begin(): Promise<void> {
    this.#transcript = []
    await this.setClock(START)
    await this.#app.order('reset')
  }

  finish(): Transcript {
    return normalise(this.#transcript)
  }

  visitor(): Visitor {
    return new Visitor(this)
  }

  async advance(milliseconds: number): Promise<void> {
    await this.setClock(this.#now + milliseconds)
  }

  async setClock(time: number): Promise<void> {
    this.#now = time
    await this.#app.order('clock', { time })
  }

  evaluate(code: Evaluated, given?: unknown): Promise<unknown> {
    return this.#app.order('evaluate', { code: String(code), given })
  }

  /** Changes `config.session` of the running application, as its own tests would. */
  async configure(options: Record<string, unknown>): Promise<void> {
    await this.evaluate((app, given) => void Object.assign(app.config.session, given), options)
  }

  /** Sets `app.sessionStore` to a fresh store of a kind, see the child's stores. */
  async useStore(kind: string, detail?: string): Promise<Deeds> {
    await this.evaluate(
      (app, given) => void (app.sessionStore = app.fixture.createStore(given.kind, given.detail)),
      { kind, detail },
    )
    return this.take()
  }

  /** Whether Egg's dumps of its configuration, which lie in `run/`, show a key of the application. */
  async dumpedCredentials(): Promise<string[]> {
    const folder = path.join(this.folder, 'run')
    const names = await readdir(folder)
    const texts = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')))
    return names.filter((_, i) => this.keys.some((key) => texts[i]?.includes(key)))
  }

  /** What happened since the last look. */
  take(): Promise<Deeds> {
    return this.#app.order('take') as Promise<Deeds>
  }

  note(note: string, value: unknown): void {
    this.#transcript.push({ note, value })
  }

  record(exchange: Exchange): void {
    this.#transcript.push(exchange)
  }
}

/** Someone with a browser. */
export class Visitor {
  readonly jar: Jar = new Jar()
  readonly #site: Site

  constructor(site: Site) {
    this.#site = site
  }

  /** Comes with these cookies. */
  holding(header: string): this {
    this.jar.seed(header)
    return this
  }

  /** Makes a request whose page is `handler`, and writes down all that came of it. */
  async visit(handler?: Handler, request: Request = {}): Promise<Exchange> {
    const { path = '/', method = 'GET', headers, body, early } = request
    const sent = this.jar.header(path, this.#site.now)
    const response = await fetch(this.#site.url + path, {
      method,
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        'user-agent': 'Chrome/120.0.0.0',
        ...(sent && { cookie: sent }),
        ...(handler && { 'x-handler': base64(handler) }),
        ...(early && { 'x-early': base64(early) }),
        ...headers,
      },
      ...(body !== undefined && { body }),
    })
    const text = await response.text()
    const lines = response.headers.getSetCookie()
    this.jar.keep(lines, this.#site.now)

    const exchange: Exchange = {
      request: `${method} ${path}`,
      status: response.status,
      body: parse(text),
      cookies: await readCookies(lines, sent, this.#site.keys),
      ...(await this.#site.take()),
    }
    this.#site.record(exchange)
    return exchange
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const base64 = (code: Handler | Early): string => Buffer.from(String(code)).toString('base64')

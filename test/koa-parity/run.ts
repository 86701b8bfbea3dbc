import { once } from 'node:events'
import { Agent, createServer, request as send } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { clock } from './clock.ts'
import { createJar } from './jar.ts'
import type { Jar } from './jar.ts'
import { normalise } from './normalise.ts'
import { createStage, keys as defaultKeys, plain } from './stage.ts'
import type { Backstage, Call, Loose, Stage } from './stage.ts'

/** A session factory in koa-session's shape. */
export type Factory = (...values: Loose[]) => Loose

/** A request, and what is done with it. */
export interface Request {
  /** Answers: what it returns is the body as JSON, nothing leaves the body `ok`. */
  handler?: (ctx: Loose, stage: Stage) => unknown
  method?: string
  path?: string
  headers?: Record<string, string>
  /** A Cookie header to send instead of the jar's. */
  cookie?: string
  /** Whose cookies are sent and kept (default `'visitor'`), `null` for nobody's. */
  jar?: string | null
  /** How far the clock moves before the request, in milliseconds. */
  wait?: number
  /** The request is left at the handler's pause of this name. */
  start?: string
  /** Instead of a new request: the one left at this pause goes on to its end. */
  finish?: string
}

export interface Case {
  name: string
  subject: Subject
  /** `app.keys` (default two strings), `null` for none. */
  keys?: () => unknown
  /** Fresh options for one run. */
  options?: (stage: Stage) => Loose
  /** The middleware before the session's. */
  upstream?: (ctx: Loose, next: () => Promise<void>, stage: Stage) => unknown
  /** Puts the session on the app (default `app.use(session(options, app))`). */
  mount?: (app: Loose, session: Factory, options: Loose, stage: Stage) => unknown
  requests: Request[]
}

export type Subject =
  | 'reading and writing'
  | 'errors'
  | 'lifetime'
  | 'ending and renewing'
  | 'data'
  | 'options'
  | 'cookies'
  | 'sequences'

export interface Failure {
  name: string
  message: string
  code: string | null
}

export interface Step {
  /** The Cookie header that was sent. */
  sent: string
  status: number | null
  body: string
  /** The Set-Cookie lines, in their order. */
  cookies: string[]
  /** What the app's `error` event told. */
  errors: Failure[]
  /** What the app's `session:missed`, `session:expired` and `session:invalid` events told. */
  events: unknown[]
  calls: Call[]
  notes: unknown[]
}

export interface Transcript {
  /** The error of a start that failed. */
  refused: Failure | null
  /** What was noted before the first request. */
  setup: unknown[]
  steps: Step[]
  /** What the stores hold at the end. */
  records: Record<string, unknown>
}

const events = ['session:missed', 'session:expired', 'session:invalid']

/** Runs a case over real HTTP and tells what could be seen from outside. */
export async function run(Koa: Loose, session: Factory, parity: Case): Promise<Transcript> {
  const warn = console.warn
  console.warn = () => {}
  clock.freeze()
  try {
    return await play(Koa, session, parity)
  } finally {
    clock.release()
    console.warn = warn
  }
}

async function play(Koa: Loose, session: Factory, parity: Case): Promise<Transcript> {
  const stage = createStage()
  const keys = parity.keys ? parity.keys() : defaultKeys
  const transcript: Transcript = { refused: null, setup: [], steps: [], records: {} }
  const app = new Koa()
  if (keys) app.keys = keys
  if (parity.upstream) {
    app.use((ctx: Loose, next: () => Promise<void>) => parity.upstream?.(ctx, next, stage))
  }
  try {
    const mount = parity.mount ?? ((to, factory, options) => to.use(factory(options, to)))
    mount(app, session, parity.options?.(stage), stage)
  } catch (error) {
    return { ...transcript, refused: failure(error) }
  }

  transcript.setup = stage.log.notes
  const signers: unknown[] = []
  const theatre = await open(app, stage, parity)
  try {
    for (const request of parity.requests) {
      transcript.steps.push(await theatre.step(request))
      signers.push(app.keys)
    }
  } finally {
    await theatre.close()
  }
  transcript.records = Object.fromEntries(stage.records)
  return normalise(transcript, stage.ids, signers)
}

interface Theatre {
  step(request: Request): Promise<Step>
  close(): Promise<void>
}

async function open(app: Loose, stage: Backstage, parity: Case): Promise<Theatre> {
  const jars = new Map<string, Jar>()
  const left = new Map<string, Promise<Answer>>()
  const heard = listen(app)
  app.use(async (ctx: Loose) => {
    const request = parity.requests[Number(ctx.get('x-request'))]
    const value = await request?.handler?.(ctx, stage)
    if (value !== undefined) ctx.body = JSON.stringify(value)
    else if (ctx.writable && !ctx.headerSent) ctx.body ??= 'ok'
  })

  // What the callback returns settles after everything the app does for a request, also what it
  // does after the response was sent.
  const settled = new Map<Request | undefined, Promise<unknown>>()
  const callback = app.callback()
  const server = createServer((incoming, outgoing) => {
    const request = parity.requests[Number(incoming.headers['x-request'])]
    settled.set(request, callback(incoming, outgoing))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = new Agent({ keepAlive: true })

  async function ask(request: Request): Promise<Answer> {
    const path = request.path ?? '/'
    const jar = jarOf(request.jar === undefined ? 'visitor' : request.jar)
    const sent = request.cookie ?? jar.header(path)
    const headers = {
      ...request.headers,
      'x-request': String(parity.requests.indexOf(request)),
      ...(sent && { cookie: sent }),
    }
    const answer = await fetchFrom(server, { ...request, path, headers }, agent)
    jar.keep(answer.cookies)
    return { ...answer, sent }
  }

  function jarOf(name: string | null): Jar {
    const jar = (name === null ? undefined : jars.get(name)) ?? createJar()
    if (name !== null) jars.set(name, jar)
    return jar
  }

  async function answerTo(request: Request): Promise<Answer> {
    if (request.start !== undefined) {
      const answer = ask(request)
      left.set(request.start, answer)
      await Promise.race([stage.reached(request.start), answer])
      return nothing
    }
    if (request.finish === undefined) return complete(request, ask(request))
    stage.resume(request.finish)
    const begun = parity.requests.find(({ start }) => start === request.finish)
    return complete(begun, left.get(request.finish))
  }

  async function complete(request?: Request, answer?: Promise<Answer>): Promise<Answer> {
    const answered = (await answer) ?? nothing
    await settled.get(request)
    return answered
  }

  return {
    async step(request) {
      stage.log = { calls: [], notes: [] }
      heard.errors = []
      heard.events = []
      clock.advance(request.wait ?? 0)
      const answer = await inTime(answerTo(request), parity.name)
      await turn()
      await turn()
      return { ...answer, ...heard, ...stage.log }
    },
    async close() {
      agent.destroy()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

function listen(app: Loose): Pick<Step, 'errors' | 'events'> {
  const heard: Pick<Step, 'errors' | 'events'> = { errors: [], events: [] }
  app.on('error', (error: unknown) => heard.errors.push(failure(error)))
  for (const event of events) {
    app.on(event, (value: unknown) => heard.events.push([event, plain(value)]))
  }
  return heard
}

type Answer = Pick<Step, 'sent' | 'status' | 'body' | 'cookies'>

const nothing: Answer = { sent: '', status: null, body: '', cookies: [] }

async function fetchFrom(server: Server, request: Request, agent: Agent): Promise<Answer> {
  const { port } = server.address() as AddressInfo
  const { method = 'GET', path, headers } = request
  const outgoing = send({ host: '127.0.0.1', port, method, path, headers, agent }).end()
  outgoing.on('error', () => {})
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  let body = ''
  for await (const chunk of response.setEncoding('utf8')) body += chunk
  const cookies = response.headers['set-cookie'] ?? []
  return { sent: '', status: response.statusCode ?? null, body, cookies }
}

function failure(error: unknown): Failure {
  const { name, message, code } = error as Partial<Failure>
  return { name: String(name), message: String(message), code: code ?? null }
}

async function inTime<value>(work: Promise<value>, name: string): Promise<value> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(reject, 3000, new Error(`no answer within 3 seconds: ${name}`))
  try {
    return await Promise.race([work, promise])
  } finally {
    clearTimeout(timer)
  }
}

import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import type { WrittenApp } from './fixture.ts'

/** The moment at which every application and every case starts. */
export const START: number = Date.UTC(2026, 5, 15, 12)

const PATIENCE = { start: 30_000, stop: 3_000 }

type Answer =
  | { port: number }
  | { failed: string; code?: string }
  | { id: number; value?: unknown; error?: string }

/** Why an application did not start. */
export class StartError extends Error {
  readonly code: string | undefined
  readonly output: string

  constructor(message: string, code: string | undefined, output: string) {
    super(message)
    this.code = code
    this.output = output
  }
}

/** An application in a process of its own, listening on the loopback address. */
export interface RunningApp {
  written: WrittenApp
  url: string
  /** What the process printed. */
  output(): string
  /** Gives an order to the process: see the child's `createOrders`. */
  order(order: string, given?: object): Promise<unknown>
  stop(): Promise<void>
}

export async function startApp(written: WrittenApp): Promise<RunningApp> {
  const port = written.spec.cluster ? await freePort() : 0
  const child = fork(written.entry, {
    cwd: written.folder,
    detached: true,
    env: environment(written, port),
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text))
  }
  const kill = (): void => killGroup(child)
  process.once('exit', kill)
  child.once('exit', () => process.removeListener('exit', kill))

  const orders = takeAnswers(child)
  try {
    const listening = await orders.ready
    return {
      written,
      url: `http://127.0.0.1:${listening}`,
      output: () => output,
      order: written.spec.cluster ? noOrders : orders.give,
      stop: () => stop(child, Boolean(written.spec.cluster)),
    }
  } catch (error) {
    killGroup(child)
    const { message, code } = error as { message: string; code?: string }
    throw new StartError(message, code, output)
  }
}

/** Little of this process's environment reaches the child, above all no `NODE_ENV`. */
function environment(written: WrittenApp, port: number): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: written.folder,
    EGG_HOME: written.folder,
    EGG_SERVER_ENV: written.spec.env ?? 'unittest',
    FIXTURE_CLOCK: String(START),
    FIXTURE_PORT: String(port),
    FIXTURE_WORKERS: String(written.spec.cluster ?? 1),
    NODE_COMPILE_CACHE: path.join(path.dirname(written.folder), '.compiled'),
    ...(process.env['REDIS_URL'] && { REDIS_URL: process.env['REDIS_URL'] }),
  }
}

function takeAnswers(child: ChildProcess) {
  const waiting = new Map<number, PromiseWithResolvers<unknown>>()
  const started = withResolvers<number>()
  const timer = setTimeout(() => started.reject(new Error('did not start')), PATIENCE.start)
  let last = 0

  child.on('message', (answer: Answer) => {
    if ('port' in answer) started.resolve(answer.port)
    else if ('failed' in answer) started.reject(Object.assign(new Error(answer.failed), answer))
    else settle(answer)
  })
  child.once('exit', (code, signal) => {
    const error = new Error(`the application ended with ${signal ?? code}`)
    started.reject(error)
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  })

  function settle({ id, value, error }: Extract<Answer, { id: number }>): void {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(value)
    else call?.reject(new Error(error))
  }

  return {
    ready: started.promise.finally(() => clearTimeout(timer)),
    give(order: string, given?: object): Promise<unknown> {
      const id = ++last
      const call = withResolvers<unknown>()
      waiting.set(id, call)
      child.send({ id, order, given })
      return call.promise
    },
  }
}

/** The workers of a cluster take no orders: what they do is not looked at. */
const noOrders = async (): Promise<unknown> => ({ store: [], logs: [], events: [] })

async function stop(child: ChildProcess, cluster: boolean): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return killGroup(child)
  const ended = once(child, 'exit')
  if (cluster) child.kill('SIGTERM')
  else child.send({ order: 'stop' })
  const timer = setTimeout(() => killGroup(child), PATIENCE.stop)
  await ended
  clearTimeout(timer)
  killGroup(child)
}

/** Ends the process and those it started: it leads a process group of its own. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch {
    // Nobody is left in it.
  }
}

/** The cluster's master wants to be told a port. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

interface PromiseWithResolvers<T> {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (error: Error) => void
}

function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void
  let reject!: (error: Error) => void
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}

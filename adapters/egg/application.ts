import type { HostApplication } from '../koa-kit.ts'
import type { Store } from '../../src/index.ts'

/** A logger of Egg. */
export interface EggLogger {
  warn(message: string, ...values: unknown[]): void
}

/** What the plugin needs of an Egg application. */
export interface EggApplication extends HostApplication {
  config: {
    env: string
    coreMiddleware: string[]
    session: Record<string, unknown> & { store?: Store | undefined }
  }
  logger: EggLogger
  coreLogger: EggLogger
  toAsyncFunction<method>(method: method): method
  on(event: string, listener: (payload: SessionEventPayload) => void): unknown
}

/** koa-session's payload of an event. */
export interface SessionEventPayload {
  ctx: { coreLogger: EggLogger }
  key?: string
  value?: unknown
}

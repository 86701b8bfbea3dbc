import type { HostApplication } from '../koa-kit.ts'
import type { Store } from '../../src/index.ts'

/** A logger of Egg. */
export interface EggLogger {
  warn(message: string, ...values: unknown[]): void
  info(message: string, ...values: unknown[]): void
}

/** What the plugin needs of an Egg application. */
export interface EggApplication extends HostApplication {
  config: {
    env: string
    coreMiddleware: string[]
    session: Record<string, unknown> & { store?: Store | undefined }
  }
  plugins: Record<string, { package?: string } | undefined>
  logger: EggLogger
  coreLogger: EggLogger
  toAsyncFunction<method>(method: method): method
  on(event: string, listener: (payload: SessionEventPayload) => void): unknown
}

/** Who speaks in a warning, as the plugin that came with this Egg does. */
export function voiceOf(app: EggApplication): {
  name: string
  logger: EggLogger
  tellsOfRemoval: boolean
} {
  const isEgg4 = app.plugins['watcher']?.package?.startsWith('@eggjs/')
  return isEgg4
    ? { name: '@eggjs/session', logger: app.coreLogger, tellsOfRemoval: true }
    : { name: 'egg-session', logger: app.logger, tellsOfRemoval: false }
}

/** koa-session's payload of an event. */
export interface SessionEventPayload {
  ctx: { coreLogger: EggLogger }
  key?: string
  value?: unknown
}

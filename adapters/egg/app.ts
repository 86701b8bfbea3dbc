import { createHash } from 'node:crypto'
import { voiceOf, type EggApplication } from './application.ts'

/** The plugin's boot: Egg calls `configWillLoad` before it builds its middlewares. */
class SessionBoot {
  readonly #app: EggApplication

  constructor(app: EggApplication) {
    this.#app = app
  }

  configWillLoad(): void {
    const app = this.#app
    const { session, coreMiddleware } = app.config
    if (!session['httpOnly']) {
      const { name, logger } = voiceOf(app)
      logger.warn(
        `[${name}]: please set \`config.session.httpOnly\` to true. It is very dangerous if session can read by client JavaScript.`,
      )
    }
    coreMiddleware.push('session')

    const shown = (value: unknown): unknown => (session['logValue'] ? value : '')
    app.on('session:missed', ({ ctx, key }) => {
      ctx.coreLogger.warn('[session][missed] key(%s)', redact(key))
    })
    app.on('session:expired', ({ ctx, key, value }) => {
      ctx.coreLogger.warn('[session][expired] key(%s) value(%j)', redact(key), shown(value))
    })
    app.on('session:invalid', ({ ctx, key, value }) => {
      ctx.coreLogger.warn('[session][invalid] key(%s) value(%j)', redact(key), shown(value))
    })
  }
}

/** An id opens its session to whoever reads it in a log: a part of its hash tells it apart as well. */
function redact(key: string | undefined): string | undefined {
  return key && `sha256:${createHash('sha256').update(key).digest('base64url').slice(0, 8)}`
}

export default SessionBoot
export { SessionBoot as 'module.exports' }

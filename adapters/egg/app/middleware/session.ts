import { createMiddleware, extendContext } from '../../../koa-context.ts'
import { followOptions, type HostProfile } from '../../../koa-kit.ts'
import type { EggApplication } from '../../application.ts'

/** The middleware, made once with `config.session` itself, which the application may change. */
function createSession(
  options: Record<string, unknown>,
  app: EggApplication,
): ReturnType<typeof createMiddleware> {
  const profile: HostProfile = {
    name: 'session-kit/egg',
    defaults: {
      key: 'EGG_SESS',
      encrypt: true,
      signed: true,
      overwrite: true,
      touchAfter: 0,
      secure: undefined as never,
      sameSite: undefined as never,
    },
    // egg-session's README: "maxAge not present means session cookies".
    browserSession: { maxAge: undefined },
    warn: (message) => app.coreLogger.warn('[session-kit] %s', message),
  }
  const kitFor = followOptions(options, app, profile)
  extendContext(app.context, kitFor)
  return createMiddleware(kitFor)
}

export default createSession
export { createSession as 'module.exports' }

import { ServerResponse, type IncomingMessage } from 'node:http'
import { read } from '../src/host.ts'
import type { SessionData } from '../src/index.ts'
import { kitOfContext, type HostContext } from './koa-context.ts'

/** The part of a Koa or Egg application that makes a context. */
export interface ReadApplication {
  context: object
  createContext(request: any, response: any): object
}

/**
 * Reads the session of a request that no middleware sees, in Koa and Egg: that of a WebSocket, in a
 * server's `upgrade` event. Nothing is written: no cookie, no record, and none is extended or
 * destroyed.
 *
 * @param app The application, with its session.
 * @returns A frozen copy of the data; `null` where there is no session, or none any more.
 * @throws TypeError if the application has no session; SessionError `ERR_SESSION_STORE` or
 *   `ERR_SESSION_TIMEOUT` (see `onStoreError`).
 */
export async function readSession<data extends object = SessionData>(
  app: ReadApplication,
  request: IncomingMessage,
): Promise<Readonly<data> | null> {
  const kit = kitOfContext(app.context)
  if (!kit) throw new TypeError('The application has no session: `app.use(session(options, app))`')
  // Nobody will ever see the response; `ctx.cookies` may put something on it.
  const ctx = app.createContext(request, new ServerResponse(request)) as HostContext
  return read<data>(kit, request, ctx)
}

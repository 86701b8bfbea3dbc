// src/hooks.server.ts
import { withSession, type LazySession } from 'session-kit'

interface Visit {
  user?: string
}

interface Hook {
  event: { request: Request; locals: { session?: LazySession<Visit> } }
  resolve(event: Hook['event']): Promise<Response>
}

const options = { secrets: process.env['SESSION_SECRET']! }

const sessionHandler = withSession<Visit, [Hook]>(options, (_, session, { event, resolve }) => {
  event.locals.session = session
  return resolve(event)
})

export const handle = (hook: Hook): Promise<Response> => sessionHandler(hook.event.request, hook)

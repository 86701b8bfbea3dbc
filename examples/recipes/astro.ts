// src/middleware.ts
import { withSession, type LazySession } from 'session-kit'

interface Visit {
  user?: string
}

interface Context {
  request: Request
  locals: { visit?: LazySession<Visit> }
}
type Next = () => Promise<Response>

const options = { secrets: process.env['SESSION_SECRET']! }

const sessionHandler = withSession<Visit, [Context, Next]>(
  options,
  (_, session, { locals }, next) => {
    locals.visit = session
    return next()
  },
)

export const onRequest = (context: Context, next: Next): Promise<Response> =>
  sessionHandler(context.request, context, next)

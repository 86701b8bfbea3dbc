import { Readable } from 'node:stream'
import { SessionError } from '../src/index.ts'

/** The part of a Koa or Egg context that is used. */
interface StoreContext {
  path: string
  status: number
  body: unknown
  req: AsyncIterable<unknown> & {
    method?: string
    url?: string
    headers: Record<string, string | string[] | undefined>
  }
  request: { rawBody?: unknown }
  set(headers: Record<string, string>): void
}

/**
 * Serves a store to others from a Koa or Egg application: the middleware around what
 * `createStoreHandler` makes. It stands before the middleware that reads bodies and asks for CSRF
 * tokens; of a body parser that was first it takes `rawBody`.
 *
 * @param path What stands before the keys: `/sessions/`, say.
 * @throws SessionError `ERR_SESSION_OPTIONS` if the path does not begin and end with a slash.
 */
export function serveStore(
  path: string,
  handler: (request: Request) => Promise<Response>,
): (ctx: any, next: () => Promise<any>) => Promise<void> {
  if (!/^\/(.*\/)?$/.test(path)) {
    throw new SessionError(
      'ERR_SESSION_OPTIONS',
      'The path of serveStore() must begin and end with a slash.',
    )
  }
  return async function storeServer(ctx: StoreContext, next) {
    if (!ctx.path.startsWith(path)) return next()
    const response = await handler(toRequest(ctx))
    ctx.status = response.status
    ctx.set(Object.fromEntries(response.headers))
    // Not null: Koa would make a 204 of that.
    ctx.body = await response.text()
  }
}

function toRequest({ req, request: { rawBody } }: StoreContext): Request {
  const { method = 'GET', url = '/', headers } = req
  const hasBody = !/^(GET|HEAD)$/.test(method)
  const body = typeof rawBody === 'string' ? rawBody : Readable.toWeb(req as unknown as Readable)
  const init = { method, headers: headers as Record<string, string> }
  return new Request(
    // The host is anybody's; the path as it came is what a signature covers.
    `http://localhost${url}`,
    hasBody ? ({ ...init, body, duplex: 'half' } as RequestInit) : init,
  )
}

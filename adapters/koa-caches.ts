import { stateOf, tellCaches, type ResponseHeaders } from '../src/host.ts'

/** Node's response, as far as its headers go. */
export interface HostResponse {
  headersSent: boolean
  getHeader(name: string): unknown
  setHeader(name: string, value: string | string[]): unknown
  removeHeader(name: string): unknown
  getHeaderNames(): string[]
}

/** Tells caches what a session means for its response, unless the headers have gone. */
export function tellCachesOf(session: object): void {
  const { res } = stateOf(session).ctx as { res?: HostResponse }
  if (res?.headersSent === false) tellCaches(headersOf(res), sends(session, res))
}

/** Whether a response has a session's cookie, or its key in a way of the application's own. */
export function sends(session: object, res: HostResponse): boolean {
  const { kit, isSettled, isDetached } = stateOf(session)
  return (isSettled && !isDetached) || cookiesOf(res, kit.format.names).length > 0
}

/** The cookies that a response sets: all of them, or those of these names and their signatures. */
export function cookiesOf(res: HostResponse, names?: readonly string[]): string[] {
  const given = res.getHeader('set-cookie')
  if (!given) return []
  const cookies = [given].flat() as string[]
  if (!names) return cookies
  return cookies.filter((cookie) =>
    names.some((name) => cookie.startsWith(`${name}=`) || cookie.startsWith(`${name}.sig=`)),
  )
}

function headersOf(res: HostResponse): ResponseHeaders {
  return {
    get: (name) => res.getHeader(name)?.toString(),
    set: (name, value) => res.setHeader(name, value),
    delete: (name) => res.removeHeader(name),
    forEach: (visit) => res.getHeaderNames().forEach((name) => visit(undefined, name)),
  }
}

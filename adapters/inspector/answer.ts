import { isFromElsewhere } from '../../src/csrf.ts'
import { cookieValues, SessionObject, stateOf } from '../../src/host.ts'
import type { Awaitable, Session } from '../../src/index.ts'
import { isAllowedHost } from './host-name.ts'
import type { CheckedInspectorOptions } from './options.ts'
import { page } from './page.ts'
import type { Recorder } from './recorder.ts'
import { BROWSER_COOKIE, checkToken, isBrowser, makeToken, newBrowser } from './token.ts'
import { viewOf } from './view.ts'

/** A request for the inspector's page, whichever framework it came through. */
export interface Asked {
  method: string
  /** Where the page is, with what it is mounted under. */
  path: string
  isSecure: boolean
  /** The host that the browser asked for, with its port: no proxy's word for it. */
  host: string
  /** What follows the path. */
  query: URLSearchParams
  header(name: string): string | null | undefined
  /** The fields of its form. */
  form(): Awaitable<Record<string, unknown>>
  /** Loads the sessions of the request; `null` stands for one that has ended. */
  sessions(): Awaitable<(Session | null)[]>
}

/** What to answer; `undefined` where there is nothing at all. */
export interface Answer {
  status: number
  headers: Record<string, string>
  body: string
}

/** Answers a request for the page, or for one of its buttons. */
export async function answer<ctx>(
  asked: Asked,
  ctx: ctx,
  { enabled, allow, hosts }: CheckedInspectorOptions<ctx>,
  recorder: Recorder,
): Promise<Answer | undefined> {
  if (!enabled || !isAllowedHost(asked.host, hosts) || !(await allow(ctx))) return
  if (asked.method === 'POST') return act(asked)
  if (asked.method !== 'GET' && asked.method !== 'HEAD') return
  return show(asked, recorder)
}

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'private, no-store',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
}

async function show(asked: Asked, recorder: Recorder): Promise<Answer> {
  const cookieHeader = asked.header('cookie') ?? ''
  const known = browserOf(cookieHeader)
  const browser = known ?? newBrowser()
  const sessions = (await asked.sessions()).filter((session) => session !== null)
  const views = await Promise.all(sessions.map((session) => viewOf(session, cookieHeader)))
  const session = views.find(({ name }) => name === asked.query.get('session')) ?? views[0]
  if (!session) return plain(500, 'The inspector comes after session() in `app.use()`.')
  const nonce = newBrowser()
  const body = page({
    path: asked.path,
    session,
    names: views.map(({ name }) => name),
    recorded: recorder.requestsOf(browser),
    notice: NOTICES.get(asked.query.get('done') ?? ''),
    token: await makeToken(browser),
    nonce,
  })
  const secure = asked.isSecure ? '; Secure' : ''
  return {
    status: 200,
    headers: {
      ...HEADERS,
      'content-security-policy': [
        "default-src 'none'",
        `style-src 'nonce-${nonce}'`,
        `script-src 'nonce-${nonce}'`,
        'img-src data:',
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ].join('; '),
      ...(!known && {
        'set-cookie': `${BROWSER_COOKIE}=${browser}; Path=/; HttpOnly; SameSite=Strict${secure}`,
      }),
    },
    body: body.text,
  }
}

/** What the buttons do. */
const ACTS: Record<string, (session: Session, form: Record<string, unknown>) => unknown> = {
  flash: (session, { key, value }) =>
    member(session, 'flash')(String(key || 'notice'), String(value)),
  regenerate: (session) => member(session, 'regenerate')(),
  destroy: (session) => member(session, 'destroy')(),
  expire(session) {
    const state = stateOf(session)
    state.life = { ...state.life, maxAge: 1000 }
    state.wish ||= 'save'
  },
}

const NOTICES = new Map([
  ['flash', 'The message is there for the next page that asks.'],
  ['regenerate', 'The session has a new id.'],
  ['expire', 'The session lives for one more second: refresh, and it is gone.'],
  ['destroy', 'The session is ended.'],
])

async function act(asked: Asked): Promise<Answer> {
  const site = asked.header('sec-fetch-site')
  const origin = asked.header('origin')
  if (isFromElsewhere({ site, origin, host: asked.host }, [])) {
    return plain(403, 'The request was sent from a page of another site.')
  }
  const form = await asked.form()
  if (!(await checkToken(browserOf(asked.header('cookie') ?? ''), form['token']))) {
    return plain(403, 'This page is out of date: load it again.')
  }
  const name = String(form['act'])
  const sessions = await asked.sessions()
  const session = sessions.find((one) => one && stateOf(one).kit.key === form['session'])
  if (!session || !Object.hasOwn(ACTS, name)) return plain(400, 'There is no such button.')
  await ACTS[name]!(session, form)
  const query = new URLSearchParams({
    ...(sessions.length > 1 && { session: String(form['session']) }),
    done: name,
  })
  return { ...plain(303, ''), headers: { ...HEADERS, location: `${asked.path}?${query}` } }
}

/** A member of sessions, also where data go by the same name. */
function member<name extends 'flash' | 'regenerate' | 'destroy'>(
  session: Session,
  name: name,
): SessionObject[name] {
  return SessionObject.prototype[name].bind(session) as SessionObject[name]
}

/** The browser that a Cookie header is of, if it has seen the inspector. */
export function browserOf(cookieHeader: string): string | undefined {
  return cookieValues(cookieHeader, BROWSER_COOKIE).find(isBrowser)
}

function plain(status: number, body: string): Answer {
  return { status, headers: { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' }, body }
}

import { createHash } from 'node:crypto'
import { expect } from 'vitest'
import { compareWithStock, type Difference } from './egg/compare.ts'
import type { SeenCookie } from './egg/cookie-view.ts'
import { all, destroysLast, error, everyPage, note, page, saves, sealed } from './egg/expected.ts'
import type { HostName } from './egg/hosts.ts'
import { STARTS } from './egg/suite.ts'
import type { Exchange, LogLine } from './egg/transcript.ts'

// The same requests go to Egg's own session plugin and to the kit, in Egg 3, in Egg 4 that is
// required and in Egg 4 that is imported, and all that came of them is compared: status, body,
// Set-Cookie lines, store calls with their arguments, log lines and events.

/** The case that shows how an application's session is saved when nothing is special. */
const plainSave = 'one value written'
const any = expect.any(Array)
const anyText = expect.any(String)
const egg4: HostName[] = ['egg4-required', 'egg4-imported']

/** All that is meant to be different. What is not here is the same. */
const differences: Difference[] = [
  {
    reason:
      'The default encrypts, in Egg 4 as in Egg 3 and as the documentation of both says; and the ' +
      'object of the application is left as it is.',
    cases: /^defaults > config\.session/,
    expected: note('config.session', {
      encrypt: true,
      httpOnly: true,
      key: 'EGG_SESS',
      logValue: true,
      maxAge: 86_400_000,
    }),
  },
  {
    reason: "What is encrypted is sealed as a JWE: Egg's own format proves nothing to its reader.",
    cases:
      /^(sealed > (the life|attributes|a cookie|a bit)|defaults > (writing|a cookie|the session))/,
    expected: everyPage(sealed),
  },
  {
    reason: 'Signed cookies with an end are read also where encrypted ones are written.',
    cases: /^(defaults > a cookie that Egg 4 signed by default|sealed > a cookie that Egg signed)$/,
    expected: all(
      page(0, () => ({ body: { value: { user: 'fred' } }, cookies: any })),
      page(1, ({ cookies }) => ({
        cookies: cookies.map((cookie) => ({
          ...cookie,
          payload: { user: 'fred', views: 1 },
          claims: expect.any(Object),
        })),
      })),
      page(2, () => ({ body: { value: { user: 'fred', views: 1 } }, cookies: any })),
    ),
  },
  {
    reason: 'Encrypted cookies of Egg authenticate nobody: they are read when `accept` names them.',
    cases:
      /^(defaults > a cookie that Egg 3 encrypted by default|sealed > a cookie that Egg encrypted)$/,
    expected: all(
      page(0, () => ({ body: { value: {} }, cookies: any })),
      page(1, ({ cookies }) => ({
        cookies: cookies.map((cookie) => ({
          ...cookie,
          payload: { views: 1 },
          claims: expect.any(Object),
        })),
      })),
      page(2, () => ({ body: { value: { views: 1 } } })),
    ),
  },
  {
    reason: '`isNew` is true or false; koa-session 6 leaves it undefined.',
    cases: /^(signed|store) > isNew$/,
    hosts: ['egg3'],
    expected: page(1, () => ({ body: { value: [false] } })),
  },
  {
    reason: '`isNew` is true or false; koa-session 6 leaves it undefined.',
    cases: /^defaults > writing, reading and removing$/,
    hosts: ['egg3'],
    expected: page(1, () => ({ body: { value: [{ user: 'fred' }, false] } })),
  },
  {
    reason: 'Changes are seen by comparing the data, not a checksum of 32 bits.',
    cases: /^\w+ > two values of one checksum$/,
    expected: (stock) => {
      const [first] = stock as Exchange[]
      return all(
        page(1, ({ store }) => {
          const saved = saves({ word: 'buckeroo' }, first!)
          return { ...saved, body: { value: '(undefined)' }, store: [...store, ...saved.store!] }
        }),
        page(2, () => ({ body: { value: { word: 'buckeroo' } } })),
      )(stock)
    },
  },
  {
    reason: '`ctx.session = {}` empties the session whether or not it was read before.',
    cases: /^(signed|encrypted) > emptied without being read$/,
    expected: (stock) => {
      const [first] = stock as Exchange[]
      return all(
        page(1, () => ({ cookies: saves({}, first!).cookies! })),
        page(2, () => ({ body: { value: {} } })),
      )(stock)
    },
  },
  {
    reason: 'Removed and then begun anew is another session, with another id.',
    cases: /^store > removed, then a new one$/,
    expected: all(
      page(1, ({ cookies, store: [get, set] }) => ({
        cookies: cookies.map((cookie) =>
          cookie.form === 'plain' ? { ...cookie, payload: '<random 2>' } : cookie,
        ),
        store: [
          get!,
          { ...set!, key: '<random 2>', options: expect.any(String) },
          { call: 'destroy', key: '<random 1>', options: 'ctx' },
        ],
      })),
      page(2, ({ store: [get] }) => ({ store: [{ ...get!, key: '<random 2>' }] })),
    ),
  },
  {
    reason: 'The new record is written before the old one is taken away.',
    cases: /^store > (regenerate|the id stays|genid|a slow page and regenerate)/,
    expected: everyPage(destroysLast),
  },
  {
    reason: '`externalKey` tells the new id as soon as `regenerate()` has run.',
    cases: /^store > the id stays over a login/,
    expected: page(2, () => ({ body: { value: ['<random 1>', '<random 2>'] } })),
  },
  {
    reason: 'A browser session that was saved once stays one when it is saved again.',
    cases: /^\w+ > save\(\) of a browser session before it ends$/,
    expected: page(0, ({ cookies, store }) => ({
      cookies: cookies.map((cookie) =>
        typeof cookie.payload === 'object'
          ? { ...cookie, payload: browserSession(cookie.payload), line: anyText }
          : cookie,
      ),
      store: store.map((call) =>
        call.record ? { ...call, record: browserSession(call.record), maxAge: 'session' } : call,
      ),
    })),
  },
  {
    reason:
      'For a browser session a store gets no maxAge, as the documentation of egg-session says.',
    cases: /^store > (maxAge "session"|session\.maxAge "session"|.* of a browser session)/,
    expected: everyPage(({ store }) => ({
      store: store.map((call) =>
        call.maxAge === 'session' ? { ...call, maxAge: '(undefined)' } : call,
      ),
    })),
  },
  {
    reason: 'Data may have a key of any name.',
    cases: /^\w+ > a key named toJSON$/,
    expected: async (stock, other) => {
      const data = { toJSON: 'v', a: 1 }
      const saved = saves(data, await other(plainSave))
      return all(
        page(0, () => saved),
        page(1, () => ({ body: { value: data }, store: any })),
      )(stock)
    },
  },
  {
    reason: 'A key named `__proto__` is left out and does no harm.',
    cases: /^\w+ > a key named __proto__$/,
    expected: async (stock, other) => {
      const saved = saves({ a: 1 }, await other(plainSave))
      return all(
        page(0, () => saved),
        page(1, () => ({ body: { value: { a: 1 } }, store: any })),
      )(stock)
    },
  },
  {
    reason: 'A key named `__proto__` is left out and does no harm.',
    cases: /^signed > a stored key named __proto__$/,
    expected: page(0, () => ({ status: 200, body: { value: [1, null] }, logs: [] })),
  },
  {
    reason: 'Data that JSON cannot write are refused with a code.',
    cases: /^\w+ > (circular data|a BigInt)$/,
    expected: page(
      0,
      error(
        'SessionError: The session holds what JSON cannot write: a cycle, a BigInt, or too many levels.',
        'ERR_SESSION_DATA',
      ),
    ),
  },
  {
    reason: 'A cookie that no browser would keep is refused with a code.',
    cases: /^(signed|encrypted) > more than a browser keeps$/,
    expected: page(0, () => ({
      status: 500,
      body: {
        error: expect.stringContaining('SessionError: The session cookie has'),
        code: 'ERR_SESSION_TOO_LARGE',
      },
      cookies: [],
      events: any,
      logs: any,
    })),
  },
  {
    reason: "The page's own error is not hidden by one of the session.",
    cases: /> (beforeSave|set\(\)) fails after the page failed$/,
    expected: page(0, () => ({ body: { caught: 'the page failed' }, logs: any })),
  },
  {
    reason: "A removed session's cookie goes even if the store fails.",
    cases: /^store > destroy\(\) fails$/,
    expected: page(2, () => ({ cookies: ['EGG_SESS', 'EGG_SESS.sig'].map(removal) })),
  },
  {
    reason: 'save() with `overwrite: false` and the end of the page send one cookie, not two.',
    cases: /^signed > overwrite false and save\(\)$/,
    expected: page(0, ({ cookies }) => ({ cookies: cookies.slice(0, cookies.length / 2) })),
  },
  ...['5', 'true', '"abc"', '[1,2]'].map((payload): Difference => {
    const refused = {
      logs: [warning(`[session][invalid] key(undefined) value(${payload})`)],
      events: [{ event: 'session:invalid', value: JSON.parse(payload) as unknown, ctx: true }],
    }
    return {
      reason: 'What is no object is no session.',
      cases: RegExp(`^signed > a signed payload of ${payload.replaceAll(/[[\]]/g, '\\$&')}$`),
      expected: async (stock, other) => {
        const saved = saves({ views: 1 }, await other(plainSave))
        return all(
          page(1, () => ({ body: { value: {} }, ...refused })),
          page(2, () => ({ ...saved, ...refused })),
        )(stock)
      },
    }
  }),
  {
    reason: 'What is no object is no session.',
    cases: /^store > a record that is ("text"|true|\[1\])$/,
    expected: all(
      page(0, () => ({ body: { value: {} }, store: any, logs: any, events: any })),
      page(1, ({ cookies, store }) => ({
        cookies: cookies.map((cookie) =>
          cookie.form === 'plain' ? { ...cookie, payload: '<random 1>' } : cookie,
        ),
        store: expect.arrayContaining([
          {
            ...store.at(-1),
            key: '<random 1>',
            record: expect.objectContaining({ views: 1, _maxAge: 86_400_000 }),
          },
        ]),
        logs: any,
        events: any,
      })),
      note('left', expect.any(Boolean)),
    ),
  },
  {
    reason:
      'A record that ended, or that `valid` refuses, is taken out of the store when it is found.',
    cases: /^(store|production) > (a record that (ended|valid refuses)|logValue false)$/,
    expected: all(
      page(0, ({ store }) => ({
        store: [...store, { call: 'destroy', key: 'known', options: 'ctx' }],
      })),
      page(1, ({ events, logs }) => ({
        events: events.map(({ key, ctx }) => ({ event: 'session:missed', key, ctx })),
        logs: logs.map((log) => ({ ...log, text: '[session][missed] key(known)' })),
      })),
      note('left', false),
    ),
  },
  {
    reason: 'Data do not change how long a session lives: they may come from a visitor.',
    cases: /^\w+ > a lifetime among the data$/,
    expected: async (stock, other) => {
      const data = { maxAge: 5000, a: 1 }
      const saved = saves(data, await other(plainSave))
      return all(
        page(0, () => saved),
        page(1, () => ({ body: { value: data } })),
      )(stock)
    },
  },
  {
    reason: 'A session that is replaced unread is the one of the cookie, as with a store.',
    cases: /^(signed|encrypted) > replaced by its equal$/,
    expected: page(1, () => ({ cookies: [] })),
  },
  {
    reason: 'An assignment of the wrong type is a TypeError.',
    cases: /^\w+ > assigned (undefined|text|5|true)$/,
    expected: page(0, error('TypeError: this.session can only be set as null or an object.')),
  },
  {
    reason: 'No record is written that no cookie can name any more.',
    cases: /^store > the response is already on its way$/,
    expected: page(0, () => ({ store: [] })),
  },
  {
    reason: 'What is lost for want of a cookie is told.',
    cases: /^(signed|store) > the response is already on its way$/,
    expected: page(0, () => ({
      logs: [
        {
          logger: 'logger',
          level: 'ERROR',
          text: 'SessionError: The response has gone without the cookie that this needs.',
        },
      ],
    })),
  },
  {
    reason: 'What is saved too late for its cookie fails.',
    cases: /^signed > saved in the background$/,
    expected: note('background', 'ERR_SESSION_HEADERS_SENT'),
  },
  {
    reason: 'Ids are 32 random bytes.',
    cases: /^store > what an id looks like$/,
    expected: note('form', [true, 43, true]),
  },
  {
    reason: 'With `externalKey` there is no cookie to remove.',
    cases: /^store > externalKey of the application$/,
    expected: page(3, () => ({ cookies: [] })),
  },
  {
    reason: 'A mistake in an option stops the application when it starts, and names the option.',
    cases: /^invalid > starts$/,
    expected: note(STARTS, {
      started: false,
      message: expect.stringContaining('maxAge'),
      code: 'ERR_SESSION_OPTIONS',
    }),
  },
  {
    reason: '`null` leaves an option unset, as it always did before koa-session 7.',
    cases: /^unset > starts$/,
    hosts: egg4,
    expected: note(STARTS, { started: true, logs: [] }),
  },
  {
    reason: 'A lifetime that is none is refused with a code, and the session keeps the one it has.',
    cases: /^\w+ > session\.maxAge as text$/,
    expected: async (stock, other) => {
      const saved = saves({ user: 'fred' }, await other(plainSave))
      const savedAgain = saves({ user: 'fred', views: 1 }, await other(plainSave))
      const text = 'SessionError: session.maxAge must be milliseconds or "session".'
      const lasting = ({ body }: Exchange): Partial<Exchange> => ({
        body: { value: [(body as { value: unknown[] }).value[0], 86_400_000] },
      })
      return all(
        page(0, (exchange) => ({
          ...error(text, 'ERR_SESSION_OPTIONS')(exchange),
          cookies: saved.cookies!,
          store: saved.store!,
        })),
        page(1, lasting),
        page(2, ({ store: [get] }) => ({
          cookies: savedAgain.cookies!,
          store: get ? [get, ...savedAgain.store!] : [],
        })),
        page(3, lasting),
      )(stock)
    },
  },
  {
    reason: "A record is the store's own: what the page changes later does not reach it.",
    cases: /^store > a store that keeps the very object$/,
    expected: page(1, () => ({ body: { value: { deep: { n: 1 } } } })),
  },
  {
    reason: 'What was never stored is not destroyed.',
    cases: /^store > (removed where none was|set\(\) fails)$/,
    expected: everyPage(({ store }) => ({
      store: store.some(({ call }) => call === 'get')
        ? store
        : store.filter(({ call }) => call !== 'destroy'),
    })),
  },
  {
    reason: 'A cookie that anybody can write is warned of.',
    cases: /^signed > neither signed nor encrypted$/,
    expected: page(0, () => ({
      logs: [warning(expect.stringContaining('signed: false'))],
    })),
  },
  {
    reason:
      'For a browser session a store gets no maxAge, as the documentation of egg-session says.',
    cases: /^redis > a browser session$/,
    expected: async (stock, other) => {
      const saved = saves({ user: 'fred' }, await other('the life of a session'))
      const attributes = 'path=/; httponly'
      return all(
        page(0, () => ({
          ...saved,
          cookies: saved.cookies!.map((cookie) => ({ ...cookie, attributes })),
        })),
        page(1, () => ({ body: { value: { user: 'fred' } } })),
      )(stock)
    },
  },
  {
    reason: 'An id in a log opens its session to whoever reads the log.',
    cases:
      /^(store|production) > (a record that (ended|is 0|is null|valid refuses)|an id that|a stored key|externalKey|logValue)/,
    expected: everyPage(({ logs }) => ({
      logs: logs.map((log) => ({ ...log, text: withoutId(log.text) })),
    })),
  },
]

/** A line of the log with a part of its id's hash in place of the id, exactly unless it is random. */
function withoutId(text: string): string {
  const [, before = '', id = '', after = ''] = /^(.* key\()(.*?)(\).*)$/.exec(text) ?? []
  if (id === '' || id === 'undefined') return text
  if (id.startsWith('<random')) return expect.stringMatching(/ key\(sha256:[\w-]{8}\)/)
  const hash = createHash('sha256').update(id).digest('base64url').slice(0, 8)
  return `${before}sha256:${hash}${after}`
}

function warning(text: string): LogLine {
  return { logger: 'coreLogger', level: 'WARN', text }
}

function removal(name: string): SeenCookie {
  const attributes = 'path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly'
  return { name, form: 'removed', attributes, line: `${name}=; ${attributes}` }
}

function browserSession(record: unknown): object {
  const { _expire, _maxAge, ...data } = record as Record<string, unknown>
  return { ...data, _session: true }
}

compareWithStock(differences)

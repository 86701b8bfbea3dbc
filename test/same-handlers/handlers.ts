import type { Session } from '../../src/index.ts'

/** Runs anywhere a session is, and uses nothing but that: some get it as text. */
export type Handler = (session: Session) => unknown

/** Handlers as an application has them. */
export const handlers = {
  look: (session) => session.user ?? null,

  count: (session) => {
    session.views = (session.views ?? 0) + 1
  },

  login: async (session) => {
    session.user = 'Ada'
    await session.regenerate()
  },

  logout: (session) => session.destroy(),

  begin: (session) => {
    session.destroy()
    session.user = 'Flo'
  },

  notice: (session) => session.flash('notice', 'Welcome'),

  takeNotice: (session) => session.flash('notice') ?? null,

  remember: (session) => {
    session.maxAge = 30 * 86_400_000
  },

  fill: (session) => {
    session.cart = { items: ['tea'] }
  },

  add: (session) => {
    session.cart.items.push('honey')
  },

  replace: (session) => {
    for (const key of Object.keys(session)) delete session[key]
    Object.assign(session, { theme: 'dark' })
  },

  remove: (session) => {
    delete session.views
  },

  save: (session) => session.save(),

  update: (session) =>
    session.update((session) => {
      session.views = (session.views ?? 0) + 1
    }),

  members: (session) => [session.length, session.populated, Object.keys(session)],
} satisfies Record<string, Handler>

export type HandlerName = keyof typeof handlers

/** What a visitor does, page after page, and what the session holds in the end. */
export const stories: [title: string, pages: HandlerName[], data: Record<string, unknown>][] = [
  ['looks', ['look', 'look'], {}],
  ['is counted', ['count', 'count', 'look', 'count'], { views: 3 }],
  ['logs in and out', ['count', 'login', 'look', 'logout', 'look'], {}],
  ['logs in, out, and counts', ['login', 'logout', 'count'], { views: 1 }],
  ['logs out as nobody', ['logout', 'look'], {}],
  ['becomes another in one request', ['login', 'count', 'begin', 'look'], { user: 'Flo' }],
  ['gets a message once', ['notice', 'takeNotice', 'takeNotice'], {}],
  [
    'gets a message after pages that do not ask',
    ['notice', 'look', 'count', 'takeNotice'],
    { views: 1 },
  ],
  ['gets a message over a login', ['notice', 'login', 'takeNotice'], { user: 'Ada' }],
  ['asks to be remembered', ['login', 'remember', 'look', 'count'], { user: 'Ada', views: 1 }],
  ['fills a cart', ['fill', 'add', 'look'], { cart: { items: ['tea', 'honey'] } }],
  ['has all replaced', ['count', 'fill', 'replace', 'members'], { theme: 'dark' }],
  ['has a key removed', ['count', 'login', 'remove', 'members'], { user: 'Ada' }],
  ['has the last key removed', ['count', 'remove', 'count'], { views: 1 }],
  ['is saved unchanged', ['save', 'count', 'save'], { views: 1 }],
  ['is counted for certain', ['update', 'update', 'look'], { views: 2 }],
]

// The names of what is measured, as tables have them.

export const RAW = 'AES-256-GCM, raw, Web Crypto'
export const RAW_CLAIMS = 'the same, with the header and the claims of the format'
export const KIT_WEB = '**session-kit**, Web Crypto'
export const KIT_NODE = '**session-kit**, `node:crypto`'
export const HONO = '@hono/session'
export const IRON = 'iron-session'

/** An application without sessions: all others are measured above it. */
export const FLOOR = 'no session'

/** The least that any middleware of Hono costs, since without one Hono composes nothing. */
export const NO_WORK = 'middleware that does nothing'

export const KOA_STOCK = 'koa-session, signed'
export const KOA_SEALED = '**session-kit**, encrypted'
export const KOA_STOCK_STORE = 'koa-session, signed, with a store'
export const KOA_KIT_STORE = '**session-kit**, signed, with a store'

/** Sizes of data, in bytes of JSON. */
export const sizes = [60, 600, 2500] as const

/** All that the aims name. */
export const JUDGED: ReadonlySet<string> = new Set([
  RAW,
  KIT_WEB,
  KIT_NODE,
  HONO,
  IRON,
  FLOOR,
  KOA_STOCK,
  KOA_SEALED,
  KOA_STOCK_STORE,
  KOA_KIT_STORE,
])

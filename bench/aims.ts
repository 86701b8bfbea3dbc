// What this library is to reach beside others, and what it reached where it does not.
import { ratioOf, type Times } from './measure.ts'
import {
  HONO,
  IRON,
  KIT_NODE,
  KIT_WEB,
  KOA_KIT_STORE,
  KOA_SEALED,
  KOA_STOCK,
  KOA_STOCK_STORE,
  RAW,
  sizes,
} from './names.ts'

/** A ratio or a time that this library is to reach. */
export interface Aim {
  what: string
  measured: number
  limit: number
  /** Whether more is better. */
  isLeast?: boolean
  /** How far apart two runs of the same code are, beside the tolerance of a ratio. */
  noise?: number
}

/** What a version of a runtime is held to. */
export type Runtime = 'Node 24' | 'Node 26' | 'workerd'

/** Medians of what was measured, a column for each case. */
export type Columns = readonly Map<string, Times>[]

/** Seal and open, beside raw AES-GCM of Web Crypto and beside others, for each size of data. */
export function sealAims(columns: Columns, runtime: Runtime): Aim[] {
  return columns.flatMap((column, index) => {
    const size = `${sizes[index]} bytes`
    const ratio = (a: string, b: string): number => ratioOf(column.get(a)!, column.get(b)!)
    if (runtime === 'workerd') {
      return [
        { what: `seal and open / raw, ${size}`, measured: ratio(KIT_WEB, RAW), limit: 1.25 },
        least(`@hono/session / seal and open, ${size}`, ratio(HONO, KIT_WEB), 3),
        least(`iron-session / seal and open, ${size}`, ratio(IRON, KIT_WEB), 4.5),
      ]
    }
    return [
      { what: `Web Crypto / raw, ${size}`, measured: ratio(KIT_WEB, RAW), limit: 1.2 },
      {
        what: `\`node:crypto\` / raw Web Crypto, ${size}`,
        measured: ratio(KIT_NODE, RAW),
        limit: 0.4,
      },
      least(`@hono/session / \`node:crypto\`, ${size}`, ratio(HONO, KIT_NODE), 7),
      least(`iron-session / \`node:crypto\`, ${size}`, ratio(IRON, KIT_NODE), 16),
    ]
  })
}

/**
 * Whole requests through Hono, above those without a session.
 *
 * @param columns Untouched without a cookie and with one, and in the last place read and write.
 */
export function honoAims(columns: Columns, runtime: Runtime): Aim[] {
  const kit = runtime === 'workerd' ? KIT_WEB : KIT_NODE
  const written = columns.at(-1)!
  const untouched = ['untouched, no cookie, µs', 'untouched, with a cookie, µs'].map(
    (what, index) => ({
      what: `Hono, ${what}`,
      measured: medianOf(columns[index]!, kit),
      limit: runtime === 'workerd' ? 2 : 1,
      noise: 5,
    }),
  )
  return [
    ...untouched,
    {
      what: 'Hono, read and write / @hono/session',
      measured: ratioOf(written.get(kit)!, written.get(HONO)!),
      limit: runtime === 'workerd' ? 0.35 : 0.2,
    },
  ]
}

/**
 * Whole requests through Koa, above those without a session.
 *
 * @param columns Untouched without a cookie and with one, and in the third place read.
 * @param calls Of the store, for each of these.
 */
export function koaAims(
  columns: Columns,
  calls: readonly Record<string, number>[],
  runtime: Runtime,
): Aim[] {
  const read = columns[2]!
  const untouched = ['no cookie', 'with a cookie'].flatMap((what, index) => {
    const ours = columns[index]!.get(KOA_KIT_STORE)!
    const stock = columns[index]!.get(KOA_STOCK_STORE)!
    return [
      // Where both open the cookie and ask the store, what is between them is a share of that.
      index === 0
        ? {
            what: `Koa, untouched with a store, ${what}: µs above koa-session`,
            measured: ours.median - stock.median,
            limit: 1,
            noise: 5,
          }
        : {
            what: `Koa, untouched with a store, ${what} / koa-session`,
            measured: ratioOf(ours, stock),
            limit: 1,
          },
      {
        what: `Koa, untouched with a store, ${what}: calls`,
        measured: calls[index]![KOA_KIT_STORE]!,
        limit: calls[index]![KOA_STOCK_STORE]!,
      },
    ]
  })
  return [
    {
      what: 'Koa, read, encrypted / koa-session',
      measured: ratioOf(read.get(KOA_SEALED)!, read.get(KOA_STOCK)!),
      limit: runtime === 'Node 26' ? 0.55 : 0.3,
    },
    ...untouched,
  ]
}

/** The first session in a fresh isolate. */
export function coldAims(ms: number): Aim[] {
  return [{ what: 'cold start to the first session, ms', measured: ms, limit: 1.5 }]
}

/** Whether an aim is reached. */
export function isMet({ measured, limit, isLeast }: Aim): boolean {
  return isLeast ? measured >= limit : measured <= limit
}

/**
 * What a run may come to before something has to be wrong: a quarter beyond the limit, or, where that is
 * missed, beyond what was recorded.
 */
export function alarmOf({ limit, isLeast, noise = 0 }: Aim, recorded: number = limit): number {
  return isLeast ? Math.min(limit, recorded) / 1.25 : Math.max(limit, recorded) * 1.25 + noise
}

/** Whether a run is so far from what is expected that something has to be wrong. */
export function isAlarming(aim: Aim, recorded?: number): boolean {
  const alarm = alarmOf(aim, recorded)
  // What is no number is no good news.
  return !(aim.isLeast ? aim.measured >= alarm : aim.measured <= alarm)
}

function medianOf(column: Map<string, Times>, name: string): number {
  return column.get(name)!.median
}

function least(what: string, measured: number, limit: number): Aim {
  return { what, measured, limit, isLeast: true }
}

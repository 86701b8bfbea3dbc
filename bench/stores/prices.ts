import type { Counts } from './acts.ts'

/** What a provider asks, in US dollars for a million of each. */
export interface Price {
  /** Where it says so. */
  page: string
  units: Counts
}

/** List prices beyond what plans include; without traffic, storage and the time an object is awake. */
export const prices: Readonly<Record<string, Price>> = {
  'Workers KV': {
    page: 'https://developers.cloudflare.com/kv/platform/pricing/',
    units: { 'key read': 0.5, put: 5, delete: 5 },
  },
  'Durable Object': {
    page: 'https://developers.cloudflare.com/durable-objects/platform/pricing/',
    units: { request: 0.15, 'row read': 0.001, 'row written': 1, 'alarm set': 1 },
  },
  Upstash: {
    page: 'https://upstash.com/pricing/redis',
    units: { GET: 2, SET: 2, DEL: 2, EVALSHA: 2 },
  },
}

/**
 * What a million requests cost.
 *
 * @throws Error for something that has no price.
 */
export function costOf(counts: Counts, units: Counts): number {
  return Object.entries(counts).reduce((sum, [name, times]) => {
    const unit = units[name]
    if (unit === undefined) throw new Error(`There is no price of ${name}.`)
    return sum + unit * times
  }, 0)
}

import { dataPart } from './record.ts'
import type { Found } from './reader.ts'
import type { Json } from '../../src/host.ts'

/** Settles on the one of several values that is good; two that differ are none. */
export async function only(
  given: Iterable<string>,
  open: (value: string) => Promise<Found>,
  longest = 4096,
): Promise<Found> {
  const values = new Set(given)
  if (values.size === 0) return null
  const found = await Promise.all(
    [...values].map((value) => (value.length > longest ? null : open(value))),
  )
  const good = found.filter((one) => typeof one === 'object' && one !== null)
  if (good.length === 1) return good[0]!
  return good.length === 0 && found.includes('expired') ? 'expired' : 'tampered'
}

/**
 * What to do with data that have proved genuine. Keys that begin with an underscore stay behind.
 *
 * @param data `null` if they are none.
 * @param expires When the old session ends, in milliseconds since the epoch (default never).
 */
export function judge(data: Json | null, now: number, expires: number = Infinity): Found {
  if (!data) return null
  if (!(now < expires)) return 'expired'
  const record = dataPart(data)
  return { record: expires === Infinity ? record : { ...record, _expire: expires } }
}

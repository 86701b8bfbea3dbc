import type { Json } from './record.ts'

/** What a merge came to. */
export interface Merged {
  data: Json
  /** Whether both sides changed one key, so that one of the changes is lost. */
  isConflict: boolean
}

/**
 * Merges two changes of the same data, key by key: a key that one side alone changed is as that
 * side has it; where both did, deletion beats change, and else the stored value stays.
 *
 * @param base The data that both sides started from.
 * @param mine The data of this request.
 * @param theirs The data as they are stored now.
 */
export function merge(base: Json, mine: Json, theirs: Json): Merged {
  const data = { ...theirs }
  let isConflict = false
  for (const key of Object.keys({ ...base, ...mine })) {
    const [was, is, stored] = [base, mine, theirs].map((side) => JSON.stringify(side[key]))
    if (is === was || is === stored) continue
    if (stored !== was) isConflict = true
    if (is === undefined) delete data[key]
    else if (stored === was) data[key] = mine[key]
  }
  return { data, isConflict }
}

import { broken, type BrokenStore, type Loose } from './broken-stores.ts'

/** Walks through JSON and replaces values. */
function replaced(value: Loose, replace: (value: Loose) => Loose): Loose {
  const next = replace(value)
  if (typeof next !== 'object' || next === null) return next
  if (Array.isArray(next)) return next.map((one) => replaced(one, replace))
  const entries = Object.entries(next).map(([key, one]) => [key, replaced(one, replace)])
  return Object.fromEntries(entries)
}

/** A store whose records come back with other values in them. */
const lossy = (fault: string, told: string, replace: (value: Loose) => Loose): BrokenStore =>
  broken(fault, `what a record holds: ${told}`, () => ({
    decode: (json: string) => replaced(JSON.parse(json), replace),
  }))

const isText = (value: Loose): value is string => typeof value === 'string'

function depthOf(value: Loose): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

/** Copies as many a `deepMerge` does. */
function merged(target: Loose, source: Loose): Loose {
  for (const key of Object.keys(source)) {
    const value = source[key]
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    target[key] = isObject ? merged({}, value) : value
  }
  return target
}

/** Stores that lose what is in a record, or take one key for another. */
export const brokenData: BrokenStore[] = [
  lossy(
    'knows Latin-1 alone',
    'is kept: text of every script, with emoji, quotes, line ends and NUL',
    (value) => (isText(value) ? Buffer.from(value, 'latin1').toString('latin1') : value),
  ),
  lossy(
    'ends text at NUL',
    'is kept: text of every script, with emoji, quotes, line ends and NUL',
    (value) => (isText(value) ? value.split('\0')[0] : value),
  ),
  lossy('repairs text', 'is kept: half a surrogate pair', (value) =>
    isText(value) ? value.toWellFormed() : value,
  ),
  lossy(
    'reads text as what it looks like',
    'is kept: text that looks like something else',
    (value) => (isText(value) && /^\d+$/.test(value) ? Number(value) : value),
  ),
  lossy('revives dates', 'is kept: text that looks like something else', (value) =>
    isText(value) && /^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value).getTime() : value,
  ),
  lossy('has fourteen digits', 'is kept: numbers to the last digit', (value) =>
    typeof value === 'number' ? Number(value.toPrecision(14)) : value,
  ),
  lossy('knows no null', 'is kept: true, false and null', (value) =>
    value === null ? undefined : value,
  ),
  lossy('knows 0 and 1', 'is kept: true, false and null', (value) =>
    typeof value === 'boolean' ? Number(value) : value,
  ),
  lossy(
    'takes an empty list for an object',
    'is kept: empty objects, empty lists and empty text',
    (value) => (Array.isArray(value) && !value.length ? {} : value),
  ),
  lossy('sorts lists', 'is kept: lists in their order, within lists', (value) =>
    Array.isArray(value) ? value.toSorted() : value,
  ),
  broken('knows no key with a dot', 'what a record holds: is kept: keys of any text', () => ({
    decode: (json: string) => JSON.parse(json.replaceAll('"a.b"', '"a_b"')),
  })),
  broken('goes twenty levels deep', 'what a record holds: is kept: a hundred levels', () => ({
    encode(record: Loose) {
      if (depthOf(record) > 20) throw new Error('too deep')
      return JSON.stringify(record)
    },
  })),
  broken('has room for 32 KB', 'what a record holds: is kept: sixty kilobytes of text', () => ({
    encode(record: Loose) {
      const json = JSON.stringify(record)
      if (json.length > 32_768) throw new Error('Data too long for column')
      return json
    },
  })),
  broken(
    'keeps data alone',
    'what a record holds: is kept: the fields that begin with an underscore',
    () => ({
      decode: (json: string) =>
        Object.fromEntries(Object.entries(JSON.parse(json)).filter(([key]) => key[0] !== '_')),
    }),
  ),
  broken(
    'copies keys into prototypes',
    'what a record holds: is kept from prototypes: a key named __proto__',
    () => ({
      decode: (json: string) => merged({}, JSON.parse(json)),
    }),
  ),

  broken(
    'keeps 64 characters of a key',
    'a key: is taken: with a prefix of 128 characters',
    (sound) => ({
      async set(key: string, record: Loose, maxAge: Loose) {
        if (key.length > 64) throw new Error('key too long')
        await sound.set(key, record, maxAge)
      },
    }),
  ),
  broken(
    'cuts keys off',
    'a key: is told from another that differs in case, in blanks or in the way it is written',
    () => ({ name: (key: string) => key.slice(0, 10) }),
  ),
  broken(
    'takes big letters for small ones',
    'a key: is told from another that differs in case, in blanks or in the way it is written',
    () => ({ name: (key: string) => key.toLowerCase() }),
  ),
  broken(
    'cuts blanks off keys',
    'a key: is told from another that differs in case, in blanks or in the way it is written',
    () => ({ name: (key: string) => key.trim() }),
  ),
  broken(
    'puts keys into addresses as they are',
    'a key: is told from another that differs in case, in blanks or in the way it is written',
    () => ({ name: (key: string) => decodeURIComponent(new URL(`http://s/${key}`).pathname) }),
  ),
  broken(
    'goes through the folders',
    'a key: is kept or refused, and never taken for another',
    () => ({
      name: (key: string) => new URL(`http://s/a/${encodeURIComponent(key)}`).pathname,
    }),
  ),
  broken(
    'has its keys in an object',
    'a key: is not found for being the name of a property',
    (sound) => {
      const known: Record<string, Loose> = {}
      return {
        async set(key: string, record: Loose, maxAge: Loose) {
          known[key] = true
          await sound.set(key, record, maxAge)
        },
        get: async (key: string) => (key in known ? ((await sound.get(key)) ?? {}) : undefined),
      }
    },
  ),
]

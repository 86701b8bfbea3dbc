import { broken, turn, type BrokenStore, type Loose } from './broken-stores.ts'

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

/** Stores that get the three methods, the data, the keys or the times wrong. */
export const brokenBasics: BrokenStore[] = [
  broken(
    'answers {} for nothing',
    'get, set and destroy: finds nothing under a key that was never set',
    (sound) => ({
      get: async (key: string) => (await sound.get(key)) ?? {},
    }),
  ),
  broken(
    'throws for nothing',
    'get, set and destroy: finds nothing under a key that was never set',
    (sound) => ({
      async get(key: string) {
        const record = await sound.get(key)
        if (!record) throw new Error('no such session')
        return record
      },
    }),
  ),
  broken(
    'gives a record once',
    'get, set and destroy: finds what was set, as often as it is asked',
    (sound) => ({
      async get(key: string) {
        const record = await sound.get(key)
        await sound.destroy(key)
        return record
      },
    }),
  ),
  broken(
    'says that it has set before it has',
    'get, set and destroy: finds what was set, as often as it is asked',
    (sound) => ({
      async set(...values: [Loose, Loose, Loose]) {
        void turn()
          .then(turn)
          .then(() => sound.set(...values))
      },
    }),
  ),
  broken(
    'adds to the record before',
    'get, set and destroy: keeps a record in place of the one before, and nothing of that',
    (sound) => ({
      set: async (key: string, record: Loose, maxAge: Loose) =>
        sound.set(key, { ...(await sound.get(key)), ...record }, maxAge),
    }),
  ),
  broken(
    'sets what was changed alone',
    'get, set and destroy: keeps a record of which only the life was extended',
    (sound) => ({
      async set(key: string, record: Loose, maxAge: Loose, options: Loose) {
        if (options.changed) await sound.set(key, record, maxAge)
      },
    }),
  ),
  broken(
    'has one place for all',
    'get, set and destroy: keeps the records of different keys apart',
    () => ({
      name: () => 'session',
    }),
  ),
  broken('loses calls that overlap', 'get, set and destroy: takes many calls at once', (sound) => {
    let isBusy = false
    return {
      async set(...values: [Loose, Loose, Loose]) {
        if (isBusy) return
        isBusy = true
        await sound.set(...values)
        isBusy = false
      },
    }
  }),
  broken('destroys nothing', 'get, set and destroy: forgets what was destroyed', () => ({
    destroy: () => {},
  })),
  broken(
    'destroys all that begins so',
    'get, set and destroy: forgets no other record with it',
    (sound) => ({
      destroy(key: string) {
        for (const name of sound.entries.keys()) {
          if (name.startsWith(key.slice(0, 1))) sound.entries.delete(name)
        }
      },
    }),
  ),
  broken(
    'throws when it has nothing to destroy',
    'get, set and destroy: destroys what is not there without a word',
    (sound) => ({
      async destroy(key: string) {
        if (!sound.entries.has(key)) throw new Error('no such session')
        sound.entries.delete(key)
      },
    }),
  ),
  broken(
    'takes numbers alone for a time',
    'get, set and destroy: takes "session" and undefined for a time, as koa-session and Egg give them',
    (sound) => ({
      async set(key: string, record: Loose, maxAge: Loose) {
        if (!Number.isFinite(maxAge)) throw new Error('ERR value is not an integer or out of range')
        await sound.set(key, record, maxAge)
      },
    }),
  ),
  broken(
    'takes whole numbers alone for a time',
    'get, set and destroy: takes a time with a fraction, and one of four hundred days',
    (sound) => ({
      async set(key: string, record: Loose, maxAge: Loose) {
        if (maxAge % 1) throw new Error('ERR value is not an integer or out of range')
        await sound.set(key, record, maxAge)
      },
    }),
  ),
  broken(
    'lets a timer destroy, which cannot count to a month',
    'get, set and destroy: takes a time with a fraction, and one of four hundred days',
    (sound) => ({
      async set(key: string, record: Loose, maxAge: Loose) {
        await sound.set(key, record, maxAge)
        if (maxAge > 2 ** 31) setTimeout(() => sound.entries.delete(key), 1)
      },
    }),
  ),

  broken(
    'keeps the very object',
    'copies: keeps what was set, whatever becomes of the record afterwards',
    (sound) => {
      const kept = new Map<string, Loose>()
      return {
        async set(key: string, record: Loose, maxAge: Loose) {
          kept.set(key, record)
          await sound.set(key, record, maxAge)
        },
        get: async (key: string) => (await sound.get(key)) && kept.get(key),
      }
    },
  ),
  broken(
    'hands the same object to all',
    'copies: keeps what was set, whatever becomes of what get() returned',
    (sound) => {
      const parsed = new Map<string, Loose>()
      return {
        async get(key: string) {
          const json = sound.live(key)?.json
          if (json && !parsed.has(json)) parsed.set(json, JSON.parse(json))
          return json && parsed.get(json)
        },
      }
    },
  ),

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
  broken('keeps keys in an object', 'a key: is taken: that is the name of a property', (sound) => {
    const object: Record<string, Loose> = {}
    return {
      async set(key: string, record: Loose, maxAge: Loose) {
        object[key] = JSON.stringify(record)
        await sound.set(key, record, maxAge)
      },
      get: async (key: string) => (isText(object[key]) ? sound.get(key) : undefined),
    }
  }),

  broken('takes seconds', 'time: forgets a record when its time is over', () => ({
    life: (maxAge: Loose) => (maxAge || 86_400) * 1000,
  })),
  broken('never forgets', 'time: forgets a record when its time is over', () => ({
    life: () => Infinity,
  })),
  broken(
    'takes milliseconds for a thousandth of them',
    'time: keeps a record until its time is over',
    () => ({
      life: (maxAge: Loose) => (maxAge || 86_400_000) / 1000,
    }),
  ),
  broken('counts from the first set alone', 'time: counts anew from every set', (sound) => ({
    async set(key: string, record: Loose, maxAge: Loose) {
      const expires = sound.live(key)?.expires
      await sound.set(key, record, maxAge)
      if (expires) sound.entries.get(key)!.expires = expires
    },
  })),
  broken('never keeps for less than before', 'time: counts anew from every set', (sound) => ({
    async set(key: string, record: Loose, maxAge: Loose) {
      const expires = sound.live(key)?.expires ?? 0
      await sound.set(key, record, maxAge)
      const entry = sound.entries.get(key)!
      entry.expires = Math.max(entry.expires, expires)
    },
  })),
  broken(
    'counts anew from every get',
    'time: takes the time of a get for no time to keep',
    (sound) => ({
      async get(key: string, maxAge: Loose) {
        const entry = sound.live(key)
        if (entry) entry.expires = sound.clock.time + maxAge
        return sound.get(key)
      },
    }),
  ),
  broken(
    'ends browser sessions at once',
    'time: does not drop the record of a browser session at once',
    () => ({
      life: (maxAge: Loose) => (typeof maxAge === 'number' ? maxAge : 1000),
    }),
  ),
]

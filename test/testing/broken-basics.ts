import { broken, turn, type BrokenStore, type Loose } from './broken-stores.ts'

/** Stores that get the three methods, copies or times wrong. */
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

import { broken, turn, type BrokenStore, type Loose } from './broken-stores.ts'

type Compare = [key: string, record: Loose, maxAge: Loose, previous: Loose]

const same = (a: Loose, b: Loose): boolean => JSON.stringify(a) === JSON.stringify(b)
const without = (record: Loose, key: string): Loose => {
  const { [key]: _, ...rest } = record ?? {}
  return rest
}

/** Stores that compare, or let live on, in a wrong way. */
export const brokenExact: BrokenStore[] = [
  broken(
    'compares nothing',
    [
      'compareAndSet: changes no record that is not as it was',
      'requests that change one session at once: keep both their changes, if they change different keys',
      'a session that ends while requests are under way: stays ended, if a slow request changes it',
    ],
    (sound) => ({
      async compareAndSet(...[key, record, maxAge]: Compare) {
        await sound.set(key, record, maxAge)
        return true
      },
    }),
  ),
  broken(
    'creates in the place of another',
    'compareAndSet: creates none in the place of another',
    (sound) => ({
      async compareAndSet(...[key, record, maxAge, previous]: Compare) {
        if (previous) return sound.compareAndSet(key, record, maxAge, previous)
        await sound.set(key, record, maxAge)
        return true
      },
    }),
  ),
  broken(
    'changes what is gone',
    [
      'compareAndSet: changes no record that is gone, and makes none',
      'a session that ends while requests are under way: stays ended, if a slow request updates it',
      'a session that ends while requests are under way: ends although it is changed at the same moment',
    ],
    (sound) => ({
      compareAndSet: async (...[key, record, maxAge, previous]: Compare) =>
        sound.compareAndSet(key, record, maxAge, sound.live(key) ? previous : null),
    }),
  ),
  broken(
    'looks, and writes a moment later',
    [
      'compareAndSet: lets one of twenty create a record at once',
      'compareAndSet: lets one of twenty change a record at once',
    ],
    (sound) => ({
      async compareAndSet(...[key, record, maxAge, previous]: Compare) {
        if (!same((await sound.get(key)) ?? null, previous)) return false
        await turn()
        await sound.set(key, record, maxAge)
        return true
      },
    }),
  ),
  broken(
    'tells all that they were first',
    'compareAndSet: lets one of twenty change a record at once',
    (sound) => ({
      async compareAndSet(...values: Compare) {
        await sound.compareAndSet(...values)
        return true
      },
    }),
  ),
  broken(
    'compares the end alone',
    'compareAndSet: changes no record that is not as it was',
    (sound) => ({
      async compareAndSet(...[key, record, maxAge, previous]: Compare) {
        const present = sound.live(key) && JSON.parse(sound.live(key)!.json)
        if (present?._expire !== previous?._expire) return false
        return sound.compareAndSet(key, record, maxAge, present ?? null)
      },
    }),
  ),
  broken(
    'compares all but the end',
    'compareAndSet: changes no record of which the end alone is not as it was',
    (sound) => ({
      async compareAndSet(...[key, record, maxAge, previous]: Compare) {
        const present = sound.live(key) ? JSON.parse(sound.live(key)!.json) : null
        if (!present !== !previous) return false
        if (!same(without(present, '_expire'), without(previous, '_expire'))) return false
        return sound.compareAndSet(key, record, maxAge, present)
      },
    }),
  ),
  broken(
    'compares the surface',
    'compareAndSet: changes no record that is not as it was',
    (sound) => ({
      async compareAndSet(...[key, record, maxAge, previous]: Compare) {
        const present = sound.live(key) ? JSON.parse(sound.live(key)!.json) : null
        const surface = (one: Loose): Loose =>
          one && Object.entries(one).map(([name, value]) => [name, String(value)])
        if (!same(surface(present), surface(previous))) return false
        return sound.compareAndSet(key, record, maxAge, present)
      },
    }),
  ),
  broken(
    'knows its own objects alone',
    'compareAndSet: changes a record that is as it was',
    (sound) => {
      const known = new Set<Loose>()
      return {
        async compareAndSet(...[key, record, maxAge, previous]: Compare) {
          if (previous && !known.has(previous)) return false
          known.add(record)
          return sound.compareAndSet(key, record, maxAge, previous)
        },
      }
    },
  ),
  broken(
    'knows what it has read alone',
    'compareAndSet: takes the record that was set last for the one before, unread',
    (sound) => {
      const read = new Set<string>()
      return {
        async get(key: string) {
          const record = await sound.get(key)
          read.add(JSON.stringify(record))
          return record
        },
        async compareAndSet(...[key, record, maxAge, previous]: Compare) {
          if (previous && !read.has(JSON.stringify(previous))) return false
          return sound.compareAndSet(key, record, maxAge, previous)
        },
      }
    },
  ),
  broken(
    'compares with what was handed out',
    ['compareAndSet: compares with what it has, not with what the application made of it'],
    (sound) => {
      const out = new Map<string, Loose>()
      return {
        async get(key: string) {
          const record = await sound.get(key)
          out.set(key, record)
          return record
        },
        async compareAndSet(...[key, record, maxAge, previous]: Compare) {
          if (previous && out.has(key) && !same(out.get(key), previous)) return false
          const present = sound.live(key) ? JSON.parse(sound.live(key)!.json) : null
          out.delete(key)
          return sound.compareAndSet(key, record, maxAge, previous && present)
        },
      }
    },
  ),
  broken(
    'does not know a list again',
    'compareAndSet: knows a record again whatever is in it',
    (sound) => ({
      async compareAndSet(...[key, record, maxAge, previous]: Compare) {
        if (/\[\[/.test(JSON.stringify(previous))) return false
        return sound.compareAndSet(key, record, maxAge, previous)
      },
    }),
  ),
  broken('answers OK', 'compareAndSet: creates a record where there is none', (sound) => ({
    compareAndSet: async (...values: Compare) =>
      (await sound.compareAndSet(...values)) ? 'OK' : null,
  })),
  broken('answers nothing', 'compareAndSet: creates a record where there is none', (sound) => ({
    async compareAndSet(...values: Compare) {
      await sound.compareAndSet(...values)
    },
  })),
  broken(
    'does not create again',
    'compareAndSet: creates a record again where one was destroyed',
    (sound) => {
      const seen = new Set<string>()
      return {
        async set(key: string, record: Loose, maxAge: Loose) {
          seen.add(key)
          await sound.set(key, record, maxAge)
        },
        async compareAndSet(...[key, record, maxAge, previous]: Compare) {
          if (!previous && seen.has(key)) return false
          return sound.compareAndSet(key, record, maxAge, previous)
        },
      }
    },
  ),
  broken(
    'keeps what is compared for ever',
    'compareAndSet and time: keeps a record for the time it is given',
    (sound) => ({
      compareAndSet: async (...[key, record, , previous]: Compare) =>
        sound.compareAndSet(key, record, Infinity, previous),
    }),
  ),
  broken(
    'takes what is over for a record',
    'compareAndSet and time: takes a record whose time is over for none',
    (sound) => ({
      async compareAndSet(...[key, record, maxAge, previous]: Compare) {
        await turn()
        const present = sound.entries.get(key)?.json ?? null
        if (present !== (previous && JSON.stringify(previous))) return false
        sound.put(key, record, maxAge)
        return true
      },
    }),
  ),

  broken(
    'touches nothing',
    'touch: changes the end of a record, and nothing else of it',
    (sound) => ({
      touch: async (key: string) => sound.live(key) !== undefined,
    }),
  ),
  broken(
    'touches the end alone',
    'touch and time: lets a record live on for a time from now',
    (sound) => ({
      async touch(key: string, maxAge: Loose, options: Loose) {
        const expires = sound.live(key)?.expires
        const answer = await sound.touch(key, maxAge, options)
        if (answer) sound.entries.get(key)!.expires = expires!
        return answer
      },
    }),
  ),
  broken(
    'loses digits and lists when it touches',
    'touch: changes the end of a record, and nothing else of it',
    (sound) => ({
      async touch(key: string, maxAge: Loose, options: Loose) {
        const entry = sound.live(key)
        if (entry) entry.json = entry.json.replaceAll('[]', '{}')
        return sound.touch(key, maxAge, options)
      },
    }),
  ),
  broken(
    'touches what is gone into being',
    [
      'touch: says that a record is gone, and makes none',
      'a session that ends while requests are under way: stays ended, if a slow request only lets it live on',
    ],
    (sound) => ({
      async touch(key: string, maxAge: Loose, { expire }: Loose) {
        sound.put(key, { ...(await sound.get(key)), _expire: expire }, maxAge)
        return true
      },
    }),
  ),
  broken(
    'always says that it touched',
    'touch: says that a record is gone, and makes none',
    (sound) => ({
      async touch(key: string, maxAge: Loose, options: Loose) {
        await sound.touch(key, maxAge, options)
        return true
      },
    }),
  ),
  broken(
    'touches what is over back to life',
    [
      'touch: says that a record is gone whose `_expire` has passed, and leaves it so',
      'a session that ends while requests are under way: stays under its new id alone, if a slow request only lets it live on',
    ],
    (sound) => ({
      async touch(key: string, maxAge: Loose, { expire }: Loose) {
        await turn()
        const entry = sound.live(key)
        if (entry) sound.put(key, { ...JSON.parse(entry.json), _expire: expire }, maxAge)
        return entry !== undefined
      },
    }),
  ),
  broken(
    'writes back what it read when it touches',
    'touch: loses no change that is made at the same time',
    (sound) => ({
      async touch(key: string, maxAge: Loose, { expire }: Loose) {
        const record = sound.live(key) && JSON.parse(sound.live(key)!.json)
        if (!record || record._expire < sound.clock.time) return false
        await turn()
        await sound.set(key, { ...record, _expire: expire }, maxAge)
        return true
      },
    }),
  ),
  broken(
    'brings back what is destroyed while it touches',
    'touch: brings nothing back that is destroyed at the same time',
    (sound) => ({
      async touch(key: string, maxAge: Loose, { expire }: Loose) {
        const before = sound.live(key)
        await turn()
        await turn()
        const record = (sound.live(key) ?? before) && JSON.parse((sound.live(key) ?? before)!.json)
        if (!record || record._expire < sound.clock.time) return false
        sound.put(key, { ...record, _expire: expire }, maxAge)
        return true
      },
    }),
  ),
  broken(
    'hides its touches from compareAndSet',
    'touch: is no change that compareAndSet would not know of',
    (sound) => {
      const ends = new Map<string, number>()
      return {
        async touch(key: string, maxAge: Loose, { expire }: Loose) {
          const entry = sound.live(key)
          if (!entry || JSON.parse(entry.json)._expire < sound.clock.time) return false
          ends.set(key, expire)
          entry.expires = sound.clock.time + maxAge
          return true
        },
        async get(key: string) {
          const record = await sound.get(key)
          return record && ends.has(key) ? { ...record, _expire: ends.get(key) } : record
        },
      }
    },
  ),
]

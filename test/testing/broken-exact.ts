import { broken, turn, type BrokenStore, type Loose } from './broken-stores.ts'

type Compare = [key: string, record: Loose, maxAge: Loose, previous: Loose]

const same = (a: Loose, b: Loose): boolean => JSON.stringify(a) === JSON.stringify(b)
const without = (record: Loose, key: string): Loose => {
  const { [key]: _, ...rest } = record ?? {}
  return rest
}

/** Stores that compare in a wrong way. */
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
]

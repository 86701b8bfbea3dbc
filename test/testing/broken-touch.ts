import { broken, turn, type BrokenStore, type Loose } from './broken-stores.ts'

/** Stores that let records live on in a wrong way. */
export const brokenTouch: BrokenStore[] = [
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

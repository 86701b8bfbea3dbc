/**
 * What the stores over Redis share: records as JSON text, and two scripts that change a record only
 * where it is still there, or still as it was. Every command and every script touches one key, so a
 * cluster knows its node.
 *
 * @module
 */
import { parseJson, SessionError, type SessionRecord, type Store } from '../src/index.ts'

/** Sends a command that is about one key, and gives the server's answer. */
export type Send = (key: string, args: string[]) => Promise<unknown>

/** A script, and the SHA-1 of it that servers know it by. */
export interface Script {
  readonly lua: string
  readonly sha: string
}

/**
 * ARGV: the record, its life in milliseconds, and the text that has to be there now; without that,
 * nothing may be there.
 */
export const COMPARE_AND_SET: Script = {
  lua: `if redis.call('GET', KEYS[1]) ~= (ARGV[3] or false) then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`,
  sha: 'ac58910fb0cf5a103ebe33fd72aaa2d427638439',
}

/**
 * ARGV: the life from now on, the new `_expire`, and the time, all in milliseconds. The core writes
 * `_expire` and `_maxAge` at the end of a record, and no data can look like that there.
 */
export const TOUCH: Script = {
  lua: `local text = redis.call('GET', KEYS[1])
if not text then return 0 end
local head, expire, tail = text:match('^(.*[{,]"_expire":)([%d.eE+-]+)(,"_maxAge":[%d.eE+-]+})$')
if not head then return redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
if tonumber(expire) < tonumber(ARGV[3]) then return 0 end
redis.call('SET', KEYS[1], head .. ARGV[2] .. tail, 'PX', ARGV[1])
return 1`,
  sha: '29ec59b4e6b28aa8ad70e57bf3e41e30ca242e49',
}

/** How long a record is kept where no time is given, in milliseconds. */
const DAY = 86_400_000

/**
 * Makes a store of whatever sends commands to Redis.
 *
 * @param prefix What every key begins with.
 */
export function createStoreOver(send: Send, prefix: string): Store {
  /** The text that a record was read from or written as: what the server compares with. */
  const texts = new WeakMap<object, string>()

  async function call(key: string, ...args: string[]): Promise<unknown> {
    try {
      return await send(key, args)
    } catch (error) {
      throw withoutDetails(error)
    }
  }

  async function run({ lua, sha }: Script, key: string, ...args: string[]): Promise<boolean> {
    const answer = await call(key, 'EVALSHA', sha, '1', key, ...args).catch((error: RedisError) => {
      // The server does not know the script yet, and has done nothing.
      if (error.code !== 'NOSCRIPT') throw error
      return call(key, 'EVAL', lua, '1', key, ...args)
    })
    if (!/^[01]$/.test(String(answer))) throw new RedisError('UnexpectedReply')
    return Number(answer) === 1
  }

  return {
    consistency: 'strong',
    hashedKeys: true,

    async get(key) {
      const text = await call(prefix + key, 'GET', prefix + key).catch((error: RedisError) => {
        if (error.code !== 'WRONGTYPE') throw error
        return null
      })
      // A client may be set up to give bytes.
      return text === null ? null : readRecord(String(text))
    },

    async set(key, record, maxAge) {
      const text = JSON.stringify(record)
      await call(prefix + key, 'SET', prefix + key, text, 'PX', lifeOf(maxAge))
      texts.set(record, text)
    },

    async compareAndSet(key, record, maxAge, previous) {
      const text = JSON.stringify(record)
      const args = [text, lifeOf(maxAge)]
      if (previous) args.push(texts.get(previous) ?? JSON.stringify(previous))
      const done = await run(COMPARE_AND_SET, prefix + key, ...args)
      if (done) texts.set(record, text)
      return done
    },

    touch(key, maxAge, { expire }) {
      const life = lifeOf(maxAge)
      // The manager may have a clock of its own, by which it is at least so late.
      const now = Math.min(Date.now(), expire - Number(life))
      return run(TOUCH, prefix + key, life, String(expire), String(now))
    },

    async destroy(key) {
      await call(prefix + key, 'DEL', prefix + key)
    },
  }

  /** What else may be kept under a key, and is no record, counts as missing. */
  function readRecord(text: string): SessionRecord | null {
    try {
      const record = parseJson(text) as SessionRecord | null
      if (Object(record) === record) texts.set(record!, text)
      return record
    } catch {
      return null
    }
  }
}

/** A life in milliseconds as Redis takes it: a whole number, of which it adds up no larger ones. */
function lifeOf(maxAge: unknown): string {
  const life = typeof maxAge === 'number' ? Math.ceil(maxAge) : DAY
  return String(Math.min(Math.max(life, 1), Number.MAX_SAFE_INTEGER))
}

/** A failure of Redis by its kind alone. */
class RedisError extends Error {
  readonly code: string | undefined

  constructor(name: string, code?: string) {
    super('Redis failed.')
    this.name = name
    this.code = code
  }
}

/**
 * Keeps of a client's error its class and the word that Redis begins an error with, or the code of
 * a network error: messages and properties hold commands, with their keys and values.
 */
function withoutDetails(error: unknown): Error {
  if (error instanceof SessionError) return error
  const { name, code, message, constructor } = Object(error) as Error & { code?: unknown }
  const [word = code] = /^[A-Z]{2,20}\b/.exec(message) ?? []
  const isCode = typeof word === 'string' && /^[A-Z_]{2,40}$/.test(word)
  return new RedisError(name === 'Error' ? constructor.name : name, isCode ? word : undefined)
}

import type { KvSimulator, SimulatedKv } from 'session-kit/testing'
import type { KvNamespace } from 'session-kit/workers-kv'

/** What a request met in KV. */
export interface Meeting {
  /** The record that KV answered with, and for how long it was no longer so, in milliseconds. */
  found?: { version: number; behind: number }
  /** The number of the write that the request made, or tried to make. */
  version?: number
  /** The keys that it read, and those of its writes and deletes that KV took. */
  read: number
  put: number
  deleted: number
}

/** Watches the namespaces of one visitor's locations. */
export interface Observer {
  /** A location's namespace; what a request meets is noted down. */
  at(location: number, meeting: Meeting): KvNamespace
  /** The most writes of one key that were tried within a second, and the most that were made. */
  mostWrites(): { tried: number; made: number }
}

const VERSION = /"_version":(\d+)/

export function createObserver(kv: KvSimulator, now: () => number): Observer {
  const records = new Map<string, { time: number; text: string }[]>()
  const tried = new Map<string, number[]>()
  const made = new Map<string, number[]>()

  async function write(key: string, work: () => Promise<void>): Promise<void> {
    add(tried, key, now())
    await work()
    add(made, key, now())
  }

  return {
    at(location, meeting) {
      const namespace: SimulatedKv = kv.at(`${location}`)
      return {
        async get(keys: string[]) {
          const answers = await namespace.get(keys)
          meeting.read += keys.length
          const text: string | null = answers.get(keys[0]!)
          const history = records.get(keys[0]!) ?? []
          const next = history[history.findLastIndex((record) => record.text === text) + 1]
          const version = Number(VERSION.exec(text ?? '')?.[1] ?? 0)
          meeting.found = { version, behind: next ? now() - next.time : 0 }
          return answers
        },
        async put(key, value, options) {
          const version = VERSION.exec(value)?.[1]
          if (version) meeting.version = Number(version)
          await write(key, () => namespace.put(key, value, options))
          meeting.put++
          add(records, key, { time: now(), text: value })
        },
        async delete(key) {
          await write(key, () => namespace.delete(key))
          meeting.deleted++
        },
      }
    },
    mostWrites: () => ({ tried: mostInASecond(tried), made: mostInASecond(made) }),
  }
}

function add<value>(lists: Map<string, value[]>, key: string, value: value): void {
  const list = lists.get(key)
  if (list) list.push(value)
  else lists.set(key, [value])
}

function mostInASecond(lists: Map<string, number[]>): number {
  let most = 0
  for (const times of lists.values()) {
    for (const [index, time] of times.entries()) {
      most = Math.max(most, times.slice(index).filter((other) => other - time < 1000).length)
    }
  }
  return most
}

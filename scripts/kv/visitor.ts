import { createSessionManager, type Store } from 'session-kit'
import { createKvSimulator } from 'session-kit/testing'
import { createKvStore } from 'session-kit/workers-kv'
import { createObserver, type Meeting } from './observer.ts'
import type { Visit, Visitor } from './traffic.ts'
import { createVirtualTime } from './virtual-time.ts'

/** What is counted. */
export interface Count {
  visitors: number
  requests: number
  /** Loads of a session that no other request was writing. */
  loads: number
  snapshots: number
  /** Those where KV's answer was older than the last write, and where the snapshot was not. */
  behind: number
  bridged: number
  /** Those that showed an older value than the browser was told of, or no session at all. */
  old: number
  missed: number
  writes: number
  touches: number
  /** Writes that KV refused, requests that waited for one, and requests that failed. */
  refused: number
  delayed: number
  failed: number
  /** Keys that visitors' requests read, had written and had deleted; a bulk read counts each. */
  keysRead: number
  keysPut: number
  keysDeleted: number
  /** Of all keys that were read, thieves' among them, those that a location had in its cache. */
  keysCached: number
  keysAsked: number
  /** The most writes of one key in a second. */
  mostTried: number
  mostMade: number
  /** How old, in milliseconds: KV's older answers, and those that the application saw. */
  ages: number[]
  oldAges: number[]
  /** How long after a logout a copied cookie was still good elsewhere. */
  thefts: number[]
}

export function createCount(): Count {
  return {
    visitors: 0,
    requests: 0,
    loads: 0,
    snapshots: 0,
    behind: 0,
    bridged: 0,
    old: 0,
    missed: 0,
    writes: 0,
    touches: 0,
    refused: 0,
    delayed: 0,
    failed: 0,
    keysRead: 0,
    keysPut: 0,
    keysDeleted: 0,
    keysCached: 0,
    keysAsked: 0,
    mostTried: 0,
    mostMade: 0,
    ages: [],
    oldAges: [],
    thefts: [],
  }
}

const SNAPSHOT_LIFE = 90_000
const time = createVirtualTime(Date.UTC(2026, 2, 3, 12))

interface Data {
  value?: number
  text?: string
}

/** The store of the location that a request came to, which comes along as its context. */
class LocalStore implements Store<Store> {
  constructor(store: Store) {
    // What a constructor returns takes the place of what it would make.
    return store as LocalStore
  }
  get(): void {}
  set(): void {}
  destroy(): void {}
}

const manager = createSessionManager<Data, Store>({
  secrets: 'V9s1kQmJr0Zb3t8xWc5uNf2yHg7pLd4A/eTiOqRwX6M=',
  ContextStore: LocalStore,
  rolling: true,
  // The most that KV is asked to write.
  touchAfter: 0,
  now: time.now,
})

/** Lets one visitor come and go, and counts what happens. */
export async function simulate(
  { visits, isLarge }: Visitor,
  lag: number,
  count: Count,
): Promise<void> {
  const kv = createKvSimulator({ now: time.now, lag })
  const observer = createObserver(kv, time.now)
  /** What the browser has: a cookie, when it was sealed, for which write and which value. */
  let browser = { cookie: '', sealed: 0, version: 0, value: 0 }
  let copy = ''
  let logout = Infinity
  let lastUse = 0
  let writing = 0
  let value = 0
  const meetings: Meeting[] = []

  async function visit({ kind, location }: Visit): Promise<void> {
    if (kind === 'copy') return void (copy = browser.cookie)
    const meeting: Meeting = { read: 0, put: 0, deleted: 0 }
    if (kind !== 'thief') meetings.push(meeting)
    const start = time.now()
    const store = createKvStore(observer.at(location, meeting))
    const session = await manager.load(kind === 'thief' ? copy : browser.cookie, store)
    if (kind === 'thief') {
      if (!session.isNew && start > logout) lastUse = start - logout
      return
    }
    count.requests++
    // What a request finds while another one writes is nobody's last word.
    if (browser.cookie && !writing) learn(session, meeting, start)
    if (session.isNew && kind === 'read') return
    const isWrite = kind === 'write' || kind === 'login'
    if (kind === 'logout') {
      session.destroy()
      logout = start
    } else if (isWrite) {
      session.value = ++value
      if (isLarge) session.text = 'x'.repeat(4000)
      if (kind === 'login') await session.regenerate()
    }
    const own = session.value ?? 0
    if (isWrite) writing++
    const cookies = await manager.commit(session).catch(() => void count.failed++)
    if (isWrite) writing--
    if (time.now() > start) count.delayed++
    const line = cookies?.[0]
    if (!line) return
    if (isWrite) count.writes++
    else if (kind === 'read') count.touches++
    browser = {
      cookie: line.includes('Max-Age=0') ? '' : line.slice(0, line.indexOf(';')),
      sealed: Math.floor(start / 1000) * 1000,
      version: meeting.version ?? 0,
      value: own,
    }
  }

  /** Compares what KV answered, what the session holds, and what the browser was told last. */
  function learn(session: Data & { isNew: boolean }, { found }: Meeting, start: number): void {
    const { version, behind } = found!
    const isYoung = !isLarge && start - browser.sealed < SNAPSHOT_LIFE
    count.loads++
    if (isYoung && version <= browser.version) count.snapshots++
    if (behind) {
      count.behind++
      count.ages.push(behind)
      if (isYoung) count.bridged++
    }
    if (session.isNew) count.missed++
    else if ((session.value ?? 0) < browser.value) {
      count.old++
      count.oldAges.push(behind)
    }
  }

  await time.run(visits.map((one) => ({ time: one.time, run: () => visit(one) })))
  const { tried, made } = observer.mostWrites()
  count.visitors++
  count.mostTried = Math.max(count.mostTried, tried)
  count.mostMade = Math.max(count.mostMade, made)
  count.keysCached += kv.statistics.cached
  count.keysAsked += kv.statistics.cached + kv.statistics.central
  for (const { read, put, deleted } of meetings) {
    count.keysRead += read
    count.keysPut += put
    count.keysDeleted += deleted
  }
  count.refused += kv.statistics.refused
  if (copy) count.thefts.push(lastUse)
}

/**
 * Simulates visitors whose sessions are in Workers KV, and tells what that is like: how often the
 * snapshot in the cookie answers, how old KV's answers are, how often a key is written.
 *
 *     node scripts/simulate-kv.ts --sessions=1000000 --locations=300 --lag=1000 --seconds=120
 *
 * Each request runs the package as it is built, against the simulator of `session-kit/testing`.
 * No two visitors share a key, so they come one after the other. Those for whom the time does not
 * suffice are left out: the figures are those of a random sample then.
 */
import { parseArgs } from 'node:util'
import { createSessionManager, type Store } from 'session-kit'
import { createKvSimulator } from 'session-kit/testing'
import { createKvStore } from 'session-kit/workers-kv'
import { createObserver, type Meeting } from './kv-observer.ts'
import { createRandom, drawVisitor, type Visit, type Visitor } from './kv-visits.ts'
import { createVirtualTime } from './virtual-time.ts'

const setting = { type: 'string' } as const
const { values } = parseArgs({
  options: { sessions: setting, locations: setting, lag: setting, seconds: setting, seed: setting },
})
const sessions = Number(values.sessions ?? 1_000_000)
const locations = Number(values.locations ?? 300)
const lag = Number(values.lag ?? 1000)
const seconds = Number(values.seconds ?? 120)
const random = createRandom(Number(values.seed ?? 1))

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
  now: time.now,
})

const count = {
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
  delayed: 0,
  skipped: 0,
  failed: 0,
  keysCached: 0,
  keysRead: 0,
}
const most = { tried: 0, made: 0 }
/** How old, in milliseconds: KV's older answers, and those that the application saw. */
const ages = { behind: [] as number[], old: [] as number[] }
/** How long after a logout a copied cookie was still good elsewhere. */
const thefts: number[] = []

const begun = performance.now()
const isTimeLeft = (): boolean => performance.now() - begun < seconds * 1000
while (count.visitors < sessions && isTimeLeft()) {
  await simulate(drawVisitor(random, locations))
  count.visitors++
}
report()

/** Lets one visitor come and go. */
async function simulate({ visits, isLarge }: Visitor): Promise<void> {
  const kv = createKvSimulator({ now: time.now, lag })
  const observer = createObserver(kv, time.now)
  /** What the browser has: a cookie, when it was sealed and for which write, and a copy of it. */
  let browser = { cookie: '', sealed: 0, version: 0, value: 0 }
  let copy = ''
  let logout = Infinity
  let lastUse = 0
  let writing = 0
  let value = 0

  async function visit({ kind, location }: Visit): Promise<void> {
    if (kind === 'copy') return void (copy = browser.cookie)
    const meeting: Meeting = {}
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
    if (isWrite) writing++
    const own = session.value ?? 0
    const cookies = await manager.commit(session).catch(() => void count.failed++)
    if (isWrite) writing--
    const took = time.now() - start
    if (took > 0) count.delayed++
    const [line] = cookies ?? []
    if (!line) return
    if (isWrite) count.writes++
    else if (kind === 'read') count.touches++
    const cookie = line.includes('Max-Age=0') ? '' : line.slice(0, line.indexOf(';'))
    const sealed = Math.floor(start / 1000) * 1000
    browser = { cookie, sealed, version: meeting.version ?? 0, value: own }
  }

  /** Compares what KV answered, what the session holds, and what the browser was told last. */
  function learn(session: Data & { isNew: boolean }, { found }: Meeting, start: number): void {
    const { version, behind } = found!
    const isYoung = !isLarge && start - browser.sealed < SNAPSHOT_LIFE
    count.loads++
    if (isYoung && version <= browser.version) count.snapshots++
    if (behind) {
      count.behind++
      ages.behind.push(behind)
      if (isYoung) count.bridged++
    }
    if (session.isNew) count.missed++
    else if ((session.value ?? 0) < browser.value) {
      count.old++
      ages.old.push(behind)
    }
  }

  await time.run(visits.map((one) => ({ time: one.time, run: () => visit(one) })))
  const { tried, made } = observer.mostWrites()
  most.tried = Math.max(most.tried, tried)
  most.made = Math.max(most.made, made)
  count.keysCached += kv.statistics.cached
  count.keysRead += kv.statistics.cached + kv.statistics.central
  count.skipped += kv.statistics.refused
  if (copy) thefts.push(lastUse)
}

function report(): void {
  const isSample = count.visitors < sessions
  const whole = sessions.toLocaleString('en')
  const rows: [name: string, value: string, of?: string][] = [
    ['locations', `${locations}`],
    [
      'sessions',
      count.visitors.toLocaleString('en'),
      isSample ? `a random sample of ${whole}` : 'all',
    ],
    ['requests', count.requests.toLocaleString('en')],
    ['', ''],
    ['loads of a session', count.loads.toLocaleString('en')],
    ['  answered from the snapshot', share(count.snapshots, count.loads)],
    ['  where KV’s answer was older', share(count.behind, count.loads), spread(ages.behind)],
    ['    of these the snapshot made up for', share(count.bridged, count.behind)],
    ['  that showed old data', share(count.old, count.loads), spread(ages.old)],
    ['  that found no session', share(count.missed, count.loads)],
    ['', ''],
    ['writes of data', share(count.writes, count.requests), 'of requests'],
    ['touches', share(count.touches, count.requests), 'of requests'],
    ['most writes of one key in a second', `${most.made}`, `${most.tried} were tried`],
    ['429 answers', share(count.skipped, count.writes + count.touches), 'of writes and touches'],
    ['requests that waited for one', share(count.delayed, count.requests), 'of requests'],
    ['requests that failed', `${count.failed}`, share(count.failed, count.requests)],
    ['keys read in the location’s cache', share(count.keysCached, count.keysRead)],
    ['', ''],
    ['copied cookies after a logout', `${thefts.length}`, `good elsewhere: ${spread(thefts)}`],
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  for (const [name, value, more = ''] of rows) {
    console.log(`${name.padEnd(width)} ${value.padStart(12)}  ${more}`.trimEnd())
  }
  const took = Math.round((performance.now() - begun) / 1000)
  console.log(`\nA write was seen elsewhere after ${lag} ms at the earliest. It took ${took} s.`)
  if (isSample) {
    console.log('A maximum over all sessions may be above that over the sample.')
  }
}

function share(part: number, whole: number): string {
  return whole ? `${((100 * part) / whole).toFixed(part / whole < 0.001 ? 4 : 2)} %` : 'none'
}

/** The median, the 99th percentile and the maximum of times. */
function spread(times: number[]): string {
  if (times.length === 0) return ''
  const sorted = times.toSorted((a, b) => a - b)
  const at = (part: number): string =>
    (sorted[Math.floor(part * (sorted.length - 1))]! / 1000).toFixed(1)
  return `median ${at(0.5)} s, 99 % within ${at(0.99)} s, at most ${at(1)} s`
}

/**
 * Simulates visitors whose sessions are in Workers KV, and tells what that is like: how often the
 * snapshot in the cookie answers, how old KV's answers are, how often a key is written, and how
 * long a copied cookie outlives a logout. What the visitors do is in `kv/traffic.ts`.
 *
 *     npm run simulate:kv -- --sessions=1000000 --sample=10000 --locations=300 --lag=1000 --seed=1
 *
 * Each request runs the package as it is built, against the simulator of `session-kit/testing`.
 * No two visitors share a key, so they come one after the other, and so many of the sessions are a
 * random sample of all. Everything is drawn from the seed: the same command prints the same twice.
 */
import { parseArgs } from 'node:util'
import { createRandom, drawVisitor } from './kv/traffic.ts'
import { createCount, simulate, type Count } from './kv/visitor.ts'

const setting = { type: 'string' } as const
const { values } = parseArgs({
  options: { sessions: setting, sample: setting, locations: setting, lag: setting, seed: setting },
})
const sessions = Number(values.sessions ?? 1_000_000)
const sample = Math.min(Number(values.sample ?? 10_000), sessions)
const locations = Number(values.locations ?? 300)
/** How long a write takes to the other locations, in milliseconds, where they have to ask for it. */
const lag = Number(values.lag ?? 1000)
const random = createRandom(Number(values.seed ?? 1))

/** The share of page views that change the location: most visitors stay, some are on the move. */
const kinds = [
  { name: 'staying', moves: 0.03, count: createCount() },
  { name: 'moving', moves: 0.5, count: createCount() },
]

for (let visitor = 0; visitor < sample; visitor++) {
  for (const { moves, count } of kinds) {
    await simulate(drawVisitor(random, locations, moves), lag, count)
  }
}
report()

function report(): void {
  const row = (name: string, tell: (count: Count) => string): void =>
    console.log(name.padEnd(38) + kinds.map(({ count }) => tell(count).padStart(12)).join(''))

  console.log(`\n${' '.repeat(38)}${kinds.map(({ name }) => name.padStart(12)).join('')}`)
  row('sessions', ({ visitors }) => visitors.toLocaleString('en'))
  row('requests', ({ requests }) => requests.toLocaleString('en'))
  row('loads of a session', ({ loads }) => loads.toLocaleString('en'))
  row('  answered from the snapshot', ({ snapshots, loads }) => share(snapshots, loads))
  row('  KV’s answer was older', ({ behind, loads }) => share(behind, loads))
  row('    by, median', ({ ages }) => at(0.5, ages))
  row('    by, 99 % within', ({ ages }) => at(0.99, ages))
  row('    by, at most', ({ ages }) => at(1, ages))
  row('    made up for by the snapshot', ({ bridged, behind }) => share(bridged, behind))
  row('  showed the browser older data', ({ old, loads }) => share(old, loads))
  row('    by, at most', ({ oldAges }) => at(1, oldAges))
  row('  found no session', ({ missed, loads }) => share(missed, loads))
  row('writes of data, of requests', ({ writes, requests }) => share(writes, requests))
  row('touches, of requests', ({ touches, requests }) => share(touches, requests))
  row('most writes of a key in a second', ({ mostMade }) => `${mostMade}`)
  row('  most that were tried', ({ mostTried }) => `${mostTried}`)
  row('429, of writes and touches', (count) => share(count.refused, count.writes + count.touches))
  row('  requests that waited for it', ({ delayed, requests }) => share(delayed, requests))
  row('  requests that failed by it', ({ failed, requests }) => share(failed, requests))
  row('keys read, a request', ({ keysRead, requests }) => each(keysRead, requests))
  row('keys found in a location’s cache', ({ keysCached, keysAsked }) =>
    share(keysCached, keysAsked),
  )
  row('keys put, a request', ({ keysPut, requests }) => each(keysPut, requests))
  row('keys deleted, a request', ({ keysDeleted, requests }) => each(keysDeleted, requests))
  row('copied cookies after a logout', ({ thefts }) => `${thefts.length}`)
  row('  good elsewhere, median', ({ thefts }) => at(0.5, thefts))
  row('  good elsewhere, at most', ({ thefts }) => at(1, thefts))

  console.log(`\n${locations} locations, ${lag} ms on the way.`)
  if (sample === sessions) return
  console.log(
    `A random sample: ${share(sample, sessions)} of ${sessions.toLocaleString('en')} sessions of each kind.`,
  )
  console.log('A maximum over all of them may be above that of the sample.')
}

function share(part: number, whole: number): string {
  if (part === 0) return '0'
  return `${((100 * part) / whole).toFixed(part / whole < 0.001 ? 4 : 2)} %`
}

function each(part: number, whole: number): string {
  return (part / whole).toFixed(3)
}

/** The time that a part of all times is within. */
function at(part: number, times: number[]): string {
  if (times.length === 0) return '-'
  const sorted = times.toSorted((a, b) => a - b)
  return `${(sorted[Math.floor(part * (sorted.length - 1))]! / 1000).toFixed(1)} s`
}

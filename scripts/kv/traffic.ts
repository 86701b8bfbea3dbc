/** What visitors do, for the simulation of Workers KV: drawn from distributions, the same for a seed. */

/** A request: when, in milliseconds since the visit began, where, and what for. */
export interface Visit {
  time: number
  location: number
  kind: 'read' | 'write' | 'login' | 'logout' | 'copy' | 'thief'
}

/** A visitor with one session. */
export interface Visitor {
  visits: Visit[]
  /** Whether the data are too large for a snapshot in the cookie. */
  isLarge: boolean
}

/** The shares and times that visitors are drawn from. */
export const traffic = {
  /** Page views of a visitor, on average. */
  pages: 10,
  /** Time between two, in milliseconds: the median, and how widely it spreads. */
  pause: 20_000,
  spread: 1.2,
  /** Page views that call the server four times more, within half a second. */
  bursts: 0.3,
  /** Page views that change the session, and of those calls. */
  writes: 0.1,
  callWrites: 0.02,
  /** Visitors who log in, and those of them who log out in the end. */
  logins: 0.5,
  logouts: 0.4,
  /** Visitors with data that do not fit. */
  large: 0.03,
  /** Logouts of which somebody elsewhere has a copy of the cookie, and uses it all the time. */
  thefts: 0.05,
}

/** Numbers from 0 to 1, the same for a seed (mulberry32). */
export function createRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Draws a visitor.
 *
 * @param moves The share of page views that come by way of another location than the one before:
 *   one of three that are the visitor's own.
 */
export function drawVisitor(random: () => number, locations: number, moves: number): Visitor {
  const chance = (share: number): boolean => random() < share
  // Some locations have far more visitors than others.
  const somewhere = (): number => Math.floor(locations * random() ** 2)
  const places = [somewhere(), somewhere(), somewhere()]
  let location = places[0]!
  let time = 0
  const pages = 1 + Math.floor(Math.log(1 - random()) / Math.log(1 - 1 / traffic.pages))
  const login = chance(traffic.logins) ? Math.floor(random() * Math.min(pages, 4)) : -1
  const visits: Visit[] = []
  for (let page = 0; page < pages; page++) {
    if (chance(moves)) location = places[Math.floor(random() * places.length)]!
    const kind = page === login ? 'login' : page === 0 || chance(traffic.writes) ? 'write' : 'read'
    visits.push({ time, location, kind })
    if (chance(traffic.bursts)) {
      for (let call = 1; call <= 4; call++) {
        const kind = chance(traffic.callWrites) ? 'write' : 'read'
        visits.push({ time: time + 100 + call * 100 * random(), location, kind })
      }
    }
    time += 1000 + traffic.pause * Math.exp(traffic.spread * gaussian(random))
  }
  if (login >= 0 && chance(traffic.logouts)) {
    if (chance(traffic.thefts)) visits.push(...theft(random, time, somewhere()))
    visits.push({ time, location, kind: 'logout' })
  }
  return { visits: visits.toSorted((a, b) => a.time - b.time), isLarge: chance(traffic.large) }
}

/**
 * A copy is taken five seconds before a logout, and used about every second for five minutes. How
 * long before the logout, or after it, it is used first matters: its location goes on with that.
 */
function theft(random: () => number, logout: number, location: number): Visit[] {
  const copied = logout - 5000
  const first = copied + 8000 * random()
  const uses = Array.from({ length: 300 }, (_, use): Visit => {
    return { time: first + (use + random() / 2) * 1000, location, kind: 'thief' }
  })
  return [{ time: copied, location, kind: 'copy' }, ...uses]
}

/** A number from the normal distribution (Box and Muller). */
function gaussian(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

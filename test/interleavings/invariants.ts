import { expect } from 'vitest'
import { DAY } from '../fixtures/clock.ts'
import { acts, LONGER, type Act } from './acts.ts'
import { data, isOver, type Outcome, type Plan, type World, type Write } from './world.ts'

const actOf = ({ name }: Outcome): Act => acts[name]

/** Whether a request took part in the session that all of them brought the cookie of. */
function hasTakenPart(outcome: Outcome, world: World): boolean {
  const { found, named, error } = outcome
  return found === world.start && named !== null && !error && !actOf(outcome).isEnd
}

function livesLonger({ name }: Outcome): boolean {
  return name.startsWith('live longer')
}

/** The key under which the session lives on, or did until it was ended. */
function lastKey(world: World): string {
  const mover = movers(world)[0]
  return mover?.named ?? world.start
}

function movers(world: World): Outcome[] {
  return world.outcomes.filter((outcome) => actOf(outcome).isMove && hasTakenPart(outcome, world))
}

/** The writes of a key up to a time, without those a request undid before anybody heard of them. */
function endOf(world: World, key: string, until = Infinity): number {
  return world.writes.findIndex((write, index) => {
    return index < until && write.key === key && isOver(write.record)
  })
}

type Promises = Record<string, (world: World, plan: Plan) => void>

/** What has to hold whatever the order was. */
export function promisesOf(world: World): Promises {
  // One after the other, requests can expect of any store what they can of the best.
  const more = world.kind.compares || isInTurn(world) ? comparing : overwriting
  return { ...always, ...more }
}

/** Whether none began before another was done, and each could know what the one before it did. */
export function isInTurn({ outcomes, kind }: World): boolean {
  const inOrder = outcomes.toSorted((one, other) => one.began - other.began || one.at - other.at)
  return inOrder.every(({ request, began }, index) => {
    const before = inOrder[index - 1]
    const isThere = kind.placeOf(request) === kind.placeOf(inOrder[0]!.request)
    return isThere && (!before || before.at <= began)
  })
}

/** Whether a request began after a write, where it was made. */
function couldKnow({ outcomes, writes, kind }: World, request: number, at: number): boolean {
  const isThere = kind.placeOf(request) === kind.placeOf(writes[at]!.request)
  return isThere && outcomes[request]!.began > at
}

/** With any store. */
const always: Promises = {
  'No request fails, but where the application wants no merging': (world, { conflict }) => {
    for (const { error } of world.outcomes) {
      if (conflict === 'error' && world.kind.compares)
        expect([undefined, 'ERR_SESSION_CONFLICT']).toContain(error?.code)
      else expect(error).toBe(null)
    }
  },

  'A cookie names a record that its request has stored': (world) => {
    for (const { request, named, at } of world.outcomes) {
      if (named === null) continue
      const before = world.writes.slice(0, at).filter(({ key }) => key === named)
      expect(before.some((write) => write.request === request && !isOver(write.record))).toBe(true)
      const end = before.findLast((write) => isOver(write.record))
      if (end && isOver(before.at(-1)!.record)) expect(end.request).not.toBe(request)
    }
  },

  'A record that is there is known to somebody': (world) => {
    const known = new Set([world.start, ...world.outcomes.map(({ named }) => named)])
    for (const { key } of world.writes) {
      if (world.recordOf(key)) expect(known.has(key)).toBe(true)
    }
  },

  'A request that changed something and sends no cookie found its session ended': (world) => {
    for (const outcome of world.outcomes) {
      const { found, named, cleared, error, at, hasActed } = outcome
      if (!hasActed || named || error || cleared || found === null) continue
      expect(endOf(world, found, at)).toBeGreaterThanOrEqual(0)
    }
  },

  'A request that only reads writes nothing, unless the session rolls': (world, { rolling }) => {
    for (const { request, name, named, cleared } of world.outcomes) {
      if (name !== 'read' || rolling) continue
      expect([named, cleared]).toEqual([null, false])
      const own = world.writes.filter((write) => write.request === request)
      // One that found a session given up clears that away.
      expect(own.every(({ record }) => record === null)).toBe(true)
    }
  },

  'A session that begins anew has nothing of the one before': (world) => {
    for (const outcome of world.outcomes) {
      const { named, found, own } = outcome
      if (named === null || (found !== null && !actOf(outcome).isEnd)) continue
      const record = world.recordOf(named)
      if (!record) continue
      const keys = Object.keys(record).filter((key) => !key.startsWith('_'))
      expect([own, 'n', 'same', 'cart']).toEqual(expect.arrayContaining(keys))
      expect(record['user']).toBe(undefined)
    }
  },
}

/** With a store that compares. */
const comparing: Promises = {
  'What has ended is never written again, but by the one that ended what nobody knew of': ({
    writes,
  }) => {
    for (const [index, { key, request, record }] of writes.entries()) {
      if (isOver(record)) continue
      const end = writes.slice(0, index).findLast((write) => write.key === key)
      if (end && isOver(end.record)) expect(end.request).toBe(request)
    }
  },

  'The session is gone where a request that found it has ended it': (world) => {
    const { start, outcomes, recordOf } = world
    const ended = outcomes.some((one) => actOf(one).isEnd && one.found === start && !one.error)
    if (ended) expect(recordOf(start)).toBe(null)
  },

  'The old id is gone where a new one was given': (world) => {
    if (movers(world).length) expect(world.recordOf(world.start)).toBe(null)
  },

  'One request gives the new id': (world) => {
    expect(movers(world).length).toBeLessThanOrEqual(1)
  },

  'One does, if any that found the session tried and none ended it': (world, { conflict }) => {
    const { outcomes, start } = world
    const tried = outcomes.some((one) => actOf(one).isMove && one.found === start)
    const isEnded = outcomes.some((one) => actOf(one).isEnd)
    if (tried && !isEnded && conflict === 'merge') expect(movers(world)).toHaveLength(1)
  },

  'No change is lost': (world) => {
    const record = world.recordOf(lastKey(world))
    if (!record) return
    for (const outcome of world.outcomes) {
      const { own } = outcome
      const isThere = hasTakenPart(outcome, world)
      if (actOf(outcome).isChange) expect(record[own]).toBe(isThere ? own : undefined)
      if (outcome.name !== 'leave a message') continue
      expect(record._flash?.[own]).toBe(isThere ? own : undefined)
    }
    expect(record).toMatchObject({ user: 'fred' })
  },

  'No increment is lost, and none made twice': (world) => {
    const record = world.recordOf(lastKey(world))
    if (!record) return
    let n = data.n
    for (const outcome of world.outcomes) {
      if (!hasTakenPart(outcome, world)) continue
      if (outcome.name === 'count with update()') n += 1
      if (outcome.name === 'count with update() twice') n += 2
    }
    const isCut = world.outcomes.some(
      ({ name, named, found }) => name === 'count with update() twice' && found && !named,
    )
    if (isCut) expect([n, n + 1]).toContain(record['n'])
    else expect(record['n']).toBe(n)
  },

  'A maxAge of its own is not lost, and not made up': (world) => {
    const record = world.recordOf(lastKey(world))
    if (!record) return
    const isAsked = world.outcomes.some((one) => livesLonger(one) && hasTakenPart(one, world))
    expect([record._maxAge, record._own]).toEqual(isAsked ? [LONGER, true] : [DAY, undefined])
  },

  'One value of a key that several change stays, whole': (world) => {
    const record = world.recordOf(lastKey(world))
    if (!record) return
    const values = (name: string): string[] =>
      world.outcomes
        .filter((one) => one.name === name && hasTakenPart(one, world))
        .map(({ own }) => own)
    const same = values('change the same key')
    expect(same.length ? same : [data.same]).toContain(record['same'])
    const items = values('change within an object')
    const { items: kept } = record['cart'] as { items: string[] }
    for (const item of kept) expect(items).toContain(item)
    if (items.length) expect(kept.length).toBeGreaterThan(0)
  },

  'A message is taken at most once for good, and stays if nobody took it': (world) => {
    const record = world.recordOf(lastKey(world))
    if (!record) return
    const isTaken = world.outcomes.some(
      (one) => one.name === 'take a message' && one.hasActed && hasTakenPart(one, world),
    )
    expect(record._flash?.['note']).toBe(isTaken ? undefined : 'hello')
  },
}

/** With one that does not: the last write wins. */
const overwriting: Promises = {
  'What has ended is brought back by nobody who could know of it': (world) => {
    const { writes, kind } = world
    for (const [index, { key, request, record }] of writes.entries()) {
      if (isOver(record)) continue
      const isEnd = (write: Write): boolean => write.key === key && isOver(write.record)
      const last = writes.slice(0, index).findLastIndex((write) => write.key === key)
      // What was brought back is there for all, but where an end is remembered.
      const end = kind.remembersEnds ? writes.findIndex(isEnd) : last
      const isLater = end !== -1 && end < index && isEnd(writes[end]!)
      if (isLater && writes[end]!.request !== request) {
        expect(couldKnow(world, request, end)).toBe(false)
      }
    }
  },

  'Who ends a session, or gives it a new id, has the old one destroyed': (world) => {
    const { start, outcomes, writes } = world
    for (const outcome of outcomes) {
      const { isEnd, isMove } = actOf(outcome)
      if (outcome.found !== start || !(isEnd || isMove)) continue
      const own = writes.filter(({ request, key }) => request === outcome.request && key === start)
      expect(own.some(({ record }) => isOver(record))).toBe(true)
    }
  },

  'It stays so, unless another that found it before writes it again where no end is remembered': (
    world,
  ) => {
    for (const key of new Set(world.writes.map(({ key }) => key))) {
      const ofKey = world.writes.filter((write) => write.key === key)
      const { remembersEnds } = world.kind
      const isEnded = remembersEnds
        ? ofKey.some(({ record }) => isOver(record))
        : isOver(ofKey.at(-1)!.record)
      expect(world.recordOf(key) === null).toBe(isEnded)
    }
  },

  'A new id is that of one request': ({ start, writes }) => {
    const owners = new Map<string, number>()
    for (const { key, request } of writes) {
      if (key === start) continue
      expect(owners.get(key) ?? request).toBe(request)
      owners.set(key, request)
    }
  },

  'A record is whole: as the last request wrote it': (world) => {
    for (const { key } of world.writes) {
      const last = world.writes.findLast((write) => write.key === key)!
      if (world.recordOf(key)) expect(world.recordOf(key)).toEqual(last.record)
    }
  },

  'A change is lost to none but a request that could not know of it': (world) => {
    const { writes, outcomes } = world
    for (const outcome of outcomes) {
      const { own, request, named } = outcome
      const isMessage = outcome.name === 'leave a message'
      const { isChange } = actOf(outcome)
      if (!(isChange || isMessage || livesLonger(outcome))) continue
      const record = world.recordOf(named!)
      if (!record || !hasTakenPart(outcome, world)) continue
      const kept = isMessage ? record._flash : record
      const isThere = kept?.[own] === own || !(isChange || isMessage)
      if (isThere && (record._maxAge === LONGER || !livesLonger(outcome))) continue
      const at = writes.findLastIndex((write) => write.request === request && write.key === named)
      const others = writes.slice(at + 1).filter(({ key }) => key === named)
      const isExcused = others.some((write) => !couldKnow(world, write.request, at))
      expect(isExcused).toBe(true)
    }
  },

  'No increment is made twice, and no value made up': (world) => {
    const owns = (name: string): string[] =>
      world.outcomes.filter((one) => one.name === name).map(({ own }) => own)
    const most = owns('count with update()').length + 2 * owns('count with update() twice').length
    for (const { named } of world.outcomes.filter((one) => hasTakenPart(one, world))) {
      const record = world.recordOf(named!)
      if (!record) continue
      expect(record['user']).toBe('fred')
      expect(record['n']).toBeGreaterThanOrEqual(data.n)
      expect(record['n']).toBeLessThanOrEqual(data.n + most)
      expect([data.same, ...owns('change the same key')]).toContain(record['same'])
      const { items } = record['cart'] as { items: string[] }
      expect(owns('change within an object')).toEqual(expect.arrayContaining(items))
    }
  },

  'A message stays that nobody took': (world) => {
    const { outcomes } = world
    if (outcomes.some(({ name, hasActed }) => name === 'take a message' && hasActed)) return
    for (const { named } of outcomes.filter((one) => hasTakenPart(one, world))) {
      const record = world.recordOf(named!)
      if (record) expect(record._flash?.['note']).toBe('hello')
    }
  },
}

import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSessionManager, type SessionManager } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createRevocation } from '../../src/revocation.ts'
import { createClock, DAY, HOUR, MINUTE, SECOND, type Clock } from '../fixtures/clock.ts'
import { check, patience, seed } from '../fixtures/properties.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor, type Visitor } from '../fixtures/visitor.ts'

/** A session, as simple as can be. */
interface Model {
  data: Record<string, unknown>
  /** Another number is another id. */
  id: number
  created: number
  saved: number
}

interface Limits {
  maxAge: number
  absoluteMaxAge: number | undefined
  rolling: boolean
}

/** A cookie that was copied, and what it stood for then. */
interface Copy {
  header: string
  session: Model
  expires: number
}

const who = fc.nat(2)
const users = fc.constantFrom('ada', 'bob')
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ act: fc.constant('read' as const), who }) },
  {
    weight: 4,
    arbitrary: fc.record({
      act: fc.constant('set' as const),
      who,
      name: fc.constantFrom('a', 'b'),
      value: fc.constantFrom(1, 2, 'é', [1, { deep: true }]),
    }),
  },
  fc.record({ act: fc.constant('delete' as const), who, name: fc.constantFrom('a', 'b', 'user') }),
  { weight: 2, arbitrary: fc.record({ act: fc.constant('log in' as const), who, user: users }) },
  fc.record({ act: fc.constant('save' as const), who }),
  fc.record({ act: fc.constant('regenerate' as const), who }),
  fc.record({ act: fc.constant('destroy' as const), who }),
  fc.record({ act: fc.constant('revoke' as const), who }),
  fc.record({ act: fc.constant('end all of' as const), user: users }),
  { weight: 2, arbitrary: fc.record({ act: fc.constant('copy' as const), who }) },
  {
    weight: 3,
    arbitrary: fc.record({
      act: fc.constant('wait' as const),
      ms: fc.constantFrom(SECOND, MINUTE, HOUR / 2, HOUR - SECOND, HOUR, 2 * HOUR),
    }),
  },
)
type Step = typeof step extends fc.Arbitrary<infer one> ? one : never

const limits = fc.record({
  maxAge: fc.constantFrom(HOUR, 2 * HOUR),
  absoluteMaxAge: fc.constantFrom(undefined, 3 * HOUR),
  rolling: fc.boolean(),
})

/** Where sessions are kept, and how they end from outside. */
interface Place {
  manager: SessionManager<any>
  /** Whether a copy shows what the session has come to, or what it was. */
  isShared: boolean
  revoke(visitor: Visitor): Promise<void>
  endAll(user: string): Promise<number | undefined>
}

type MakePlace = (clock: Clock, limits: Limits) => Place

const places: Record<string, MakePlace> = {
  'in a store': (clock, limits) => {
    const { now } = clock
    const principal = (data: any): string | undefined => data.user
    const store = createMemoryStore(clock)
    const manager = createSessionManager<any>({ secrets: SECRET, now, store, principal, ...limits })
    return {
      manager,
      isShared: true,
      revoke: async (visitor) => void (await visitor.visit((session) => session.destroy())),
      endAll: (user) => manager.destroyAll(user),
    }
  },
  'in the cookie': (clock, limits) => {
    const { now } = clock
    const principal = (data: any): string | undefined => data.user
    const revocation = createRevocation(createMemoryStore(clock), { maxAge: DAY, now })
    const { isRevoked } = revocation
    const config = { secrets: SECRET, now, principal, isRevoked, ...limits }
    const manager = createSessionManager<any>(config)
    return {
      manager,
      isShared: false,
      async revoke(visitor) {
        await visitor.visit(async (session) => {
          if (!session.isNew) await revocation.revoke(session)
          session.destroy()
        })
      },
      async endAll(user) {
        await revocation.revokeAll(user)
        return undefined
      },
    }
  },
}

/** Plays a history with real sessions and with the model, and compares the two at every step. */
async function play(make: MakePlace, limits: Limits, steps: Step[]): Promise<void> {
  const clock = createClock()
  const { manager, isShared, revoke, endAll } = make(clock, limits)
  const visitors = [0, 1, 2].map(() => createVisitor(manager))
  const models: (Model | undefined)[] = [undefined, undefined, undefined]
  const copies: Copy[] = []
  const gone = new Set<number>()
  let ids = 0

  const { maxAge, absoluteMaxAge = Infinity } = limits
  const idle = Math.min(maxAge, absoluteMaxAge)
  const endOf = ({ saved, created }: Model): number =>
    Math.min(saved + idle, created + absoluteMaxAge)
  const alive = (who: number): Model | undefined => {
    const model = models[who]
    return model && clock.now() < endOf(model) && !gone.has(model.id) ? model : undefined
  }
  const fresh = (data: Model['data'], id = ++ids): Model => {
    const now = clock.now()
    return { data, id, created: now, saved: now }
  }
  /** The model after a visit, given what was done to the data. */
  const after = (who: number, data: Model['data'], wish?: 'save' | 'regenerate'): void => {
    const before = alive(who)
    const isChanged = JSON.stringify(before?.data ?? {}) !== JSON.stringify(data)
    if (!before && !isChanged && !wish) return
    const isMoved = before && (wish === 'regenerate' || before.data['user'] !== data['user'])
    if (isMoved && isShared) gone.add(before.id)
    if (!before || isMoved) models[who] = fresh(data)
    else if (isChanged || wish || limits.rolling)
      models[who] = { ...before, data, saved: clock.now() }
  }

  async function take(step: Step): Promise<void> {
    if (step.act === 'wait') return clock.pass(step.ms)
    if (step.act === 'end all of') {
      const theirs = [0, 1, 2].filter((who) => alive(who)?.data['user'] === step.user)
      for (const who of theirs) gone.add(models[who]!.id)
      if (!isShared) {
        for (const { session } of copies)
          if (session.data['user'] === step.user) gone.add(session.id)
      }
      expect([undefined, theirs.length]).toContain(await endAll(step.user))
      return
    }
    const { who } = step
    const visitor = visitors[who]!
    const before = alive(who)
    const data = { ...before?.data }
    if (step.act === 'copy') {
      if (before)
        copies.push({ header: visitor.jar.header, session: before, expires: endOf(before) })
      return
    }
    if (step.act === 'revoke' || step.act === 'destroy') {
      if (before && (isShared || step.act === 'revoke')) gone.add(before.id)
      models[who] = undefined
      if (step.act === 'revoke') return revoke(visitor)
      await visitor.visit((session) => session.destroy())
      return
    }
    await visitor.visit(async (session) => {
      if (step.act === 'set') session[step.name] = data[step.name] = step.value
      if (step.act === 'log in') session.user = data['user'] = step.user
      if (step.act === 'delete') {
        delete session[step.name]
        delete data[step.name]
      }
      if (step.act === 'save') await session.save()
      if (step.act === 'regenerate') await session.regenerate()
    })
    after(who, data, step.act === 'save' || step.act === 'regenerate' ? step.act : undefined)
  }

  for (const step of steps) {
    await take(step)
    // Whole seconds are what cookies know: no two steps are in the same one.
    clock.pass(SECOND)
    for (const who of [0, 1, 2]) {
      const session = await visitors[who]!.peek()
      const model = alive(who)
      expect([session.isNew, { ...session }]).toEqual([!model, { ...model?.data }])
    }
    for (const { header, session, expires } of copies) {
      const now = models.find((model) => model?.id === session.id) ?? session
      const isGood =
        clock.now() < expires && !gone.has(session.id) && (!isShared || clock.now() < endOf(now))
      const found = await manager.load(header)
      expect({ ...found }).toEqual(isGood ? (isShared ? now : session).data : {})
    }
  }
}

const histories = fc.array(step, { minLength: 1, maxLength: 50, size: 'max' })

describe.each(Object.entries(places))('sessions %s', (_, make) => {
  it(
    'come to what a simple model says, step by step',
    async () => {
      const property = fc.asyncProperty(limits, histories, (limits, steps) =>
        play(make, limits, steps),
      )
      await check('histories of sessions', property, 1 / 2)
    },
    patience,
  )

  it.each<[string, (place: Place) => Place]>([
    ['a logout ends nothing', (place) => ({ ...place, revoke: async () => {} })],
    ['nobody is logged out elsewhere', (place) => ({ ...place, endAll: async () => undefined })],
    ['a copy is another thing', (place) => ({ ...place, isShared: !place.isShared })],
  ])('would not, where %s', async (_, spoil) => {
    const property = fc.asyncProperty(limits, histories, (limits, steps) =>
      play((...args) => spoil(make(...args)), limits, steps),
    )
    await expect(fc.assert(property, { numRuns: 300, seed, endOnFailure: true })).rejects.toThrow(
      'Property failed',
    )
  })
})

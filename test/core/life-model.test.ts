import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createSessionManager } from '../../src/index.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { createClock, SECOND } from '../fixtures/clock.ts'
import { check, patience } from '../fixtures/properties.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor } from '../fixtures/visitor.ts'

/** Times around which clocks go wrong, and others. */
const start = fc.oneof(
  fc.constantFrom(2 ** 31 * SECOND, 2 ** 32 * SECOND, Date.UTC(2200, 0, 1), Date.UTC(2026, 0, 1)),
  fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2300, 0, 1) }),
)
const seconds = fc.oneof(
  fc.integer({ min: 1, max: 100 }),
  fc.constantFrom(60, 3600, 86_400, 7 * 86_400, 400 * 86_400),
)
const span = seconds.map((count) => count * SECOND)

const step = fc.record({
  /** How much of the time that is left passes before the visit. */
  share: fc.oneof(fc.double({ min: 0, max: 1.2, noNaN: true }), fc.constantFrom(0.5, 0.999, 1)),
  act: fc.constantFrom('read', 'read', 'change', 'save', 'regenerate'),
})

const life = fc.record({
  start,
  maxAge: span,
  absoluteMaxAge: fc.option(span, { nil: undefined }),
  rolling: fc.boolean(),
  renew: fc.boolean(),
  steps: fc.array(step, { minLength: 1, maxLength: 12 }),
})

describe('a life of up to twelve visits', () => {
  it.each(['in the cookie', 'in a store'])(
    'keeps its two limits: %s',
    async (place) => {
      const property = fc.asyncProperty(life, async ({ start, steps, ...limits }) => {
        const clock = createClock(start)
        const store = place === 'in a store' ? createMemoryStore(clock) : null
        const config = { secrets: SECRET, now: clock.now, store, ...limits }
        const manager = createSessionManager(config)
        const { jar, visit } = createVisitor(manager)
        await visit((session) => (session.n = 0))
        const absolute = limits.absoluteMaxAge ?? Infinity
        const idle = Math.min(limits.maxAge, absolute)
        let created = start
        let saved = start
        const end = (): number => Math.min(saved + idle, created + absolute)

        for (const [index, { share, act }] of steps.entries()) {
          clock.pass(Math.ceil((end() - clock.now()) * share))
          const now = clock.now()
          const session = await manager.load(jar.header)
          // Time counts in whole seconds: the end may come up to one early, and never late.
          expect(session.isNew ? now >= end() - SECOND : now < end()).toBe(true)
          if (session.isNew) return

          if (act === 'change') session.n = index + 1
          if (act === 'save') await session.save()
          if (act === 'regenerate') await session.regenerate()
          const cookies = await manager.commit(session)
          jar.take(cookies)
          const left = end() - now
          const gain = Math.min(now + idle, created + absolute) - end()
          const renews = (slack: number): boolean =>
            (limits.renew && left < idle / 2 + slack && gain > -slack) ||
            (limits.rolling && gain > idle / 10 - slack)
          const must = act !== 'read' || (renews(-SECOND) && gain > SECOND)
          const may = must || renews(SECOND)
          expect(cookies.length ? may : !must).toBe(true)
          if (act === 'regenerate') created = now
          if (cookies.length) saved = now
        }
      })
      await check('lives and clocks', property, 1 / 2)
    },
    patience,
  )
})

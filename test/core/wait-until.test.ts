import { expect, it } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import { createSessionManager } from '../../src/index.ts'
import { createClock, DAY } from '../fixtures/clock.ts'
import { SECRET } from '../fixtures/secrets.ts'
import { createVisitor } from '../fixtures/visitor.ts'

it.each([true, false])(
  'a record that is over goes after the response, and a failure of that is nobody’s: %s',
  async (works) => {
    const clock = createClock()
    // Its clock stands still, so that the record outlives its session.
    const store = createMemoryStore({ now: () => 0 })
    const later: [promise: Promise<unknown>, ctx: unknown][] = []
    const manager = createSessionManager<any, string>({
      secrets: SECRET,
      store,
      now: clock.now,
      absoluteMaxAge: 2 * DAY,
      maxAge: 2 * DAY,
      valid: () => false,
      waitUntil: (promise, ctx) => later.push([promise, ctx]),
    })
    const visitor = createVisitor(manager)
    await visitor.visit((session) => (session.user = 'ada'))
    let destroy = (): void => {}
    const allowed = new Promise<void>((resolve) => (destroy = resolve))
    const destroyed: string[] = []
    store.destroy = async (key) => {
      await allowed
      if (!works) throw new Error('down')
      destroyed.push(key)
    }

    expect(await manager.load(visitor.jar.header, 'ctx')).toMatchObject({ isNew: true })
    expect(later.map(([, ctx]) => ctx)).toEqual(['ctx'])
    expect(destroyed).toEqual([])
    destroy()
    await later[0]![0]
    expect(destroyed).toHaveLength(works ? 1 : 0)
  },
)

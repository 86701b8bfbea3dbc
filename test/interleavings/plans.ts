import * as fc from 'fast-check'
import type { Store } from '../../src/index.ts'
import { actNames, type ActName } from './acts.ts'
import { isInTurn, promisesOf } from './invariants.ts'
import type { Kind } from './kinds.ts'
import { play, withScheduledPauses, type Plan, type World } from './world.ts'

/** How often something came of the plans: orders that are all alike would prove nothing. */
export interface Seen {
  taken: number
  moved: number
  ended: number
  /** Requests whose change went nowhere. */
  dropped: number
  /** Plans whose requests came one after the other. */
  inTurn: number
}

/** Requests that overlap, in every order, and what came of them. */
export function plansOf(
  kind: Kind,
  tamper?: (store: Store) => Store,
): { property: fc.IAsyncProperty<[fc.Scheduler, Plan]>; seen: Seen } {
  const seen: Seen = { taken: 0, moved: 0, ended: 0, dropped: 0, inTurn: 0 }
  const plans = fc.record<Plan>({
    names: fc.array(fc.constantFrom(...actNames), { minLength: 2, maxLength: 4 }),
    rolling: fc.boolean(),
    conflict: fc.constantFrom('merge', 'merge', 'merge', 'error'),
  })
  const property = fc.asyncProperty(fc.scheduler(), plans, async (scheduler, plan) => {
    const world = await playAndCheck(scheduler, plan, kind, tamper)
    if (isInTurn(world)) seen.inTurn++
    for (const { named, cleared, found, name } of world.outcomes) {
      if (named) seen.taken++
      if (named && named !== found && found) seen.moved++
      if (cleared) seen.ended++
      if (!named && !cleared && found && name !== 'read') seen.dropped++
    }
  })
  return { property, seen }
}

/** The same requests, in every order. */
export function ordersOf(kind: Kind, names: ActName[]): fc.IAsyncProperty<[fc.Scheduler, boolean]> {
  return fc.asyncProperty(fc.scheduler(), fc.boolean(), async (scheduler, rolling) => {
    await playAndCheck(scheduler, { names, rolling, conflict: 'merge' }, kind)
  })
}

/** Plays a plan, in an order that the scheduler decides, and looks at what came of it. */
async function playAndCheck(
  scheduler: fc.Scheduler,
  plan: Plan,
  kind: Kind,
  tamper?: (store: Store) => Store,
): Promise<World> {
  const world = await withScheduledPauses(scheduler, () => play(scheduler, plan, kind, tamper))
  for (const [sentence, hold] of Object.entries(promisesOf(world))) {
    try {
      hold(world, plan)
    } catch (error) {
      const story = JSON.stringify(world.outcomes, null, 1)
      throw new Error(`${sentence}: ${(error as Error).message}\n${story}`, { cause: error })
    }
  }
  return world
}

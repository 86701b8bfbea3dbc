/**
 * A Worker for tests that ask a lot of a store: whole histories of sessions in Durable Objects, and
 * requests that overlap, are played in here, right beside the objects.
 */
import * as fc from 'fast-check'
import { createDurableObjectStore, type ObjectNamespace } from '../../adapters/durable-object.ts'
import type { Store } from '../../src/index.ts'
import { comparing } from '../interleavings/kinds.ts'
import { plansOf } from '../interleavings/plans.ts'
import { historiesOf } from '../model/commands.ts'
import { storeMode } from '../model/modes.ts'
import { beginAssertions } from '../runtimes/runner/expect.ts'

export { SessionObject } from '../../adapters/durable-object.ts'

interface Bindings {
  SESSION: ObjectNamespace
}

/** What is to be played, how often, and from which seed on. */
export interface Order {
  what: 'histories' | 'requests that overlap'
  seed: number
  runs: number
  /** Has the store compare nothing, to see whether anybody notices. */
  isSpoilt: boolean
}

/** What came of them. */
export interface Verdict {
  /** What fast-check says of one that went otherwise: its seed, its path and itself. */
  failure?: string | undefined
}

/** How long they may take in all, one that has failed being made shorter included, in milliseconds. */
const PATIENCE = 240_000

function storeOf({ SESSION }: Bindings, isSpoilt: boolean): Store {
  const store = createDurableObjectStore(SESSION, { timeout: 30_000 })
  if (!isSpoilt) return store
  return {
    ...store,
    async compareAndSet(key, record, maxAge, _, options) {
      await store.set(key, record, maxAge, options)
      return true
    },
  }
}

export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    const { what, seed, runs, isSpoilt } = (await request.json()) as Order
    beginAssertions()
    const open = (): Store => storeOf(env, isSpoilt)
    const property: fc.IAsyncProperty<any> =
      what === 'histories' ? historiesOf(storeMode(open)) : plansOf(comparing(open)).property
    const limits = { seed, numRuns: runs, interruptAfterTimeLimit: PATIENCE }
    const details = await fc.check(property, limits)
    const { failed, numRuns, errorInstance } = details
    const message = await fc.asyncDefaultReportMessage(details)
    let failure: string | undefined
    if (failed) failure = `${message}\n${String(errorInstance)}`
    else if (numRuns < runs) failure = `Time was up after ${numRuns} of ${runs} runs.`
    return Response.json({ failure } satisfies Verdict)
  },
}

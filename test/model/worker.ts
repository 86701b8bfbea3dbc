/** A Worker for the model's test: histories of sessions in Durable Objects, played right beside them. */
import * as fc from 'fast-check'
import { createDurableObjectStore, type ObjectNamespace } from '../../adapters/durable-object.ts'
import type { Store } from '../../src/index.ts'
import { beginAssertions } from '../runtimes/runner/expect.ts'
import { historiesOf } from './commands.ts'
import { storeMode } from './modes.ts'

export { SessionObject } from '../../adapters/durable-object.ts'

interface Bindings {
  SESSION: ObjectNamespace
}

/** How many histories are to be played, and from which seed on. */
export interface Order {
  seed: number
  runs: number
  /** Has the store compare nothing, to see whether anybody notices. */
  isSpoilt: boolean
}

/** What came of them. */
export interface Verdict {
  /** What fast-check says of one that went otherwise: its seed, its path and its commands. */
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
    const { seed, runs, isSpoilt } = (await request.json()) as Order
    beginAssertions()
    const histories = historiesOf(storeMode(() => storeOf(env, isSpoilt)))
    const limits = { seed, numRuns: runs, interruptAfterTimeLimit: PATIENCE }
    const details = await fc.check(histories, limits)
    const { failed, numRuns, errorInstance } = details
    const message = await fc.asyncDefaultReportMessage(details)
    let failure: string | undefined
    if (failed) failure = `${message}\n${String(errorInstance)}`
    else if (numRuns < runs) failure = `Time was up after ${numRuns} of ${runs} histories.`
    return Response.json({ failure } satisfies Verdict)
  },
}

/**
 * `npm run test:stores`, or a part of it: `npm run test:stores -- sizes calls load`. It ends what
 * it starts, and fails on any error of a request and on any lost increment.
 */
import { availableParallelism } from 'node:os'
import { printCalls } from './stores/calls.ts'
import { runLoad } from './stores/load.ts'
import { openDurableObjects, openRedis } from './stores/places.ts'
import { printOutcome } from './stores/report.ts'
import { printSizes } from './stores/sizes.ts'

const parts: Record<string, () => Promise<void>> = {
  sizes: printSizes,
  calls: printCalls,
  load: loadAll,
}
const asked = process.argv.slice(2)

console.log(`Node ${process.version}, ${availableParallelism()} processors`)
for (const [name, run] of Object.entries(parts)) {
  if (asked.length === 0 || asked.includes(name)) await run()
}

async function loadAll(): Promise<void> {
  for (const open of [openRedis, openDurableObjects]) {
    const place = await open()
    try {
      const outcome = await runLoad(place, { sessions: 10_000, clients: 64, seconds: 30 })
      printOutcome(outcome)
      if (outcome.errors || outcome.lost || outcome.increments < 20_000) process.exitCode = 1
    } finally {
      await place.stop()
    }
  }
}

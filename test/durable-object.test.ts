import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bundleWorker, runWorker, type RunningWorker } from './workerd/running.ts'

const parts = {
  env: { SESSION: { type: 'durable-object', worker: 'test', exportName: 'InspectedObject' } },
  exports: { InspectedObject: { type: 'durable-object', storage: 'sqlite' } },
}

let code: string
let worker: RunningWorker

beforeAll(async () => {
  code = await bundleWorker(new URL('durable-object/worker.ts', import.meta.url))
  worker = await runWorker(code, undefined, parts)
})

afterAll(() => worker.stop())

async function json(path: string): Promise<any> {
  const response = await fetch(new URL(path, worker.url))
  return response.json()
}

describe('the contract', () => {
  it('is kept, case by case', { timeout: 120_000 }, async () => {
    const names: string[] = await json('suite')
    const outcomes = await Promise.all(names.map((name, index) => json(`suite/${index}`).then(o => [name, o])))
    console.log(names.length, outcomes.filter(([, o]) => o.error || o.skipped))
  })
})

import { afterAll, beforeAll, expect, it } from 'vitest'
import { bundleWorker, runWorker, type RunningWorker } from '../workerd/running.ts'
import { UNTIL } from './fixture.ts'
import { libraries } from './libraries.ts'

let worker: RunningWorker

beforeAll(async () => {
  const code = await bundleWorker(new URL('worker.ts', import.meta.url))
  const until = { type: 'text', value: new Date(UNTIL).toISOString() }
  worker = await runWorker(code, undefined, { env: { UNTIL: until } })
})

afterAll(() => worker.stop())

// A store of express-session needs Node.
it.each(libraries.filter(({ name }) => name !== 'express-session'))(
  'workerd reads the cookies of $name',
  async ({ write }) => {
    const headers = { cookie: await write({ user: 'fred', name: 'Žofie 🐎' }) }
    const answer = await fetch(worker.url, { headers })

    expect(await answer.json()).toEqual({ user: 'fred', name: 'Žofie 🐎' })
    expect(answer.headers.getSetCookie().at(-1)).toMatch(/^__Host-sid=eyJ[^;]*\.\.[^;]*; /)
  },
)

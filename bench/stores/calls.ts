import { Hono } from 'hono'
import type { Store } from 'session-kit'
import { session, type SessionVariables } from 'session-kit/hono'
import { SECRET } from '../../test/fixtures/secrets.ts'
import { takeCounts, type Counts, type Visit } from './acts.ts'
import { openMeters, type Meter } from './meters.ts'
import { costOf, prices } from './prices.ts'
import { printTable } from './report.ts'

/** What a request does, in the order that a visitor does it. */
export const requests = ['begin', 'untouched', 'read', 'write', 'touch', 'login', 'logout'] as const

/** What each of them asks of a store. */
export type Calls = Record<(typeof requests)[number], Counts>

/** Has a visitor come to an application that keeps its sessions in a store, and counts. */
export async function countCalls({ store, counts, take }: Meter): Promise<Calls> {
  const app = createApp(store)
  let cookie = ''
  const calls = {} as Calls
  // Redis learns the scripts the first time.
  for (let time = 0; time < 2; time++) {
    for (const name of requests) {
      takeCounts(counts)
      await take?.()
      const response = await app.request(`https://example.com/${name}`, { headers: { cookie } })
      if (!response.ok) throw new Error(`${name} answered ${response.status}.`)
      const [line] = response.headers.getSetCookie()
      if (Boolean(line) !== !/untouched|read/.test(name)) throw new Error(`${name}: which cookie?`)
      if (line) cookie = line.slice(0, line.indexOf(';'))
      calls[name] = { ...takeCounts(counts), ...(await take?.()) }
    }
  }
  return calls
}

function createApp(store: Store): Hono<{ Variables: SessionVariables<Visit> }> {
  const app = new Hono<{ Variables: SessionVariables<Visit> }>()
  for (const name of requests) {
    const isLater = requests.indexOf(name) >= requests.indexOf('touch')
    // Workers KV leaves a session alone that was saved within the minute.
    const now = (): number => Date.now() + (isLater ? 120_000 : 0)
    const rolling = name === 'touch'
    app.use(`/${name}`, session<Visit>({ secrets: SECRET, store, rolling, touchAfter: 0, now }))
  }
  return app
    .get('/untouched', (c) => c.text(''))
    .get('/read', async (c) => c.json(await c.var.session))
    .get('/touch', async (c) => c.json(await c.var.session))
    .get('/begin', async (c) => {
      ;(await c.var.session).n = 1
      return c.text('')
    })
    .get('/write', async (c) => {
      ;(await c.var.session).seen = Math.random()
      return c.text('')
    })
    .get('/login', async (c) => {
      const session = await c.var.session
      session.user = 'Ada'
      await session.regenerate()
      return c.text('')
    })
    .get('/logout', (c) => {
      c.var.session.destroy()
      return c.text('')
    }) as unknown as Hono<{ Variables: SessionVariables<Visit> }>
}

/** Prints what requests ask of each store, and what a million of them cost. */
export async function printCalls(): Promise<void> {
  const { meters, stop } = await openMeters()
  try {
    const rows: [string, Calls][] = []
    for (const meter of meters) rows.push([meter.name, await countCalls(meter)])
    console.log('\ncalls of a request')
    printTable([
      ['', ...requests],
      ...rows.map(([name, calls]) => [name, ...requests.map((act) => textOf(calls[act]))]),
    ])
    console.log('\nUS dollars for a million requests, at list prices')
    printTable([
      ['', ...requests],
      ...rows
        .filter(([name]) => prices[name])
        .map(([name, calls]) => [
          name,
          ...requests.map((act) => costOf(calls[act], prices[name]!.units).toFixed(2)),
        ]),
    ])
  } finally {
    await stop()
  }
}

function textOf(counts: Counts): string {
  return (
    Object.entries(counts)
      .map(([name, times]) => (times === 1 ? name : `${times} ${name}`))
      .join(' + ') || '-'
  )
}

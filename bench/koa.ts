// What a session costs a Koa request: this library, and others, in one run, interleaved.
import { once } from 'node:events'
import { createServer } from 'node:http'
import { koaAims, type Runtime } from './aims.ts'
import { koaApps, koaCases, koaSubjects } from './koa-apps.ts'
import { measureAbove, type Effort, type Times } from './measure.ts'
import { KOA_SEALED, KOA_STOCK, KOA_STOCK_STORE } from './names.ts'
import { cell, table, type Measured } from './report.ts'

/** µs of processor time above an application without sessions. */
export async function benchKoa(runtime: Runtime, effort: Effort): Promise<Measured> {
  const apps = await koaApps()
  // One real request first, so that nothing here depends on the shortcut of the others.
  const server = createServer(apps[KOA_SEALED]!.handler as never)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as { port: number }
  const answer = await fetch(`http://127.0.0.1:${port}/fill`)
  if (answer.headers.getSetCookie().length !== 1) throw new Error('No cookie was set.')
  server.closeAllConnections()
  server.close()

  const columns: Map<string, Times>[] = []
  const counts: Record<string, number>[] = []
  for (const [index, { isJudged }] of koaCases.entries()) {
    if (effort.isGuard && !isJudged) continue
    const { subjects, calls } = await koaSubjects(apps, index)
    columns.push(await measureAbove(subjects, effort))
    counts.push(calls)
  }
  const rows = [...columns[0]!.keys()].map((name) => {
    const hasStore = name.endsWith('store')
    const stock = hasStore ? KOA_STOCK_STORE : KOA_STOCK
    return [
      name,
      ...columns.map((column) => cell(column.get(name)!, column.get(stock))),
      hasStore ? counts.map((calls) => calls[name]).join(', ') : '',
    ]
  })
  const heads = koaCases.map(({ title }) => title)
  return {
    table: table([`${runtime}: Koa 3`, ...heads, 'calls of the store'], rows),
    aims: koaAims(columns, counts, runtime),
  }
}

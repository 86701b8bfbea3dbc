/**
 * A Worker with sessions in Durable Objects, for the load; the objects themselves behind plain
 * HTTP; and what is counted of both.
 */
import { createSessionManager, type SessionManager } from 'session-kit'
import {
  createDurableObjectStore,
  SessionObject,
  type ObjectNamespace,
} from 'session-kit/durable-object'
import {
  add,
  countOperations,
  perform,
  takeCounts,
  type Act,
  type Counts,
  type Visit,
} from './acts.ts'

interface Bindings {
  SECRET: string
  SESSION: ObjectNamespace
}

interface Cursor {
  rowsRead: number
  rowsWritten: number
}

const operations: Counts = {}
const storage: Counts = {}
/** Rows are counted as they are read, so these are asked in the end. */
let cursors: Cursor[] = []
let isWatched = false

/** The object that ships, with its rows and alarms counted. */
export class CountedObject extends SessionObject {
  constructor(ctx: any, env: unknown) {
    if (!isWatched) watch(ctx.storage)
    isWatched = true
    super(ctx, env)
  }
}

function watch(given: { sql: object; setAlarm(time: number): unknown }): void {
  const sql = Object.getPrototypeOf(given.sql)
  const { exec } = sql
  sql.exec = function (...values: unknown[]): Cursor {
    const cursor = exec.apply(this, values)
    cursors.push(cursor)
    return cursor
  }
  const alarms = Object.getPrototypeOf(given)
  const { setAlarm } = alarms
  alarms.setAlarm = function (...values: unknown[]): unknown {
    add(storage, 'alarm set')
    return setAlarm.apply(this, values)
  }
}

/** What was counted since this was asked last. */
function take(): { operations: Counts; storage: Counts } {
  for (const { rowsRead, rowsWritten } of cursors) {
    if (rowsRead) add(storage, 'row read', rowsRead)
    if (rowsWritten) add(storage, 'row written', rowsWritten)
  }
  cursors = []
  return { operations: takeCounts(operations), storage: takeCounts(storage) }
}

let manager: SessionManager<Visit> | undefined

function managerOf({ SECRET, SESSION }: Bindings): SessionManager<Visit> {
  const store = createDurableObjectStore(SESSION, { timeout: 10_000 })
  return createSessionManager<Visit>({
    secrets: SECRET,
    storeTimeout: 10_000,
    store: countOperations(store, operations),
  })
}

export default {
  async fetch(request: Request, env: Bindings): Promise<Response> {
    const [, place, name = ''] = new URL(request.url).pathname.split('/')
    if (place === 'counts') return Response.json(take())
    if (place === 'objects') {
      add(storage, 'request')
      return env.SESSION.get(env.SESSION.idFromName(name)).fetch(request) as Promise<Response>
    }
    manager ??= managerOf(env)
    const session = await manager.load(request.headers.get('cookie'))
    const { isNew } = session
    await perform(session, name as Act)
    const n = session.n ?? 0
    const headers = (await manager.commit(session)).map((line) => ['set-cookie', line])
    return Response.json({ isNew, n }, { headers: headers as [string, string][] })
  },
}

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import Koa from 'koa'
import { describe, expect, it } from 'vitest'
import { session as koaSession, type KoaSessionOptions } from '../../adapters/koa.ts'
import { createSessionManager, withSession } from '../../src/index.ts'
import { onTrouble } from '../fixtures/events.ts'
import { SECRET, SECRETS } from '../fixtures/secrets.ts'

const root = new URL('../../', import.meta.url)
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8')
const page = read('docs/troubleshooting.md')

/** The words of a union type, by the file's text. */
function union(file: string, start: RegExp): string[] {
  const text = read(file)
  const [, words] = new RegExp(`${start.source}([^\\n]*(?:\\n +\\|[^\\n]*)*)`).exec(text)!
  return [...words!.matchAll(/'([\w-]+)'/g)].map(([, word]) => word!)
}

describe('the page of troubles', () => {
  it('has an entry for each error code, and no other', () => {
    const codes = union('src/errors.ts', /type SessionErrorCode =/)
    const entries = [...page.matchAll(/^### (ERR_\w+)$/gm)].map(([, code]) => code)

    expect(codes.length).toBeGreaterThan(6)
    expect(entries).toEqual(codes)
  })

  it('has a row for each event of trouble, and no other', () => {
    const events = [...union('src/events.ts', /type Reason =/), 'conflict', 'store-error']
    const entries = [...page.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, event]) => event)

    expect(entries.toSorted()).toEqual(events.toSorted())
  })
})

/** The sentence with which a Koa application answers 500. */
async function koaFault(options: KoaSessionOptions, keys?: string[]): Promise<string> {
  const app = new Koa()
  app.silent = true
  if (keys) app.keys = keys
  app.use(koaSession(options, app))
  app.use((ctx) => {
    ctx['session'].user = 'ada'
  })
  const fault = once(app, 'error') as Promise<[Error]>
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const { port } = server.address() as AddressInfo
    expect((await fetch(`http://127.0.0.1:${port}`)).status).toBe(500)
    return (await fault)[0].message
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

async function cookiesOf(write: (session: any) => unknown): Promise<string[]> {
  const handle = withSession({ secrets: SECRET }, async (_, session) => {
    await write(session)
    return new Response()
  })
  return (await handle(new Request('https://example.com/'))).headers.getSetCookie()
}

describe('what it says of symptoms', () => {
  it('quotes what Koa answers', async () => {
    expect(page).toContain(`"${await koaFault({ secure: true }, [SECRET])}"`)
    expect(page).toContain(`"${await koaFault({})}"`)
  })

  it('holds for sessions that were not awaited', async () => {
    expect(await cookiesOf((session) => void (session.user = 'ada'))).toEqual([])
    expect(await cookiesOf(async (session) => void ((await session).user = 'ada'))).toHaveLength(1)
  })

  it('holds for names that are no data, and for values that are no JSON', async () => {
    const manager = createSessionManager<Record<string, any>>({ secrets: SECRET })
    const session = await manager.load(null)
    for (const name of ['isNew', 'length', 'populated', 'externalKey']) {
      expect(() => ((session as Record<string, unknown>)[name] = 1)).toThrow(TypeError)
    }
    Object.assign(session, { _own: 1, save: 'me', date: new Date(0), map: new Map([[1, 2]]) })
    const [cookie] = await manager.commit(session)

    expect({ ...(await manager.load(cookie!.split(';')[0])) }).toEqual({
      save: 'me',
      date: '1970-01-01T00:00:00.000Z',
      map: {},
    })
  })

  it('holds for the events of another secret, another clock, and a lower maxAge', async () => {
    const [cookie] = await cookiesOf(async (session) => void ((await session).user = 'ada'))
    const events: string[] = []
    const on = onTrouble(({ type }) => events.push(type))
    const behind = (): number => Date.now() - 120_000
    const later = (): number => Date.now() + 120_000
    for (const options of [
      { secrets: SECRETS[1]! },
      { secrets: SECRET, now: behind },
      { secrets: SECRET, now: later, maxAge: 60_000 },
      { secrets: SECRET },
    ]) {
      await createSessionManager({ ...options, on }).load(cookie!.split(';')[0])
    }

    expect(events).toEqual(['tampered', 'tampered', 'expired'])
  })

  it('holds for a cookie on localhost', async () => {
    const manager = createSessionManager({ secrets: SECRET, secure: false })
    expect(manager.key).toBe('sid')
  })
})

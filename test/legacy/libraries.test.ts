import { Hono } from 'hono'
import Koa from 'koa'
import { afterEach, describe, expect, it } from 'vitest'
import { session as honoSession } from '../../adapters/hono.ts'
import { session as koaSession } from '../../adapters/koa.ts'
import { createMemoryStore } from '../../src/memory.ts'
import { DAY, HOUR } from '../fixtures/clock.ts'
import { SECRET as OURS } from '../fixtures/secrets.ts'
import { createVisitor } from '../fixtures/visitor.ts'
import { setUp, UNTIL } from './fixture.ts'
import { closeAll, serve } from './host.ts'
import { libraries, OTHER, SECRET } from './libraries.ts'

const fred = { user: 'fred', roles: ['a', 'b'], name: 'Žofie 🐎' }
afterEach(closeAll)

/** A Cookie header with another name for the cookie. */
const renamed = (header: string, from: string, to: string): string =>
  header.replaceAll(new RegExp(`(^|; )${from}(?=[.=])`, 'g'), `$1${to}`)

describe.each(libraries)('$name', ({ name, key, write, read }) => {
  const isSigned = /^(cookie|express)/.test(name)
  const ends = name !== 'cookie-session'

  it('wrote what becomes a new session, and its cookie goes', async () => {
    const visitor = createVisitor(setUp({ accept: [read()] }).manager)
    const header = await write(fred)
    visitor.jar.take(header.split('; ').map((pair) => `${pair}; Path=/`))
    const { session, cookies } = await visitor.visit()
    expect(session.isNew).toBe(false)
    const names = header.split('; ').map((pair) => pair.replace(/=.*/, ''))
    expect(cookies.map((line) => line.replace(/=.*/, ''))).toEqual([...names, 'EGG_SESS'])
    expect(visitor.jar.header).toMatch(/^EGG_SESS=[^;]*\.\.[^;]*$/)
    expect({ ...(await visitor.peek()) }).toEqual(fred)
    expect((await visitor.visit()).cookies).toEqual([])
  })

  it('goes with a logout that never looks', async () => {
    const { manager } = setUp({ accept: [read()] })
    const header = await write(fred)
    const app = new Hono<any>()
    app.use(honoSession(manager))
    app.get('/', (c) => {
      c.var.session.destroy()
      return c.body(null)
    })
    const answer = await app.request('/', { headers: { cookie: header } })
    expect(answer.headers.getSetCookie().join()).toContain(`${key}=;`)
    if (name === 'express-session') expect((await manager.load(header)).populated).toBe(false)
  })

  it('is read where the new cookie has the same name', async () => {
    const header = await write(fred)
    const { manager, events } = setUp({ accept: [read()], key })
    const visitor = createVisitor(manager)
    visitor.jar.take(header.split('; ').map((pair) => `${pair}; Path=/`))
    await visitor.visit()
    expect(visitor.jar.size).toBe(1)
    expect({ ...(await visitor.peek()) }).toEqual(fred)
    expect(events).toEqual([])
  })

  it('is read under another name that is told', async () => {
    const header = renamed(await write(fred), key, 'old')
    const { manager } = setUp({ accept: [read({ key: 'old' })] })
    // The signature of cookie-session is of the name, too.
    expect((await manager.load(header)).user).toBe(
      key === 'session' && isSigned ? undefined : 'fred',
    )
  })

  it('is refused with any bit changed', { timeout: 120_000 }, async () => {
    const header = await write({ user: 'fred' })
    const { manager } = setUp({ accept: [read()] })
    const taken: string[] = []
    for (let bit = 0; bit < header.length * 8; bit++) {
      const code = header.charCodeAt(bit >> 3) ^ (1 << (bit & 7))
      const changed =
        header.slice(0, bit >> 3) + String.fromCharCode(code) + header.slice((bit >> 3) + 1)
      if ((await manager.load(changed)).populated) taken.push(changed)
    }
    // A blank that has become a tab parts two cookies all the same.
    expect(taken.map((changed) => changed.replace(/;[\t ]*/, '; '))).toEqual(
      taken.map(() => header),
    )
    expect((await manager.load(header)).user).toBe('fred')
  })

  it('is refused if it is cut, doubled, or anything else', async () => {
    const header = await write(fred)
    const { manager } = setUp({ accept: [read()] })
    const value = header.slice(key.length + 1).replace(/;.*/, '')
    const bad = [
      ...Array.from({ length: header.length - 1 }, (_, end) => header.slice(0, end)),
      ...['', '=', '~2', '.', '*', '%', '%41', ' a', '"'].map((end) => `${header}x${end}`),
      ...['', 'x', '"', '%', 's%3A', 's%3A.', 'Fe26.2', 'Fe26.2*', 'e30=', 'null', '%ff'].map(
        (text) => `${key}=${text}`,
      ),
      `${key}=${value}${value}`,
      `${key}=${'A'.repeat(60_000)}`,
      `${key}=Fe26.2*${'1*'.repeat(500)}~2`,
      `${key}=${encodeURIComponent(value).replace(/^/, '%20')}`,
    ]
    const taken: string[] = []
    for (const text of bad) if ((await manager.load(text)).populated) taken.push(text)
    expect(taken).toEqual([])
  })

  it('is refused under another secret, and read under an older one', async () => {
    const header = await write(fred)
    const wrong = setUp({ accept: [read({ keys: OTHER })] })
    expect((await wrong.manager.load(header)).populated).toBe(false)
    expect(wrong.events).toEqual(['tampered'])
    const isIron = name.startsWith('iron')
    const keys = isIron ? { 2: OTHER, 1: SECRET } : [OTHER, SECRET]
    const { manager } = setUp({ accept: [read({ keys })] })
    expect((await manager.load(header)).user).toBe('fred')
  })

  it('is refused once it is over', async () => {
    if (!ends) return
    const header = await write(fred, SECRET, 600)
    const at = (ms: number): ReturnType<typeof setUp> =>
      setUp({ accept: [read()], now: () => Date.now() + ms })
    expect((await at(590_000).manager.load(header)).user).toBe('fred')
    const late = at(600_001)
    expect((await late.manager.load(header)).populated).toBe(false)
    expect(late.events).toEqual(['expired'])
  })

  it('is not read after the end of the reader', async () => {
    const { manager, events } = setUp({ accept: [read()], now: () => UNTIL })
    expect((await manager.load(await write(fred))).populated).toBe(false)
    expect(events).toEqual([])
  })

  it('lives no longer than it would have, and no longer than sessions do', async () => {
    const start = Date.now()
    const lifeOf = async (header: string, maxAge?: number): Promise<number> => {
      let ms = 0
      const { manager } = setUp({
        accept: [read()],
        now: () => start + ms,
        ...(maxAge && { maxAge }),
      })
      const visitor = createVisitor(manager)
      visitor.jar.take(header.split('; ').map((pair) => `${pair}; Path=/`))
      await visitor.visit()
      for (const hours of [0.9, 1.1, 23.9, 24.1, 47, 49]) {
        ms = hours * HOUR
        if (!(await visitor.peek()).populated) return hours
      }
      return Infinity
    }
    if (ends) expect(await lifeOf(await write(fred, SECRET, 3600))).toBe(1.1)
    expect(await lifeOf(await write(fred, SECRET, 14 * 86_400))).toBe(24.1)
    expect(await lifeOf(await write(fred))).toBe(24.1)
    expect(await lifeOf(await write(fred, SECRET, 14 * 86_400), 2 * DAY)).toBe(49)
  })

  it('gets its full life back when it is saved', async () => {
    if (!ends) return
    let ms = 0
    const start = Date.now()
    const { manager } = setUp({ accept: [read()], now: () => start + ms })
    const visitor = createVisitor(manager)
    visitor.jar.take((await write(fred, SECRET, 3600)).split('; ').map((pair) => `${pair}; Path=/`))
    await visitor.visit()
    ms = HOUR / 2
    await visitor.visit((session) => (session.n = 1))
    ms = 24 * HOUR
    expect((await visitor.peek()).user).toBe('fred')
  })

  it('is kept in a store from now on', async () => {
    const { manager } = setUp({ accept: [read()], store: createMemoryStore() })
    const visitor = createVisitor(manager)
    visitor.jar.take((await write(fred)).split('; ').map((pair) => `${pair}; Path=/`))
    const { session } = await visitor.visit()
    expect(session.externalKey).toMatch(/^[\w-]{43}$/)
    expect({ ...(await visitor.peek()) }).toEqual(fred)
  })

  it('is sealed anew by Hono, in that response', async () => {
    const app = new Hono()
    app.use(honoSession({ secrets: OURS, accept: [read()] }))
    app.get('/', async (c) => c.json(await (c.var as any).session))
    const first = await app.request('/', { headers: { cookie: await write(fred) } })
    expect(await first.json()).toEqual(fred)
    const lines = first.headers.getSetCookie()
    expect(lines[0]).toMatch(new RegExp(`^${key}=; .*Max-Age=0`))
    expect(lines.at(-1)).toMatch(/^__Host-sid=eyJ[^;]*\.\.[^;]*; /)
    const cookie = lines.at(-1)!.split(';')[0]!
    const second = await app.request('/', { headers: { cookie } })
    expect(await second.json()).toEqual(fred)
    expect(second.headers.getSetCookie()).toEqual([])
  })

  it('is sealed anew by Koa, in that response', async () => {
    const app = new Koa()
    app.silent = true
    app.use(koaSession({ encrypt: true, secrets: OURS, accept: [read()] }, app))
    app.use((ctx: any) => void (ctx.body = JSON.stringify(ctx.session)))
    const ask = await serve(app)
    const first = await ask(await write(fred))
    expect(JSON.parse(first.body)).toEqual(fred)
    expect(first.cookies[0]).toMatch(new RegExp(`^${key}=; path=/; expires=Thu, 01 Jan 1970`))
    expect(first.jar).toMatch(/^koa\.sess=eyJ[^;]*\.\.[^;]*$/)
    const second = await ask(first.jar)
    expect([JSON.parse(second.body), second.cookies]).toEqual([fred, []])
  })
})

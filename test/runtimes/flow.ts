import { expect } from 'vitest'

/** The members of a session that a page of the flow needs. */
interface Visit {
  count?: number
  user?: string
  flash(key: string, value?: unknown): unknown
  regenerate(): Promise<void>
  destroy(): void
}

/** Answers a path of the application that every host serves. */
export async function page(path: string, session: any): Promise<string> {
  const visit = session as Visit
  if (path === '/count') visit.count = (visit.count ?? 0) + 1
  if (path === '/login') {
    visit.user = 'Zoë'
    await visit.regenerate()
    visit.flash('hello', 'Welcome')
  }
  if (path === '/flash') return JSON.stringify(visit.flash('hello') ?? null)
  if (path === '/logout') {
    visit.destroy()
    return ''
  }
  return JSON.stringify({ count: visit.count, user: visit.user })
}

export type Ask = (path: string, cookie: string) => Promise<Response>

/** A browser with the cookies of one host. */
export class Visitor {
  readonly #ask: Ask
  readonly #cookies = new Map<string, string>()

  constructor(ask: Ask, header = '') {
    this.#ask = ask
    for (const pair of header.split('; ').filter(Boolean)) {
      this.#cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
    }
  }

  get header(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async open(path: string): Promise<string> {
    const response = await this.#ask(path, this.header)
    if (response.status !== 200) throw new Error(`${path}: ${response.status}`)
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (/max-age=0|expires=Thu, 01 Jan 1970/i.test(line)) this.#cookies.delete(name!)
      else this.#cookies.set(name!, value!)
    }
    return response.text()
  }
}

/** Writes, reads, logs in with a message, and logs out. */
export async function visit(ask: Ask): Promise<void> {
  const visitor = new Visitor(ask)
  expect(await visitor.open('/read')).toBe('{}')
  expect(visitor.header).toBe('')
  expect(await visitor.open('/count')).toBe('{"count":1}')
  expect(await visitor.open('/count')).toBe('{"count":2}')
  expect(await new Visitor(ask).open('/count')).toBe('{"count":1}')
  const before = visitor.header
  await visitor.open('/login')
  expect(visitor.header).not.toBe(before)
  expect(await visitor.open('/flash')).toBe('"Welcome"')
  expect(await visitor.open('/flash')).toBe('null')
  expect(await visitor.open('/read')).toBe('{"count":2,"user":"Zoë"}')
  await visitor.open('/logout')
  expect(visitor.header).toBe('')
  expect(await visitor.open('/read')).toBe('{}')
}

/** Of a session in a store, no cookie from before a login or a logout is good. */
export async function copyCookies(ask: Ask): Promise<void> {
  const visitor = new Visitor(ask)
  await visitor.open('/count')
  const anonymous = visitor.header
  await visitor.open('/login')
  const known = visitor.header
  expect(await new Visitor(ask, known).open('/read')).toBe('{"count":1,"user":"Zoë"}')
  expect(await new Visitor(ask, anonymous).open('/read')).toBe('{}')
  await visitor.open('/logout')
  expect(await new Visitor(ask, known).open('/read')).toBe('{}')
}

/** Whatever a client sends, it gets a page and nobody's session. */
export async function sendHostile(ask: Ask): Promise<void> {
  const visitor = new Visitor(ask)
  await visitor.open('/count')
  const [name, value] = [visitor.header.split('=')[0]!, visitor.header.split(/=|; /)[1]!]
  for (const wrong of hostileValues(value)) {
    const answer = await ask('/read', `${name}=${wrong}`)
    expect([answer.status, await answer.text()]).toEqual([200, '{}'])
  }
}

function hostileValues(value: string): string[] {
  const places = [0, 7, value.length >> 1, value.length - 9]
  const damaged = places.map((place) => {
    const other = value[place] === 'A' ? 'B' : 'A'
    return value.slice(0, place) + other + value.slice(place + 1)
  })
  const cut = [value.slice(0, -1), value.slice(1), value.slice(0, 40), value + 'A', value + '.']
  const alien = ['', '.', '....', 'null', '%00', '%E0%A4%A', '"', '{}', 'e30=', '__proto__']
  return [...damaged, ...cut, ...alien, 'A'.repeat(8000), 'eyJhbGciOiJub25lIn0..AAAA.AAAA.AAAA']
}

/** What the README's table says of other libraries, asked of these libraries. */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { closeAll, peers, type Act, type Peer, type Site } from './comparison/peers.ts'
import { headerOf } from './legacy/libraries.ts'

const OLD = 'correct-horse-battery-staple-0001'
const NEW = 'correct-horse-battery-staple-0002'
const NAME = 'visit'

afterAll(() => {
  vi.restoreAllMocks()
  closeAll()
})

const put =
  (key: string, value: unknown = 'yes'): Act =>
  (session) =>
    session.set(key, value)

/** Makes a request, and gives the cookies that a browser has then. */
async function visit(site: Site, cookie: string, act: Act): Promise<string> {
  const response = await site(cookie, act)
  if (response.status >= 400) throw new Error(`It answers with ${response.status}.`)
  const lines = response.headers.getSetCookie()
  return lines.length ? headerOf([...cookie.split('; ').filter(Boolean), ...lines]) : cookie
}

async function read(site: Site, cookie: string, key: string): Promise<unknown> {
  let found: unknown
  await visit(site, cookie, async (session) => (found = await session.get(key)))
  return found
}

/** Lets a request load its session, then another one do all of its work, and the first one go on. */
async function during(site: Site, cookie: string, first: Act, second: Act): Promise<void> {
  const { promise: loaded, resolve: hasLoaded } = Promise.withResolvers<void>()
  const { promise: over, resolve: end } = Promise.withResolvers<void>()
  const slow = visit(site, cookie, async (session) => {
    await session.get('a')
    hasLoaded()
    await over
    await first(session)
  })
  await loaded
  await visit(site, cookie, second)
  end()
  await slow
}

const open = (peer: Peer, setup: Partial<Parameters<Peer['open']>[0]> = {}): Promise<Site> =>
  peer.open({ secrets: [OLD], name: NAME, stored: true, ...setup })

/** The rows of the table, each a question that a library answers by what it does. */
const questions: Record<string, (peer: Peer) => Promise<boolean>> = {
  'two requests at once change two keys: both stay (with a store)': async (peer) => {
    const site = await open(peer)
    const cookie = await visit(site, '', put('a'))
    await during(site, cookie, put('b'), put('c'))
    return (await read(site, cookie, 'b')) === 'yes' && (await read(site, cookie, 'c')) === 'yes'
  },

  'a slow request does not undo a logout (with a store)': async (peer) => {
    const site = await open(peer)
    const cookie = await visit(site, '', put('a'))
    await during(site, cookie, put('b'), (session) => session.end())
    return (await read(site, cookie, 'a')) === undefined
  },

  'a cookie of another name is refused': async (peer) => {
    const stored = false
    const theirs = await open(peer, { name: 'preferences', stored })
    const ours = await open(peer, { stored })
    const cookie = await visit(theirs, '', put('a'))
    return (await read(ours, cookie.replaceAll('preferences', NAME), 'a')) === undefined
  },

  'a damaged cookie is a new session, never an error': async (peer) => {
    const site = await open(peer, { stored: false })
    const cookie = await visit(site, '', put('a'))
    const start = cookie.indexOf('=') + 1
    for (let at = start; at < cookie.length; at++) {
      for (const letter of ['*', 'A', '.']) {
        if (cookie[at] === letter) continue
        const damaged = cookie.slice(0, at) + letter + cookie.slice(at + 1)
        const response = await site(damaged, (session) => session.get('a')).catch(() => null)
        if (!response || response.status >= 400) return false
      }
    }
    return true
  },

  'a secret changes, and nobody is logged out': async (peer) => {
    const stored = false
    const before = await open(peer, { stored })
    const cookie = await visit(before, '', put('a'))
    const after = await open(peer, { secrets: [NEW, OLD], stored }).catch(() => null)
    return after !== null && (await read(after, cookie, 'a')) === 'yes'
  },

  'an answer with the cookie stays out of caches': async (peer) => {
    const site = await open(peer)
    const { headers } = await site('', put('a'))
    return /no-store|private/.test(headers.get('cache-control') ?? '')
  },

  'brings no other package': async (peer) => {
    const url = new URL(
      peer.package === '../..' ? '../package.json' : `../node_modules/${peer.package}/package.json`,
      import.meta.url,
    )
    const { dependencies = {} } = JSON.parse(readFileSync(url, 'utf8')) as { dependencies?: object }
    return Object.keys(dependencies).length === 0
  },
}

describe('the table of the README', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const rows = readme
    .split('## Beside other libraries')[1]!
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
  const [heads = []] = rows
  const measured = new Map<string, Record<string, string>>()

  beforeAll(async () => {
    // One of them prints each cookie that it refuses.
    vi.spyOn(console, 'error').mockImplementation(() => {})
    for (const [question, ask] of Object.entries(questions)) {
      const cells = await Promise.all(
        peers.map(async (peer) => [peer.name, (await ask(peer)) ? 'yes' : 'no'] as const),
      )
      measured.set(question, Object.fromEntries(cells))
    }
  })

  it('has a column for each library, and a row for each question', () => {
    expect(heads.slice(1)).toEqual(peers.map(({ name }) => name))
    expect(rows.slice(2).map(([question]) => question)).toEqual(Object.keys(questions))
  })

  it.each(Object.keys(questions))('is right: %s', (question) => {
    const row = rows.find(([name]) => name === question) ?? []
    const told = Object.fromEntries(heads.slice(1).map((name, index) => [name, row[index + 1]]))

    expect(measured.get(question)).toEqual(told)
  })
})

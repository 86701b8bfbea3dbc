/** One file of handlers, and what comes of it on every host. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Site } from './egg/site.ts'
import { keys as eggKeys } from './egg/fixture.ts'
import { START } from './egg/run.ts'
import { describeHosts } from './egg/trial.ts'
import { handlers, stories, type HandlerName } from './same-handlers/handlers.ts'
import { onEgg, onFetch, onHono, onKoa, play, type Page } from './same-handlers/hosts.ts'

const secrets = [eggKeys[0]]
const common = { key: 'sid', secure: false, maxAge: 3_600_000 } as const

const places = [
  ['a sealed cookie', { encrypt: true, hasStore: false }],
  ['a signed cookie', { encrypt: false, hasStore: false }],
  ['a store', { encrypt: true, hasStore: true }],
  ['a store, with a signed cookie', { encrypt: false, hasStore: true }],
] as const

const given = (place: (typeof places)[number][1]) => ({ ...common, ...place, now: () => START })

/** What is to be: as a plain fetch handler has it. */
const expected = (place: (typeof places)[number][1], pages: HandlerName[]): Promise<Page[]> =>
  play(onFetch(given(place), secrets), pages)

/** Koa and Egg remove a cookie though none came, as koa-session does; all else is the same. */
async function expectedOnHosts(
  place: (typeof places)[number][1],
  pages: HandlerName[],
): Promise<Page[]> {
  const removal = place.encrypt ? ['-sid'] : ['-sid', '-sid.sig']
  return (await expected(place, pages)).map((page) =>
    page.page === 'logout' ? { ...page, cookies: removal } : page,
  )
}

it('covers every handler', () => {
  const seen = new Set(stories.flatMap(([, pages]) => pages))
  expect([...seen].toSorted()).toEqual(Object.keys(handlers).toSorted())
})

describe.each(places)('a visitor whose session is in %s', (_, place) => {
  it.each(stories)('%s: by withSession', async (_, pages, data) => {
    const played = await expected(place, pages)
    expect(played.at(-1)!.data).toEqual(data)
    for (const { cookies } of played) expect(new Set(cookies).size).toBe(cookies.length)
  })

  it.each(stories)('%s: on Hono', async (_, pages) => {
    expect(await play(onHono(given(place), secrets), pages)).toEqual(await expected(place, pages))
  })

  it.each(stories)('%s: on Koa', async (_, pages) => {
    const server = await onKoa(given(place), secrets)
    try {
      expect(await play(server, pages)).toEqual(await expectedOnHosts(place, pages))
    } finally {
      await server.stop()
    }
  })
})

describeHosts('the same handlers', ({ open }) => {
  let site: Site
  beforeAll(async () => {
    site = await open({ name: 'same' })
  })

  describe.each(places)('with a session in %s', (_, place) => {
    it.each(stories)('%s', async (_, pages) => {
      await site.begin()
      await site.configure({ ...common, encrypt: place.encrypt })
      await site.useStore(place.hasStore ? 'object' : 'none')
      expect(await play(onEgg(site), pages)).toEqual(await expectedOnHosts(place, pages))
    })
  })
})

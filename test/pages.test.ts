/** What somebody sees of sessions, in Chromium: Hono on Node with Redis, and in workerd. */
import { getRequestListener } from '@hono/node-server'
import { Redis } from 'ioredis'
import type { BrowserContext, Cookie, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRedisStore } from 'session-kit/redis'
import { DAY, HOUR } from './fixtures/clock.ts'
import { listen } from './fixtures/listen.ts'
import { SECRET } from './fixtures/secrets.ts'
import { useChromium } from './fixtures/visits.ts'
import { createShop } from './pages/shop.ts'
import { bundleWorker, runWorker } from './workerd/running.ts'

interface Site {
  origin: string
  stop(): unknown
}

const sites: Record<string, () => Promise<Site>> = {
  async 'Hono on Node, with Redis'() {
    const redis = new Redis(process.env['REDIS_URL']!)
    const store = createRedisStore(redis, { prefix: 'pages:' })
    const shop = createShop({ secrets: SECRET, store })
    const { origin, stop } = await listen(getRequestListener(shop.fetch))
    return {
      origin,
      stop() {
        redis.disconnect()
        stop()
      },
    }
  },

  async 'Hono in workerd, with Durable Objects'() {
    const code = await bundleWorker(new URL('pages/worker.ts', import.meta.url))
    const { url, stop } = await runWorker(code, undefined, {
      env: { SESSION: { type: 'durable-object', worker: 'test', exportName: 'SessionObject' } },
      exports: { SessionObject: { type: 'durable-object', storage: 'sqlite' } },
    })
    return { origin: `http://localhost:${url.port}`, stop }
  },
}

const visit = useChromium()

async function press(page: Page, name: string): Promise<void> {
  const loaded = page.waitForEvent('load')
  await page.getByRole('button', { name, exact: true }).click()
  await loaded
}

async function logIn(page: Page, device = 'Laptop'): Promise<void> {
  await page.getByLabel('Name').fill('Ada')
  await page.getByLabel('Device').fill(device)
  await press(page, 'Log in')
}

const title = (page: Page): Promise<string | null> => page.textContent('h1')
const notices = (page: Page): Promise<string[]> => page.getByRole('status').allTextContents()

async function devices(page: Page): Promise<string[]> {
  const items = await page.locator('li').allTextContents()
  return items.map((item) => item.trim().split(/\s{2,}/)[0]!).toSorted()
}

describe.each(Object.entries(sites))('%s', (_, start) => {
  let site: Site

  beforeAll(async () => {
    site = await start()
  })

  afterAll(() => site?.stop())

  const newcomer = (): Promise<BrowserContext> => visit({ baseURL: site.origin })

  async function open(path = '/', visitor?: BrowserContext): Promise<Page> {
    const page = await (visitor ?? (await newcomer())).newPage()
    await page.goto(path)
    return page
  }

  const pass = (ms: number): Promise<unknown> =>
    fetch(new URL(`/pass/${ms}`, site.origin), { method: 'POST' })

  /** Logs somebody out whom no test needs any more. */
  async function leave(...pages: Page[]): Promise<void> {
    for (const page of pages) {
      await page.goto('/')
      await press(page, 'Log out')
    }
  }

  it('a message survives redirects over pages that do not ask for it, and is shown once', async () => {
    const page = await open()
    await logIn(page)
    expect(new URL(page.url()).pathname).toBe('/')
    expect([await title(page), await notices(page)]).toEqual(['Hello, Ada', ['Welcome!']])
    await page.reload()
    expect([await title(page), await notices(page)]).toEqual(['Hello, Ada', []])
    await leave(page)
  })

  it('other devices are listed, and logged out one by one or all at once', async () => {
    const laptop = await open()
    await logIn(laptop)
    const phone = await open()
    await logIn(phone, 'Phone')
    const tablet = await open()
    await logIn(tablet, 'Tablet')
    await laptop.reload()
    expect(await devices(laptop)).toEqual(['Laptop (this one)', 'Phone', 'Tablet'])

    await press(laptop, 'End Phone')
    expect(await devices(laptop)).toEqual(['Laptop (this one)', 'Tablet'])
    await phone.reload()
    expect(await title(phone)).toBe('Who are you?')
    await tablet.reload()
    expect(await title(tablet)).toBe('Hello, Ada')

    await logIn(phone, 'Phone')
    await laptop.reload()
    await press(laptop, 'Log out my other devices')
    expect(await notices(laptop)).toEqual(['You are logged out elsewhere.'])
    expect(await devices(laptop)).toEqual(['Laptop (this one)'])
    for (const page of [phone, tablet]) {
      await page.reload()
      expect(await title(page)).toBe('Who are you?')
    }
    await leave(laptop)
  })

  it('a cart of 12 kB moves to the store, and back when little of it is kept', async () => {
    const page = await open('/cart')
    await press(page, 'Add one')
    const at = (): Promise<string | null> => page.locator('p').first().textContent()
    const size = async (): Promise<number> => {
      const cookies = await page.context().cookies()
      return cookies.find(({ name }) => name === '__Host-cart')!.value.length
    }
    expect([await title(page), await at()]).toEqual(['1 things', 'in the cookie'])
    const small = await size()

    await press(page, 'Add 350')
    expect([await title(page), await at()]).toEqual(['351 things', 'in the store'])
    expect(await page.textContent('body')).toContain('a thing by the name of 349, blue')
    expect(await size()).toBeLessThan(small)
    const other = await open('/cart', page.context())
    await press(other, 'Add one')
    await page.reload()
    expect([await title(page), await at()]).toEqual(['352 things', 'in the store'])

    await press(page, 'Keep ten')
    expect([await title(page), await at()]).toEqual(['10 things', 'in the cookie'])
    expect(await size()).toBeGreaterThan(small)
    await page.reload()
    expect([await title(page), await at()]).toEqual(['10 things', 'in the cookie'])
  })

  it('who wants to be remembered is, for longer than who does not', async () => {
    const [laptop, phone] = [await open(), await open()]
    await laptop.getByLabel('Remember me').check()
    await logIn(laptop)
    await logIn(phone, 'Phone')
    const lives = await Promise.all(
      [laptop, phone].map(async (page) => {
        const [cookie] = await page.context().cookies()
        return Math.round((cookie!.expires * 1000 - Date.now()) / HOUR)
      }),
    )
    await pass(2 * DAY)
    await Promise.all([laptop.reload(), phone.reload()])

    expect([await title(laptop), await title(phone)]).toEqual(['Hello, Ada', 'Who are you?'])
    expect(lives).toEqual([30 * 24, 24])
    await leave(laptop)
  })

  it('a copy of a cookie is good until the next login, or the logout, and opens nothing then', async () => {
    const page = await open()
    const copied = async (): Promise<BrowserContext> => {
      const [{ name, value }] = (await page.context().cookies()) as [Cookie]
      const thief = await newcomer()
      // Only HTTPS may set such a cookie from outside; on this host HTTP sends it all the same.
      await thief.addCookies([{ name, value, url: 'https://localhost' }])
      return thief
    }
    await logIn(page)
    const [used, kept] = [await open('/', await copied()), await copied()]
    expect(await title(used)).toBe('Hello, Ada')

    await page.getByLabel('Name').fill('Bob')
    await press(page, 'Log in')
    await used.reload()
    const later = await copied()
    await press(page, 'Log out')
    const seen = [used, await open('/', kept), await open('/', later)]
    expect(await Promise.all(seen.map(title))).toEqual(seen.map(() => 'Who are you?'))
    expect(await page.context().cookies()).toEqual([])
  })

  it('nothing of the session is left to see by going back after a logout', async () => {
    const page = await open()
    await logIn(page)
    await press(page, 'Log out')
    await page.goBack()

    expect(await title(page)).toBe('Who are you?')
  })

  it('developer tools tell how long the session took', async () => {
    const page = await open()
    await logIn(page)
    const names = await page.evaluate(() => {
      const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[]
      return entry!.serverTiming.map(({ name }) => name)
    })

    expect(names).toEqual(['session-get', 'session-load', 'session-set', 'session-commit'])
    await leave(page)
  })
})

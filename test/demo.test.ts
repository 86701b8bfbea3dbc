/** The example Worker, bundled as it would be deployed, in workerd and in a real browser. */
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { seriousFaults } from './fixtures/axe.ts'
import { bundleDemo, startDemo, type Demo, type DemoBundle } from './fixtures/demo.ts'
import { useChromium } from './fixtures/visits.ts'

const secret = 'k2Vw9QmXr4Ty7Lp0Zs3Bn6Hd1Gf8Jc5A'
const screenshots = fileURLToPath(new URL('screenshots/', import.meta.url))
const places = ['cookie', 'kv'] as const
const cookieNames = { cookie: '__Host-visit', kv: '__Host-visit-kv' }

const visit = useChromium()
let bundle: DemoBundle
let demo: Demo
let kvFolder: string

beforeAll(async () => {
  kvFolder = await mkdtemp(path.join(tmpdir(), 'session-kit-kv-'))
  bundle = await bundleDemo()
  demo = await startDemo(bundle, { kvFolder, secret })
})

afterAll(async () => {
  await demo?.stop()
  await rm(kvFolder, { recursive: true, force: true })
})

describe.each(places)('with the session in the %s', (place) => {
  it('keeps nothing of a visitor who only looks', async () => {
    const page = await open(`/${place}`)
    await page.reload()
    expect(await page.textContent('main')).toContain('No session yet')
    expect(await page.context().cookies()).toEqual([])
  })

  it('signs in, and counts page views', async () => {
    const page = await open(`/${place}`)
    await signIn(page)
    expect(await page.textContent('main')).toContain('1 page view in this session')
    await page.reload()
    await page.reload()
    expect(await heading(page, 'Hello, Ada')).toBe(true)
    expect(await page.textContent('main')).toContain('3 page views in this session')
  })

  it('sets a cookie that is for this host alone, over HTTPS alone, and out of reach of scripts', async () => {
    const page = await open(`/${place}`)
    await signIn(page)
    expect(await page.context().cookies()).toMatchObject([
      {
        name: cookieNames[place],
        domain: 'localhost',
        path: '/',
        secure: true,
        httpOnly: true,
        sameSite: 'Lax',
      },
    ])
  })

  it('fills and empties the cart', async () => {
    const page = await open(`/${place}`)
    await press(page, 'Add Honey')
    await press(page, 'Add Honey')
    await press(page, 'Add Tea')
    expect(await inCart(page)).toEqual({ Bread: '0', Honey: '2', Tea: '1' })
    await press(page, 'Remove Honey')
    await press(page, 'Remove Tea')
    expect(await inCart(page)).toEqual({ Bread: '0', Honey: '1', Tea: '0' })
    expect(await page.getByRole('button', { name: 'Remove Tea' }).isDisabled()).toBe(true)
  })

  it('shows a message once, after the redirect', async () => {
    const page = await open(`/${place}`)
    await press(page, 'Add Bread')
    expect(new URL(page.url()).pathname).toBe(`/${place}`)
    expect(await notices(page)).toEqual(['Bread is in your cart.'])
    await page.reload()
    expect(await notices(page)).toEqual([])
  })

  it('keeps the cart over a sign-in, under a new id', async () => {
    const page = await open(`/${place}`)
    await press(page, 'Add Tea')
    const before = await cookie(page, place)
    await signIn(page)
    expect(await inCart(page)).toMatchObject({ Tea: '1' })
    if (place === 'cookie') return

    const old = await open('/kv', { cookie: before })
    expect(await old.textContent('main')).toContain('It opens nothing any more.')
  })

  it('signs out: the cookie is gone, and a new session knows nothing', async () => {
    const page = await open(`/${place}`)
    await signIn(page)
    await press(page, 'Add Tea')
    await press(page, 'Sign out')
    expect(await page.context().cookies()).toEqual([])
    expect(await page.textContent('main')).toContain('No session yet')
    await signIn(page, 'Grace')
    expect(await page.textContent('main')).toContain('1 page view in this session')
    expect(await inCart(page)).toMatchObject({ Tea: '0' })
  })

  it('shows the value that the browser sent, and no word of its contents', async () => {
    const page = await open(`/${place}`)
    await signIn(page)
    await press(page, 'Add Honey')
    const sent = await cookie(page, place)
    await page.reload()
    expect(await page.textContent('.value')).toBe(sent)

    const meter = page.getByRole('meter')
    expect(await meter.getAttribute('aria-valuenow')).toBe(
      `${cookieNames[place].length + sent.length}`,
    )
    expect(await meter.getAttribute('aria-valuemax')).toBe('4096')

    const bytes = sent.split('.').map((part) => Buffer.from(part, 'base64url').toString('latin1'))
    for (const text of [sent, ...bytes]) expect(text).not.toMatch(/Ada|views|cart|honey/)
  })

  it('refuses a cookie with one bit changed', async () => {
    const page = await open(`/${place}`)
    await signIn(page)
    const good = await cookie(page, place)
    const at = good.lastIndexOf('.') - 5
    const changed = good.slice(0, at) + (good[at] === 'A' ? 'B' : 'A') + good.slice(at + 1)
    const other = await open(`/${place}`, { cookie: changed })
    expect(await other.textContent('main')).toContain('No session yet')
    expect(await other.textContent('main')).toContain('It opens nothing any more.')
  })

  it('works without JavaScript', async () => {
    const page = await open(`/${place}`, { javaScriptEnabled: false })
    await signIn(page)
    await press(page, 'Add Bread')
    expect(await inCart(page)).toMatchObject({ Bread: '1' })
    await press(page, 'Sign out')
    expect(await page.context().cookies()).toEqual([])
  })

  it('goes on after the Worker was started anew', async () => {
    const page = await open(`/${place}`)
    await signIn(page)
    const port = Number(new URL(demo.origin).port)
    await demo.stop()
    demo = await startDemo(bundle, { kvFolder, secret, port })
    await page.reload()
    expect(await heading(page, 'Hello, Ada')).toBe(true)
    expect(await page.textContent('main')).toContain('2 page views in this session')
  })

  it.each([
    { colorScheme: 'light', width: 1280 },
    { colorScheme: 'dark', width: 1280 },
    { colorScheme: 'light', width: 375 },
    { colorScheme: 'dark', width: 375 },
  ] as const)('fits a $colorScheme screen of $width pixels', async ({ colorScheme, width }) => {
    const viewport = { width, height: width > 600 ? 900 : 812 }
    const page = await open(`/${place}`, { colorScheme, viewport })
    const shoot = async (name: string): Promise<void> => {
      const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth'
      expect(await page.evaluate(overflow)).toBe(0)
      const file = `${place}-${name}-${colorScheme}-${width}.png`
      await page.screenshot({ path: path.join(screenshots, file), fullPage: true })
    }
    await shoot('nobody')
    await signIn(page, 'Ada')
    await press(page, 'Add Honey')
    await shoot('somebody')
    await press(page, 'Sign out')
    await signIn(page, 'W'.repeat(40))
    await shoot('long-name')
  })
})

describe('the two places', () => {
  it('hold two sessions that know nothing of each other', async () => {
    const page = await open('/')
    expect(new URL(page.url()).pathname).toBe('/cookie')
    await signIn(page, 'Ada')
    await follow(page, 'In Workers KV')
    expect(new URL(page.url()).pathname).toBe('/kv')
    expect(await page.textContent('main')).toContain('No session yet')
    await signIn(page, 'Grace')
    await follow(page, 'In the cookie')
    expect(await heading(page, 'Hello, Ada')).toBe(true)
    await press(page, 'Sign out')
    await follow(page, 'In Workers KV')
    expect(await heading(page, 'Hello, Grace')).toBe(true)
  })
})

describe('Workers KV', () => {
  it('holds the record that the page shows, under a hash of the id', async () => {
    const page = await open('/kv')
    await signIn(page, 'Katherine')
    const [key, record] = await recordOf('Katherine')
    expect(record).toMatchObject({ name: 'Katherine', views: 1 })
    const shown = await page.locator('.panel pre').last().innerText()
    expect(JSON.parse(shown)).toEqual(record)
    expect(key).toMatch(/^[\w-]{43}$/)

    const panel = await page.locator('.panel').innerText()
    expect(panel).toContain(key)
    const [, idBegins] = /Id\s*([\w-]{6})…/.exec(panel) ?? []
    expect(idBegins).toBeDefined()
    expect(JSON.stringify(await demo.records())).not.toContain(idBegins)
  })

  it('holds nothing of a session that was ended', async () => {
    const page = await open('/kv')
    await signIn(page, 'Dorothy')
    const before = await cookie(page, 'kv')
    await press(page, 'Sign out')
    expect(JSON.stringify(await demo.records())).not.toContain('Dorothy')

    const old = await open('/kv', { cookie: before })
    expect(await heading(old, 'Hello, Dorothy')).toBe(false)
    expect(await old.textContent('main')).toContain('It opens nothing any more.')
  })

  it('is not used by a session in the cookie', async () => {
    const page = await open('/cookie')
    await signIn(page, 'Mary')
    expect(JSON.stringify(await demo.records())).not.toContain('Mary')
    expect(await page.textContent('.panel')).toContain('Nothing is stored on the server')
  })

  async function recordOf(name: string): Promise<[string, { name?: string }]> {
    const records = Object.entries(await demo.records()) as [string, { name?: string }][]
    const found = records.filter(([, record]) => record.name === name)
    expect(found).toHaveLength(1)
    return found[0]!
  }
})

describe('a session in the cookie', () => {
  it('is wherever a copy of it is: put back after a sign-out, the cookie opens', async () => {
    const page = await open('/cookie')
    await signIn(page, 'Barbara')
    const kept = await cookie(page, 'cookie')
    await press(page, 'Sign out')
    const old = await open('/cookie', { cookie: kept })

    expect(await heading(old, 'Hello, Barbara')).toBe(true)
  })
})

describe('the inspector', () => {
  it('shows both sessions, and what each request did with them', async () => {
    const page = await open('/kv')
    await signIn(page, 'Annie')
    await follow(page, 'Inspect')
    await page.goto('/kv')
    await press(page, 'Add Tea')
    await follow(page, 'Inspect')
    const shown = (await page.innerText('main')).replace(/\s+/g, ' ')

    for (const words of [
      'Your session',
      'name Annie',
      'tea 1',
      'POST /kv/cart',
      'commit: changed',
    ]) {
      expect(shown).toContain(words)
    }
    expect(shown).toMatch(/\bset \d\S* ms/)
    await follow(page, cookieNames.cookie)
    expect(await page.textContent('h1')).toBe('No session yet')
  })

  it('ends a session by a button', async () => {
    const page = await open('/cookie')
    await signIn(page, 'Radia')
    await follow(page, 'Inspect')
    await press(page, 'Destroy')
    expect(await page.textContent('h1')).toBe('No session yet')
    await page.goto('/cookie')

    expect(await page.textContent('main')).toContain('No session yet')
  })

  it('is not there under the name that a deployed Worker has, and no page links to it', async () => {
    const { port } = new URL(demo.origin)
    const statusAndBody = async (at: string): Promise<[number | undefined, string]> => {
      const headers = { host: 'session-kit-demo.example.workers.dev' }
      const sent = request({ host: '127.0.0.1', port, path: at, headers }).end()
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      return [response.statusCode, (await response.setEncoding('utf8').toArray()).join('')]
    }
    const [status] = await statusAndBody('/inspector')
    const [, page] = await statusAndBody('/cookie')

    expect(status).toBe(404)
    expect(page).toContain('Try it')
    expect(page).not.toContain('/inspector')
  })
})

describe('to everybody', () => {
  it.each(['light', 'dark'] as const)('axe finds nothing serious: %s', async (colorScheme) => {
    for (const place of places) {
      const page = await open(`/${place}`, { colorScheme })
      expect(await seriousFaults(page)).toEqual([])
      await signIn(page)
      await press(page, 'Add Honey')
      expect(await seriousFaults(page)).toEqual([])
      await follow(page, 'Inspect')
      expect(await seriousFaults(page)).toEqual([])
    }
  })
})

describe('every answer', () => {
  it.each(['/cookie', '/kv', '/style.css', '/icon.svg'])('of %s allows no script', async (url) => {
    const response = await fetch(demo.origin + url)
    expect(response.status).toBe(200)
    const policy = response.headers.get('content-security-policy')
    expect(policy).toContain("default-src 'none'")
    expect(policy).not.toMatch(/unsafe|script-src|\*/)
  })

  it('to a form from another site is a refusal', async () => {
    const body = new URLSearchParams({ name: 'Mallory' })
    const headers = { origin: 'https://evil.test' }
    const response = await fetch(`${demo.origin}/kv/sign-in`, { method: 'POST', body, headers })
    expect(response.status).toBe(403)
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('shows markup in a name as text', async () => {
    const page = await open('/cookie')
    await signIn(page, '<b id="x">Ada</b>')
    expect(await heading(page, 'Hello, <b id="x">Ada</b>')).toBe(true)
    expect(await page.locator('#x').count()).toBe(0)
  })
})

/** Opens a page for a new visitor. */
async function open(
  url: string,
  { cookie, ...options }: BrowserContextOptions & { cookie?: string } = {},
): Promise<Page> {
  const visitor = await visit({ baseURL: demo.origin, ...options })
  if (cookie !== undefined) {
    const name = cookieNames[url.slice(1) as keyof typeof cookieNames]
    // Only HTTPS may set such a cookie from outside; on this host HTTP sends it all the same.
    await visitor.addCookies([{ name, value: cookie, url: 'https://localhost' }])
  }
  const page = await visitor.newPage()
  await page.goto(url)
  return page
}

async function signIn(page: Page, name = 'Ada'): Promise<void> {
  await page.getByLabel('Your name').fill(name)
  await press(page, 'Sign in')
}

async function press(page: Page, name: string): Promise<void> {
  const loaded = page.waitForEvent('load')
  await page.getByRole('button', { name, exact: true }).click()
  await loaded
}

async function follow(page: Page, name: string): Promise<void> {
  const loaded = page.waitForEvent('load')
  await page.getByRole('link', { name, exact: true }).click()
  await loaded
}

async function heading(page: Page, name: string): Promise<boolean> {
  return (await page.getByRole('heading', { name, exact: true }).count()) === 1
}

function notices(page: Page): Promise<string[]> {
  return page.locator('.notice').allTextContents()
}

async function inCart(page: Page): Promise<Record<string, string>> {
  const cart: Record<string, string> = {}
  for (const item of await page.locator('.goods li').all()) {
    const name = (await item.locator('span').textContent()) ?? ''
    cart[name] = (await item.locator('output').textContent()) ?? ''
  }
  return cart
}

/** The session cookie that the browser holds. */
async function cookie(page: Page, place: keyof typeof cookieNames): Promise<string> {
  const cookies = await page.context().cookies()
  const found = cookies.find(({ name }) => name === cookieNames[place])
  expect(found).toBeDefined()
  return found!.value
}

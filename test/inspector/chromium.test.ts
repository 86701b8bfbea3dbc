/** The inspector's page in a real browser: by keyboard, for screen readers, at every width. */
import { mkdir } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createMemoryStore } from '../../src/memory.ts'
import { seriousFaults } from '../fixtures/axe.ts'
import { useChromium } from '../fixtures/visits.ts'
import { hosts, type Site } from './hosts.ts'

const screenshots = fileURLToPath(new URL('../screenshots/', import.meta.url))
const HOUR = 3_600_000

const visit = useChromium()
let site: Site

beforeAll(async () => {
  await mkdir(screenshots, { recursive: true })
  const life = { maxAge: 4 * HOUR, renew: true, absoluteMaxAge: 12 * HOUR }
  site = await hosts['Hono']!({}, { ...life, store: createMemoryStore() })
})

afterAll(() => site?.stop())

async function open(options: BrowserContextOptions = {}): Promise<Page> {
  const visitor = await visit(options)
  await visitor.clock.install()
  const page = await visitor.newPage()
  await page.goto(`${site.origin}/_session`)
  return page
}

/** Somebody's page with a session that has seen something. */
async function openAlive(options: BrowserContextOptions = {}): Promise<Page> {
  const page = await open(options)
  const ask = (method: string, to: string): Promise<unknown> =>
    page.evaluate(
      ([method, to]) => fetch(to!, { method }).then((response) => response.text()),
      [method, to],
    )
  await page.goto(`${site.origin}/read`)
  await ask('POST', '/write')
  await ask('GET', '/read')
  await ask('POST', '/write')
  await page.goto(`${site.origin}/_session`)
  return page
}

/** Goes on by Tab until an element of a name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let count = 0; count < 30; count++) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => document.activeElement?.textContent?.trim() ?? '')
    if (focused.startsWith(name)) return
  }
  throw new Error(`Nothing by the name ${name} is reached.`)
}

async function pressed(page: Page, key: string): Promise<void> {
  const loaded = page.waitForEvent('load')
  await page.keyboard.press(key)
  await loaded
}

const title = (page: Page): Promise<string | null> => page.textContent('h1')

describe('by keyboard', () => {
  it('a flash message is left, the session gets a new id, and is destroyed', async () => {
    const page = await openAlive()
    await page.keyboard.press('Tab')
    await tabTo(page, 'Flash')
    await pressed(page, 'Enter')
    expect(await page.getByRole('status').textContent()).toContain('The message is there')
    expect(await page.getByRole('region', { name: 'Data' }).textContent()).toContain('Hello')

    const id = await page.locator('.facts').textContent()
    await tabTo(page, 'New id')
    await pressed(page, 'Space')
    expect(await page.getByRole('status').textContent()).toContain('a new id')
    expect(await page.locator('.facts').textContent()).not.toBe(id)

    await tabTo(page, 'Destroy')
    await pressed(page, 'Enter')
    expect(await title(page)).toBe('No session yet')
    expect(await page.getByRole('button', { name: 'Destroy' }).isDisabled()).toBe(true)
    expect(await page.getByRole('button', { name: 'Flash' }).isDisabled()).toBe(false)
  })

  it('a field is typed into, and Enter sends it', async () => {
    const page = await open()
    await page.getByLabel('Message').fill('Zoë & 李白')
    await pressed(page, 'Enter')

    expect(await page.getByRole('region', { name: 'Data' }).textContent()).toContain('Zoë & 李白')
    expect(await title(page)).toBe('Your session')
  })

  it('the tree opens and closes', async () => {
    const page = await openAlive()
    const bread = page.locator('.tree .leaf', { hasText: 'bread' })
    expect(await bread.isVisible()).toBe(true)
    await tabTo(page, 'cart')
    await page.keyboard.press('Enter')

    expect(await bread.isVisible()).toBe(false)
    await page.keyboard.press('Space')
    expect(await bread.isVisible()).toBe(true)
  })
})

describe('to a screen reader', () => {
  it('all parts have their names', async () => {
    const page = await openAlive()
    const count = (
      role: 'region' | 'meter' | 'button' | 'textbox',
      name: string,
    ): Promise<number> => page.getByRole(role, { name, exact: true }).count()
    for (const name of ['Data', 'Life', 'Cookie', 'Try']) {
      expect([name, await page.getByRole('heading', { name }).count()]).toEqual([name, 1])
      expect([name, await page.getByRole('region', { name }).count()]).toEqual([name, 1])
    }
    expect(await count('meter', 'Size of visit')).toBe(1)
    expect(await page.getByRole('meter').getAttribute('aria-valuetext')).toMatch(
      /^\d+ of 4096 bytes$/,
    )
    expect([await count('textbox', 'Name'), await count('textbox', 'Message')]).toEqual([1, 1])
    expect(
      await page.getByRole('button', { name: 'Destroy' }).getAttribute('aria-describedby'),
    ).toBe('destroy')
    expect(await page.locator('[id=destroy]').textContent()).toContain('as a logout does')
  })

  it.each(['light', 'dark'] as const)('axe finds nothing serious: %s', async (colorScheme) => {
    for (const page of [await openAlive({ colorScheme }), await open({ colorScheme })]) {
      expect(await seriousFaults(page)).toEqual([])
    }
    const phone = await openAlive({ colorScheme, viewport: { width: 360, height: 740 } })
    await tabTo(phone, 'Flash')
    await pressed(phone, 'Enter')
    expect(await seriousFaults(phone)).toEqual([])
  })
})

describe('the page', () => {
  it('keeps its times up to date, in the zone of its reader', async () => {
    const page = await openAlive({ timezoneId: 'Asia/Tokyo', locale: 'en-GB' })
    const saved = page.locator('.moments div', { hasText: 'Saved' })
    const time = saved.locator('[data-clock]')
    const expected = await time.evaluate((element) =>
      new Date((element as HTMLTimeElement).dateTime).toLocaleTimeString('en-GB', {
        timeZone: 'Asia/Tokyo',
      }),
    )
    expect(await time.textContent()).toBe(expected)
    await page.clock.fastForward(5 * 60_000)
    expect(await saved.locator('[data-relative]').textContent()).toMatch(/^5 min( \d+ s)? ago$/)
  })

  it('writes durations as the server does', async () => {
    const page = await openAlive()
    const shown = (): Promise<string[]> => page.locator('[data-relative]').allTextContents()
    const words = (await shown()).map((text) => text.replace(/\d+/g, '0'))
    const visitor = await visit({ javaScriptEnabled: false })
    await visitor.addCookies(await page.context().cookies())
    const still = await visitor.newPage()
    await still.goto(`${site.origin}/_session`)
    const plain = await still.locator('[data-relative]').allTextContents()

    expect(plain.map((text) => text.replace(/\d+/g, '0').replace('now', '0 s ago'))).toEqual(
      words.map((text) => text.replace('now', '0 s ago')),
    )
    expect(await still.locator('[data-clock]').first().textContent()).toMatch(/ UTC$/)
  })

  it('looks again when its reader comes back, but not in the middle of typing', async () => {
    const page = await openAlive()
    const comeBack = (): Promise<unknown> =>
      page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
    await page.getByLabel('Message').focus()
    await comeBack()
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT')

    await page.evaluate(() => (document.activeElement as HTMLElement).blur())
    const loaded = page.waitForEvent('load')
    await comeBack()
    await loaded
  })

  it.each([320, 390, 768, 1280])('is no wider than the window: %i', async (width) => {
    const page = await openAlive({ viewport: { width, height: 800 } })

    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(
      width,
    )
  })

  it.each([
    ['light', 'light', 1120],
    ['dark', 'dark', 1120],
    ['phone', 'light', 390],
    ['phone-dark', 'dark', 390],
  ] as const)('can be looked at: %s', async (name, colorScheme, width) => {
    const page = await openAlive({ colorScheme, viewport: { width, height: 800 } })
    const file = path.join(screenshots, `inspector-${name}.png`)

    expect((await page.screenshot({ path: file, fullPage: true })).length).toBeGreaterThan(10_000)
  })
})

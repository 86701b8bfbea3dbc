/** What a browser sends by itself, and what becomes of it. */
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { Hono } from 'hono'
import { html } from 'hono/html'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { csrf } from '../../adapters/csrf/hono.ts'
import { session } from '../../adapters/hono.ts'
import { launchChromium } from '../fixtures/chromium.ts'
import { SECRET } from '../fixtures/secrets.ts'

interface Visit {
  user?: string
  notes?: string[]
}

/** What the shop was sent: where from, whether with the session's cookie, and what it answered. */
interface Seen {
  site: string | undefined
  hasCookie: boolean
  status: number
}

let browser: Browser
let page: Page
const servers: Server[] = []
const seen: Seen[] = []
/** The shop, the shop's neighbour on another port, and another site. */
let shop = ''
let neighbour = ''
let evil = ''

const app = new Hono()
  .use(async (c, next) => {
    await next()
    if (c.req.method !== 'POST') return
    const site = c.req.header('sec-fetch-site')
    const hasCookie = c.req.header('cookie')?.includes('__Host-sid=') === true
    seen.push({ site, hasCookie, status: c.res.status })
  })
  // A cookie that every site's forms carry, so that nothing but the tokens is in their way.
  .use(session<Visit>({ secrets: SECRET, sameSite: 'none' }), csrf())
  .get('/', async (c) => {
    const { notes = [], user = 'nobody' } = await c.var.session
    const token = await c.var.csrf.token()
    return c.html(
      html`<!doctype html>
        <p id="user">${user}</p>
        <ul>
          ${notes.map((note) => html`<li>${note}</li>`)}
        </ul>
        <form method="post" action="/note">
          <input type="hidden" name="_csrf" value="${token}" />
          <input name="note" />
          <button>Note</button>
        </form>
        <form method="post" action="/login" enctype="multipart/form-data">
          <input type="hidden" name="_csrf" value="${token}" />
          <button>Log in</button>
        </form>`,
    )
  })
  .post('/note', async (c) => {
    const { note } = await c.req.parseBody()
    const session = await c.var.session
    session.notes = [...(session.notes ?? []), String(note)]
    return c.redirect('/', 303)
  })
  .post('/login', async (c) => {
    const session = await c.var.session
    session.user = 'ada'
    await session.regenerate()
    return c.redirect('/', 303)
  })

/** A page elsewhere whose form goes to the shop, with a token of its own maker's. */
const trap = new Hono().get('/', async (c) =>
  c.html(
    html`<!doctype html>
      <form method="post" action="${shop}/note">
        <input name="note" value="forged" /><input name="_csrf" value="${c.req.query('token')!}" />
        <button>Win</button>
      </form>`,
  ),
)

async function serve(fetch: (request: Request) => Response | Promise<Response>): Promise<number> {
  const server = createServer(getRequestListener(fetch))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  return (server.address() as AddressInfo).port
}

beforeAll(async () => {
  // Chromium keeps secure cookies for this name over plain HTTP.
  shop = `http://localhost:${await serve((request) => app.fetch(request))}`
  const port = await serve((request) => trap.fetch(request))
  neighbour = `http://localhost:${port}`
  evil = `http://127.0.0.1:${port}`
  browser = await launchChromium()
  page = await (await browser.newContext()).newPage()
})

afterAll(async () => {
  await browser.close()
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

async function press(on: Page, name: string): Promise<string> {
  const loaded = on.waitForEvent('load')
  await on.getByRole('button', { name }).click()
  await loaded
  return (await on.textContent('body')) ?? ''
}

async function note(on: Page, text: string): Promise<string> {
  await on.locator('[name=note]').fill(text)
  return press(on, 'Note')
}

const notes = (): Promise<string[]> => page.locator('li').allTextContents()

describe('in Chromium', () => {
  it('a form of the page passes', async () => {
    await page.goto(shop)
    await note(page, 'milk')

    expect(await notes()).toEqual(['milk'])
    expect(seen.at(-1)).toEqual({ site: 'same-origin', hasCookie: true, status: 303 })
  })

  it.each([
    ['another site', () => evil, 'cross-site'],
    ['another port of this host', () => neighbour, 'same-site'],
  ])(
    'a form of %s is refused, though it carries the cookie and a good token',
    async (_, at, site) => {
      await page.goto(shop)
      const token = await page.locator('[name=_csrf]').first().inputValue()
      await page.goto(`${at()}/?token=${token}`)

      expect(await press(page, 'Win')).toBe('The request was sent from a page of another site.')
      expect(seen.at(-1)).toEqual({ site, hasCookie: true, status: 403 })
      await page.goto(shop)
      expect(await notes()).toEqual(['milk'])
    },
  )

  it('a script of another site can send no header of its own', async () => {
    await page.goto(shop)
    const token = await page.locator('[name=_csrf]').first().inputValue()
    await page.goto(`${evil}/?token=x`)
    const before = seen.length
    const outcome = await page.evaluate(
      ([url, token]) =>
        fetch(url!, {
          method: 'POST',
          credentials: 'include',
          headers: { 'x-csrf-token': token! },
        }).then(
          () => 'sent',
          () => 'refused',
        ),
      [`${shop}/note`, token],
    )

    expect([outcome, seen.length]).toEqual(['refused', before])
  })

  it('two tabs both send what they show, until one of them logs in', async () => {
    await page.goto(shop)
    const tab = await page.context().newPage()
    await tab.goto(shop)
    await note(page, 'tea')
    await note(tab, 'salt')
    expect(await tab.locator('li').allTextContents()).toEqual(['milk', 'tea', 'salt'])

    await page.goto(shop)
    await press(tab, 'Log in')
    expect(await tab.locator('#user').textContent()).toBe('ada')
    expect(await note(page, 'forgotten')).toBe(
      'This page is out of date: load it again, and send the form once more.',
    )
    await page.goto(shop)
    await note(page, 'bread')
    expect(await notes()).toEqual(['milk', 'tea', 'salt', 'bread'])
    await tab.close()
  })
})

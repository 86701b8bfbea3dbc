/** `npm run example:edge` in a real browser: one session at the edge and at the origin behind it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { launchChromium } from './fixtures/chromium.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

let folder: string
let child: ChildProcess
let address: string
let browser: Browser

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'session-kit-edge-'))
  const isSource = (name: string): boolean => !/\.wrangler|\.dev\.vars/.test(name)
  for (const name of ['package.json', 'scripts', 'examples']) {
    await cp(path.join(root, name), path.join(folder, name), { recursive: true, filter: isSource })
  }
  for (const name of ['dist', 'node_modules']) {
    await symlink(path.join(root, name), path.join(folder, name))
  }
  ;[address, browser] = await Promise.all([start(), launchChromium()])
})

afterAll(async () => {
  await browser?.close()
  if (child && child.exitCode === null) child.kill('SIGTERM')
  await rm(folder, { recursive: true, force: true })
})

/** Starts the example on a free port, and waits for the address that it prints. */
async function start(): Promise<string> {
  const { npm_command: _, ...env } = process.env
  child = spawn(process.execPath, ['scripts/example-edge.ts'], {
    cwd: folder,
    env: { ...env, PORT: '0', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  return new Promise((resolve, reject) => {
    const read = (text: Buffer): void => {
      output += text.toString()
      const [, address] = /is running: (http:\S+)/.exec(output) ?? []
      if (address) resolve(address)
    }
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    child.on('exit', () => reject(new Error(`It ended too early:\n${output}`)))
  })
}

const text = async (page: Page): Promise<string> => (await page.textContent('body'))!
const press = (page: Page, name: string): Promise<void> =>
  page.getByRole('button', { name, exact: true }).click()
const follow = (page: Page, name: string): Promise<void> =>
  page.getByRole('link', { name, exact: true }).click()

describe('the example with an origin and an edge', () => {
  it('signs in at the edge, is known at the origin, and signs out at either', async () => {
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(address)
    expect(await text(page)).toContain('Signed in: nobody. Pages from the edge: 1')
    await follow(page, 'To the origin')
    expect(await page.textContent('h1')).toBe('This page is from the edge')

    await press(page, 'Sign in at the edge')
    await follow(page, 'To the origin')
    expect(await page.textContent('h1')).toBe('This page is from the origin')
    expect(await text(page)).toContain(
      'Signed in: Ada. Pages from the edge: 3, from the origin: 1.',
    )
    expect(await context.cookies()).toMatchObject([
      { name: '__Host-visit', secure: true, httpOnly: true, sameSite: 'Lax' },
    ])

    await press(page, 'Leave a message at the origin')
    expect(await page.textContent('h1')).toBe('This page is from the edge')
    expect(await page.textContent('[role=status]')).toBe('The origin says hello')
    await page.reload()
    expect(await page.locator('[role=status]').count()).toBe(0)

    await press(page, 'Sign out at the origin')
    expect(await text(page)).toContain('Signed in: nobody. Pages from the edge: 1')
    await follow(page, 'To the origin')
    expect(await page.textContent('h1')).toBe('This page is from the edge')

    await press(page, 'Sign in at the edge')
    await follow(page, 'To the origin')
    await press(page, 'Sign out at the edge')
    expect(await text(page)).toContain('Signed in: nobody. Pages from the edge: 1')
    await context.close()
  })

  it('ends all that it started', async () => {
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    await expect(fetch(address)).rejects.toThrow('fetch failed')
  })
})

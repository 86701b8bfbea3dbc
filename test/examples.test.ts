import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { createJar } from './koa-parity/jar.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const started: ChildProcess[] = []

afterAll(() => started.forEach((child) => child.kill('SIGKILL')))

/** Starts a script on a free port and waits for the address that it prints. */
async function start(script: string): Promise<{ child: ChildProcess; address: string }> {
  const { EGG_SERVER_ENV: _, ...env } = process.env
  const child = spawn(process.execPath, [script], {
    cwd: root,
    env: { ...env, PORT: '0', NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  started.push(child)
  let output = ''
  const address = await new Promise<string>((resolve, reject) => {
    const read = (text: Buffer): void => {
      output += text.toString()
      const [address] = /http:\/\/127\.0\.0\.1:\d+/.exec(output) ?? []
      if (address) resolve(address)
    }
    child.stdout!.on('data', read)
    child.stderr!.on('data', read)
    child.on('exit', () => reject(new Error(`It ended too early:\n${output}`)))
  })
  return { child, address }
}

/** A browser that has one page open. */
class Browser {
  readonly jar = createJar()
  readonly #address: string
  html = ''

  constructor(address: string) {
    this.#address = address
  }

  get text(): string {
    return this.html.replaceAll(/<form.*<\/form>/gs, '').replaceAll(/<[^>]*>/g, '')
  }

  async open(path = '/', init: RequestInit = {}): Promise<number> {
    const headers = { cookie: this.jar.header('/') }
    const response = await fetch(this.#address + path, { ...init, headers, redirect: 'manual' })
    this.jar.keep(response.headers.getSetCookie())
    this.html = await response.text()
    const location = response.headers.get('location')
    return location ? this.open(location) : response.status
  }

  /** Presses a button of the page's form. */
  async press(label: string): Promise<number> {
    const [, path] = new RegExp(`formaction="([^"]*)">${label}<`).exec(this.html)!
    const body = new URLSearchParams()
    for (const [, name, value] of this.html.matchAll(/type="hidden" name="(.*?)" value="(.*?)"/g)) {
      body.set(name!, value!)
    }
    return this.open(path, { method: 'POST', body })
  }
}

describe.each([
  ['Koa', 'examples/koa/app.js'],
  ['Egg', 'scripts/example-egg.ts'],
])('the example for %s', (name, script) => {
  it('signs in, says so once, counts, signs out, and ends', async () => {
    const { child, address } = await start(script)
    const browser = new Browser(address)
    expect(await browser.open()).toBe(200)
    expect(browser.html).toContain(`<title>session-kit and ${name}</title>`)
    expect(browser.text).toContain('Signed in: nobody. Pages seen: 1.')

    expect(await browser.press('Sign in')).toBe(200)
    expect(browser.text).toContain('Welcome back')
    expect(browser.text).toContain('Signed in: ada. Pages seen: 2.')
    await browser.open()
    expect(browser.text).not.toContain('Welcome back')
    expect(browser.text).toContain('Signed in: ada. Pages seen: 3.')
    expect(browser.jar.header('/')).toMatch(/^[\w.]+=eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/)

    const stranger = new Browser(address)
    await stranger.open()
    expect(stranger.text).toContain('Signed in: nobody. Pages seen: 1.')

    expect(await browser.press('Sign out')).toBe(200)
    expect(browser.text).toContain('Signed in: nobody. Pages seen: 1.')

    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
    await expect(fetch(address)).rejects.toThrow('fetch failed')
  })
})

describe('the form in the example for Egg', () => {
  it('is refused without the token of its page', async () => {
    const { child, address } = await start('scripts/example-egg.ts')
    const browser = new Browser(address)
    await browser.open()
    browser.html = browser.html.replace(/name="_csrf" value="[^"]*"/, 'name="_csrf" value="guess"')
    expect(await browser.press('Sign in')).toBe(403)
    await browser.open()
    expect(browser.text).toContain('Signed in: nobody.')

    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})

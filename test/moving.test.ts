import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createBrowser, type Browser } from '../adapters/testing.ts'
import { hosts } from './egg/hosts.ts'
import { closeWorkspace, openWorkspace } from './egg/workspace.ts'
import type { ChildServer } from './fixtures/child-server.ts'
import { startRedis, type RedisServer } from './fixtures/redis-server.ts'
import { applicationsOf, guides, runEgg, runNode, type Files } from './moving/applications.ts'

const cleanup: (() => unknown)[] = []
let redis: RedisServer

beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.stop())
afterEach(async () => {
  for (const end of cleanup.splice(0).toReversed()) await end()
})

/** Whose session a guide moves, and the cookie that is to go with it. */
const moves: Record<string, { egg?: number; old?: string }> = {
  'koa-session': {},
  'egg-session-3': { egg: 3 },
  'eggjs-session-4': { egg: 4 },
  'express-session': { old: 'connect.sid' },
  'hono-session': { old: 'sid' },
  'hono-sessions': { old: 'session' },
  'iron-session': { old: 'visit' },
}

const secrets = {
  OLD_SECRET: 'Zr4mX1sKq9Wd7LhTgB2nPf5VcJ8yEa3UoRiYtGwHbQx',
  SESSION_SECRET: 'V9s1kQmJr0Zb3t8xWc5uNf2yHg7pLd4A_eTiOqRwX6M',
}

async function folderFor(egg: number | undefined): Promise<string> {
  const host = hosts.find(({ generation }) => generation === egg)
  if (host) {
    const folder = await openWorkspace(host)
    cleanup.push(() => closeWorkspace(folder))
    return folder
  }
  const folder = mkdtempSync(path.join(tmpdir(), 'session-kit-moving-'))
  cleanup.push(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Runs each application of a guide in turn, all before the same visitor. */
function createSite(egg: number | undefined, folder: string) {
  let running: ChildServer | undefined
  const browser = createBrowser(
    (request) => fetch(request.url.replace('http://localhost', running!.url), request),
    { origin: 'http://localhost' },
  )
  cleanup.push(() => running?.stop())
  return {
    browser,
    async deploy(stage: string, files: Files): Promise<void> {
      await running?.stop()
      running = undefined
      const start = egg ? runEgg : runNode
      running = await start(path.join(folder, stage), files, { ...secrets, REDIS_URL: redis.url })
    },
  }
}

async function see(browser: Browser): Promise<string> {
  return (await browser.fetch('/')).text()
}

/** Logs in on the one page that there is; in Egg on one of its own, with the token of a page. */
async function logIn(browser: Browser, isEgg: boolean): Promise<void> {
  if (!isEgg) return void (await browser.fetch('/', { method: 'POST' }))
  await see(browser)
  const { value } = browser.cookies().find(({ name }) => name === 'csrfToken')!
  const headers = { 'x-csrf-token': value }
  expect((await browser.fetch('/login', { method: 'POST', headers })).status).toBe(200)
}

describe.each(guides)('moving from %s', (guide) => {
  const { egg, old } = moves[guide]!
  const stages = applicationsOf(guide)

  it('logs nobody out', async () => {
    expect([...stages.keys()].slice(0, 2)).toEqual(['before', 'after'])
    const { browser, deploy } = createSite(egg, await folderFor(egg))
    let views = 0
    for (const [stage, files] of stages) {
      await deploy(stage, files)
      if (stage === 'before') {
        await logIn(browser, egg !== undefined)
        views = 1
        if (old) expect(browser.cookieHeader()).toMatch(new RegExp(`(^|; )${old}=`))
      }
      for (const end = views + 2; views < end;) {
        views += 1
        expect(`${stage} ${await see(browser)}`).toBe(`${stage} ada: ${views}`)
      }
    }

    expect(browser.cookies().map(({ name }) => name)).not.toContain(old)
  })

  it('lets nobody in', async () => {
    const { browser, deploy } = createSite(egg, await folderFor(egg))
    const [, after] = [...stages.values()]
    await deploy('after', after!)

    expect(await see(browser)).toBe('undefined: 1')
  })
})

it('has a guide for each library that is promised', () => {
  expect(guides.toSorted()).toEqual(Object.keys(moves).toSorted())
})

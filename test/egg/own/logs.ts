import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { expect, it } from 'vitest'
import { keys } from '../fixture.ts'
import { signedCookie } from '../keys.ts'
import { START } from '../run.ts'
import type { Site } from '../site.ts'
import { describeHosts } from '../trial.ts'

const DAY = 86_400_000
const KNOWN = 'known-canary-id'

/** All that is in the application's log files, once everything has been written. */
async function logged(site: Site): Promise<string> {
  await site.evaluate((app) => app.coreLogger.error('the last line'))
  const folder = path.join(site.folder, 'logs')
  const read = async (): Promise<string[]> => {
    const names = await readdir(folder, { recursive: true })
    const files = names.filter((name) => name.endsWith('.log'))
    return Promise.all(files.map((name) => readFile(path.join(folder, name), 'utf8')))
  }
  // egg-web.log has it, and so has common-error.log.
  const ends = async (): Promise<number> =>
    (await read()).filter((text) => text.includes('the last line')).length
  await expect.poll(ends, { timeout: 10_000 }).toBe(2)
  return (await read()).join('\n')
}

/** Makes happen, on a site with a store, all that is told of in a log. */
async function makeTrouble(site: Site): Promise<string[]> {
  const hidden: string[] = []
  const visitor = site.visitor()
  const note = (): void => void hidden.push(...cookieValues(visitor.jar.header('/', site.now)))

  await visitor.visit((ctx) => void (ctx.session.user = 'fred'))
  note()
  await visitor.visit((ctx) => {
    ctx.session.views = 1
    ctx.throw(500, 'the page failed')
  })
  note()
  await visitor.visit((ctx) => {
    ctx.session.views = 2
    throw Object.assign(new Error('with headers'), { headers: { 'x-own': '1' } })
  })
  note()
  await visitor.visit((ctx) => void (ctx.session.self = ctx.session))
  await site.evaluate((app) => (app.config.session.valid = () => false))
  await visitor.visit((ctx) => ctx.session)
  await site.evaluate((app) => delete app.config.session.valid)

  const record = { user: 'fred', _expire: START - 1, _maxAge: DAY }
  await site.evaluate(
    (app, given) => app.fixture.records.set(given[0], given[1]),
    [KNOWN, JSON.stringify(record)],
  )
  for (const id of [KNOWN, KNOWN]) {
    // Expired at first, and missing then.
    await site
      .visitor()
      .holding(signedCookie(id, keys[0]))
      .visit((ctx) => ctx.session)
  }
  const header = visitor.jar.header('/', site.now)
  await site
    .visitor()
    .holding(`${header}x`)
    .visit((ctx) => ctx.session)

  for (const call of ['get', 'set', 'destroy']) {
    await site.useStore('failing', call)
    await visitor.visit((ctx) => void (ctx.session.views = 3))
    await visitor.visit((ctx) => void (ctx.session = null))
    note()
  }
  await visitor.visit((ctx) => void (ctx.session.text = 'x'.repeat(9000)))
  return hidden
}

const cookieValues = (header: string): string[] =>
  header.split('; ').flatMap((pair) => pair.split('=').slice(1))

describeHosts('the logs', ({ start }) => {
  it.each([
    ['encrypted', true],
    ['signed', false],
  ])('show no id, no cookie and no key, %s', async (name, encrypt) => {
    const site = await start({
      name: `logs-${name}`,
      session: { encrypt, logValue: false },
      boot: { store: 'object' },
    })
    const ids = (): Promise<unknown> => site.evaluate((app) => [...app.fixture.records.keys()])
    const before = (await ids()) as string[]
    const cookies = await makeTrouble(site)
    const hidden = [...before, ...((await ids()) as string[]), ...cookies, KNOWN, ...keys]
    const text = await logged(site)

    for (const part of [
      'missed',
      'expired',
      'invalid',
      'is down',
      'the page failed',
      'SessionError',
    ])
      expect(text).toContain(part)
    expect(hidden.filter((secret) => secret.length > 8 && text.includes(secret))).toEqual([])
    expect(hidden.filter((secret) => secret.length > 8).length).toBeGreaterThan(6)
  })

  it('tell of weak keys, once and without showing them', async () => {
    const site = await start({
      name: 'logs-weak',
      session: { encrypt: true },
      config: { keys: 'canary-weak-key' },
    })
    for (let i = 0; i < 3; i++)
      await site.visitor().visit((ctx) => void (ctx.session.user = 'fred'))
    const text = await logged(site)

    expect(text.match(/app\.keys are weak/g)).toHaveLength(1)
    expect(text).not.toContain('canary')
  })
})

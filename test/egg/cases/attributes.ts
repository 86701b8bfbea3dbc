import type { Request } from '../site.ts'
import type { Case } from '../suite.ts'
import { read, remove, write } from './pages.ts'

const https: Request = { headers: { 'x-forwarded-proto': 'https' } }
const oldChrome: Request = { headers: { ...https.headers, 'user-agent': 'Chrome/66.0.0.0' } }
const safari: Request = {
  headers: {
    ...https.headers,
    'user-agent':
      'Mozilla/5.0 (iPhone; CPU iPhone OS 12_0 like Mac OS X) AppleWebKit/605.1.15 Version/12.0 Safari/604.1',
  },
}

/** A session is written, read and removed under these options. */
function attributes(name: string, options: Record<string, unknown>, request: Request = {}): Case {
  return {
    name,
    run: async (site) => {
      await site.configure(options)
      const visitor = site.visitor()
      await visitor.visit(write, request)
      await visitor.visit(read, request)
      await visitor.visit(remove, request)
    },
  }
}

/** The same, where the application has options for all of its cookies. */
function byConfiguration(
  name: string,
  cookies: Record<string, unknown>,
  options: Record<string, unknown>,
  request: Request = {},
): Case {
  const { run } = attributes(name, options, request)
  return {
    name: `${name} by the configuration of all cookies`,
    run: async (site) => {
      const former = await site.evaluate((app) => ({ ...app.config.cookies }))
      await site.evaluate(
        (app, cookies) => void Object.assign(app.config.cookies, cookies),
        cookies,
      )
      try {
        await run(site)
      } finally {
        await site.evaluate((app, former) => {
          for (const name of Object.keys(app.config.cookies)) delete app.config.cookies[name]
          Object.assign(app.config.cookies, former)
        }, former)
      }
    },
  }
}

const crossSite = { secure: true, sameSite: 'none' }

export const attributeCases: Case[] = [
  attributes('key', { key: 'SHOP' }),
  attributes('httpOnly false', { httpOnly: false }),
  attributes('sameSite lax', { sameSite: 'lax' }),
  attributes('sameSite strict', { sameSite: 'strict' }),
  attributes('sameSite none over HTTPS', crossSite, https),
  attributes('sameSite none over HTTP', { sameSite: 'none' }),
  attributes('sameSite none for a Chrome that misreads it', crossSite, oldChrome),
  attributes('sameSite none for a Safari that misreads it', crossSite, safari),
  attributes('secure over HTTP', { secure: true }),
  attributes('secure over HTTPS', { secure: true }, https),
  attributes('secure not said, over HTTPS', {}, https),
  attributes('secure false over HTTPS', { secure: false }, https),
  attributes('domain', { domain: '.example.com' }),
  attributes('path', { path: '/ignored' }),
  attributes('priority', { priority: 'high' }),
  attributes('overwrite false', { overwrite: false }),
  attributes('partitioned', { ...crossSite, partitioned: true }, https),
  attributes('partitioned over HTTP', { partitioned: true }),
  attributes(
    'partitioned for a Chrome without CHIPS',
    { ...crossSite, partitioned: true },
    oldChrome,
  ),
  attributes(
    'partitioned, with the unpartitioned one removed',
    { ...crossSite, partitioned: true, removeUnpartitioned: true },
    https,
  ),
  byConfiguration('CHIPS', { autoChips: true }, crossSite, https),
  byConfiguration('sameSite', { sameSite: 'lax' }, {}),
  byConfiguration('sameSite none', { sameSite: 'none' }, {}, https),
  byConfiguration('another sameSite', { sameSite: 'lax' }, { sameSite: 'strict' }),
  byConfiguration('secure', { secure: false }, {}, https),
  {
    name: 'overwrite false and save()',
    run: async (site) => {
      await site.configure({ overwrite: false })
      await site.visitor().visit(async (ctx) => {
        ctx.session.user = 'fred'
        await ctx.session.save()
      })
    },
  },
  attributes('neither signed nor encrypted', { signed: false }),
]

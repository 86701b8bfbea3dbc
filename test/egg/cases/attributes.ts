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
  {
    name: 'CHIPS by the configuration of all cookies',
    run: async (site) => {
      await site.evaluate((app) => void (app.config.cookies.autoChips = true))
      try {
        await site.configure(crossSite)
        const visitor = site.visitor()
        await visitor.visit(write, https)
        await visitor.visit(read, https)
        await visitor.visit(remove, https)
      } finally {
        await site.evaluate((app) => void delete app.config.cookies.autoChips)
      }
    },
  },
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

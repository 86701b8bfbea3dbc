/** The site on Hono, on Node and in workerd. */
import type { Context } from 'hono'
import { stream } from 'hono/streaming'
import type { SessionManager } from '../../src/index.ts'
import { CACHED, reply } from './pages.ts'

export async function answer(
  c: Context<any>,
  manager: SessionManager<any, any>,
  behind: (work: Promise<unknown>) => void,
): Promise<Response> {
  c.header('cache-control', CACHED)
  const given = await reply(new URL(c.req.url).searchParams, {
    session: () => c.var.session,
    read: () => manager.read(c.req.raw),
    behind,
  })
  if (typeof given === 'string') return c.text(given)
  if ('location' in given) return c.redirect(given.location)
  return stream(c, async (body) => {
    for await (const part of given) await body.write(part)
  })
}

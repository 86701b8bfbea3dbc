import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, vi } from 'vitest'
import { Jar } from './fixtures/cookies.ts'
import { SECRET } from './fixtures/secrets.ts'

vi.stubEnv('SESSION_SECRET', SECRET)

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')
const url = 'https://example.com/'

type Send = (path: string, init?: RequestInit) => Promise<Response>

/** A browser that sends its requests to a handler. */
function createBrowser(handle: (request: Request) => Promise<Response>): Send {
  const jar = new Jar()
  return async (path, init) => {
    const headers = { cookie: jar.header }
    const response = await handle(new Request(new URL(path, url), { ...init, headers }))
    jar.take(response.headers.getSetCookie())
    return response
  }
}

describe('the recipe for', () => {
  it('Next.js counts, and forgets', async () => {
    const { GET, DELETE } = await import('../examples/recipes/next.ts')
    const send = createBrowser((request) => (request.method === 'GET' ? GET : DELETE)(request))
    await send('/')
    expect(await (await send('/')).json()).toEqual({ views: 2 })
    expect((await send('/', { method: 'DELETE' })).status).toBe(204)
    expect(await (await send('/')).json()).toEqual({ views: 1 })
  })

  it('SvelteKit hands a lazy session to pages', async () => {
    const { handle } = await import('../examples/recipes/sveltekit.ts')
    const send = createBrowser((request) =>
      handle({
        event: { request, locals: {} },
        async resolve({ locals }) {
          if (request.url.endsWith('/static')) return new Response('static')
          const session = (await locals.session)!
          if (request.url.endsWith('/in')) session.user = 'ada'
          return new Response(session.user ?? 'nobody')
        },
      }),
    )
    expect((await send('/static')).headers.has('vary')).toBe(false)
    await send('/in')
    expect(await (await send('/')).text()).toBe('ada')
  })

  it('Astro hands a lazy session to pages', async () => {
    const { onRequest } = await import('../examples/recipes/astro.ts')
    const send = createBrowser((request) => {
      const locals: Parameters<typeof onRequest>[0]['locals'] = {}
      return onRequest({ request, locals }, async () => {
        const session = (await locals.visit)!
        if (request.url.endsWith('/in')) session.user = 'ada'
        return new Response(session.user ?? 'nobody')
      })
    })
    await send('/in')
    expect(await (await send('/')).text()).toBe('ada')
  })

  it('Hono on Node counts, over HTTP', async () => {
    const { start } = await import('../examples/recipes/node-server.ts')
    const server = await start(0)
    const { port } = server.address() as AddressInfo
    const send = createBrowser((request) =>
      fetch(`http://127.0.0.1:${port}/`, { headers: request.headers }),
    )
    await send('/')
    expect(await (await send('/')).text()).toBe('Seen 2 times')
    await new Promise((resolve) => server.close(resolve))
  })

  it.each(['next', 'sveltekit', 'astro', 'node-server'])('%s is the one in the docs', (name) => {
    expect(read('docs/recipes.md')).toContain(
      `\`\`\`ts\n${read(`examples/recipes/${name}.ts`)}\`\`\``,
    )
  })
})

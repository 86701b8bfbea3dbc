// What a Worker's first request costs in a fresh isolate: its code is read, its keys are made.
import { bundle, root, worker } from '../bundle.ts'
import type { Effort, Times } from '../measure.ts'
import { peersFolder } from '../peers/index.ts'
import { secret } from '../seals.ts'
import { EMPTY, measureIsolates } from './isolates.ts'

export const KIT_COLD = '**session-kit**'
const KIT_IMPORTED = '**session-kit**, imported alone'

const quoted = JSON.stringify(secret)
const onHono = (lines: string): string => `
  import { Hono } from 'hono'
  const app = new Hono()
  ${lines}
  export default app
`

/** Workers that begin a session where they have a library for it, the empty one first. */
const workers: Record<string, string> = {
  'an empty Worker': EMPTY,
  [KIT_COLD]: `
    import { createSessionManager } from 'session-kit'
    const manager = createSessionManager({ secrets: ${quoted} })
    export default {
      async fetch(request) {
        const session = await manager.load(request.headers.get('cookie'))
        session.user = 'ada'
        const [line] = await manager.commit(session)
        return new Response('', { headers: { 'set-cookie': line } })
      },
    }`,
  [KIT_IMPORTED]: `
    import { createSessionManager } from 'session-kit'
    export default { fetch: () => new Response(createSessionManager.name) }`,
  'iron-session': `
    import { sealData } from 'iron-session'
    export default {
      async fetch() {
        const seal = await sealData({ user: 'ada' }, { password: ${quoted} })
        return new Response('', { headers: { 'set-cookie': 'sid=' + seal } })
      },
    }`,
  'jose, `CompactEncrypt`': `
    import { CompactEncrypt } from 'jose'
    const bytes = Uint8Array.from(atob(${quoted}), (char) => char.charCodeAt(0))
    export default {
      async fetch() {
        const text = new TextEncoder().encode('{"user":"ada"}')
        const header = { alg: 'dir', enc: 'A256GCM' }
        const jwe = await new CompactEncrypt(text).setProtectedHeader(header).encrypt(bytes)
        return new Response('', { headers: { 'set-cookie': 'sid=' + jwe } })
      },
    }`,
  'Hono alone': onHono(`app.get('/', (c) => c.text(''))`),
  'Hono and **session-kit/hono**': onHono(`
    import { session } from 'session-kit/hono'
    app.use(session({ secrets: ${quoted} })).get('/', async (c) => {
      ;(await c.var.session).user = 'ada'
      return c.text('')
    })`),
  'Hono and @hono/session': onHono(`
    import { useSession } from '@hono/session'
    app.use(useSession({ secret: ${quoted} })).get('/', async (c) => {
      await c.var.session.update({ user: 'ada' })
      return c.text('')
    })`),
  'Hono and hono-sessions': onHono(`
    import { sessionMiddleware, CookieStore } from 'hono-sessions'
    const options = { store: new CookieStore(), encryptionKey: ${quoted} }
    app.use(sessionMiddleware(options)).get('/', (c) => {
      c.var.session.set('user', 'ada')
      return c.text('')
    })`),
}

/** µs of processor time from nothing to the first response, above an empty Worker. */
export async function measureCold(effort: Effort): Promise<Map<string, Times>> {
  const all = Object.entries(workers).filter(
    ([name], index) => index === 0 || !effort.isGuard || name === KIT_COLD,
  )
  const codes: Record<string, string> = {}
  for (const [name, contents] of all) {
    const folder = contents.includes('session-kit') ? root : peersFolder
    codes[name] = await bundle(contents, folder, worker, [])
  }
  return measureIsolates(codes, (name) => !/empty|alone$/.test(name), effort)
}

/** A Worker for the tests: sessions under JSON Web Keys, with keys from its bindings. */
import { Hono } from 'hono'
import { createRemoteJWKSet } from 'jose'
import { session } from 'session-kit/hono'
import { jweFormat, jwsFormat, jwsReadOnly } from 'session-kit/jose'

interface Env {
  SIGN: string
  VERIFY: string
  SECRET_KEY: string
  SECRET: string
  JWKS_URL: string
}

/** Outlives a request, as the set of an application does. */
let remote: ReturnType<typeof createRemoteJWKSet> | undefined

const kinds = {
  signed: ({ SIGN }: Env) => jwsFormat({ sign: JSON.parse(SIGN) }),
  nested: ({ SIGN, SECRET }: Env) => jwsFormat({ sign: JSON.parse(SIGN), seal: SECRET }),
  sealed: ({ SECRET_KEY }: Env) => jweFormat({ keys: JSON.parse(SECRET_KEY) }),
  fetched: ({ SECRET_KEY }: Env) => jweFormat({ keys: async () => JSON.parse(SECRET_KEY) }),
}

const app: Hono<{ Bindings: Env }> = new Hono<{ Bindings: Env }>().onError((error, c) =>
  c.text(`${(error as { code?: string }).code}`, 500),
)

for (const [kind, format] of Object.entries(kinds)) {
  app
    .basePath(`/${kind}`)
    .use(session((c) => ({ key: '__Host-visit', format: format(c.env) })))
    .get('/read', async (c) => c.json(await c.var.session))
    .get('/write', async (c) => {
      Object.assign(await c.var.session, { user: c.req.query('user') })
      return c.text('')
    })
}

for (const kind of ['local', 'remote']) {
  app
    .basePath(`/${kind}`)
    .use(
      session((c) => {
        remote ??= createRemoteJWKSet(new URL(c.env.JWKS_URL))
        const verify = kind === 'local' ? JSON.parse(c.env.VERIFY) : remote
        return { key: '__Host-visit', format: jwsReadOnly({ verify }) }
      }),
    )
    .get('/read', async (c) => c.json(await c.var.session))
    .get('/write', async (c) => {
      Object.assign(await c.var.session, { user: 'eve' })
      return c.text('')
    })
}

export default app

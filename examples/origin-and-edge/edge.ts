import { Hono, type Context } from 'hono'
import { csrf } from 'hono/csrf'
import { session, type SessionVariables } from 'session-kit/hono'
import { page } from './page.ts'
import { visit, type Visit } from './session.ts'

interface Env {
  Bindings: { SESSION_SECRET: string; ORIGIN: string }
  Variables: SessionVariables<Visit>
}

const app = new Hono<Env>()

app.use(
  csrf(),
  session<Visit>((c) => ({ ...visit, secrets: c.env.SESSION_SECRET })),
)

app.get('/', async (c) => {
  const session = await c.var.session
  session.edge = (session.edge ?? 0) + 1
  return c.html(page('edge', session, session.flash('notice')))
})

app.post('/login', async (c) => {
  const session = await c.var.session
  session.user = 'Ada'
  await session.regenerate()
  return c.redirect('/', 303)
})

app.post('/logout', (c) => {
  c.var.session.destroy()
  return c.redirect('/', 303)
})

// Who is not logged in does not get as far as the origin.
app.all('/account/*', async (c) => {
  const { user } = await c.var.session
  return user ? forward(c) : c.redirect('/', 303)
})

export default app

/** Hands a request to the origin, cookies and all. A Set-Cookie of the origin's goes through. */
function forward(c: Context<Env>): Promise<Response> {
  const { pathname, search } = new URL(c.req.url)
  const url = Object.assign(new URL(c.env.ORIGIN), { pathname, search })
  const request = new Request(url, c.req.raw)
  // It came over HTTPS, or from localhost: the origin may set Secure cookies.
  request.headers.set('x-forwarded-proto', 'https')
  return fetch(request, { redirect: 'manual' })
}

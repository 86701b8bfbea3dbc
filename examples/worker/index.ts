import { Hono } from 'hono'
import { csrf } from 'hono/csrf'
import { secureHeaders } from 'hono/secure-headers'
import { add, goods, isGood, remove } from './cart.ts'
import { held } from './held.ts'
import { icon } from './icon.ts'
import { page } from './page.ts'
import { bothSessions, inspect, sessions, type Env, type Place } from './sessions.ts'
import { style } from './style.ts'

const app = new Hono<Env>()

// First, for it has a Content-Security-Policy of its own.
app.use('/inspector', ...bothSessions, inspect)

app.use(
  csrf(),
  secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      formAction: ["'self'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
    referrerPolicy: 'same-origin',
  }),
)

app.get('/', (c) => c.redirect('/cookie'))
app.route('/cookie', visits('cookie'))
app.route('/kv', visits('kv'))
app.get('/style.css', (c) => c.body(style, 200, { 'content-type': 'text/css; charset=utf-8' }))
app.get('/icon.svg', (c) => c.body(icon, 200, { 'content-type': 'image/svg+xml' }))

export default app

/** The same routes, wherever the session is kept. */
function visits(place: Place) {
  const home = `/${place}`

  return new Hono<Env>()
    .use(sessions[place])

    .get('/', async (c) => {
      const session = await c.var.session
      const notice = session.flash('notice')
      // Looking at the page starts no session: who keeps nothing gets no cookie.
      if (!session.isNew) {
        session.views = (session.views ?? 0) + 1
        // Saved here and not after the answer, so that the page can show what KV holds.
        await session.save()
      }
      const isLocal = new URL(c.req.url).hostname === 'localhost'
      return c.html(page({ place, session, notice, held: await held(c, place, session), isLocal }))
    })

    .post('/sign-in', async (c) => {
      const { name } = await c.req.parseBody()
      const session = await c.var.session
      session.name = String(name).trim().slice(0, 40) || 'Nobody'
      // A new id, so that one planted in this browser earlier is not signed in.
      await session.regenerate()
      session.flash('notice', `Welcome, ${session.name}.`)
      return c.redirect(home, 303)
    })

    .post('/sign-out', (c) => {
      c.var.session.destroy()
      return c.redirect(home, 303)
    })

    .post('/cart', async (c) => {
      const form = await c.req.parseBody()
      const session = await c.var.session
      session.cart ??= {}
      if (isGood(form.add)) {
        add(session.cart, form.add)
        session.flash('notice', `${goods[form.add]} is in your cart.`)
      }
      if (isGood(form.remove)) {
        remove(session.cart, form.remove)
        session.flash('notice', `${goods[form.remove]} was taken out.`)
      }
      return c.redirect(home, 303)
    })
}

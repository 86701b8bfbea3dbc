import { Hono } from 'hono'
import { html } from 'hono/html'
import { session } from 'session-kit/hono'
import { createServerTiming } from 'session-kit/server-timing'
import { createSessionManager, type SessionOptions } from 'session-kit'

interface Visit {
  user?: string
  device?: string
  cart?: string[]
}

const DAY = 86_400_000

/**
 * A shop. Customers are at `/`, with their sessions in a store; carts are at `/cart`, in a cookie
 * and in the store when they have outgrown it.
 */
export function createShop(shared: Pick<SessionOptions, 'secrets' | 'store'>): Hono {
  // How far the clock is ahead; what browsers and stores keep for themselves, they keep by the real one.
  let passed = 0
  const now = (): number => Date.now() + passed
  const options = { ...shared, now, storeTimeout: 20_000, maxAge: DAY }
  const customers = createSessionManager<Visit, any>({
    ...options,
    key: '__Host-customer',
    principal: ({ user }) => user,
    label: ({ device }) => device,
    on: createServerTiming(),
  })

  const home = new Hono()
    .use(session(customers))
    .get('/', async (c) => {
      const customer = await c.var.session
      const { user } = customer
      const notice = customer.flash('notice')
      const devices = user ? await customers.list(user, { current: customer }) : []
      return c.html(
        html`<!doctype html>
          <h1>${user ? `Hello, ${user}` : 'Who are you?'}</h1>
          ${notice && html`<p role="status">${notice}</p>`}
          <form method="post" action="/login">
            <label>Name <input name="user" /></label>
            <label>Device <input name="device" /></label>
            <label><input type="checkbox" name="remember" /> Remember me</label>
            <button>Log in</button>
          </form>
          <form method="post" action="/logout"><button>Log out</button></form>
          <form method="post" action="/others"><button>Log out my other devices</button></form>
          <ul>
            ${devices.map(
              ({ id, label, current }) =>
                html`<li>
                  ${label}${current ? ' (this one)' : ''}
                  <form method="post" action="/end">
                    <button name="id" value="${id}">End ${label}</button>
                  </form>
                </li>`,
            )}
          </ul>`,
      )
    })
    .post('/login', async (c) => {
      const { user, device, remember } = await c.req.parseBody()
      const customer = await c.var.session
      Object.assign(customer, { user, device })
      if (remember) customer.maxAge = 30 * DAY
      customer.flash('notice', 'Welcome!')
      return c.redirect('/on-the-way', 303)
    })
    // One route never looks at the session, the other does and asks for no message.
    .get('/on-the-way', (c) => c.redirect('/almost-there'))
    .get('/almost-there', async (c) => c.redirect((await c.var.session).user ? '/' : '/nobody'))
    .post('/logout', (c) => {
      c.var.session.destroy()
      return c.redirect('/', 303)
    })
    .post('/others', async (c) => {
      const customer = await c.var.session
      await customers.destroyAll(customer.user!, { except: customer })
      customer.flash('notice', 'You are logged out elsewhere.')
      return c.redirect('/', 303)
    })
    .post('/end', async (c) => {
      const { id } = await c.req.parseBody()
      const { user } = await c.var.session
      const theirs = user ? await customers.list(user) : []
      if (theirs.some((one) => one.id === id)) await customers.destroy(String(id))
      return c.redirect('/', 303)
    })

  const carts = new Hono()
    .use(session<Visit>({ ...options, key: '__Host-cart', overflow: 'store' }))
    .get('/', async (c) => {
      const visit = await c.var.session
      const { cart = [] } = visit
      return c.html(
        html`<!doctype html>
          <h1>${cart.length} things</h1>
          <p>${visit.externalKey ? 'in the store' : 'in the cookie'}</p>
          <p>${cart.at(-1)}</p>
          <form method="post"><button name="count" value="1">Add one</button></form>
          <form method="post"><button name="count" value="350">Add 350</button></form>
          <form method="post" action="/cart/keep"><button>Keep ten</button></form>`,
      )
    })
    .post('/', async (c) => {
      const { count } = await c.req.parseBody()
      const visit = await c.var.session
      const { cart = [] } = visit
      const added = Array.from(
        { length: Number(count) },
        (_, n) => `a thing by the name of ${n}, blue`,
      )
      visit.cart = [...cart, ...added]
      return c.redirect('/cart', 303)
    })
    .post('/keep', async (c) => {
      const visit = await c.var.session
      visit.cart = visit.cart?.slice(0, 10) ?? []
      return c.redirect('/cart', 303)
    })

  return new Hono()
    .post('/pass/:ms', (c) => {
      passed += Number(c.req.param('ms'))
      return c.text('')
    })
    .get('/favicon.ico', (c) => c.body(null, 204))
    .route('/cart', carts)
    .route('/', home)
}

import type { AddressInfo } from 'node:net'
import Koa, { type DefaultState } from 'koa'
import { session, type KoaSessionContext } from 'session-kit/koa'
import { page } from './page.ts'
import { visit, type Visit } from './session.ts'

const app = new Koa<DefaultState, KoaSessionContext<Visit>>()
// The edge tells by X-Forwarded-Proto how the visitor came. Nobody else may reach this server.
app.proxy = true

app.use(session({ ...visit, secrets: process.env['SESSION_SECRET']! }, app))

app.use((ctx) => {
  if (ctx.method === 'POST' && ctx.path === '/account/logout') {
    ctx.session = null
    return ctx.redirect('/')
  }
  if (ctx.method === 'POST' && ctx.path === '/account/notice') {
    ctx.session!.flash('notice', 'The origin says hello')
    return ctx.redirect('/')
  }
  const session = ctx.session!
  session.origin = (session.origin ?? 0) + 1
  ctx.body = page('origin', session, session.flash('notice'))
})

const server = app.listen(Number(process.env['PORT'] ?? 0), '127.0.0.1', () => {
  console.log(`The origin: http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

process.once('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})

import Koa from 'koa'
import session from 'session-kit/koa'

const app = new Koa()
app.keys = [process.env.SESSION_SECRET ?? crypto.randomUUID() + crypto.randomUUID()]

// koa-session's options, and `encrypt`: without it the cookie is koa-session's, byte for byte.
app.use(session({ encrypt: true, rolling: true, maxAge: 3_600_000 }, app))

app.use(async (ctx) => {
  if (ctx.method === 'POST' && ctx.path === '/login') {
    await ctx.session.regenerate()
    ctx.session.user = 'ada'
    ctx.session.flash('notice', 'Welcome back')
    return ctx.redirect('/')
  }
  if (ctx.method === 'POST' && ctx.path === '/logout') {
    ctx.session = null
    return ctx.redirect('/')
  }
  ctx.session.views = (ctx.session.views ?? 0) + 1
  const { user = 'nobody', views } = ctx.session
  const notice = ctx.session.flash('notice')
  ctx.body = `<!doctype html><title>session-kit and Koa</title>
${notice ? `<p role="status">${notice}</p>` : ''}
<p>Signed in: ${user}. Pages seen: ${views}.</p>
<form method="post"><button formaction="/login">Sign in</button>
<button formaction="/logout">Sign out</button></form>`
})

const server = app.listen(Number(process.env.PORT ?? 3000), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})

process.once('SIGTERM', () => server.close())

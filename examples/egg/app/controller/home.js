const { Controller } = require('egg')

module.exports = class HomeController extends Controller {
  index() {
    const { ctx } = this
    ctx.session.views = (ctx.session.views ?? 0) + 1
    const { user = 'nobody', views } = ctx.session
    const notice = ctx.session.flash('notice')
    ctx.body = `<!doctype html><title>session-kit and Egg</title>
${notice ? `<p role="status">${notice}</p>` : ''}
<p>Signed in: ${user}. Pages seen: ${views}.</p>
<form method="post"><input type="hidden" name="_csrf" value="${ctx.csrf}">
<button formaction="/login">Sign in</button>
<button formaction="/logout">Sign out</button></form>`
  }

  async login() {
    const { ctx } = this
    await ctx.session.regenerate()
    ctx.session.user = 'ada'
    ctx.rotateCsrfSecret()
    ctx.session.flash('notice', 'Welcome back')
    ctx.redirect('/')
  }

  logout() {
    this.ctx.session = null
    this.ctx.redirect('/')
  }
}

import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** An application in CommonJS that has the package among its own. */
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'session-kit-commonjs-'))
  mkdirSync(path.join(folder, 'node_modules'))
  for (const [name, target] of [
    ['session-kit', root],
    ['koa', path.dirname(createRequire(import.meta.url).resolve('koa/package.json'))],
  ] as const) {
    symlinkSync(target, path.join(folder, 'node_modules', name))
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

/** What a script prints, as JSON. Some releases of Node warn of `require()` of a module. */
function run(script: string): unknown {
  const file = path.join(folder, 'app.cjs')
  writeFileSync(file, `const print = (value) => console.log(JSON.stringify(value))\n${script}`)
  const args = ['--no-warnings', file]
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: 'pipe' }))
}

describe("require('session-kit/koa')", () => {
  it('is the function, with the other names on it', () => {
    const seen = run(`
      const session = require('session-kit/koa')
      print([
        typeof session,
        session.createSession === session,
        session.session === session,
        session.default === session,
        typeof session.SessionOptions.parse,
        session.SessionOptions.parse({ rolling: true }).rolling,
      ])`)

    expect(seen).toEqual(['function', true, true, true, 'function', true])
  })

  it('is taken apart as koa-session 7 is', () => {
    const seen = run(`
      const { createSession, SessionOptions } = require('session-kit/koa')
      print([typeof createSession, SessionOptions.parse().key])`)

    expect(seen).toEqual(['function', 'koa.sess'])
  })

  it('is the function that `import` gives', () => {
    const seen = run(`
      import('session-kit/koa').then((imported) => {
        const session = require('session-kit/koa')
        print([imported.default === session, imported.session === session])
      })`)

    expect(seen).toEqual([true, true])
  })

  it('makes the session of an application', () => {
    const seen = run(`
      const Koa = require('koa')
      const session = require('session-kit/koa')
      const app = new Koa()
      app.keys = ['n2J1yq0vT5hXb8mWc4RzLd7KsGf9PaEuQo3iYtUx6VM=']
      app.use(session({ encrypt: true }, app))
      app.use((ctx) => { ctx.session.views = (ctx.session.views ?? 0) + 1; ctx.body = ctx.session })
      const server = app.listen(0, '127.0.0.1', async () => {
        const url = 'http://127.0.0.1:' + server.address().port
        const first = await fetch(url)
        const [cookie] = first.headers.getSetCookie()
        const second = await fetch(url, { headers: { cookie: cookie.split(';')[0] } })
        print([await first.json(), await second.json()])
        server.close()
        server.closeAllConnections()
      })`)

    expect(seen).toEqual([{ views: 1 }, { views: 2 }])
  })
})

import { fileURLToPath } from 'node:url'
import type { Site as EggSite } from '../egg/site.ts'
import type { Place, Site } from './hosts.ts'

/** The site on an Egg application that runs the handlers which requests bring as text. */
export async function onEgg(site: EggSite, place: Place): Promise<Site> {
  await site.begin()
  await site.useStore(place === 'a store' ? 'object' : 'none')
  const pathTo = (name: string): string =>
    JSON.stringify(fileURLToPath(new URL(name, import.meta.url)))
  const code = `async (ctx) => {
    const { createRequire } = process.getBuiltinModule('node:module')
    const { readSession } = createRequire(ctx.app.config.baseDir + '/app.js')('session-kit/koa')
    const { acceptSockets, answer } = await import(${pathTo('koa.ts')})
    const { removal, valid } = await import(${pathTo('pages.ts')})
    const { app } = ctx
    const waitUntil = (promise) => void removal(promise)
    app.config.session.valid ?? Object.assign(app.config.session, { waitUntil, valid })
    app.accepting ??= acceptSockets(ctx.req.socket.server, (request) => readSession(app, request))
    await answer(ctx, readSession)
  }`
  const handler = Buffer.from(code).toString('base64')
  return { url: `${site.url}/`, headers: { 'x-handler': handler }, stop: () => {} }
}

import { findEntry, planServer, remindOfPackage, type Plan, type Project } from './project.ts'
import { addImport, endOfCall, indent, insertAt } from './source.ts'
import { findWrangler, planWorker } from './worker.ts'

/** Hono, in a Worker where the folder has a configuration of wrangler, else on a server. */
export function planHono(project: Project): Plan {
  const wrangler = findWrangler(project.read)
  const keepsInKv = wrangler !== undefined && !project.keepsInCookie
  const plan = wrangler ? planWorker(project, wrangler) : planServer()
  plan.byHand.unshift(...remindOfPackage(project))
  const middleware = makeMiddleware(wrangler !== undefined, keepsInKv)
  const entry = findEntry(project, /\bnew Hono\b/, wrangler?.config['main'])
  const at = entry ? endOfCall(entry.text, /\bnew Hono\b/) : -1
  if (!entry || at < 0) {
    plan.byHand.push(`Put this behind your \`new Hono()\`:\n${use('', 0, middleware)}`)
    return plan
  }
  const { file, text } = entry
  if (/['"]session-kit\/hono['"]/.test(text)) return plan
  let after = insertAt(text, at, use(text, at, middleware))
  if (keepsInKv) after = addImport(after, file, '{ createKvStore }', 'session-kit/workers-kv')
  after = addImport(after, file, '{ session }', 'session-kit/hono')
  plan.changes.unshift({ file, before: text, after })
  return plan
}

function makeMiddleware(isWorker: boolean, keepsInKv: boolean): string {
  if (!isWorker) return "session({ secrets: process.env.SESSION_SECRET ?? '' })"
  const store = keepsInKv ? '\n  store: createKvStore(c.env.SESSIONS),' : ''
  return `session((c) => ({\n  secrets: c.env.SESSION_SECRET,${store}\n}))`
}

/** The middleware as a part of the chain, so that TypeScript knows the variable. */
function use(text: string, at: number, middleware: string): string {
  const chain = /^\s*\n([ \t]+)\./.exec(text.slice(at))?.[1]
  const outer = chain ?? ''
  const isLong = middleware.includes('\n')
  const inner = isLong ? `\n${indent(middleware, `${outer}  `)},\n${outer}` : middleware
  return `${chain === undefined ? '' : `\n${chain}`}.use(${inner})`
}

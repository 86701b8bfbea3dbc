import path from 'node:path'
import { planServer, remindOfPackage, type Plan, type Project } from './project.ts'
import { findWrangler, planWorker } from './worker.ts'

/** Any fetch handler: a file with the sessions, and the line that uses it. */
export function planFetch(project: Project): Plan {
  const wrangler = findWrangler(project.read)
  const plan = wrangler ? planWorker(project, wrangler) : planServer()
  plan.byHand.unshift(...remindOfPackage(project))
  const main = project.entry ?? wrangler?.config['main']
  const folder = typeof main === 'string' ? path.posix.dirname(main) : 'src'
  const ending = project.read('tsconfig.json') === undefined ? 'js' : 'ts'
  const file = path.posix.join(folder, `session.${ending}`)
  if (project.read(file) !== undefined) {
    plan.byHand.push(`${file} is there: is it the one with the sessions?`)
    return plan
  }
  const keepsInKv = wrangler !== undefined && !project.keepsInCookie
  const after = source(wrangler !== undefined, keepsInKv)
  plan.changes.unshift({ file, before: undefined, after })
  plan.byHand.push(
    `Where your handler is:\n` +
      `import { withSession } from 'session-kit'\n` +
      `import { sessions } from './session.${ending}'\n\n` +
      `export default {\n` +
      `  fetch: withSession(sessions, async (request, lazy) => {\n` +
      `    const session = await lazy\n` +
      `    session.views = (session.views ?? 0) + 1\n` +
      `    return new Response(\`Seen \${session.views} times\`)\n` +
      `  }),\n` +
      `}`,
  )
  return plan
}

function source(isWorker: boolean, keepsInKv: boolean): string {
  const from = isWorker ? 'env' : 'process.env'
  const secret = isWorker ? `${from}.SESSION_SECRET` : `${from}.SESSION_SECRET ?? ''`
  return [
    ...(isWorker ? ["import { env } from 'cloudflare:workers'"] : []),
    "import { createSessionManager } from 'session-kit'",
    ...(keepsInKv ? ["import { createKvStore } from 'session-kit/workers-kv'"] : []),
    '',
    'export const sessions = createSessionManager({',
    `  secrets: ${secret},`,
    ...(keepsInKv ? [`  store: createKvStore(${from}.SESSIONS),`] : []),
    '})',
    '',
  ].join('\n')
}

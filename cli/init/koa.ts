import { findEntry, planServer, remindOfPackage, type Plan, type Project } from './project.ts'
import { addImport, endOfCall, insertAt } from './source.ts'

/** A Koa application: a new one gets the middleware, one on koa-session changes a name. */
export function planKoa(project: Project): Plan {
  const old = findEntry(project, /['"]koa-session['"]/)
  const { changes } = { changes: [] } as Pick<Plan, 'changes'>
  if (old) {
    const after = old.text.replaceAll(/(['"])koa-session\1/g, '$1session-kit/koa$1')
    changes.push({ file: old.file, before: old.text, after })
    return { changes, byHand: remindOfPackage(project) }
  }
  const entry = findEntry(project, /\bnew Koa\b/)
  const name = entry && /\b(?:const|let|var)\s+(\w+)[^=\n]*=\s*new Koa\b/.exec(entry.text)?.[1]
  const at = entry ? endOfCall(entry.text, /\bnew Koa\b/) : -1
  if (!entry || !name || at < 0) {
    const byHand =
      'Put this behind your `new Koa()`:\napp.keys = [process.env.SESSION_SECRET]\napp.use(session(app))'
    return { changes, byHand: [...remindOfPackage(project), byHand] }
  }
  const { file, text } = entry
  const byHand = remindOfPackage(project)
  if (/['"]session-kit\/koa['"]/.test(text)) return { changes, byHand }
  const hasKeys = new RegExp(`\\b${name}\\.keys\\s*=`).test(text)
  if (!hasKeys) byHand.push(...planServer().byHand)
  const end = text[at] === ';' ? ';' : ''
  const lines = [
    ...(hasKeys ? [] : [`${name}.keys = [process.env.SESSION_SECRET]`]),
    `${name}.use(session(${name}))`,
  ]
  const added = lines.map((line) => `\n${line}${end}`).join('')
  const after = insertAt(text, at + end.length, added)
  changes.push({
    file,
    before: text,
    after: addImport(after, file, 'session', 'session-kit/koa'),
  })
  return { changes, byHand }
}

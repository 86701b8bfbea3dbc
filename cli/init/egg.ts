import { changed, remindOfPackage, type Plan, type Project } from './project.ts'

const ENTRY = "{ enable: true, package: 'session-kit/egg' }"

/** An Egg application: its list of plugins names the package. */
export function planEgg(project: Project): Plan {
  const byHand = remindOfPackage(project)
  const file =
    ['config/plugin.ts', 'config/plugin.js'].find((name) => project.read(name) !== undefined) ??
    (project.read('tsconfig.json') === undefined ? 'config/plugin.js' : 'config/plugin.ts')
  const before = project.read(file)
  const after = before === undefined ? newList(file) : addToList(before)
  if (after === undefined) {
    byHand.push(`Name the plugin in ${file}: session: ${ENTRY}`)
    return { changes: [], byHand }
  }
  return { changes: changed({ file, before, after }), byHand }
}

function newList(file: string): string {
  return file.endsWith('.ts')
    ? `export default {\n  session: ${ENTRY},\n}\n`
    : `exports.session = ${ENTRY}\n`
}

/** `undefined` where the list is not written in one of the ways that Egg's pages show. */
function addToList(text: string): string | undefined {
  if (/['"]session-kit\/egg['"]/.test(text)) return text
  const own = /^(exports\.session\s*=\s*|\s+session\s*:\s*)(true|false|\{[^{}]*\})/m
  if (own.test(text)) return text.replace(own, `$1${ENTRY}`)
  // Egg has the plugin by itself: an entry of another shape is not understood.
  if (/^\s*(exports\.)?session\b/m.test(text)) return undefined
  const list = /^(module\.exports\s*=|export default|const \w+(?::\s*\w+)?\s*=)\s*\{[ \t]*\n?/m
  const found = list.exec(text)
  if (found) {
    const at = found.index + found[0].length
    const gap = found[0].endsWith('\n') ? '' : '\n'
    return `${text.slice(0, at)}${gap}  session: ${ENTRY},\n${text.slice(at)}`
  }
  const isList = text.trim() === '' || /^exports\.\w+\s*=/m.test(text)
  return isList
    ? `${text}${text && !text.endsWith('\n') ? '\n' : ''}exports.session = ${ENTRY}\n`
    : undefined
}

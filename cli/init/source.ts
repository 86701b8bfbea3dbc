/** Adds an import, or a `require` where the file has those, behind the ones that are there. */
export function addImport(text: string, file: string, names: string, from: string): string {
  if (text.includes(`'${from}'`) || text.includes(`"${from}"`)) return text
  const line = usesRequire(text, file)
    ? `const ${names} = require('${from}')`
    : `import ${names} from '${from}'`
  const semicolon = /^(import|const) .*;[ \t]*$/m.test(text) ? ';' : ''
  const at = endOfImports(text)
  const before = text.slice(0, at)
  const gap = at === 0 && text.trim() ? '\n' : ''
  return `${before}${line}${semicolon}\n${gap}${text.slice(at)}`
}

/** Whether a file is a CommonJS module, by its name or by what is in it. */
export function usesRequire(text: string, file: string): boolean {
  if (/\.m[jt]s$/.test(file)) return false
  return file.endsWith('.cjs') || (/\brequire\(/.test(text) && !/^import\b/m.test(text))
}

/** Where the imports at the top of a file end. */
function endOfImports(text: string): number {
  const pattern =
    /^(?:import\s[^;'"]*?['"][^'"\n]+['"][^\n]*|(?:const|let|var)\s+[^=\n]+=\s*require\([^\n]*)\n/gm
  let end = 0
  for (const match of text.matchAll(pattern)) end = match.index + match[0].length
  return end
}

/**
 * Where a call like `new Hono<…>(…)` ends, brackets and all.
 *
 * @returns The index behind it; -1 if there is none, or if it is never closed.
 */
export function endOfCall(text: string, start: RegExp): number {
  const found = start.exec(text)
  if (!found) return -1
  let depth = 0
  for (let at = found.index + found[0].length; at < text.length; at++) {
    const char = text[at]!
    if ('<({['.includes(char)) depth++
    // An arrow closes nothing.
    else if ('>)}]'.includes(char) && text.slice(at - 1, at + 1) !== '=>') depth--
    else if (depth === 0 && !/\s/.test(char)) return -1
    if (char === ')' && depth === 0) return at + 1
  }
  return -1
}

/** Puts lines behind an index, each at this indentation. */
export function insertAt(text: string, at: number, added: string): string {
  return text.slice(0, at) + added + text.slice(at)
}

export function indent(text: string, by: string): string {
  return text.replaceAll(/^(?=.)/gm, by)
}

// What is in the core with Hono's adapter: the bytes of each part of it.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { BuildOptions, Plugin } from 'esbuild'
import ts from 'typescript'
import { bundleWithFiles, root, worker } from './bundle.ts'
import { table } from './report.ts'

/** Files below dist/, without their ending, that are one thing to who uses them. */
export interface Part {
  what: string
  files: string[]
  /** Whether applications that do not ask for it never reach it. */
  isOptional?: boolean
}

const optional: Part[] = [
  {
    what: 'stores: their calls, timeouts, failures, merging',
    files: ['src/call-store', 'src/put-record', 'src/merge', 'src/rounds'],
  },
  { what: "users' lists", files: ['src/subjects', 'src/user-sessions'] },
  { what: 'the signed format', files: ['src/seal/signed'] },
  { what: 'events, and their times', files: ['src/events', 'src/tell-written'] },
  { what: 'an origin behind the edge', files: ['src/passed-on'] },
  { what: '`schema` and `migrate`', files: ['src/schema'] },
  { what: "`overflow: 'store'`", files: ['src/overflow'] },
  { what: '`read()`', files: ['src/read'] },
]

const needed: Part[] = [
  {
    what: 'the sealed format: keys, AES-GCM, base64url, claims',
    files: [
      'src/id',
      ...['base64url', 'claims', 'engine-web', 'format', 'iv', 'keyring', 'sealed', 'token'].map(
        (name) => `src/seal/${name}`,
      ),
    ],
  },
  { what: 'checks of options and secrets', files: ['src/options', 'src/rule', 'src/secrets'] },
  { what: 'to commit a session', files: ['src/commit', 'src/decide'] },
  { what: 'to load one', files: ['src/load', 'src/kit', 'src/life'] },
  { what: 'the session itself, and its record', files: ['src/session', 'src/record'] },
  {
    what: 'cookies: the header, attributes, sizes',
    files: ['src/cookie-header', 'src/cookie-options', 'src/set-cookie'],
  },
  {
    what: "Hono's adapter, and the headers of responses",
    files: ['adapters/hono', 'src/lazy-session', 'src/respond', 'src/caches'],
  },
  {
    what: 'the manager, and the class of errors',
    files: ['src/manager', 'src/index', 'src/awaitable', 'src/errors'],
  },
]

/** All that is in the bundle. */
export const parts: Part[] = [...optional.map((part) => ({ ...part, isOptional: true })), ...needed]

/**
 * A table of what the bundle has less where a part of it is left out. What calls the part stays, so that it
 * is rather more; what gzip writes once for two parts is counted for neither.
 */
export async function partsTable(): Promise<string> {
  const whole = await bundleWithout([])
  const wrong = misnamed(parts, whole.files)
  if (wrong.length) throw new Error(`bench/parts.ts does not name each once: ${wrong.join(', ')}.`)
  const less = async (left: Part[]): Promise<number> =>
    sizeOf(whole.code) - sizeOf((await bundleWithout(left)).code)
  const rowsOf = async (list: Part[]): Promise<Row[]> => {
    const rows = await Promise.all(
      list.map(async (part): Promise<Row> => [part.what, await less([part])]),
    )
    return rows.toSorted(([, one], [, other]) => other - one)
  }
  const rest = (await bundleWithout(optional)).code
  const rows: Row[] = [
    ...(await rowsOf(optional)),
    ['**all of these, which an application may never reach**', await less(optional)],
    ...(await rowsOf(needed)),
    [
      'of all parts: the sentences of errors',
      sizeOf(whole.code) - sizeOf(withoutSentences(whole.code)),
    ],
    ['**what is left without the first, and without sentences**', sizeOf(withoutSentences(rest))],
    ['**session-kit/hono**', sizeOf(whole.code)],
  ]
  return table(
    ['of **session-kit/hono**', 'gzip -9'],
    rows.map(([what, bytes]) => [what, bytes.toLocaleString('en')]),
  )
}

type Row = [what: string, bytes: number]

/** The files of a bundle that no part has, or more than one; and those of parts that are not there. */
export function misnamed(parts: Part[], files: string[]): string[] {
  const named = parts.flatMap((part) => part.files)
  return [
    ...files.filter((file) => named.filter((name) => name === file).length !== 1),
    ...named.filter((name) => !files.includes(name)),
  ]
}

/** The bundle without some parts, and the files that are in it. */
export async function bundleWithout(left: Part[]): Promise<{ code: string; files: string[] }> {
  const target: BuildOptions = { ...worker, plugins: [stubs(left)] }
  const { code, files } = await bundleWithFiles("export * from 'session-kit/hono'", root, target)
  return {
    code,
    files: files.map((file) => file.replace(/^dist\/|\.js$/g, '')),
  }
}

/**
 * Leaves parts out: what they export is there by name, and is nothing but a list of what they import, lest
 * that goes along.
 */
function stubs(left: Part[]): Plugin {
  const names = left.flatMap(({ files }) => files)
  return {
    name: 'stubs',
    setup(build) {
      build.onLoad({ filter: /\/dist\/.*\.js$/ }, ({ path }) => {
        const [, name] = /\/dist\/(.*)\.js$/.exec(path)!
        return names.includes(name!) ? { contents: stubOf(readFileSync(path, 'utf8')) } : undefined
      })
    },
  }
}

function stubOf(code: string): string {
  const source = parse(code)
  const imports = source.statements.filter(ts.isImportDeclaration)
  const imported = imports.flatMap(({ importClause }) =>
    (importClause!.namedBindings as ts.NamedImports).elements.map(({ name }) => name.text),
  )
  const exported = source.statements
    .filter(isExported)
    .flatMap((statement) =>
      ts.isVariableStatement(statement)
        ? statement.declarationList.declarations.map(({ name }) => name.getText(source))
        : (statement as ts.FunctionDeclaration).name!.text,
    )
  if (!exported.length) return code
  return [
    ...imports.map((statement) => statement.getText(source)),
    `const nothing = [${imported.join(', ')}]`,
    ...exported.map((name) => `export let ${name} = nothing`),
  ].join('\n')
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false
}

/** Code whose texts of several words are empty; those that a cookie or a header has in it stay. */
export function withoutSentences(code: string): string {
  const source = parse(code)
  const found: ts.Node[] = []
  const visit = (node: ts.Node): void => {
    const isText = ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)
    if (isText && isSentence(node.getText(source))) found.push(node)
    else ts.forEachChild(node, visit)
  }
  visit(source)
  return found.reduceRight(
    (code, node) => `${code.slice(0, node.getStart(source))}""${code.slice(node.end)}`,
    code,
  )
}

function isSentence(text: string): boolean {
  return /[a-z"'}] ["'$a-z]/i.test(text) && !/1970|no-store|; |^.session-kit |\[object/.test(text)
}

function parse(code: string): ts.SourceFile {
  return ts.createSourceFile('code.js', code, ts.ScriptTarget.Latest)
}

function sizeOf(code: string): number {
  return gzipSync(code, { level: 9 }).length
}

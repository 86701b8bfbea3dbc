import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import pack from '../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('..', import.meta.url))

interface Import {
  /** The file that imports, from the root. */
  from: string
  /** The file that it takes, from the root, or what it asks the host for. */
  to: string
  /** Whether nothing of it is left when the types are gone. */
  isType: boolean
}

/** What a file imports, exports from elsewhere, and loads or names by `import()`. */
function importsOf(file: string): Import[] {
  const text = readFileSync(path.join(root, file), 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest)
  const found: Import[] = []
  const add = (name: ts.Node, isType: boolean): void => {
    if (!ts.isStringLiteral(name)) throw new Error(`${file} imports what only a run can tell.`)
    const to = name.text.startsWith('.') ? path.join(path.dirname(file), name.text) : name.text
    found.push({ from: file, to, isType })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword)
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      add(node.moduleSpecifier, node.isTypeOnly)
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add(node.argument.literal, true)
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0]!, false)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function filesIn(folder: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.c?ts$/.test(name))
    .map((name) => path.join(folder, name))
    .toSorted()
}

/** The groups of files of which each one imports each other one, directly or not. */
function cyclesOf(imports: Import[]): string[][] {
  const reached = new Map<string, Set<string>>()
  for (const { from } of imports) {
    const seen = new Set<string>()
    const next = [from]
    for (const file of next) {
      for (const { to } of imports.filter(({ from }) => from === file)) {
        if (!seen.has(to)) next.push(to)
        seen.add(to)
      }
    }
    reached.set(from, seen)
  }
  const groups = [...reached].map(([file, seen]) =>
    [...seen]
      .filter((other) => reached.get(other)?.has(file))
      .toSorted()
      .join(),
  )
  return [...new Set(groups)]
    .filter(Boolean)
    .map((group) => group.split(','))
    .toSorted()
}

const core = filesIn('src')
const adapters = filesIn('adapters')
const imports = [...core, ...adapters].flatMap(importsOf)
const values = imports.filter(({ isType }) => !isType)
/** The files of the package's subpaths. */
const entries = new Set(
  Object.values(pack.exports)
    .map((target) => (typeof target === 'string' ? target : target.default))
    .map((file) => file.replace(/^\.\/dist\//, '').replace(/\.js$/, '.ts')),
)
/** Whether a file of the core is there for others: a subpath, or the face that it turns to hosts. */
const isPublic = (name: string): boolean =>
  name === 'src/host.ts' || (name.startsWith('src/') && entries.has(name))
const isOwn = (name: string): boolean => /^(src|adapters)\//.test(name)
const lines = (found: Import[]): string[] => [
  ...new Set(found.map(({ from, to }) => `${from}: ${to}`)),
]

describe('the files', () => {
  it('are all read', () => {
    expect(core).toContain('src/seal/engine-node.ts')
    expect(adapters).toContain('adapters/egg/index.cts')
    expect(imports).toContainEqual({ from: 'src/commit.ts', to: 'src/merge.ts', isType: false })
    expect(imports).toContainEqual({ from: 'src/kit.ts', to: 'src/store.ts', isType: true })
  })

  it('import files that are there', () => {
    const own = imports.filter(({ to }) => isOwn(to))

    expect(lines(own.filter(({ to }) => ![...core, ...adapters].includes(to)))).toEqual([])
  })

  it('run in one order: no two of them need each other', () => {
    expect(cyclesOf(values)).toEqual([])
  })

  // `Kit` has what the request path works with, and what works with it takes the kit.
  it('know each other by their types through the kit alone', () => {
    expect(cyclesOf(imports.filter(({ from }) => from !== 'src/kit.ts'))).toEqual([])
  })
})

describe('the core', () => {
  const fromCore = imports.filter(({ from }) => core.includes(from))

  it('imports nothing but itself and an engine', () => {
    expect(lines(fromCore.filter(({ to }) => !to.startsWith('src/') && to !== '#engine'))).toEqual([
      'src/seal/engine-node.ts: node:buffer',
      'src/seal/engine-node.ts: node:crypto',
    ])
  })

  it('takes its engine by the condition: no file names one', () => {
    expect(lines(fromCore.filter(({ to }) => /engine-(node|web)/.test(to)))).toEqual([])
  })

  it('leaves its public files to others', () => {
    expect(lines(fromCore.filter(({ to }) => isPublic(to)))).toEqual([])
  })
})

describe('an adapter', () => {
  const fromAdapters = imports.filter(({ from }) => adapters.includes(from))

  it('takes the core by what it has to show: what users get, and what hosts need', () => {
    const inside = fromAdapters.filter(({ to }) => to.startsWith('src/') && !isPublic(to))

    expect(lines(inside)).toEqual([])
  })

  it('imports no package but the one that it is for', () => {
    expect(lines(fromAdapters.filter(({ to }) => !isOwn(to)))).toEqual([
      'adapters/csrf/hono.ts: hono',
      'adapters/csrf/hono.ts: hono/http-exception',
      'adapters/durable-object.ts: cloudflare:workers',
      'adapters/egg/app.ts: node:crypto',
      'adapters/egg/app/extend/application.ts: node:assert',
      'adapters/hono.ts: hono',
      'adapters/inspector/hono.ts: hono',
      'adapters/jose/jwe.ts: jose',
      'adapters/jose/jwk.ts: jose',
      'adapters/jose/jws.ts: jose',
      'adapters/jose/public-keys.ts: jose',
      'adapters/jose/remote.ts: jose',
      'adapters/koa-read.ts: node:http',
      'adapters/koa-serve-store.ts: node:stream',
      'adapters/opentelemetry.ts: @opentelemetry/api',
      'adapters/upstash.ts: @upstash/redis',
    ])
  })

  // A store may be read through another adapter; a host's adapter is for its host alone.
  it('needs no host but its own', () => {
    const hosts = ['egg/index', 'hono', 'koa'].map((name) => `adapters/${name}.ts`)

    expect(hosts.filter((host) => !entries.has(host))).toEqual([])
    expect(lines(fromAdapters.filter(({ to }) => hosts.includes(to)))).toEqual([])
  })
})

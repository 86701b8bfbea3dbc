import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { beforeAll, describe, expect, it } from 'vitest'
import pack from '../../package.json' with { type: 'json' }
import { applications } from '../frameworks/applications.ts'
import { docPages } from './pages.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const pages = ['README.md', ...docPages]

/** What blocks of code take for granted, and their readers too. */
const AMBIENT = `
  import type { Store } from 'session-kit'
  import type { KVNamespace as Namespace } from '@cloudflare/workers-types'
  declare global {
    type KVNamespace = Namespace
    /** The application's own. */
    interface Visit { user?: string; views?: number }
    const secrets: string
    const store: Store
    namespace NodeJS { interface ProcessEnv { SESSION_SECRET: string } }
  }
`

interface Block {
  page: string
  line: number
  language: string
  code: string
  /** What stands before it in a comment of the page, `<!-- before: … -->`, which shows nowhere. */
  before: string
}

/** Whole applications of the moving guides: a test runs these. */
const RUN = /^\/\/ (before|after|then): /

/** Pages whose code is an application, which its framework compiles: `npm run test:frameworks`. */
const FRAMEWORKS = applications.map(({ name }) => `docs/recipes/${name}.md`)

/** The blocks of TypeScript and JavaScript in a page. */
function blocksOf(page: string): Block[] {
  const text = readFileSync(root + page, 'utf8')
  const pattern = /(?:<!-- before:\n([\s\S]*?)-->\n+)?^```(ts|js)\n([\s\S]*?)^```$/gm
  const found = [...text.matchAll(pattern)].map((match) => {
    const [all, before = '', language, code] = match
    const line = text
      .slice(0, match.index + all.lastIndexOf(`\`\`\`${language}\n`))
      .split('\n').length
    return { page, line, language: language!, code: code!, before }
  })
  return found.filter(({ code }) => !RUN.test(code))
}

/** The sources behind the package's subpaths, so that no build has to come first. */
function sources(): Record<string, string[]> {
  const entries = Object.entries(pack.exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return []
    const file = target.default.replace('./dist/', `${root}`).replace(/\.js$/, '.ts')
    return [[subpath.replace('.', 'session-kit'), [file]] as [string, string[]]]
  })
  return Object.fromEntries(entries)
}

/** Compiles all blocks in one program, and tells what is wrong, with the page and the line. */
function check(blocks: Block[]): string[] {
  const files = new Map([[`${root}docs/.blocks/ambient.ts`, AMBIENT]])
  const origins = new Map<string, Block>()
  for (const [index, block] of blocks.entries()) {
    const name = `${root}docs/.blocks/${index}.${block.language}`
    files.set(name, block.before + block.code)
    origins.set(name, block)
  }
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    moduleDetection: ts.ModuleDetectionKind.Force,
    allowImportingTsExtensions: true,
    allowJs: true,
    checkJs: true,
    noEmit: true,
    strict: true,
    noUncheckedIndexedAccess: true,
    skipLibCheck: true,
    esModuleInterop: true,
    types: ['node'],
    paths: { ...sources(), '#engine': [`${root}src/seal/engine-web.ts`] },
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.getCurrentDirectory = () => root
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.readFile = (name) => files.get(name) ?? readFile(name)
  host.getSourceFile = (name, target, ...rest) => {
    const text = files.get(name)
    return text === undefined
      ? getSourceFile(name, target, ...rest)
      : ts.createSourceFile(name, text, target)
  }
  const program = ts.createProgram({
    rootNames: [...files.keys(), `${root}adapters/cloudflare-workers.d.ts`],
    options,
    host,
  })
  return [...files.keys()].flatMap((name) => {
    const file = program.getSourceFile(name)!
    const found = [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ]
    return found
      .filter(({ code }) => name.endsWith('.ts') || !UNTYPED.has(code))
      .map(({ start = 0, messageText }) => {
        const { page, line, before } = origins.get(name) ?? { page: name, line: 0, before: '' }
        const at = file.getLineAndCharacterOfPosition(start).line - before.split('\n').length + 1
        return `${page}:${line + 1 + at} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`
      })
  })
}

/** Errors that say that something has no type, which is no fault of JavaScript. */
const UNTYPED = new Set([7005, 7006, 7011, 7016, 7031, 7034])

describe('the code on the pages', () => {
  const blocks = pages.filter((page) => !FRAMEWORKS.includes(page)).flatMap(blocksOf)
  const wrong: Block = {
    page: 'wrong.md',
    line: 7,
    language: 'ts',
    before: "import { createMemoryStore } from 'session-kit/memory'\n",
    code: 'const store = createMemoryStore()\nstore.keep(1)\n',
  }
  let faults: string[]

  beforeAll(() => {
    faults = check([...blocks, wrong])
  })

  it('is found', () => {
    const found = new Set(blocks.map(({ page }) => page))

    expect(blocks.length).toBeGreaterThan(10)
    expect([...found]).toEqual(expect.arrayContaining(['README.md', 'docs/stores.md']))
  })

  it('compiles', () => {
    expect(faults.filter((fault) => !fault.startsWith('wrong.md'))).toEqual([])
  })

  it('would not if it were wrong', () => {
    expect(faults.filter((fault) => fault.startsWith('wrong.md'))).toEqual([
      "wrong.md:9 Property 'keep' does not exist on type 'Store<any>'.",
    ])
  })
})

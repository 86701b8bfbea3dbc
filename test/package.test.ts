import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import pack from '../package.json' with { type: 'json' }
import { packInto, type Tarball } from './fixtures/tarball.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

let folder = ''
let tarball: Tarball

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'session-kit-package-'))
  tarball = packInto(folder)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The files that an entry of `exports` or `imports` names. */
function targetsOf(entry: unknown): string[] {
  if (typeof entry === 'string') return [entry.replace('./', '')]
  return Object.values(entry as object).flatMap(targetsOf)
}

function fileOf(problem: object): string {
  const { typesFileName = '' } = problem as { typesFileName?: string }
  return typesFileName.replace('/node_modules/session-kit/', '') || JSON.stringify(problem)
}

describe('the tarball', () => {
  it('holds the build, its sources, and what is to be read', () => {
    const entries = new Set(tarball.paths.map((name) => name.split('/')[0]))

    expect([...entries].toSorted()).toEqual(
      [...pack.files, 'LICENSE', 'README.md', 'package.json'].toSorted(),
    )
  })

  it('holds no file but code, declarations, their maps and the plugins of Egg', () => {
    const others = tarball.paths.filter((name) => !/\.(c?ts|js|map)$/.test(name))

    expect(others).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      ...others.filter((name) => /^(dist\/)?adapters\/egg\//.test(name)),
      'package.json',
    ])
    expect(others.length).toBeLessThan(12)
  })

  it.each(Object.entries({ ...pack.exports, ...pack.imports }))(
    'holds what %s names, with its types',
    (name, entry) => {
      const targets = targetsOf(entry)

      expect(targets.filter((target) => !tarball.paths.includes(target))).toEqual([])
      expect(name.endsWith('.json') || targets.some((file) => /\.d\.c?ts$/.test(file))).toBe(true)
    },
  )

  it('holds the sources that its source maps name', () => {
    const maps = tarball.paths.filter((name) => name.endsWith('.map'))
    const sources = maps.flatMap((name) => {
      const map = JSON.parse(readFileSync(path.join(root, name), 'utf8')) as { sources: string[] }
      return map.sources.map((source) => path.join(path.dirname(name), source))
    })

    expect(sources.length).toBeGreaterThan(100)
    expect(sources.filter((source) => !tarball.paths.includes(source))).toEqual([])
  })

  it('is as publint would have it', async () => {
    const bytes = readFileSync(tarball.file)
    const data = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)
    const { messages, pkg } = await publint({
      pack: { tarball: data as ArrayBuffer },
      strict: true,
    })

    expect(messages.map((message) => formatMessage(message, pkg!))).toEqual([])
  })

  it('has types that say what the code does', async () => {
    const found = await checkPackage(createPackageFromTarballData(readFileSync(tarball.file)))
    if (!found.types) throw new Error('It has no types.')

    const problems = found.problems
      // It is made of ES modules alone: `require()` takes those, from Node 20.19 on.
      .filter(({ kind }) => kind !== 'CJSResolvesToESM')
      // Compilers that knew no `exports` have no way to a subpath.
      .filter((problem) => !('resolutionKind' in problem && problem.resolutionKind === 'node10'))
    // The types of Egg's plugin for CommonJS are in a `.d.cts`: an application in CommonJS could not
    // take them otherwise. The code is one module for both.
    const lines = problems.map((problem) => `${problem.kind} ${fileOf(problem)}`)
    expect(lines).toEqual(['FalseCJS dist/adapters/egg/index.d.cts'])
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import pack from '../../package.json' with { type: 'json' }
import { docPages } from './pages.ts'

const root = new URL('../../', import.meta.url)
const workflows = readdirSync(new URL('.github/workflows', root)).map(
  (name) => `.github/workflows/${name}`,
)
const pages = ['README.md', 'CONTRIBUTING.md', '.ci/run', ...docPages, ...workflows]

/** The scripts of the package that a page or a workflow runs. */
function scriptsOf(page: string): string[] {
  const text = readFileSync(new URL(page, root), 'utf8')
  const named = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name!)
  const listed = [...text.matchAll(/^ +script: \[(.*)\]$/gm)].flatMap(([, list]) =>
    list!.split(',').map((name) => name.replaceAll(/[\s']/g, '')),
  )
  return [...named, ...listed]
}

describe.each(pages)('%s', (page) => {
  it('runs scripts that there are', () => {
    expect(scriptsOf(page).filter((name) => !Object.hasOwn(pack.scripts, name))).toEqual([])
  })
})

describe('the workflows', () => {
  it('run what a change has to pass, by the scripts that people run', () => {
    const scripts = new Set(workflows.flatMap(scriptsOf))

    expect([...scripts].toSorted()).toEqual(
      expect.arrayContaining(['docs', 'fuzz', 'lint', 'test:long', 'test:runtimes', 'types']),
    )
    expect(readFileSync(new URL('.github/workflows/test.yml', root), 'utf8')).toContain('npm test')
  })

  it('name no registry and no token', () => {
    for (const name of workflows) {
      expect(readFileSync(new URL(name, root), 'utf8')).not.toMatch(/registry\.|NODE_AUTH_TOKEN/)
    }
  })
})

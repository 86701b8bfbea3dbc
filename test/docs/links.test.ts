import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { docPages } from './pages.ts'

const root = new URL('../../', import.meta.url)
const pages = ['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docPages]

/** A page without its blocks of code, in which nothing is a link or a heading. */
function prose(page: URL): string {
  return readFileSync(page, 'utf8').replaceAll(/^(```+)[^\n]*\n[\s\S]*?^\1$/gm, '')
}

/** The anchors of a page, as GitHub makes them of its headings. */
function anchors(page: URL): string[] {
  const seen = new Map<string, number>()
  return [...prose(page).matchAll(/^#{1,6} +(.+?)(?: +#+)?$/gm)].map(([, heading]) => {
    const name = heading!
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-')
    const count = seen.get(name) ?? 0
    seen.set(name, count + 1)
    return count ? `${name}-${count}` : name
  })
}

/** The links of a page to its own repository. */
function links(page: URL): string[] {
  const text = prose(page).replaceAll(/`[^`\n]*`/g, '')
  const found = [...text.matchAll(/\]\(\s*([^)\s]+)[^)]*\)|^\[[^\]]+\]: +(\S+)/gm)]
  return found.map(([, a, b]) => (a ?? b)!).filter((link) => !/^[a-z][a-z\d+.-]*:/i.test(link))
}

describe.each(pages)('%s', (name) => {
  const page = new URL(name, root)

  it('links to what is there', () => {
    const broken = links(page).filter((link) => {
      const target = new URL(link, page)
      if (!target.href.startsWith(root.href)) return true
      const hash = decodeURIComponent(target.hash.slice(1))
      target.hash = ''
      if (!existsSync(target)) return true
      return hash !== '' && !anchors(target).includes(hash)
    })

    expect(broken).toEqual([])
  })
})

describe('a link', () => {
  it('is seen in prose and not in code', () => {
    expect(links(new URL('docs/options.md', root))).toContain('cookie-format.md')
    expect(pages.flatMap((name) => links(new URL(name, root))).length).toBeGreaterThan(10)
  })

  it('may name the headings of a page', () => {
    expect(anchors(new URL('docs/stores.md', root))).toContain('a-users-sessions')
  })
})

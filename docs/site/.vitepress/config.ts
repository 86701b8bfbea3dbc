import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig, type MarkdownOptions } from 'vitepress'

/** Copies of the pages, as they lie in the repository; `npm run docs` makes them. */
const root = fileURLToPath(new URL('../pages', import.meta.url))

/** The pages of the site besides those below `docs/`, and what they are called there. */
const others: Record<string, string> = {
  'README.md': 'index.md',
  'CHANGELOG.md': 'changes.md',
  'CONTRIBUTING.md': 'contributing.md',
  'SECURITY.md': 'reporting.md',
}

export default defineConfig({
  title: 'session-kit',
  description: 'One session, from the origin to the edge',
  srcDir: 'pages',
  outDir: 'dist',
  rewrites: {
    ...others,
    'docs/:folder/README.md': ':folder/index.md',
    'docs/:rest*': ':rest*',
  },
  cleanUrls: true,
  markdown: { config: keepLinksInside },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Options', link: '/options' },
      { text: 'API', link: '/api/' },
      { text: 'Changes', link: '/changes' },
    ],
    sidebar: [
      group('Begin', {
        'What it is': '/',
        'Getting started': '/getting-started/',
        'Moving in': '/moving/',
        Recipes: '/recipes/',
      }),
      group('Guide', {
        Options: '/options',
        Stores: '/stores',
        Events: '/events',
        'Forged requests': '/csrf',
        'The inspector': '/inspector',
        Deploying: '/deploying',
        'Keys that are JWKs': '/jose',
        'The command line': '/command-line',
        Troubleshooting: '/troubleshooting',
      }),
      group('Background', {
        Security: '/security',
        'The cookie’s formats': '/cookie-format',
        'What differs from koa-session': '/differences-from-koa-session',
        Performance: '/performance',
        'Cost and scale': '/scaling',
      }),
      group('Reference', { API: '/api/', Changes: '/changes', Contributing: '/contributing' }),
    ],
  },
})

function group(text: string, links: Record<string, string>): object {
  return { text, items: Object.entries(links).map(([text, link]) => ({ text, link })) }
}

/**
 * Links are written for the repository. Those to pages lead to where the site has them; what is no
 * page of the site stays as its name alone.
 */
function keepLinksInside(markdown: Parameters<NonNullable<MarkdownOptions['config']>>[0]): void {
  markdown.core.ruler.push('links inside', ({ tokens, env }) => {
    const { realPath, path: file } = env as { realPath?: string; path: string }
    for (const { children } of tokens) {
      let isOut = false
      for (const token of children ?? []) {
        if (token.type === 'link_open') {
          const route = routeOf(String(token.attrGet('href')), path.dirname(realPath ?? file))
          isOut = route === undefined
          if (route) token.attrSet('href', route)
        }
        if (!isOut || !/^link_(open|close)$/.test(token.type)) continue
        token.tag = 'span'
        token.attrs = []
      }
    }
  })
}

/** Where a link leads on the site; `undefined` for what is not there. */
function routeOf(href: string, folder: string): string | undefined {
  if (/^([a-z]+:|#)/i.test(href)) return href
  const [file, hash] = href.split('#') as [string, string?]
  const target = path.relative(root, path.resolve(folder, file))
  const page = target.startsWith('docs/') ? target.slice('docs/'.length) : others[target]
  if (!page?.endsWith('.md')) return undefined
  return `/${page.replace(/(README|index)?\.md$/, '')}${hash ? `#${hash}` : ''}`
}

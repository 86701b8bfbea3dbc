import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('../../', import.meta.url)
const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))

/** The source behind each subpath, as the package's `exports` have them. */
export const sources = new Map(
  Object.entries(exports).flatMap(([subpath, target]) => {
    if (typeof target === 'string') return []
    const file = target.default.replace('./dist/', '').replace(/\.js$/, '.ts')
    return [[fileURLToPath(new URL(file, root)), subpath.replace('.', 'session-kit')]]
  }),
)

export default {
  plugin: ['typedoc-plugin-markdown', './typedoc-subpaths.mjs'],
  tsconfig: '../../tsconfig.json',
  entryPoints: [...sources.keys()],
  out: 'pages/docs/api',
  name: 'API',
  readme: 'none',
  entryFileName: 'index',
  router: 'module',
  disableSources: true,
  hidePageHeader: true,
  hideBreadcrumbs: true,
  parametersFormat: 'table',
  sort: ['source-order'],
  skipErrorChecking: true,
  // What a signature names and no subpath exports is told where it is used.
  validation: { notExported: false },
}

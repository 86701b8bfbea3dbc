import { readdirSync } from 'node:fs'

const docs = new URL('../../docs/', import.meta.url)

/** The pages below `docs/`, by their paths in the repository; not what the site is made with. */
export const docPages: string[] = readdirSync(docs, { withFileTypes: true })
  .filter(({ name }) => name !== 'site')
  .flatMap((entry) => {
    if (entry.isFile()) return [entry.name]
    return readdirSync(new URL(entry.name, docs)).map((name) => `${entry.name}/${name}`)
  })
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/${name}`)

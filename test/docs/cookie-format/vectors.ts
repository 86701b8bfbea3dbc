import { readFileSync } from 'node:fs'

/** The lines of a test vector, by their names. */
export type Vector = Record<string, string>

/** The test vectors of the page, as a reader without the repository finds them. */
export function readVectors(): Vector[] {
  const page = readFileSync(new URL('../../../docs/cookie-format.md', import.meta.url), 'utf8')
  return [...page.matchAll(/^```text\n(vector [\s\S]*?)^```$/gm)].map(([, block]) =>
    Object.fromEntries(
      [...block!.matchAll(/^([\w-]+) +(.*)$/gm)].map(([, name, value]) => [name!, value!]),
    ),
  )
}

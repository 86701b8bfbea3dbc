import { parseJsonc } from './jsonc.ts'
import { parseToml } from './toml.ts'

/** The configurations of wrangler, in the order in which it looks for them. */
export const WRANGLER_CONFIGS = ['wrangler.json', 'wrangler.jsonc', 'wrangler.toml'] as const

/**
 * Reads a configuration of wrangler, by the ending of its file.
 *
 * @throws SyntaxError
 */
export function parseWrangler(file: string, text: string): unknown {
  return file.endsWith('.toml') ? parseToml(text) : parseJsonc(text)
}

import { makeSecret } from '../keygen.ts'
import { parseWrangler, WRANGLER_CONFIGS } from '../wrangler-config.ts'
import { changed, type Change, type Plan, type Project } from './project.ts'

/** The configuration of wrangler. */
export interface Wrangler {
  file: string
  text: string
  config: Record<string, unknown>
}

/** Finds and reads the configuration of a Worker; `undefined` if the folder is none's. */
export function findWrangler(read: Project['read']): Wrangler | undefined {
  const file = WRANGLER_CONFIGS.find((name) => read(name) !== undefined)
  if (!file) return undefined
  const text = read(file)!
  try {
    return { file, text, config: Object(parseWrangler(file, text)) as Wrangler['config'] }
  } catch {
    return { file, text, config: {} }
  }
}

/** What a Worker needs beside the code: the KV namespace, and a secret to develop with. */
export function planWorker({ read, keepsInCookie }: Project, wrangler: Wrangler): Plan {
  const plan: Plan = { changes: secretChanges(read), byHand: [] }
  plan.byHand.push('npx session-kit keygen | npx wrangler secret put SESSION_SECRET')
  if (keepsInCookie) return plan
  const { file, text } = wrangler
  const after = addNamespace(wrangler)
  if (after !== undefined) plan.changes.unshift(...changed({ file, before: text, after }))
  else plan.byHand.push(`Add a KV namespace with the binding SESSIONS to ${file}.`)
  return plan
}

/**
 * Adds the namespace, and proves it: the configuration has the binding then, and is else as it was.
 *
 * @returns `undefined` where that did not succeed.
 */
function addNamespace({ file, text, config }: Wrangler): string | undefined {
  const had = listOf(config['kv_namespaces'])
  if (had.some((one) => Object(one).binding === 'SESSIONS')) return text
  const after = file.endsWith('.toml')
    ? addToToml(text, had.length > 0)
    : addToJson(text, 'kv_namespaces' in config)
  try {
    const made = parseWrangler(file, after) as Wrangler['config']
    const expected = { ...config, kv_namespaces: [...had, { binding: 'SESSIONS' }] }
    return sorted(made) === sorted(expected) ? after : undefined
  } catch {
    return undefined
  }
}

function addToToml(text: string, hasSome: boolean): string {
  const list = /^(kv_namespaces\s*=\s*\[[^]*?)\s*\](?=\s*(?:#.*)?$)/m
  if (hasSome && list.test(text)) {
    return text.replace(list, (_, before: string) => {
      const comma = before.endsWith(',') ? '' : ','
      return `${before}${comma} { binding = "SESSIONS" } ]`
    })
  }
  // A table of its own goes last, for what follows one belongs to it.
  const note = '# Without an id the first deploy creates the namespace.'
  return `${text.trimEnd()}\n\n${note}\n[[kv_namespaces]]\nbinding = "SESSIONS"\n`
}

function addToJson(text: string, hasList: boolean): string {
  if (hasList) {
    return text.replace(/("kv_namespaces"\s*:\s*\[)([^]*?)(\s*)\]/, (_, open, list, gap) => {
      const comma = /[^\s,]\s*$/.test(String(list)) ? ',' : ''
      return `${open}${list}${comma} { "binding": "SESSIONS" }${gap}]`
    })
  }
  const isEmpty = /^[^{]*\{\s*\}\s*$/.test(text)
  const line = `  "kv_namespaces": [{ "binding": "SESSIONS" }]${isEmpty ? '' : ','}`
  return text.replace('{', `{\n${line}`)
}

/** A secret of the machine's own in .dev.vars, which git has to ignore. */
function secretChanges(read: Project['read']): Change[] {
  const vars = read('.dev.vars')
  const ignored = read('.gitignore')
  const changes: Change[] = []
  if (!/^\s*(export\s+)?SESSION_SECRET\s*=/m.test(vars ?? '')) {
    const secret = makeSecret()
    const after = `${lines(vars)}SESSION_SECRET="${secret}"\n`
    changes.push({ file: '.dev.vars', before: vars, after, secret })
  }
  if (!/^\/?\.dev\.vars\*?\s*$/m.test(ignored ?? '')) {
    changes.push({ file: '.gitignore', before: ignored, after: `${lines(ignored)}.dev.vars\n` })
  }
  return changes
}

/** A text that ends with its last line. */
function lines(text = ''): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

/** A value as text, whatever the order of its keys. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}

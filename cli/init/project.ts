import { parseJsonc } from '../jsonc.ts'

/** An application's folder, and what was asked for. */
export interface Project {
  /** The text of a file, by its path in the folder; `undefined` if it is not there. */
  read(name: string): string | undefined
  /** Whether the data stay in the cookie. */
  keepsInCookie: boolean
  /** The file that makes the application, if the user named it. */
  entry: string | undefined
}

/** A file as it is and as it is to be. */
export interface Change {
  file: string
  before: string | undefined
  after: string
  /** What of it is not to be shown. */
  secret?: string
}

export interface Plan {
  changes: Change[]
  /** What nobody but the user can do, or what was not found. */
  byHand: string[]
}

/** A file that makes the application. */
export interface Entry {
  file: string
  text: string
}

const USUAL = ['src/index', 'src/main', 'src/app', 'src/server', 'index', 'app', 'server', 'main']
const ENDINGS = ['ts', 'tsx', 'mts', 'js', 'mjs', 'cjs']

/** Finds the file that makes the application: the first that is there and matches. */
export function findEntry(
  { read, entry }: Project,
  pattern: RegExp,
  main?: unknown,
): Entry | undefined {
  const names = [main, packageOf(read)['main']].filter((name) => typeof name === 'string')
  const usual = USUAL.flatMap((name) => ENDINGS.map((ending) => `${name}.${ending}`))
  const files = entry ? [entry] : [...names, ...usual]
  for (const file of files) {
    const text = read(file)
    if (text !== undefined && pattern.test(text)) return { file, text }
  }
  return undefined
}

/** The package.json of the application; nothing if there is none, or if it cannot be read. */
export function packageOf(read: Project['read']): Record<string, unknown> {
  try {
    return Object(parseJsonc(read('package.json') ?? '{}')) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** Reminds of packages that are not there yet. */
export function remindOfPackage({ read }: Project): string[] {
  const { dependencies, devDependencies } = packageOf(read)
  const isThere = 'session-kit' in { ...Object(dependencies), ...Object(devDependencies) }
  return isThere ? [] : ['npm install session-kit']
}

/** A change, or none where nothing changes. */
export function changed(change: Change): Change[] {
  return change.before === change.after ? [] : [change]
}

/** What a server needs beside the code. */
export function planServer(): Plan {
  return {
    changes: [],
    byHand: ['Give the server a SESSION_SECRET in its environment: npx session-kit keygen'],
  }
}

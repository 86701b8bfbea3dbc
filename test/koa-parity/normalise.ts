import Keygrip from 'keygrip'
import type { Loose } from './stage.ts'
import type { Transcript } from './run.ts'

const uuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g
const token = /(?<![\w-])[\w-]{43}$/

/**
 * Replaces ids that a generator made by `<id n>`, numbered as they appear, and the signatures over
 * them by the number of the key that made them. Everything else stays as it was sent. `signers` are
 * the app's keys after each step.
 */
export function normalise(
  transcript: Transcript,
  given: Set<string>,
  signers: unknown[],
): Transcript {
  const ids = new Set([...given, ...foundIds(transcript)])
  const numbered = new Map<string, string>()

  for (const [at, step] of transcript.steps.entries()) {
    const known = [step.sent, ...step.cookies].flatMap((line) => line.split(/; */))
    step.cookies = step.cookies.map((line) => nameSignature(line, known, ids, signers[at]))
  }

  const replace = (text: string): string => {
    let replaced = text
    for (const id of [...ids].filter((id) => text.includes(id)).toSorted(byPlace(text))) {
      if (!numbered.has(id)) numbered.set(id, `<id ${numbered.size + 1}>`)
      replaced = replaced.replaceAll(id, numbered.get(id) ?? id)
    }
    return replaced
  }
  return walk(transcript, replace) as Transcript
}

const byPlace = (text: string) => (one: string, other: string) =>
  text.indexOf(one) - text.indexOf(other)

function foundIds(transcript: Transcript): string[] {
  const found: string[] = []
  walk(transcript, (text) => {
    found.push(...(text.match(uuid) ?? []))
    return text
  })
  const storeKeys = transcript.steps.flatMap(({ calls }) => calls.map(([, key]) => String(key)))
  return [...found, ...storeKeys.flatMap((key) => token.exec(key) ?? [])]
}

function nameSignature(line: string, known: string[], ids: Set<string>, keys: unknown): string {
  const [, name, signature, attributes] = /^([^=]+)\.sig=([^;]*)(.*)$/.exec(line) ?? []
  if (!name || !signature) return line
  const signed = known.filter((text) => text.startsWith(`${name}=`))
  if (!signed.some((text) => [...ids].some((id) => text.includes(id)))) return line
  const grip: Loose = Array.isArray(keys) ? new Keygrip(keys) : keys
  const places = signed.map((text) => grip.index(text, signature)).filter((at) => at >= 0)
  return `${name}.sig=<${places.length > 0 ? `by key ${places[0]}` : 'bad'}>${attributes}`
}

function walk(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value)
  if (Array.isArray(value)) return value.map((entry) => walk(entry, replace))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [replace(name), walk(entry, replace)]),
  )
}

/** Text that stands in a generated file as it is: a function, an expression. */
export interface Raw {
  raw: string
}

export type Value = string | number | boolean | null | undefined | Raw | Value[] | Settings

export interface Settings {
  [name: string]: Value
}

export const raw = (text: string): Raw => ({ raw: text })

/** Writes a value as JavaScript. */
export function source(value: Value): string {
  if (value === undefined) return 'undefined'
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(source).join(', ')}]`
  if (isRaw(value)) return value.raw
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}: ${source(member)}`,
  )
  return `{ ${members.join(', ')} }`
}

function isRaw(value: Raw | Settings): value is Raw {
  return 'raw' in value && Object.keys(value).length === 1 && typeof value.raw === 'string'
}

export type Toml = { [key: string]: unknown }

/**
 * Reads TOML as configurations of wrangler have it: tables, lists of them, dotted and quoted keys,
 * texts, lists and inline tables. Numbers, truth values and dates are handed on as their text.
 *
 * @throws SyntaxError
 */
export function parseToml(text: string): Toml {
  const root: Toml = Object.create(null) as Toml
  let table = root
  let at = 0

  const fail = (): never => {
    throw new SyntaxError(`Line ${text.slice(0, at).split('\n').length} is not understood.`)
  }
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (!found) return undefined
    at += found[0].length
    return found[0]
  }
  const need = (pattern: RegExp): string => take(pattern) ?? fail()

  function key(): string {
    const name = take(/[\w-]+/y)
    return name ?? quoted() ?? fail()
  }

  function path(): string[] {
    const names = [key()]
    while (take(/[ \t]*\.[ \t]*/y)) names.push(key())
    return names
  }

  function quoted(): string | undefined {
    const long = take(/"""[^]*?"""|'''[^]*?'''/y)
    if (long) return long.slice(3, -3).replace(/^\r?\n/, '')
    const literal = take(/'[^'\n]*'/y)
    if (literal !== undefined) return literal.slice(1, -1)
    const basic = take(/"(?:[^"\\\n]|\\.)*"/y)
    if (basic === undefined) return undefined
    try {
      return JSON.parse(basic) as string
    } catch {
      return fail()
    }
  }

  function value(): unknown {
    const string = quoted()
    if (string !== undefined) return string
    if (take(/\[/y)) {
      const list: unknown[] = []
      for (;;) {
        need(GAP)
        if (take(/\]/y)) return list
        list.push(value())
        need(GAP)
        if (!take(/,/y) && text[at] !== ']') fail()
      }
    }
    if (take(/\{/y)) {
      const inline: Toml = Object.create(null) as Toml
      for (;;) {
        need(GAP)
        if (take(/\}/y)) return inline
        pair(inline)
        need(GAP)
        if (!take(/,/y) && text[at] !== '}') fail()
      }
    }
    return need(/[\w+:.-]+/y)
  }

  function pair(into: Toml): void {
    const names = path()
    need(/[ \t]*=[ \t]*/y)
    const last = names.pop()!
    enter(into, names)[last] = value()
  }

  /** The table at a path; of a list the last one. */
  function enter(from: Toml, names: string[]): Toml {
    let here = from
    for (const name of names) {
      const next = (here[name] ??= Object.create(null))
      const one: unknown = Array.isArray(next) ? next.at(-1) : next
      if (typeof one !== 'object' || one === null) fail()
      here = one as Toml
    }
    return here
  }

  for (;;) {
    need(GAP)
    if (at >= text.length) return root
    if (take(/\[\[[ \t]*/y)) {
      const names = path()
      need(/[ \t]*\]\]/y)
      const last = names.pop()!
      const list = (enter(root, names)[last] ??= [])
      if (!Array.isArray(list)) fail()
      table = Object.create(null) as Toml
      ;(list as Toml[]).push(table)
    } else if (take(/\[[ \t]*/y)) {
      table = enter(root, path())
      need(/[ \t]*\]/y)
    } else pair(table)
    need(/[ \t]*(?:#[^\n]*)?(?:\r?\n|$)/y)
  }
}

/** White space and comments. */
const GAP = /(?:\s|#[^\n]*)*/y

const HEADER = /^(set-)?cookie:/i

/**
 * The lines with cookies in what somebody copied: a HAR file, a `curl` command as browsers' tools
 * write it, a dump of headers as `curl -v` prints it, or the lines themselves.
 */
export function cookieLines(text: string): string[] {
  const lines = fromHar(text) ?? fromCurl(text) ?? fromHeaders(text)
  return [...new Set(lines)]
}

/** An HTTP archive, version 1.2; `undefined` if it is none. */
function fromHar(text: string): string[] | undefined {
  if (!/^\s*\{/.test(text)) return undefined
  let archive: unknown
  try {
    archive = JSON.parse(text)
  } catch {
    return undefined
  }
  return listOf(member(member(archive, 'log'), 'entries')).flatMap((entry) =>
    ['request', 'response'].flatMap((side) =>
      listOf(member(member(entry, side), 'headers')).flatMap((header) =>
        // Several of one name are told as lines of one.
        String(member(header, 'value'))
          .split('\n')
          .map((value) => `${String(member(header, 'name'))}: ${value}`)
          .filter((line) => HEADER.test(line)),
      ),
    ),
  )
}

/** A command line of curl, its quotes those of a shell; `undefined` if it is none. */
function fromCurl(text: string): string[] | undefined {
  if (!/^\s*curl(\.exe)?\s/.test(text)) return undefined
  const words = [
    ...text.matchAll(/(?:\$?'(?:[^'\\]|\\[^])*'|"(?:[^"\\]|\\[^])*"|\\[^]|[^\s'"\\])+/g),
  ]
  const args = words.map(([word]) =>
    word.replaceAll(/^\$?['"]|['"]$/g, '').replaceAll(/\\(.)/g, '$1'),
  )
  return args.flatMap((name, index) => {
    const value = args[index + 1] ?? ''
    if (/^(-b|--cookie)$/.test(name)) return [`Cookie: ${value}`]
    return /^(-H|--header)$/.test(name) && HEADER.test(value) ? [value] : []
  })
}

/** Lines of headers among others, or each line by itself where none is a header's. */
function fromHeaders(text: string): string[] {
  const lines = text.split('\n').map((line) => line.trim().replace(/^[<>] /, ''))
  const headers = lines.filter((line) => HEADER.test(line))
  return headers.length ? headers : lines.filter(Boolean)
}

function member(value: unknown, name: string): unknown {
  return (Object(value) as Record<string, unknown>)[name]
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

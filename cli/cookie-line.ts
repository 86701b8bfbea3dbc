/** A cookie as somebody copied it: from a header, a log, or a browser's tools. */
export interface CopiedCookie {
  /** Unknown where the value alone was given. */
  name: string | undefined
  value: string
  /** Of a Set-Cookie line, by their names in lower case; `true` for those without a value. */
  attributes: Record<string, string | true>
}

const ATTRIBUTES = /^(expires|max-age|domain|path|secure|httponly|samesite|priority|partitioned)$/i

/**
 * Reads what was copied: a value, `name=value`, and lines of Set-Cookie and Cookie, with or without
 * the header's name. A line that has an attribute is taken for Set-Cookie's.
 */
export function readCookies(line: string): CopiedCookie[] {
  const text = line.trim().replace(/^(set-)?cookie:\s*/i, '')
  const [first = '', ...rest] = text.split(';').map((part) => part.trim())
  const pairs = rest.filter(Boolean).map(split)
  const isSetCookie = pairs.some(([name]) => name !== undefined && ATTRIBUTES.test(name))
  const cookies = [split(first), ...(isSetCookie ? [] : pairs)].flatMap(([name, value]) => {
    // Base64 ends in =, which makes no name of what is before it.
    const isBare = name === undefined || value === '' || value === '='
    if (isBare && !isSetCookie && pairs.length) return []
    return [{ name: isBare ? undefined : name, value: isBare ? first : value, attributes: {} }]
  })
  const attributes = Object.fromEntries(
    pairs.map(([name = '', value]) => [name.toLowerCase(), value || true] as const),
  )
  return isSetCookie ? cookies.map((cookie) => ({ ...cookie, attributes })) : cookies
}

function split(pair: string): [name: string | undefined, value: string] {
  const equals = pair.indexOf('=')
  if (equals >= 0) return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]
  return ATTRIBUTES.test(pair) ? [pair, ''] : [undefined, pair]
}

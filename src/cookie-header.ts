/** Values of one name that are looked at; the rest of a stuffed header costs nothing. */
const MOST_VALUES = 4
const LONGEST_HEADER = 65_536

/**
 * Finds the values of a cookie by name, in the order they came.
 *
 * Pairs are cut at `;`, name and value at the first `=`, and only SP and HTAB are trimmed, as
 * browsers do (RFC 6265bis section 5.6). Names are compared as they are: no percent-decoding, no
 * folding of case, so that no other name passes for a `__Host-` one. At most four values are
 * returned, and a header over 64 KiB holds none.
 *
 * @param header One Cookie header, several, or none.
 * @param name The cookie's name.
 */
export function cookieValues(
  header: string | readonly string[] | null | undefined,
  name: string,
): string[] {
  const values: string[] = []
  for (const line of typeof header === 'string' ? [header] : (header ?? [])) {
    if (line.length > LONGEST_HEADER) continue
    // A name that is nowhere in the text is no cookie of it: most requests end here.
    let at = line.indexOf(name)
    while (at !== -1 && values.length < MOST_VALUES) {
      const semicolon = line.indexOf(';', at)
      const end = semicolon === -1 ? line.length : semicolon
      const pair = line.slice(line.lastIndexOf(';', at) + 1, end)
      const equals = pair.indexOf('=')
      if (equals !== -1 && trim(pair.slice(0, equals)) === name)
        values.push(trim(pair.slice(equals + 1)))
      at = line.indexOf(name, end)
    }
  }
  return values
}

function trim(text: string): string {
  let start = 0
  let end = text.length
  while (isBlank(text.charCodeAt(start))) start++
  while (isBlank(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09
}

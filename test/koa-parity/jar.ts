interface Cookie {
  name: string
  value: string
  path: string
  expires: number
}

/** The cookies of one browser, as far as one origin needs them: name, path and expiry count. */
export interface Jar {
  /** Takes the Set-Cookie lines of a response, in their order. */
  keep(lines: string[]): void
  /** Takes the pairs of a Cookie header, as cookies of path `/` that never expire. */
  seed(header: string): void
  /** The Cookie header for a request to `path`, `''` when there is nothing to send. */
  header(path: string): string
}

export function createJar(): Jar {
  let cookies: Cookie[] = []

  function put(cookie: Cookie): void {
    const at = cookies.findIndex(({ name, path }) => name === cookie.name && path === cookie.path)
    if (at >= 0) cookies[at] = cookie
    else cookies.push(cookie)
  }

  return {
    keep(lines) {
      for (const line of lines) put(parse(line))
      cookies = cookies.filter(({ expires }) => expires > Date.now())
    },
    seed(header) {
      for (const pair of header.split(/; */)) put(parse(pair))
    },
    header(path) {
      cookies = cookies.filter(({ expires }) => expires > Date.now())
      return cookies
        .filter((cookie) => path.startsWith(cookie.path))
        .map(({ name, value }) => `${name}=${value}`)
        .join('; ')
    },
  }
}

function parse(line: string): Cookie {
  const [pair = '', ...attributes] = line.split(/; */)
  const equals = pair.indexOf('=')
  const cookie: Cookie = {
    name: pair.slice(0, equals),
    value: pair.slice(equals + 1),
    path: '/',
    expires: Infinity,
  }
  for (const attribute of attributes) {
    const [name = '', value = ''] = attribute.split('=')
    if (name.toLowerCase() === 'path') cookie.path = value
    if (name.toLowerCase() === 'expires') cookie.expires = Date.parse(value)
  }
  return cookie
}

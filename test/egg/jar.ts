interface Kept {
  value: string
  path: string
  expires: number
}

/** A browser's cookies for one origin; name, path and end count. */
export class Jar {
  readonly #cookies = new Map<string, Kept>()

  keep(lines: string[], now: number): void {
    for (const line of lines) {
      const [pair = '', ...attributes] = line.split(/; */)
      const name = pair.slice(0, pair.indexOf('='))
      const said = new Map(attributes.map(nameAndValue))
      const maxAge = said.get('max-age')
      const expires = maxAge ? now + Number(maxAge) * 1000 : Date.parse(said.get('expires') ?? '')
      const kept = {
        value: pair.slice(name.length + 1),
        path: said.get('path') ?? '/',
        expires: Number.isNaN(expires) ? Infinity : expires,
      }
      this.#cookies.set(name, kept)
      if (kept.expires <= now) this.#cookies.delete(name)
    }
  }

  seed(header: string): void {
    for (const pair of header.split(/; */)) {
      const name = pair.slice(0, pair.indexOf('='))
      this.#cookies.set(name, { value: pair.slice(name.length + 1), path: '/', expires: Infinity })
    }
  }

  value(name: string): string | undefined {
    return this.#cookies.get(name)?.value
  }

  header(path: string, now: number): string {
    return [...this.#cookies]
      .filter(([, cookie]) => path.startsWith(cookie.path) && cookie.expires > now)
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ')
  }
}

function nameAndValue(attribute: string): [string, string] {
  const [name = '', value = ''] = attribute.split('=')
  return [name.toLowerCase(), value]
}

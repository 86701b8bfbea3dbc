import type { Hono } from 'hono'
import { parseSetCookie } from '../fixtures/cookies.ts'

/** What the sessions in these tests hold. */
export interface Visit {
  views?: number
  user?: string
  cart?: { items: string[] }
}

/** A browser at an application: it keeps the cookies it is given, by name. */
export class Visitor {
  readonly cookies = new Map<string, string>()
  readonly #app: Pick<Hono<any>, 'request'>
  readonly #env: object | undefined

  constructor(app: Pick<Hono<any>, 'request'>, env?: object) {
    this.#app = app
    this.#env = env
  }

  get cookieHeader(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async visit(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers)
    if (this.cookies.size) headers.set('cookie', this.cookieHeader)
    const response = await this.#app.request(path, { ...init, headers }, this.#env)
    for (const line of response.headers.getSetCookie()) this.#keep(line)
    return response
  }

  /** The body of an answer. */
  async read(path: string): Promise<string> {
    return (await this.visit(path)).text()
  }

  #keep(line: string): void {
    const { name, value, attributes } = parseSetCookie(line)
    if (attributes.get('max-age') === '0') this.cookies.delete(name)
    else this.cookies.set(name, value)
  }
}

/** The names that an answer's Set-Cookie headers set, and with a minus those they remove. */
export function setCookies(response: Response): string[] {
  return response.headers.getSetCookie().map((line) => {
    const { name, attributes } = parseSetCookie(line)
    return attributes.get('max-age') === '0' ? `-${name}` : name
  })
}

import { orFunction, refuse, text, word, type Rule } from './rule.ts'
import { attributeText, type CookieAttributes } from './set-cookie.ts'

/**
 * An option's value, or a function of the request that gives it. The function may be called more
 * than once for a response; what it throws fails the commit, before anything is written.
 */
export type PerRequest<value, ctx = any> = value | ((ctx: ctx) => value)

/** What of a cookie may differ from request to request. */
type Name = 'secure' | 'sameSite' | 'domain' | 'path'

/** The options of a cookie. */
export interface CookieOptions extends Omit<CookieAttributes, Name> {
  secure?: PerRequest<boolean | 'auto'>
  sameSite?: PerRequest<'strict' | 'lax' | 'none' | boolean>
  domain?: PerRequest<string | null | undefined>
  path?: PerRequest<string>
  proxy?: boolean
}

const varying: Record<Name, Rule> = {
  secure: [(value) => typeof value === 'boolean' || value === 'auto', "true, false or 'auto'"],
  sameSite: [
    (value) => typeof value === 'boolean' || word(/^(strict|lax|none)$/i, value),
    "'strict', 'lax', 'none' or a boolean",
  ],
  domain: text(/^(?!.{254})\.?[a-z\d-]+(\.[a-z\d-]+)*$/i, 'a domain like example.com'),
  path: text(/^\/[!-:<-~ ]{0,1023}$/, 'a path: it begins with / and has no ; in it'),
}

const names = Object.keys(varying) as Name[]

/** The same rules for the options themselves. */
export const cookieRules: Record<Name, Rule> = Object.fromEntries(
  names.map((name) => [name, orFunction(varying[name])]),
) as never

/** Whether anything of a cookie depends on the request. */
export function isVarying(options: CookieOptions): boolean {
  return options.secure === 'auto' || names.some((name) => typeof options[name] === 'function')
}

/**
 * The options as they are for one request. Where its cookie is not to be secure, it goes without
 * what browsers take from secure cookies alone.
 *
 * @throws SessionError `ERR_SESSION_OPTIONS` for what a function gives and is not allowed; or
 *   whatever the function throws.
 */
export function cookieOptionsFor<options extends CookieOptions>(
  options: options,
  ctx: unknown,
): Omit<options, Name> & CookieAttributes {
  const own = { ...options } as CookieAttributes & Record<Name, any>
  if (!isVarying(options)) return own as never
  for (const name of names) {
    const make = own[name]
    if (typeof make !== 'function') continue
    const value: unknown = make(ctx)
    const isUnset = name === 'domain' && (value ?? undefined) === undefined
    const [test, words] = varying[name]
    if (!isUnset && !test(value)) refuse(`"${name}" must give ${words}.`)
    own[name] = value
  }
  if (own.secure === 'auto') own.secure = isHttps(ctx, options.proxy)
  if (own.secure === false) {
    own.partitioned = false
    if (/none/i.test(String(own.sameSite))) own.sameSite = false
  }
  return own as never
}

/** Makes the function that writes the attributes: once for all, unless they depend on the request. */
export function attributesOf(options: CookieOptions): (ctx: unknown) => string {
  if (!isVarying(options)) {
    const text = attributeText(options as CookieAttributes)
    return () => text
  }
  return (ctx) => attributeText(cookieOptionsFor(options, ctx))
}

/** Whether a request came over HTTPS: as its host says, its proxy, or its URL. */
function isHttps(ctx: unknown, proxy: boolean | undefined): boolean {
  const { secure, req } = Object(ctx) as { secure?: unknown; req?: { raw?: object } }
  // A context of Koa or Egg, which know of proxies themselves.
  if (typeof secure === 'boolean') return secure
  const { url, headers } = Object(req?.raw ?? ctx) as Partial<Request>
  const [scheme] = /^https?:/i.exec(`${url}`) ?? []
  if (!scheme) refuse('"secure: \'auto\'" needs the request: hand it to load() with the header.')
  const forwarded = proxy && headers!.get('x-forwarded-proto')
  return /^\s*https\s*[,:]/i.test(`${forwarded || scheme},`)
}

import {
  attributesOf,
  chain,
  cookieValues,
  cookieOptionsFor,
  isVarying,
  readSigned,
  writeValue,
  type Awaitable,
  type CheckedOptions,
  type Format,
} from '../src/host.ts'

/** What a Koa or Egg context has to do with cookies. */
export interface CookieContext {
  /** Whether the request came over HTTPS, as the host or a proxy that it trusts says. */
  secure?: boolean
  cookies: {
    get(name: string, options?: object): string | undefined
    set(name: string, value: string, options?: object): unknown
  }
  req: { headers: { cookie?: string | undefined } }
  headerSent: boolean
}

/** An application's own way to carry a store's key, koa-session's `externalKey`. */
export interface ExternalKey<ctx> {
  get(ctx: ctx): Awaitable<string | null | undefined>
  set(ctx: ctx, key: string): void
}

const EXPIRED = { expires: new Date(0), maxAge: false }

/**
 * The host's own cookies, signed or encrypted as its `ctx.cookies` does it: byte for byte what
 * the stock session plugin writes.
 */
export function createHostFormat(options: CheckedOptions<any>): Format<CookieContext> {
  const { key: name } = options
  const given = withoutUnset(options)
  const optionsFor = (ctx: CookieContext): object => cookieOptionsFor(given, ctx)
  return {
    names: [name],
    ...attributesFor(options),

    open(_, ctx) {
      const value = ctx.cookies.get(name, options)
      return value ? readSigned(value, false, options) : null
    },

    seal: (cargo) => [writeValue(cargo, options)],

    write([value], maxAge, ctx) {
      if (!ctx.headerSent) ctx.cookies.set(name, value!, { ...optionsFor(ctx), maxAge })
      return []
    },

    clear(ctx, names) {
      if (ctx.headerSent) return []
      if (names) clearPlainly(ctx, names, optionsFor(ctx))
      else ctx.cookies.set(name, '', { ...optionsFor(ctx), ...EXPIRED })
      return []
    },
  }
}

/**
 * The sealed format in a host: that of `createTokenHostFormat`. A cookie that the host signed before
 * is still read, and replaced in the same response.
 *
 * @param make Makes the sealed format itself; not before it is used: a page without a session needs
 *   no keys, and `ctx.session` never throws.
 */
export function createSealedHostFormat(
  options: CheckedOptions<any>,
  make: () => Format<unknown>,
): Format<CookieContext> {
  const { key: name } = options
  let made: Format<unknown> | undefined
  const sealed = (): Format<unknown> => (made ??= make())
  const format = createTokenHostFormat(options, {
    open: (header, ctx) => sealed().open(header, ctx),
    seal: (cargo, ctx) => sealed().seal(cargo, ctx),
  })
  const signed: object = { ...options, signed: true, encrypt: false }

  return {
    ...format,

    open(_, ctx) {
      const header = ctx.req.headers.cookie
      // The shape tells the format before any crypto: base64 has no dots.
      return chain(format.open(header, ctx), (opened) => {
        if (opened !== 'tampered' || !header?.includes(`${name}.sig=`)) return opened
        const value = ctx.cookies.get(name, signed)
        if (!value || value.includes('.')) return opened
        const carried = readSigned(value, true, options)
        if (typeof carried === 'string' || carried.key !== undefined) return carried
        // A cookie that does not say when it ends would never end.
        return typeof carried.record?._expire === 'number' ? carried : 'tampered'
      })
    },
  }
}

/**
 * A format whose cookie is one token, in a host: `ctx.cookies` sends it off, with the host's rules
 * for `secure` and the like, but neither signs nor encrypts it.
 */
export function createTokenHostFormat(
  options: CheckedOptions<any>,
  {
    open,
    seal,
    refuse,
    isReadable,
  }: Pick<Format<unknown>, 'open' | 'seal' | 'refuse' | 'isReadable'>,
): Format<CookieContext> {
  const { key: name } = options
  const given = withoutUnset(options)
  const plainFor = (ctx: CookieContext): object => ({
    ...cookieOptionsFor(given, ctx),
    signed: false,
    encrypt: false,
  })

  return {
    names: [name],
    keepsId: true,
    ...attributesFor(options),
    refuse,
    isReadable,
    open: (_, ctx) => open(headerOf(ctx, name), ctx),
    seal,

    write([value], maxAge, ctx) {
      if (ctx.headerSent) return []
      ctx.cookies.set(name, value!, { ...plainFor(ctx), maxAge })
      clearSignature(ctx)
      return []
    },

    clear(ctx, names = [name]) {
      if (ctx.headerSent) return []
      clearPlainly(ctx, names, plainFor(ctx))
      clearSignature(ctx)
      return []
    },
  }

  function clearSignature(ctx: CookieContext): void {
    if (!ctx.req.headers.cookie?.includes(`${name}.sig=`)) return
    clearPlainly(ctx, [`${name}.sig`], plainFor(ctx))
  }
}

/** Options that nobody set are the host's own to set: Egg has some for all cookies. */
function withoutUnset(options: CheckedOptions<any>): CheckedOptions<any> {
  const set = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(set) as CheckedOptions<any>
}

/**
 * The Cookie header, with the copy that Egg's `autoChips` makes of a cookie for the site which embeds
 * the page, where the cookie itself did not come.
 */
function headerOf(ctx: CookieContext, name: string): string | undefined {
  const header = ctx.req.headers.cookie
  if (!header?.includes(`_CHIPS-${name}=`) || cookieValues(header, name).length) return header
  const copy = ctx.cookies.get(name, { signed: false, encrypt: false })
  return copy ? `${name}=${copy}` : header
}

/** The attributes as the host will write them, or longer: it says when a cookie expires, too. */
function attributesFor(
  options: CheckedOptions<any>,
): Pick<Format<CookieContext>, 'attributes'> | undefined {
  if (!isVarying(options) && options.overflow !== 'store') return undefined
  const text = attributesOf({ ...options, secure: options.secure ?? 'auto' })
  return { attributes: (ctx) => `${text(ctx)}; expires=Thu, 01 Jan 1970 00:00:00 GMT` }
}

/** Removes cookies without signing that. */
function clearPlainly(ctx: CookieContext, names: readonly string[], options: object): void {
  const plain = { ...options, ...EXPIRED, signed: false, encrypt: false }
  for (const name of names) ctx.cookies.set(name, '', plain)
}

/** A store's key that travels as the application likes: in a header, say. */
export function createExternalFormat<ctx>(
  externalKey: ExternalKey<ctx>,
  options: CheckedOptions<any>,
): Format<ctx> {
  return {
    names: [options.key],
    open: (_, ctx) =>
      chain(externalKey.get(ctx), (key) => (key ? readSigned(key, false, options) : null)),
    seal: ({ id }) => [id],
    write([value], _, ctx) {
      externalKey.set(ctx, value!)
      return []
    },
    clear(ctx) {
      externalKey.set(ctx, '')
      return []
    },
  }
}

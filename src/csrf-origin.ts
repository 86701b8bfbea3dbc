/** What a browser says of where a request comes from, and where it goes. */
export interface Provenance {
  /** `Sec-Fetch-Site`. */
  site: string | null | undefined
  /** `Origin`. */
  origin: string | null | undefined
  /** The host that was asked, with its port. */
  host: string
}

/**
 * Whether the browser says that a page of another origin sent the request. What it says of itself
 * (Fetch Metadata) goes before `Origin`, which a proxy's other host and scheme may not match; where
 * it says nothing, as programs and very old browsers do, the token alone decides.
 *
 * @param trusted Origins of which nothing else is asked.
 */
export function isFromElsewhere(
  { site, origin, host }: Provenance,
  trusted: readonly string[],
): boolean {
  if (origin && trusted.includes(origin)) return false
  if (site) return site !== 'same-origin' && site !== 'none'
  if (!origin) return false
  // The scheme is left out: behind a proxy that ends TLS the server sees another.
  return /^https?:\/\/(.*)$/.exec(origin)?.[1] !== host
}

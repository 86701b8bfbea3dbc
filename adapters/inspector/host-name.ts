/** Names that mean this machine to every browser (RFC 6761 section 6.3, RFC 8252 section 7.3). */
const LOOPBACK = /^(localhost|([a-z\d-]+\.)+localhost|127(\.\d{1,3}){3}|\[::1\])$/

/**
 * Whether a Host header names this machine, or one of the hosts that are allowed. A name of
 * somebody else's, that he has point here, is refused: else his page could read this one (DNS
 * rebinding).
 *
 * @param hosts Names without a port, in lower case.
 */
export function isAllowedHost(host: string | null | undefined, hosts: readonly string[]): boolean {
  const [, name, port] =
    /^(\[[\da-f:.]+\]|[^:[\]]+)(:\d{1,5})?$/.exec((host ?? '').toLowerCase()) ?? []
  if (name === undefined) return false
  return LOOPBACK.test(name) || hosts.includes(name) || hosts.includes(name + (port ?? ''))
}

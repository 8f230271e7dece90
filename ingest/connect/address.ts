import { lookup as dnsLookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { networkInterfaces } from 'node:os'
import ipaddr from 'ipaddr.js'

/** An address that we do not go to, and why. Its code makes MQTT clients pass it on. */
export class AddressError extends Error {
  override name = 'AddressError'
  readonly code = 'ERR_ADDRESS'
}

/** Where connections out may go: public addresses, and what was allowed beside them. */
export type AddressRule = { all: boolean; hosts: readonly string[] }

export type Guard = {
  /**
   * For `net.connect`, `http.request` and the like: resolves a name and gives only addresses that were checked, so that
   * what is connected to is what was checked (no second look-up that could answer otherwise).
   */
  lookup: LookupFunction
  /**
   * A host that is an address itself is connected to without a look-up: call this before.
   *
   * @param port of an MQTT connection: our own listeners are refused, which would be a loop
   * @throws AddressError
   */
  check(host: string, port?: number): void
  /** The same with a look-up that refuses our own listeners, for one port. */
  forPort(port: number): LookupFunction
}

/** Public in form, but the host itself inside a cloud. */
const METADATA = new Set(['168.63.129.16'])

/** `::a.b.c.d` (RFC 4291 clause 2.5.5.1): given up, and still sent on to the IPv4 address by some systems. */
const IPV4_COMPATIBLE = ipaddr.parseCIDR('::/96')
/** All of IPv6 that is given out for public use (IANA IPv6 address space); the rest is nobody's. */
const GLOBAL_UNICAST = ipaddr.parseCIDR('2000::/3')

/** Words for a person, by the ranges of ipaddr.js (IANA special-purpose registries, RFC 6890). */
const WORDS: Record<string, string> = {
  private: 'a private address',
  loopback: 'this machine itself',
  linkLocal: 'a link-local address',
  multicast: 'a multicast address',
  broadcast: 'a broadcast address',
  unspecified: 'no address',
  carrierGradeNat: 'an address inside a provider (CGNAT)',
  uniqueLocal: 'a private address',
  ipv4Mapped: 'an IPv4 address in the form of IPv6',
  reserved: 'a reserved address',
}

/**
 * Refuses every address that is not plainly public, unless it is allowed: private networks, this machine, link-local
 * (where clouds keep their metadata), multicast, CGNAT, and IPv6 forms that hold an IPv4 address (mapped, compatible,
 * 6to4, Teredo, NAT64). Of a name all addresses must do.
 *
 * @param ownPorts ports on which our own broker listens
 * @param resolve how a name is looked up; `node:dns` unless a test says otherwise
 */
export function createGuard(
  rule: AddressRule,
  ownPorts: readonly number[] = [],
  resolve: typeof dnsLookup = dnsLookup,
): Guard {
  const ranges = rule.hosts.flatMap((entry) => {
    try {
      return entry.includes('/') ? [ipaddr.parseCIDR(entry)] : []
    } catch {
      return []
    }
  })

  function allowed(host: string, address: string): boolean {
    if (rule.all || rule.hosts.includes(host) || rule.hosts.includes(address)) return true
    const parsed = ipaddr.parse(address)
    return ranges.some(
      ([range, bits]) => range.kind() === parsed.kind() && parsed.match(range as never, bits),
    )
  }

  function checkAddress(host: string, address: string, port?: number): void {
    if (port !== undefined && ownPorts.includes(port) && isOwn(address))
      throw new AddressError(
        `${host}:${port} is Schouw itself: it would hear its own messages again and again`,
      )
    const why = notPublic(address)
    if (why === undefined || allowed(host, address)) return
    const named = host === address ? host : `${host} (${address})`
    throw new AddressError(
      `${named} is ${why}. Allow it with SCHOUW_ALLOW_PRIVATE_ADDRESSES when it is meant to be reached.`,
    )
  }

  const lookupFor =
    (port?: number): LookupFunction =>
    (hostname, options, callback) => {
      const host = hostname.toLowerCase()
      resolve(hostname, { ...options, all: true }, (error, found) => {
        if (error) return callback(error, '', 0)
        try {
          if (found.length === 0) throw new AddressError(`${host} has no address`)
          for (const { address } of found) checkAddress(host, address, port)
        } catch (refusal) {
          return callback(refusal as Error, '', 0)
        }
        if (options.all) return callback(null, found)
        const [first] = found
        callback(null, first?.address ?? '', first?.family)
      })
    }

  return {
    lookup: lookupFor(),
    forPort: lookupFor,
    check(host, port) {
      const bare = bareHost(host)
      if (isIP(bare)) checkAddress(bare, bare, port)
    },
  }
}

/** `[::1]` of a URL as `::1`, in lower case. */
export function bareHost(host: string): string {
  return host.replace(/^\[|\]$/g, '').toLowerCase()
}

/** What an address is when it is not plainly public. */
export function notPublic(address: string): string | undefined {
  // Without its zone, which says only through which interface.
  const bare = address.split('%')[0] ?? ''
  if (!ipaddr.isValid(bare)) return 'no address'
  if (METADATA.has(bare)) return 'a service of the machine it runs on'
  const parsed = ipaddr.parse(bare)
  const range = parsed.range()
  if (range !== 'unicast') return WORDS[range] ?? `a special address (${range})`
  if (parsed.kind() === 'ipv4') return undefined
  if (parsed.match(IPV4_COMPATIBLE as never)) return WORDS.ipv4Mapped
  return parsed.match(GLOBAL_UNICAST as never) ? undefined : 'a reserved address'
}

function isOwn(address: string): boolean {
  const parsed = ipaddr.process(address.split('%')[0] ?? '')
  if (parsed.range() === 'loopback' || parsed.range() === 'unspecified') return true
  return Object.values(networkInterfaces()).some((list) =>
    (list ?? []).some((own) => own.address === parsed.toString() || own.address === address),
  )
}

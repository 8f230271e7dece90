import { isIP, connect as netConnect } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as tlsConnect } from 'node:tls'
import { createWebSocketStream, WebSocket } from 'ws'
import { AddressError, bareHost, type Guard } from './address.ts'

const PORTS: Record<string, number> = { 'mqtt:': 1883, 'mqtts:': 8883, 'ws:': 80, 'wss:': 443 }
const HANDSHAKE_MS = 10_000

/** Host and port that an address of a broker leads to. */
export function endpointOf(url: URL): { host: string; port: number } {
  return { host: bareHost(url.hostname), port: Number(url.port) || (PORTS[url.protocol] ?? 0) }
}

/**
 * A stream to a foreign broker: TCP, TLS or WebSocket, to a checked address. Its certificate must be right: by the
 * authorities that this machine trusts, or by the one that is given.
 *
 * @param ca PEM, '' for none
 * @throws AddressError at once for an address that is not gone to; one that a name turns out to have ends the stream
 */
export function openStream(url: URL, ca: string, guard: Guard): Duplex {
  const { host, port } = endpointOf(url)
  if (!(url.protocol in PORTS)) throw new AddressError(`${url.protocol} is no address of a broker`)
  guard.check(host, port)
  const lookup = guard.forPort(port)
  const own = ca === '' ? {} : { ca }
  if (url.protocol === 'ws:' || url.protocol === 'wss:') {
    const socket = new WebSocket(url, 'mqtt', {
      lookup,
      ...own,
      followRedirects: false,
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
    })
    return createWebSocketStream(socket)
  }
  const socket = netConnect({ host, port, lookup })
  socket.setNoDelay(true)
  if (url.protocol === 'mqtt:') return socket
  // The certificate must be for this host; of an address, too, which no server name may hold (RFC 6066 section 3).
  const secure = tlsConnect({ socket, host, ...own, ...(isIP(host) ? {} : { servername: host }) })
  // What goes wrong before TLS begins is what ends it.
  socket.once('error', (error) => secure.destroy(error))
  return secure
}

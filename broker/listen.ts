import { readFileSync } from 'node:fs'
import { createServer as createHttpServer, type IncomingMessage } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, TLSSocket, type TlsOptions } from 'node:tls'
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws'
import type { Logger } from '../log.ts'
import { fingerprintOf } from '../store/records/certificates.ts'

export type ListenOptions = {
  host: string
  mqttPort: number
  wsPort: number
  mqttsPort: number
  tls: { certPath: string; keyPath: string } | null
  /** a proxy in front takes care of TLS, so plain MQTT may listen beyond loopback */
  behindProxy: boolean
  /** origins of pages that may connect over WebSocket, beside those of this same address */
  wsOrigins: readonly string[]
  maxPayloadBytes: number
  maxConnections: number
  log: Logger
}

/** Who is on the other side. */
export type Peer = {
  address: string
  /** SHA-256 of the certificate that it showed, hex */
  fingerprint: string | undefined
  /** of a WebSocket */
  request?: IncomingMessage
}

/** `mqtts` is null without a certificate. */
export type Ports = { mqtt: number; ws: number; mqtts: number | null }

const LOOPBACK = '127.0.0.1'
/** 10,000 devices come back at once after a restart. */
const PENDING = 4096
const RENEW_MS = 3_600_000

/**
 * MQTT over TCP, over WebSocket (subprotocol `mqtt`), and over TLS when there is a certificate: then WebSocket is TLS
 * too, and plain MQTT stays on loopback, so that no secret crosses a network in the clear.
 *
 * @param accept takes each connection
 * @throws when a port is taken or the certificate cannot be read
 */
export async function listen(
  options: ListenOptions,
  accept: (connection: Duplex, peer: Peer) => void,
): Promise<{ ports: Ports; close(): Promise<void> }> {
  const { log, tls } = options
  const readTls = (): TlsOptions =>
    tls
      ? {
          cert: readFileSync(tls.certPath),
          key: readFileSync(tls.keyPath),
          minVersion: 'TLSv1.2',
          // A device may show a certificate. Whether that lets it in is for the register to say, not for a chain of
          // authorities; the handshake proves that it has the key.
          requestCert: true,
          rejectUnauthorized: false,
        }
      : {}
  const plainHost = tls && !options.behindProxy ? LOOPBACK : options.host

  const onSocket = (socket: Socket) => {
    socket.setNoDelay(true)
    // Finds dead peers of clients that asked for no MQTT keep-alive.
    socket.setKeepAlive(true, 60_000)
    accept(socket, peerOf(socket))
  }
  const mqtt = createTcpServer(onSocket)
  const mqtts = tls ? createTlsServer(readTls(), onSocket) : null
  // A failed handshake is the client's trouble, not ours.
  mqtts?.on('tlsClientError', (error) => log.debug({ error: error.message }, 'broker: TLS handshake failed'))

  const answer = (_: IncomingMessage, response: import('node:http').ServerResponse) => {
    response.writeHead(426, { 'content-type': 'text/plain' }).end('MQTT over WebSocket only\n')
  }
  const web = tls ? createHttpsServer(readTls(), answer) : createHttpServer(answer)
  web.maxConnections = options.maxConnections
  const sockets = new WebSocketServer({
    server: web,
    maxPayload: options.maxPayloadBytes + 64 * 1024,
    perMessageDeflate: false,
    verifyClient: ({ origin, req }: { origin?: string; req: IncomingMessage }) =>
      mayConnect(origin, req.headers.host, options.wsOrigins),
    // [MQTT-6.0.0-3]: the client offers the subprotocol `mqtt`; 3.1 clients call it mqttv3.1.
    handleProtocols: (offered) =>
      offered.has('mqtt') ? 'mqtt' : offered.has('mqttv3.1') ? 'mqttv3.1' : false,
  })
  sockets.on('connection', (socket: WebSocket, request) => {
    const stream = createWebSocketStream(socket)
    request.socket.setNoDelay(true)
    accept(stream, { ...peerOf(request.socket), request })
  })
  sockets.on('wsClientError', (error) => log.debug({ error: error.message }, 'broker: WebSocket refused'))

  // A certificate is renewed every few weeks; nobody should have to restart for it.
  const renewal = setInterval(() => {
    try {
      mqtts?.setSecureContext(readTls())
      if ('setSecureContext' in web) web.setSecureContext(readTls())
    } catch (error) {
      log.error({ error }, 'broker: the certificate cannot be read again; the old one stays')
    }
  }, RENEW_MS)
  renewal.unref()
  if (!tls) clearInterval(renewal)

  const opened: Server[] = []
  const open = (server: Server, port: number, host: string) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen({ port, host, backlog: PENDING }, () => {
        server.removeListener('error', reject)
        server.on('error', (error) => log.error({ error }, 'broker: listener failed'))
        opened.push(server)
        resolve((server.address() as AddressInfo).port)
      })
    })
  const shut = async () => {
    clearInterval(renewal)
    sockets.close()
    await Promise.all(opened.map((server) => new Promise((resolve) => server.close(resolve))))
  }
  try {
    const ports: Ports = {
      mqtt: await open(mqtt, options.mqttPort, plainHost),
      ws: await open(web, options.wsPort, options.host),
      mqtts: mqtts ? await open(mqtts, options.mqttsPort, options.host) : null,
    }
    return { ports, close: shut }
  } catch (error) {
    await shut()
    throw error
  }
}

function peerOf(socket: Socket): Peer {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
  return {
    address: socket.remoteAddress ?? '',
    fingerprint: certificate ? fingerprintOf(certificate) : undefined,
  }
}

/**
 * May a page of this origin open a WebSocket here? A browser tells the origin and nothing else does: a page of a
 * stranger could otherwise try secrets from within the network. Without one it is no browser.
 */
export function mayConnect(
  origin: string | undefined,
  host: string | undefined,
  allowed: readonly string[],
): boolean {
  if (origin === undefined) return true
  if (allowed.includes(origin)) return true
  try {
    const page = new URL(origin)
    return host !== undefined && page.host === new URL(`${page.protocol}//${host}`).host
  } catch {
    return false
  }
}

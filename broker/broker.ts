import { randomUUID } from 'node:crypto'
import path from 'node:path'
import type { Duplex } from 'node:stream'
import { Aedes, type AuthenticateError, type Client, type ConnectPacket, type PublishPacket } from 'aedes'
import type { Config } from '../config.ts'
import type { Logger } from '../log.ts'
import { type Bucket, fullBucket, RATE_SECONDS, take } from '../model/bucket.ts'
import { BROKER_HEALTH_TOPIC, type BrokerHealth } from '../model/health.ts'
import { parseInbound } from '../model/inbound.ts'
import { MAX_TOPIC_BYTES, ownPayloadMax } from '../model/publish.ts'
import { CREDENTIALS_EVENT_TOPIC } from '../model/topics.ts'
import type { OpenJournalWriter } from '../store/journal/writer.ts'
import type { Credential, Credentials } from '../store/records/credentials.ts'
import type { Secrets } from '../store/secrets.ts'
import { createDeliveries } from './deliveries.ts'
import { type Grant, INTERNAL_GRANT } from './grant.ts'
import { listen, type Peer, type Ports } from './listen.ts'
import { createLogin, grantFor, type Login, staysIn } from './login.ts'
import { createPacketGuard, type PacketGuard } from './packet-guard.ts'
import { createBrokerPersistence, userOf } from './persistence.ts'

export type BrokerDeps = {
  config: Pick<
    Config,
    | 'dataDir'
    | 'host'
    | 'mqttPort'
    | 'wsPort'
    | 'mqttsPort'
    | 'tls'
    | 'behindProxy'
    | 'wsOrigins'
    | 'maxPayloadBytes'
    | 'maxConnections'
    | 'maxFailedLogins'
    | 'maxMessageRate'
    | 'sessionKeepDays'
  >
  secrets: Secrets
  journal: OpenJournalWriter
  credentials: Credentials
  log: Logger
  now: () => number
}

export type Broker = {
  /** Open the listeners. @throws when a port is taken */
  listen(): Promise<Ports>
  health(): BrokerHealth
  /** Stop listening, end all connections (their wills reach the journal), close `broker.sqlite`. */
  close(): Promise<void>
}

type Session = Extract<Login, { ok: true }> & {
  client: Client
  address: string
  bucket: Bucket
  cut: boolean
}
type Connection = {
  guard: PacketGuard
  address: string
  fingerprint: string | undefined
  session: Session | undefined
  login: Login | undefined
}

/** Topic and headers beside the payload in one PUBLISH. */
const PACKET_MARGIN = MAX_TOPIC_BYTES + 64
/** Beside it for our own processes: what is too large of theirs is to be refused, not to end the connection. */
const PACKET_MARGIN_OWN = 8 * 1024 * 1024
/** Where a message of our own processes goes that is not taken: nobody listens there. */
const REFUSED_TOPIC = 'schouw/refused'
const NOTHING = Buffer.alloc(0)
/** Of a CONNECT with its will, and of what a client sends behind it before it knows that it is in. */
const MAX_FIRST_PACKET = 64 * 1024
const CONNECT_TIMEOUT_MS = 10_000
/** What may wait in the socket of a subscriber that does not read. */
const MAX_UNREAD_DEVICE = 1024 * 1024
const MAX_UNREAD_INTERNAL = 64 * 1024 * 1024
const MAX_SUBSCRIPTIONS = 100
/** Persistent sessions that one login may leave behind. */
const MAX_SESSIONS = 4
/** A state, not a payload: larger ones are passed on but not remembered. */
const MAX_RETAINED_BYTES = 16 * 1024
/** Retained messages outside `devices/…` that one login may leave: announcements, the tree of a bridge. */
const MAX_RETAINED = { device: 200, bridge: 5000 }
/** Of sessions whose owner is away: remembered, made again when it must. */
const MAX_GRANTS = 10_000
const HEALTH_MS = 5000
const EXPIRE_MS = 3_600_000
/** A connection outlives its secret or certificate by this much at most. */
const EXPIRY_MS = 1000
const DAY_MS = 86_400_000

/**
 * The MQTT door of Schouw: aedes, with every publish of a device in the journal before it is acknowledged.
 *
 * - A device logs in with its id as user name; it publishes and subscribes under `devices/{id}/` alone. Outside it: a
 *   publish ends the connection (MQTT 3.1.1 has no other way to say no), a subscription gets 0x80.
 * - One connection per device: the newest wins. A bridge and our own processes may have several.
 * - While the journal cannot write, publishes wait in it for a while, then their connections end: the clients send
 *   again later.
 * - More than `maxMessageRate` publishes a second over ten seconds end the connection as a flood; below that TCP slows
 *   a sender down to what the journal takes.
 */
export async function createBroker(deps: BrokerDeps): Promise<Broker> {
  const { config, journal, credentials, log, now } = deps
  const login = createLogin({
    secrets: deps.secrets,
    credentials,
    now,
    maxFailedLogins: config.maxFailedLogins,
    maxPayloadBytes: config.maxPayloadBytes,
    behindProxy: config.behindProxy,
  })
  const connections = new WeakMap<object, Connection>()
  const byUser = new Map<string, Set<Session>>()
  const byClientId = new Map<string, Session>()
  let open = 0
  let waiting = 0
  let published = 0
  let refusedLogins = 0
  let cutOff = 0
  let listeners: Awaited<ReturnType<typeof listen>> | undefined

  const persistence = createBrokerPersistence({
    file: path.join(config.dataDir, 'broker.sqlite'),
    log,
    now,
    mayKeep: (clientId, filter) => byClientId.get(clientId)?.grant.subscribe(filter) ?? false,
    markResent: true,
    mayReceive: (clientId, topic, from) => grantOfSession(clientId)?.receive(topic, from) ?? false,
  })
  const aedes = new Aedes({
    persistence,
    mq: createDeliveries(),
    connectTimeout: CONNECT_TIMEOUT_MS,
    maxClientsIdLength: 65_535,
    // Sent behind CONNECT without waiting for its answer; no more than one read of the socket anyway.
    queueLimit: 5000,
    preConnect,
    authenticate,
    authorizePublish,
    authorizeSubscribe,
    authorizeForward,
  })
  await aedes.listen()

  /** Of a session whose owner may be away. */
  const grants = new Map<string, Grant>()
  function grantOfSession(clientId: string): Grant | undefined {
    const live = byClientId.get(clientId)
    if (live) return live.grant
    const user = clientId.slice(0, clientId.indexOf('/'))
    if (user.startsWith('$')) return INTERNAL_GRANT
    const known = grants.get(user)
    if (known) return known
    const credential = credentials.lookup(user)
    if (!credential || credential.revokedAt !== null) return undefined
    const grant = grantFor(credential, credentials)
    if (grants.size >= MAX_GRANTS) grants.clear()
    grants.set(user, grant)
    return grant
  }

  function sessionOf(client: Client | null): Session | undefined {
    return client ? connections.get(client.conn)?.session : undefined
  }

  function accept(connection: Duplex, { address, fingerprint, request }: Peer): void {
    // Half of the places are kept for those that have logged in.
    if (open >= config.maxConnections || waiting >= Math.max(100, config.maxConnections / 2)) {
      connection.on('error', () => {})
      connection.destroy()
      limited('broker: too many connections', { open, waiting })
      return
    }
    open++
    waiting++
    const state: Connection = {
      guard: createPacketGuard(MAX_FIRST_PACKET),
      address,
      fingerprint,
      session: undefined,
      login: undefined,
    }
    connections.set(connection, state)
    connection.once('close', () => {
      open--
      if (state.session) forget(state.session)
      else waiting--
    })
    watchBytes(connection, state)
    aedes.handle(connection, request)
  }

  /**
   * aedes reads whole chunks with `read()`; looking at them there costs nothing per byte, where a stream in between
   * would copy all.
   */
  function watchBytes(connection: Duplex, state: Connection): void {
    const read = connection.read
    connection.read = function guardedRead(size?: number) {
      const chunk = read.call(connection, size) as Buffer | null
      if (chunk === null) return null
      const fault = state.guard.check(chunk)
      if (fault) {
        cut(connection, state, `broke the protocol: ${fault}`)
        return null
      }
      const { session } = state
      // What came before the login was answered counts with the first read after it.
      if (session && !session.internal) {
        const taken = state.guard.takePublishes()
        if (taken > 0 && !take(session.bucket, taken, config.maxMessageRate, RATE_SECONDS, now())) {
          cut(connection, state, `flood: more than ${config.maxMessageRate} publishes a second`)
          return null
        }
      }
      return chunk
    }
  }

  function cut(connection: Duplex, state: Connection, reason: string): void {
    cutOff++
    if (state.session) state.session.cut = true
    limited('broker: connection cut off', { reason, deviceId: state.session?.user, address: state.address })
    connection.destroy()
  }

  /** A client that misbehaves does so thousands of times: a line a second of each kind, with how many were left out. */
  const lastLines = new Map<string, { at: number; leftOut: number }>()
  function limited(message: string, fields: object): void {
    const last = lastLines.get(message)
    if (last && now() - last.at < 1000) {
      last.leftOut++
      return
    }
    lastLines.set(message, { at: now(), leftOut: 0 })
    log.warn(last && last.leftOut > 0 ? { ...fields, leftOut: last.leftOut } : fields, message)
  }

  function preConnect(
    client: Client,
    packet: ConnectPacket,
    callback: (error: Error | null, ok: boolean) => void,
  ) {
    const state = connections.get(client.conn)
    if (!state) return callback(new Error('unknown connection'), false)
    const answer = login({
      username: packet.username,
      password: packet.password,
      clientId: packet.clientId,
      clean: packet.clean === true,
      address: state.address,
      fingerprint: state.fingerprint,
      will: packet.will,
    })
    state.login = answer
    // Before aedes looks: its sessions, wills and takeovers all go by this id.
    packet.clientId = answer.ok ? answer.clientId : `refused/${randomUUID()}`
    if (
      answer.ok &&
      packet.will?.retain &&
      !mayRetain(answer.grant.retain(packet.will.topic), packet.will.payload.length)
    ) {
      packet.will.retain = false
    }
    callback(null, true)
  }

  function authenticate(
    client: Client,
    user: string | undefined,
    password: Buffer | undefined,
    done: (error: AuthenticateError | null, ok: boolean | null) => void,
  ) {
    const state = connections.get(client.conn)
    const answer = state?.login
    if (!state || !answer?.ok) {
      refusedLogins++
      const reason = answer && !answer.ok ? answer.reason : 'unknown connection'
      const penalty = answer && !answer.ok && answer.penalty
      limited(penalty ? 'broker: too many failed logins; refused for a minute' : 'broker: login refused', {
        // Without a password the name may be a secret.
        user: password?.length ? user?.slice(0, 64) : '(no password)',
        address: state?.address,
        reason,
      })
      const returnCode = answer && !answer.ok ? answer.returnCode : 5
      return done(Object.assign(new Error(reason), { returnCode }) as AuthenticateError, false)
    }
    state.guard.open(config.maxPayloadBytes + PACKET_MARGIN + (answer.internal ? PACKET_MARGIN_OWN : 0))
    waiting--
    const session: Session = {
      ...answer,
      client,
      address: state.address,
      bucket: fullBucket(config.maxMessageRate, RATE_SECONDS, now()),
      cut: false,
    }
    state.session = session
    remember(session)
    done(null, true)
  }

  function remember(session: Session): void {
    const own = byUser.get(session.user) ?? new Set<Session>()
    byUser.set(session.user, own)
    if (!session.internal && !session.bridge) {
      // The newest wins: a device whose old connection hangs must not be locked out by it.
      for (const older of own) {
        if (older.clientId !== session.clientId) older.client.close()
      }
    }
    own.add(session)
    byClientId.set(session.clientId, session)
    if (!session.client.clean) keepSession(session)
  }

  function keepSession(session: Session): void {
    const own = persistence.sessionsOf(session.user).filter((id) => id !== session.clientId)
    const spare = own.filter((id) => !byClientId.has(id))
    const max = session.bridge || session.internal ? MAX_SESSIONS * 4 : MAX_SESSIONS
    for (const id of spare.slice(0, Math.max(0, own.length + 1 - max))) persistence.dropSession(id)
    persistence.touch(session.clientId)
  }

  function forget(session: Session): void {
    const own = byUser.get(session.user)
    own?.delete(session)
    if (own?.size === 0) byUser.delete(session.user)
    if (byClientId.get(session.clientId) !== session) return
    byClientId.delete(session.clientId)
    // Not when it was dropped meanwhile: a revoked device leaves nothing behind.
    if (!session.client.clean && persistence.sessionsOf(session.user).includes(session.clientId)) {
      persistence.touch(session.clientId)
    }
  }

  function authorizePublish(
    client: Client | null,
    packet: PublishPacket,
    done: (error?: Error | null) => void,
  ) {
    const session = sessionOf(client)
    if (!session) return done(new Error('no session'))
    const { topic } = packet
    // aedes says who published only after it has queued the message for those who are away.
    ;(packet as { clientId?: string }).clientId = session.clientId
    const way = session.grant.publish(topic)
    const payload = packet.payload as Buffer
    if (session.internal && (way === undefined || payload.length > ownPayloadMax(config.maxPayloadBytes))) {
      refuseOwn(packet, session)
      return done()
    }
    if (way === undefined) {
      cutOff++
      limited('broker: publish outside its grant', { deviceId: session.user, topic: topic.slice(0, 256) })
      return done(new Error('topic outside the grant'))
    }
    if (!session.internal && payload.length > config.maxPayloadBytes) {
      cutOff++
      limited('broker: payload too large', { deviceId: session.user, topic, bytes: payload.length })
      return done(new Error('payload too large'))
    }
    if (packet.retain && !mayRetain(session.grant.retain(topic), payload.length)) packet.retain = false
    if (packet.retain && !claims(session, topic, payload.length)) packet.retain = false
    if (way === 'live') {
      if (topic === CREDENTIALS_EVENT_TOPIC) credentials.refresh()
      return done()
    }
    published++
    if (packet.qos === 2 && persistence.hasIncoming(session.clientId, packet.messageId)) {
      // Taken before and sent again: acknowledged in its turn, not written twice.
      return journal.after(done)
    }
    // What our own processes bring in is journaled under the name of whoever sent it to them.
    const sender = session.internal ? (parseInbound(topic)?.sender ?? session.user) : session.user
    const record = { receivedAt: now(), deviceId: sender, topic, payload }
    if (!packet.retain) return journal.append(record, done)
    journal.append(record, (error) => {
      // Before the acknowledgement: aedes would remember it after.
      if (!error) void persistence.storeRetained(packet as PublishPacket & { payload: Buffer })
      done(error)
    })
  }

  /**
   * A connection of our own processes carries what others sent: it must not end for one message, or that would end them
   * all. MQTT 3.1.1 cannot say no, and an acknowledgement would say `stored`: so it gets none, and the message goes where
   * nobody listens, empty.
   */
  function refuseOwn(packet: PublishPacket, session: Session): void {
    limited('broker: a publish of our own is refused', {
      clientId: session.clientId,
      topic: packet.topic.slice(0, 256),
      bytes: packet.payload.length,
    })
    Object.assign(packet, { topic: REFUSED_TOPIC, payload: NOTHING, qos: 0, retain: false })
  }

  /**
   * Announcements and trees lie outside a device's own topics: the first who leaves something there owns that topic,
   * for as long as it is there and its owner is registered, and each owns only so many.
   */
  function claims(session: Session, topic: string, bytes: number): boolean {
    if (session.internal || topic.startsWith('devices/')) return true
    const owner = persistence.retainedBy(topic)
    if (owner === session.user) return true
    const registered = owner === undefined ? undefined : credentials.lookup(owner)
    if (registered && registered.revokedAt === null) return false
    if (bytes === 0) return true
    const max = session.bridge ? MAX_RETAINED.bridge : MAX_RETAINED.device
    if (persistence.claimRetained(topic, session.user, max)) return true
    limited('broker: too many retained messages of one device; this one is not kept', {
      deviceId: session.user,
      topic: topic.slice(0, 256),
    })
    return false
  }

  function authorizeSubscribe(
    client: Client,
    subscription: { topic: string; qos: 0 | 1 | 2 },
    done: (error: Error | null, subscription?: { topic: string; qos: 0 | 1 | 2 } | null) => void,
  ) {
    const session = sessionOf(client)
    const held = Object.keys((client as unknown as { subscriptions: object }).subscriptions).length
    if (session?.grant.subscribe(subscription.topic) && held < MAX_SUBSCRIPTIONS)
      return done(null, subscription)
    limited('broker: subscription refused', {
      deviceId: session?.user,
      filter: subscription.topic.slice(0, 256),
    })
    done(null, null)
  }

  function authorizeForward<P extends { topic: string; clientId?: string }>(
    client: Client,
    packet: P,
  ): P | null {
    const session = sessionOf(client)
    // A retained message no longer says whose it is.
    const from =
      packet.clientId === undefined ? persistence.retainedBy(packet.topic) : userOf(packet.clientId)
    if (!session?.grant.receive(packet.topic, from) || session.cut) return null
    const unread = client.conn.writableLength
    if (unread > (session.internal ? MAX_UNREAD_INTERNAL : MAX_UNREAD_DEVICE)) {
      session.cut = true
      cutOff++
      log.warn({ deviceId: session.user, unread }, 'broker: subscriber does not read; cut off')
      client.conn.destroy()
      return null
    }
    return packet
  }

  const stopWatching = credentials.onChange((deviceIds) => {
    for (const deviceId of deviceIds) {
      grants.delete(deviceId)
      const credential = credentials.lookup(deviceId)
      for (const session of byUser.get(deviceId) ?? []) check(session, credential)
      // What waits for a revoked device will never be fetched.
      if (!credential || credential.revokedAt !== null) {
        for (const id of persistence.sessionsOf(deviceId)) persistence.dropSession(id)
      }
    }
  })

  /** End a session that may not go on. A secret beside it that came or went does not matter to it. */
  function check(session: Session, credential: Credential | undefined): void {
    if (session.entry === null) return
    if (staysIn(session.entry, credential, now())) {
      session.entry.credential = credential
      return
    }
    log.info({ deviceId: session.user }, 'broker: what let it in is valid no longer; connection ended')
    session.client.close()
  }
  // Nothing tells of a secret or certificate that expires. A look at each session costs a tenth of a microsecond.
  const expiryTimer = setInterval(() => {
    for (const session of byClientId.values()) {
      if (session.entry) check(session, session.entry.credential)
    }
  }, EXPIRY_MS)

  aedes.on('clientError', (client, error) => {
    log.debug({ clientId: client.id, error: error.message }, 'broker: connection ended')
  })
  aedes.on('connectionError', (_client, error) => {
    log.debug({ error: error.message }, 'broker: connection ended before login')
  })

  const startedAt = now()
  let lastReport = startedAt
  let publishedAtReport = 0
  let messagesPerSecond = 0

  function health(): BrokerHealth {
    const state = journal.health()
    const backlog = journal.backlog()
    return {
      at: now(),
      startedAt,
      journal: { ...state, unreadBytes: backlog.bytes, lag: backlog.consumers },
      connections: byClientId.size,
      messagesPerSecond,
      refusedLogins,
      cutOff,
    }
  }

  function report(): void {
    const seconds = Math.max(0.001, (now() - lastReport) / 1000)
    messagesPerSecond = Math.round((published - publishedAtReport) / seconds)
    publishedAtReport = published
    lastReport = now()
    persistence.repair()
    const payload = Buffer.from(JSON.stringify(health()))
    aedes.publish(
      { cmd: 'publish', topic: BROKER_HEALTH_TOPIC, payload, qos: 0, retain: true, dup: false },
      () => {},
    )
  }
  report()
  const healthTimer = setInterval(report, HEALTH_MS)
  const expireTimer = setInterval(() => {
    const gone = persistence.expire(config.sessionKeepDays * DAY_MS, (id) => byClientId.has(id))
    if (gone > 0) log.info({ sessions: gone }, 'broker: sessions that nobody came back for are forgotten')
  }, EXPIRE_MS)

  return {
    async listen() {
      listeners = await listen({ ...config, log }, accept)
      return listeners.ports
    },
    health,
    async close() {
      clearInterval(healthTimer)
      clearInterval(expireTimer)
      clearInterval(expiryTimer)
      stopWatching()
      const stopped = listeners?.close()
      await new Promise<void>((resolve) => aedes.close(() => resolve()))
      await stopped
      // Wills of the connections that just ended.
      await new Promise<void>((resolve) => journal.after(() => resolve()))
      await persistence.destroy()
    },
  }
}

function mayRetain(granted: boolean, bytes: number): boolean {
  return granted && bytes <= MAX_RETAINED_BYTES
}

import { DatabaseSync } from 'node:sqlite'
import { Readable } from 'node:stream'
import type { Logger } from '../log.ts'
import { ensurePrivateFile } from '../store/private-file.ts'
import { createFilterTree, createTopicTree } from './topic-tree.ts'

/** A packet as aedes hands it over; of a PUBREL only `cmd` and `messageId` are there. */
export type StoredPacket = {
  cmd: string
  topic?: string
  payload?: Buffer | string
  qos?: number
  retain?: boolean
  dup?: boolean
  messageId?: number | undefined
  brokerId?: string | undefined
  brokerCounter?: number | undefined
  clientId?: string
}
type Subscription = {
  topic: string
  qos: number
  rh?: number
  rap?: boolean
  nl?: boolean
  subscriptionIdentifier?: number
}
type Match = Subscription & { clientId: string }
type ClientRef = { id: string }
type Queued = { row: number; packet: StoredPacket; bytes: number }

export type PersistenceOptions = {
  /** path of the SQLite file, or ':memory:' */
  file: string
  log: Logger
  now: () => number
  /** of one session that nobody came back for */
  maxQueued?: number
  maxQueuedBytes?: number
  maxRetained?: number
  /** may this session keep this subscription; aedes hands over refused filters too */
  mayKeep?: (clientId: string, filter: string) => boolean
  /** may this session be handed a message on this topic of this user; a filter may be wider than its grant */
  mayReceive?: (clientId: string, topic: string, from: string | undefined) => boolean
  /** say of a message that was sent before that it is (DUP); the contract of aedes-persistence knows nothing of it */
  markResent?: boolean
}

/** Topics that mean nothing after a restart: kept in memory alone. */
const VOLATILE = /^(schouw\/|\$SYS\/)/

/** An answer that is there already, without the turn of the event loop that a promise takes: the hot path of a publish. */
const settled = <T>(value: T): PromiseLike<T> => ({
  // biome-ignore lint/suspicious/noThenProperty: a thenable on purpose
  then(onFulfilled) {
    const next = onFulfilled ? onFulfilled(value) : value
    return next as never
  },
})
const NO_MATCHES: PromiseLike<Match[]> = settled([])
const DONE: PromiseLike<void> = settled(undefined)

/**
 * Retained messages and persistent sessions of the broker, in memory and in `broker.sqlite`: implements the interface
 * of aedes-persistence 11. Reads never touch the disk; a write does only when there is something to keep, so a publish
 * on a topic without persistent subscribers costs nothing here.
 *
 * SQLite in WAL mode with `synchronous = normal`: a killed process loses nothing, a power cut perhaps the last moments
 * of retained states and queues. Readings are in the journal, which does sync.
 *
 * When SQLite cannot write (disk full) the memory goes on alone, and `repair` writes all of it again later.
 */
export function createBrokerPersistence(options: PersistenceOptions) {
  const { log, now } = options
  const maxQueued = options.maxQueued ?? 1000
  const maxQueuedBytes = options.maxQueuedBytes ?? 4 * 1024 * 1024
  const maxRetained = options.maxRetained ?? 200_000
  const mayKeep = options.mayKeep ?? (() => true)
  const markResent = options.markResent ?? false
  const mayReceive = options.mayReceive ?? (() => true)

  if (options.file !== ':memory:') ensurePrivateFile(options.file)
  const db = new DatabaseSync(options.file, { timeout: 5000 })
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = normal;
    create table if not exists retained (topic text primary key, qos integer not null, payload blob not null) strict;
    create table if not exists retained_owner (topic text primary key, user text not null) strict;
    create table if not exists session (client_id text primary key, seen_at integer not null) strict;
    create table if not exists subscription (
      client_id text not null, topic text not null, qos integer not null, flags text not null,
      primary key (client_id, topic)) strict;
    create table if not exists queued (id integer primary key, client_id text not null, packet text not null, payload blob) strict;
    create index if not exists queued_client on queued (client_id);
  `)
  const sql = {
    putRetained: db.prepare('insert or replace into retained values (?, ?, ?)'),
    dropRetained: db.prepare('delete from retained where topic = ?'),
    putOwner: db.prepare('insert or replace into retained_owner values (?, ?)'),
    dropOwner: db.prepare('delete from retained_owner where topic = ?'),
    putSession: db.prepare('insert or replace into session values (?, ?)'),
    dropSession: db.prepare('delete from session where client_id = ?'),
    putSubscription: db.prepare('insert or replace into subscription values (?, ?, ?, ?)'),
    dropSubscription: db.prepare('delete from subscription where client_id = ? and topic = ?'),
    dropSubscriptions: db.prepare('delete from subscription where client_id = ?'),
    putQueued: db.prepare('insert or replace into queued values (?, ?, ?, ?)'),
    dropQueued: db.prepare('delete from queued where id = ?'),
    dropQueue: db.prepare('delete from queued where client_id = ?'),
  }

  const retained = createTopicTree<StoredPacket & { topic: string }>()
  const owners = new Map<string, string>()
  const owned = new Map<string, number>()
  const sessions = new Map<string, number>()
  /** client ids by the user in front of their slash: asked at every login of a persistent session */
  const sessionsOfUser = new Map<string, Set<string>>()
  const subscriptions = new Map<string, Map<string, Subscription>>()
  const matcher = createFilterTree<Match>()
  const outgoing = new Map<string, { packets: Queued[]; bytes: number; dropped: number }>()
  const incoming = new Map<string, Map<number, StoredPacket>>()
  const wills = new Map<string, StoredPacket>()
  let broker: { id: string } | undefined
  let nextRow = 1
  let dirty = false
  let destroyed = false
  load()

  function load(): void {
    for (const row of db.prepare('select topic, qos, payload from retained').all()) {
      const topic = row.topic as string
      const payload = Buffer.from(row.payload as Uint8Array)
      retained.set(topic, { cmd: 'publish', topic, payload, qos: Number(row.qos), retain: true, dup: false })
    }
    // One whose message never came to be written owns nothing.
    db.exec('delete from retained_owner where topic not in (select topic from retained)')
    for (const row of db.prepare('select topic, user from retained_owner').all()) {
      setOwner(row.topic as string, row.user as string)
    }
    for (const row of db.prepare('select client_id, seen_at from session').all()) {
      noteSession(row.client_id as string, Number(row.seen_at))
    }
    for (const row of db.prepare('select client_id, topic, qos, flags from subscription').all()) {
      const flags = JSON.parse(row.flags as string) as Partial<Subscription>
      remember(row.client_id as string, { topic: row.topic as string, qos: Number(row.qos), ...flags })
    }
    for (const row of db.prepare('select id, client_id, packet, payload from queued order by id').all()) {
      const packet = JSON.parse(row.packet as string) as StoredPacket
      if (row.payload) packet.payload = Buffer.from(row.payload as Uint8Array)
      nextRow = Math.max(nextRow, Number(row.id) + 1)
      const bytes = sizeOf(packet)
      const queue = queueOf(row.client_id as string)
      queue.packets.push({ row: Number(row.id), packet, bytes })
      queue.bytes += bytes
    }
  }

  /** Write, or note that the disk is behind the memory. Never throws: a full disk must not end a connection. */
  function keep(work: () => void): void {
    if (dirty) return
    try {
      work()
    } catch (error) {
      dirty = true
      log.error(
        { error },
        'broker: sessions and retained messages cannot be written; kept in memory until there is room',
      )
    }
  }

  function setOwner(topic: string, user: string | undefined): void {
    const before = owners.get(topic)
    if (before !== undefined) {
      const left = (owned.get(before) ?? 1) - 1
      if (left > 0) owned.set(before, left)
      else owned.delete(before)
    }
    if (user === undefined) {
      owners.delete(topic)
      return
    }
    owners.set(topic, user)
    owned.set(user, (owned.get(user) ?? 0) + 1)
  }

  /** Inside one transaction, when there is more than one row to write. */
  function together(work: () => void): void {
    db.exec('begin immediate')
    try {
      work()
      db.exec('commit')
    } catch (error) {
      if (db.isTransaction) db.exec('rollback')
      throw error
    }
  }

  function writeQueued(clientId: string, entry: Queued): void {
    const { payload, ...rest } = entry.packet
    const bytes = payload === undefined ? null : typeof payload === 'string' ? Buffer.from(payload) : payload
    sql.putQueued.run(entry.row, clientId, JSON.stringify(rest), bytes)
  }

  function writeSubscription(clientId: string, { topic, qos, ...flags }: Subscription): void {
    sql.putSubscription.run(clientId, topic, qos, JSON.stringify(flags))
  }

  function remember(clientId: string, sub: Subscription): void {
    let own = subscriptions.get(clientId)
    if (!own) {
      own = new Map()
      subscriptions.set(clientId, own)
    }
    const known = own.get(sub.topic)
    own.set(sub.topic, sub)
    if (known && known.qos > 0) matcher.remove(sub.topic, (m) => m.clientId === clientId)
    if (sub.qos > 0) matcher.add(sub.topic, { clientId, ...sub })
  }

  function forget(clientId: string, topic: string): void {
    const own = subscriptions.get(clientId)
    if (!own?.delete(topic)) return
    matcher.remove(topic, (m) => m.clientId === clientId)
    if (own.size === 0) subscriptions.delete(clientId)
  }

  function queueOf(clientId: string) {
    let queue = outgoing.get(clientId)
    if (!queue) {
      queue = { packets: [], bytes: 0, dropped: 0 }
      outgoing.set(clientId, queue)
    }
    return queue
  }

  /** A full queue keeps what it has: the oldest may be in flight. */
  function enqueue(clientId: string, packet: StoredPacket): Queued | undefined {
    const queue = queueOf(clientId)
    const bytes = sizeOf(packet)
    if (queue.packets.length >= maxQueued || queue.bytes + bytes > maxQueuedBytes) {
      if (queue.dropped++ === 0)
        log.warn(
          { clientId, queued: queue.packets.length },
          'broker: queue of a session is full; newer messages are dropped',
        )
      return undefined
    }
    const entry = { row: nextRow++, packet: pick(packet), bytes }
    queue.packets.push(entry)
    queue.bytes += bytes
    return entry
  }

  function noteSession(clientId: string, seenAt: number): void {
    sessions.set(clientId, seenAt)
    const user = userOf(clientId)
    sessionsOfUser.set(user, (sessionsOfUser.get(user) ?? new Set()).add(clientId))
  }

  function dropSession(clientId: string): void {
    const had = sessions.delete(clientId)
    sessionsOfUser.get(userOf(clientId))?.delete(clientId)
    const own = subscriptions.get(clientId)
    for (const topic of [...(own?.keys() ?? [])]) forget(clientId, topic)
    const queue = outgoing.get(clientId)
    outgoing.delete(clientId)
    incoming.delete(clientId)
    if (!had && !own && !queue) return
    keep(() =>
      together(() => {
        sql.dropSession.run(clientId)
        sql.dropSubscriptions.run(clientId)
        sql.dropQueue.run(clientId)
      }),
    )
  }

  return {
    get broker() {
      return broker
    },
    async setup(target: { id: string }) {
      broker = target
    },

    async storeRetained(packet: StoredPacket & { topic: string }): Promise<void> {
      const { topic } = packet
      const payload = Buffer.from((packet.payload as Buffer) ?? '')
      const known = retained.get(topic)
      if (payload.length === 0) {
        if (owners.has(topic)) {
          setOwner(topic, undefined)
          keep(() => sql.dropOwner.run(topic))
        }
        if (!known) return
        retained.delete(topic)
        if (!VOLATILE.test(topic)) keep(() => sql.dropRetained.run(topic))
        return
      }
      const same = known && known.qos === packet.qos && payload.equals(known.payload as Buffer)
      if (!known && retained.size >= maxRetained) {
        log.warn(
          { topic, retained: retained.size },
          'broker: too many retained messages; this one is not kept',
        )
        return
      }
      retained.set(topic, { ...packet, topic, payload })
      if (!same && !VOLATILE.test(topic)) keep(() => sql.putRetained.run(topic, packet.qos ?? 0, payload))
    },
    /** whose the retained message on a topic is; undefined: nobody's */
    retainedBy: (topic: string) => owners.get(topic),
    /**
     * Make a topic this user's, taking it from whoever had it, before its message is stored.
     *
     * @returns false when the user has `max` already
     */
    claimRetained(topic: string, user: string, max: number): boolean {
      if ((owned.get(user) ?? 0) >= max) return false
      setOwner(topic, user)
      keep(() => sql.putOwner.run(topic, user))
      return true
    },
    createRetainedStream: (filter: string) => Readable.from(retained.match(filter)),
    createRetainedStreamCombi: (filters: string[]) =>
      Readable.from(filters.flatMap((f) => retained.match(f))),

    async addSubscriptions(client: ClientRef, subs: Subscription[]): Promise<void> {
      const kept = subs.filter((sub) => mayKeep(client.id, sub.topic)).map(pickSubscription)
      for (const sub of kept) remember(client.id, sub)
      keep(() =>
        together(() => {
          for (const sub of kept) writeSubscription(client.id, sub)
        }),
      )
    },
    async removeSubscriptions(client: ClientRef, topics: string[]): Promise<void> {
      for (const topic of topics) forget(client.id, topic)
      keep(() =>
        together(() => {
          for (const topic of topics) sql.dropSubscription.run(client.id, topic)
        }),
      )
    },
    async subscriptionsByClient(client: ClientRef): Promise<Subscription[]> {
      return [...(subscriptions.get(client.id)?.values() ?? [])]
    },
    async countOffline() {
      let subsCount = 0
      for (const own of subscriptions.values()) for (const sub of own.values()) if (sub.qos > 0) subsCount++
      return { subsCount, clientsCount: subscriptions.size }
    },
    subscriptionsByTopic(topic: string): PromiseLike<Match[]> {
      if (subscriptions.size === 0) return NO_MATCHES
      const found = matcher.match(topic)
      return found.length === 0 ? NO_MATCHES : Promise.resolve(found)
    },
    async cleanSubscriptions(client: ClientRef): Promise<void> {
      dropSession(client.id)
    },

    async outgoingEnqueue(sub: { clientId: string }, packet: StoredPacket): Promise<void> {
      const entry = enqueue(sub.clientId, packet)
      if (entry) keep(() => writeQueued(sub.clientId, entry))
    },
    outgoingEnqueueCombi(subs: { clientId: string }[], packet: StoredPacket): PromiseLike<void> {
      if (subs.length === 0) return DONE
      // Two filters of one session that both match are one message.
      const topic = packet.topic ?? ''
      const from = packet.clientId === undefined ? undefined : userOf(packet.clientId)
      const clientIds = [...new Set(subs.map((sub) => sub.clientId))].filter((id) =>
        mayReceive(id, topic, from),
      )
      if (clientIds.length === 0) return DONE
      const added = clientIds.flatMap((clientId) => {
        const entry = enqueue(clientId, packet)
        return entry ? [{ clientId, entry }] : []
      })
      keep(() =>
        together(() => {
          for (const { clientId, entry } of added) writeQueued(clientId, entry)
        }),
      )
      return Promise.resolve()
    },
    async outgoingUpdate(client: ClientRef, packet: StoredPacket): Promise<void> {
      const queue = queueOf(client.id)
      for (const entry of queue.packets) {
        const known = entry.packet
        if (known.brokerId === packet.brokerId) {
          if (known.brokerCounter !== packet.brokerCounter) continue
          known.messageId = packet.messageId
        } else if (known.messageId === packet.messageId) {
          entry.packet = { ...pick(packet), messageId: packet.messageId }
        } else continue
        keep(() => writeQueued(client.id, entry))
        return
      }
      // Dropped because the queue was full: delivered all the same while the client is there, only not kept.
      if (queue.dropped > 0) return
      throw new Error('no such packet')
    },
    async outgoingClearMessageId(client: ClientRef, packet: StoredPacket): Promise<StoredPacket | undefined> {
      // aedes asks so of what it does not hand over, too, which has no id yet: nor have those that still wait.
      if (packet.messageId === undefined) return undefined
      const queue = outgoing.get(client.id)
      const at = queue?.packets.findIndex((entry) => entry.packet.messageId === packet.messageId) ?? -1
      if (!queue || at < 0) return undefined
      const [entry] = queue.packets.splice(at, 1)
      if (!entry) return undefined
      queue.bytes -= entry.bytes
      if (queue.packets.length === 0) outgoing.delete(client.id)
      keep(() => sql.dropQueued.run(entry.row))
      return entry.packet
    },
    outgoingStream: (client: ClientRef) =>
      // One with a message id was sent before [MQTT-3.3.1-1].
      Readable.from(
        (outgoing.get(client.id)?.packets ?? []).map(({ packet }) =>
          markResent && packet.cmd === 'publish' && packet.messageId !== undefined
            ? { ...packet, dup: true }
            : packet,
        ),
      ),

    async incomingStorePacket(client: ClientRef, packet: StoredPacket): Promise<void> {
      let own = incoming.get(client.id)
      if (!own) {
        own = new Map()
        incoming.set(client.id, own)
      }
      const kept = pick(packet)
      kept.messageId = packet.messageId
      own.set(packet.messageId as number, kept)
    },
    async incomingGetPacket(client: ClientRef, packet: StoredPacket): Promise<StoredPacket> {
      const found = incoming.get(client.id)?.get(packet.messageId as number)
      if (!found) throw new Error('no such packet')
      return found
    },
    async incomingDelPacket(client: ClientRef, packet: StoredPacket): Promise<void> {
      if (!incoming.get(client.id)?.delete(packet.messageId as number)) throw new Error('no such packet')
    },
    async cleanIncoming(client: ClientRef): Promise<void> {
      incoming.delete(client.id)
    },
    /** Is this a QoS 2 message that was taken before and whose PUBREL is still to come? */
    hasIncoming: (clientId: string, messageId: number | undefined) =>
      messageId !== undefined && incoming.get(clientId)?.has(messageId) === true,

    async putWill(client: ClientRef, packet: StoredPacket): Promise<void> {
      packet.brokerId = broker?.id
      packet.clientId = client.id
      wills.set(client.id, packet)
    },
    async getWill(client: ClientRef) {
      return wills.get(client.id)
    },
    async delWill(client: ClientRef) {
      const will = wills.get(client.id)
      wills.delete(client.id)
      return will
    },
    streamWill: (brokers: Record<string, number> = {}) =>
      Readable.from([...wills.values()].filter((will) => !brokers[will.brokerId ?? ''])),
    getClientList: (topic: string) =>
      Readable.from([...subscriptions].filter(([, own]) => own.has(topic)).map(([clientId]) => clientId)),

    /** A persistent session was here just now. */
    touch(clientId: string): void {
      noteSession(clientId, now())
      keep(() => sql.putSession.run(clientId, now()))
    },
    /** Client ids of a user's persistent sessions, the one seen longest ago first. */
    sessionsOf: (user: string) =>
      [...(sessionsOfUser.get(user) ?? [])].sort((a, b) => (sessions.get(a) ?? 0) - (sessions.get(b) ?? 0)),
    dropSession,
    /** Forget sessions that nobody came back for. Returns how many. */
    expire(keepMs: number, isLive: (clientId: string) => boolean): number {
      const old = [...sessions].filter(([id, seenAt]) => now() - seenAt > keepMs && !isLive(id))
      for (const [id] of old) dropSession(id)
      return old.length
    },
    /** Write all of memory again after the disk could not follow. True when disk and memory agree. */
    repair(): boolean {
      if (!dirty) return true
      try {
        together(() => {
          db.exec(
            'delete from retained; delete from retained_owner; delete from session; delete from subscription; delete from queued',
          )
          for (const p of retained.values()) {
            if (!VOLATILE.test(p.topic)) sql.putRetained.run(p.topic, p.qos ?? 0, p.payload as Buffer)
          }
          for (const [topic, user] of owners) sql.putOwner.run(topic, user)
          for (const [id, seenAt] of sessions) sql.putSession.run(id, seenAt)
          for (const [id, own] of subscriptions) for (const sub of own.values()) writeSubscription(id, sub)
          for (const [id, queue] of outgoing) for (const entry of queue.packets) writeQueued(id, entry)
        })
        dirty = false
        log.info({}, 'broker: sessions and retained messages are on disk again')
        return true
      } catch {
        return false
      }
    },
    async destroy(): Promise<void> {
      if (destroyed) throw new Error('destroyed called twice!')
      destroyed = true
      db.close()
    },
  }
}

/** Client ids are `{user}/{what the client called itself}`; a user name holds no slash. */
export function userOf(clientId: string): string {
  return clientId.split('/', 1)[0] ?? clientId
}

function sizeOf(packet: StoredPacket): number {
  return (packet.payload?.length ?? 0) + (packet.topic?.length ?? 0) + 64
}

/**
 * Our own copy, without what belongs to one connection, but with who published it; of a PUBREL just its two fields.
 */
function pick(packet: StoredPacket): StoredPacket {
  if (packet.cmd !== 'publish') return { cmd: packet.cmd, messageId: packet.messageId }
  return {
    ...(packet.clientId === undefined ? {} : { clientId: packet.clientId }),
    cmd: 'publish',
    brokerId: packet.brokerId,
    brokerCounter: packet.brokerCounter,
    topic: packet.topic,
    payload: packet.payload,
    qos: packet.qos ?? 0,
    retain: packet.retain ?? false,
    dup: packet.dup ?? false,
    messageId: undefined,
  }
}

function pickSubscription({ topic, qos, rh, rap, nl, subscriptionIdentifier }: Subscription): Subscription {
  const kept: Subscription = { topic, qos, rh, rap, nl }
  if (subscriptionIdentifier !== undefined) kept.subscriptionIdentifier = subscriptionIdentifier
  return kept
}

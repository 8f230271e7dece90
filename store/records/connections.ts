import type { z } from 'zod'
import type { ConnectionView, connectionConfigSchema } from '../../model/desk.ts'
import type { PayloadFormat } from '../../model/device.ts'
import { endAllCredentials, touchDevice } from './device-credentials.ts'
import { createDevice, DeviceExistsError } from './devices.ts'
import type { Records } from './open.ts'
import { inTransaction } from './transaction.ts'

export type ConnectionConfig = z.infer<typeof connectionConfigSchema>
export type ConnectionState = ConnectionView['status']['state']

/** How a connection goes. Times are epoch ms. */
export type ConnectionStatus = {
  state: ConnectionState
  stateAt: number | null
  lastMessageAt: number | null
  lastError: string | null
  lastErrorAt: number | null
  received: number
  nextAt: number | null
  note: string | null
}

/** A way to another system; it has a bridge device of the same id, in whose name its messages come in. */
export type Connection = {
  id: string
  name: string
  config: ConnectionConfig
  /** of store/sealed.ts, purpose CONNECTION_SECRET, owner the id */
  sealedSecret: string | null
  enabled: boolean
  version: number
  createdAt: number
  updatedAt: number
}
export type ConnectionWithStatus = Connection & { status: ConnectionStatus }

export const CONNECTION_SECRET = 'connection secret'

type Row = {
  id: string
  name: string
  config: string
  secret: string | null
  enabled: number
  version: number
  created_at: number
  updated_at: number
  state: string | null
  state_at: number | null
  last_message_at: number | null
  last_error: string | null
  last_error_at: number | null
  received: number | null
  next_at: number | null
  note: string | null
}
const SELECT = `select c.*, s.state, s.state_at, s.last_message_at, s.last_error, s.last_error_at, s.received, s.next_at,
  s.note from connection c left join connection_state s on s.connection_id = c.id`

/** By name. There are some dozens of them at most. */
export async function listConnections(records: Records): Promise<ConnectionWithStatus[]> {
  const rows = records.sqlite.prepare(`${SELECT} order by c.name, c.id`).all() as unknown as Row[]
  return rows.map(toConnection)
}

export async function getConnection(records: Records, id: string): Promise<ConnectionWithStatus | undefined> {
  const row = records.sqlite.prepare(`${SELECT} where c.id = ?`).get(id) as unknown as Row | undefined
  return row && toConnection(row)
}

/** In which format the messages of a connection are: that of its bridge. A pull writes readings of our own form. */
export function formatOf(config: ConnectionConfig): PayloadFormat {
  return config.kind === 'mqtt' || config.kind === 'webhook' ? config.format : 'native-json'
}

/**
 * Make a connection and its bridge. The bridge of a connection that was removed is taken up again, with the devices and
 * readings behind it.
 *
 * @throws DeviceExistsError when the id is that of another connection or device
 */
export async function createConnection(
  records: Records,
  connection: Pick<Connection, 'id' | 'name' | 'config' | 'sealedSecret' | 'enabled'>,
  now: number,
): Promise<void> {
  const { id, name, config } = connection
  const { sqlite } = records
  const there = sqlite.prepare('select kind, topic_tree from device where id = ?').get(id) as
    | { kind: string; topic_tree: string | null }
    | undefined
  if (!there) await createDevice(records, { id, name, kind: 'bridge', format: formatOf(config) }, now)
  inTransaction(sqlite, () => {
    if (there) {
      const used = sqlite.prepare('select 1 from connection where id = ?').get(id)
      if (used || there.kind !== 'bridge' || there.topic_tree !== null)
        throw new DeviceExistsError(`device ${id} is there already`)
      keepBridge(records, id, name, config, now)
      sqlite.prepare('update device set revoked_at = null where id = ?').run(id)
    }
    sqlite
      .prepare(
        `insert into connection (id, name, kind, config, secret, device_id, enabled, version, created_at, updated_at)
         values (?, ?, ?, ?, ?, ?, ?, 1, ?, ?)`,
      )
      .run(
        id,
        name,
        config.kind,
        JSON.stringify(config),
        connection.sealedSecret,
        id,
        connection.enabled ? 1 : 0,
        now,
        now,
      )
  })
}

/**
 * Change a connection; its kind stays.
 *
 * @param change sealedSecret undefined: stays
 * @returns the version that it has now; undefined when it is not there or not of this version any more
 */
export async function changeConnection(
  records: Records,
  id: string,
  version: number,
  change: Pick<Connection, 'name' | 'config' | 'enabled'> & { sealedSecret?: string | null },
  now: number,
): Promise<number | undefined> {
  const { sqlite } = records
  return inTransaction(sqlite, () => {
    const { changes } = sqlite
      .prepare(
        `update connection set name = ?, config = ?, enabled = ?, version = version + 1, updated_at = max(?, updated_at + 1)
         where id = ? and version = ?`,
      )
      .run(change.name, JSON.stringify(change.config), change.enabled ? 1 : 0, now, id, version)
    if (Number(changes) === 0) return undefined
    if (change.sealedSecret !== undefined)
      sqlite.prepare('update connection set secret = ? where id = ?').run(change.sealedSecret, id)
    keepBridge(records, id, change.name, change.config, now)
    return version + 1
  })
}

/** The bridge says the same as its connection. */
function keepBridge(
  { sqlite }: Records,
  id: string,
  name: string,
  config: ConnectionConfig,
  now: number,
): void {
  sqlite.prepare('update device set name = ?, format = ? where id = ?').run(name, formatOf(config), id)
  touchDevice(sqlite, id, now)
}

/**
 * Remove a connection with its secret. Its bridge can no longer log in but stays, for the devices behind it and all that
 * they sent.
 *
 * @returns false when there is none
 */
export async function deleteConnection(records: Records, id: string, now: number): Promise<boolean> {
  const { sqlite } = records
  const gone = inTransaction(sqlite, () => {
    sqlite.prepare('delete from connection_state where connection_id = ?').run(id)
    return Number(sqlite.prepare('delete from connection where id = ?').run(id).changes) > 0
  })
  if (gone) await endAllCredentials(records, id, now)
  return gone
}

/** A webhook as it is asked for with each message; undefined when there is none of this name. */
export function webhookOf(
  { sqlite }: Records,
  id: string,
): { enabled: boolean; format: 'tts-v3' | 'chirpstack-v4' } | undefined {
  const row = sqlite
    .prepare("select config, enabled from connection where id = ? and kind = 'webhook'")
    .get(id) as { config: string; enabled: number } | undefined
  if (!row) return undefined
  const config = JSON.parse(row.config) as Extract<ConnectionConfig, { kind: 'webhook' }>
  return { enabled: row.enabled !== 0, format: config.format }
}

/** What has to be noticed when something changed: one cheap line per connection. */
export function connectionVersions(records: Records): { id: string; version: number; enabled: boolean }[] {
  const rows = records.sqlite.prepare('select id, version, enabled from connection').all() as {
    id: string
    version: number
    enabled: number
  }[]
  return rows.map((row) => ({ ...row, enabled: row.enabled !== 0 }))
}

/**
 * Write how a connection goes; what is left out stays. A connection that was removed meanwhile leaves no row behind.
 * Written by ingest, of webhooks by the api.
 *
 * @param received how many messages came since the last time
 */
export function saveConnectionState(
  { sqlite }: Records,
  id: string,
  status: Partial<Omit<ConnectionStatus, 'received'>> & {
    state: ConnectionState
    stateAt: number
    received?: number
  },
): void {
  const kept = <K extends keyof ConnectionStatus>(key: K) => (key in status ? 1 : 0)
  sqlite
    .prepare(
      `insert into connection_state (connection_id, state, state_at, last_message_at, last_error, last_error_at, received,
         next_at, note)
       select id, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 from connection where id = ?1
       on conflict (connection_id) do update set state = excluded.state, state_at = excluded.state_at,
         last_message_at = iif(?10, excluded.last_message_at, last_message_at),
         last_error = iif(?11, excluded.last_error, last_error),
         last_error_at = iif(?12, excluded.last_error_at, last_error_at),
         received = received + excluded.received, next_at = iif(?13, excluded.next_at, next_at),
         note = iif(?14, excluded.note, note)`,
    )
    .run(
      id,
      status.state,
      status.stateAt,
      status.lastMessageAt ?? null,
      status.lastError ?? null,
      status.lastErrorAt ?? null,
      status.received ?? 0,
      status.nextAt ?? null,
      status.note ?? null,
      kept('lastMessageAt'),
      kept('lastError'),
      kept('lastErrorAt'),
      kept('nextAt'),
      kept('note'),
    )
}

/** How far a connection has come, as it wrote it itself; null at the beginning. */
export function readCursor({ sqlite }: Records, id: string): unknown {
  const row = sqlite.prepare('select cursor from connection_state where connection_id = ?').get(id) as
    | { cursor: string | null }
    | undefined
  if (!row?.cursor) return null
  try {
    return JSON.parse(row.cursor)
  } catch {
    return null
  }
}

/** Only after everything before it is on disk. */
export function saveCursor({ sqlite }: Records, id: string, cursor: unknown, now: number): void {
  sqlite
    .prepare(
      `insert into connection_state (connection_id, state, state_at, received, cursor)
       select id, 'connecting', ?3, 0, ?2 from connection where id = ?1
       on conflict (connection_id) do update set cursor = excluded.cursor`,
    )
    .run(id, JSON.stringify(cursor), now)
}

function toConnection(row: Row): ConnectionWithStatus {
  const enabled = row.enabled !== 0
  return {
    id: row.id,
    name: row.name,
    config: JSON.parse(row.config) as ConnectionConfig,
    sealedSecret: row.secret,
    enabled,
    version: row.version,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    status: {
      state: enabled ? ((row.state as ConnectionState | null) ?? 'connecting') : 'off',
      stateAt: row.state_at,
      lastMessageAt: row.last_message_at,
      lastError: row.last_error,
      lastErrorAt: row.last_error_at,
      received: row.received ?? 0,
      nextAt: enabled ? row.next_at : null,
      note: row.note,
    },
  }
}

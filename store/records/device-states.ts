import type { DatabaseSync } from 'node:sqlite'

/** What ingest knows of a device's life. Times are epoch ms. */
export type DeviceState = {
  state: string
  stateAt: number
  lastMessageAt: number | null
  lastTopic: string | null
  accepted: number
  refused: number
  lastRejectCode: string | null
  lastRejectAt: number | null
  backfillSent: number | null
  backfillTotal: number | null
  lng: number | null
  lat: number | null
  battery: { value: number; unit: '%' | 'V'; at: number } | null
  frames: { count: number | null; session: string; lost: number; lostAt: number | null; missing: number[] }
  /** when it fell away, oldest first */
  drops: number[]
}

export function newDeviceState(): DeviceState {
  return {
    state: 'unknown',
    stateAt: 0,
    lastMessageAt: null,
    lastTopic: null,
    accepted: 0,
    refused: 0,
    lastRejectCode: null,
    lastRejectAt: null,
    backfillSent: null,
    backfillTotal: null,
    lng: null,
    lat: null,
    battery: null,
    frames: { count: null, session: '', lost: 0, lostAt: null, missing: [] },
    drops: [],
  }
}

/** Someone who was heard longer ago than this is not there because of it, ms. */
const RECALL_MS = 10 * 60_000

/** The table `device_state`, but for its clock. Writes happen inside the caller's transaction. */
export function openDeviceStates(sqlite: DatabaseSync) {
  const read = sqlite.prepare('select * from device_state where device_id = ?')
  const columns = [
    ...['device_id', 'state', 'state_at', 'last_message_at', 'last_topic', 'accepted', 'refused'],
    ...['last_reject_code', 'last_reject_at', 'backfill_sent', 'backfill_total', 'lng', 'lat', 'battery'],
    ...['battery_unit', 'battery_at', 'frame_count', 'frame_session', 'frames_lost', 'frames_lost_at'],
    ...['frames_missing', 'drops'],
  ]
  const put = sqlite.prepare(
    `insert into device_state (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})
     on conflict (device_id) do update set ${columns
       .slice(1)
       .map((column) => `${column} = excluded.${column}`)
       .join(', ')}`,
  )
  const forget = sqlite.prepare(
    `update device_state set state = 'unknown', state_at = ?1
     where state = 'online' and coalesce(last_message_at, 0) < ?1`,
  )
  const recall = sqlite.prepare(
    `update device_state set state = 'online', state_at = last_message_at
     where state = 'unknown' and last_message_at >= ?`,
  )

  return {
    read(deviceId: string): DeviceState | undefined {
      const row = read.get(deviceId) as StateRow | undefined
      return row && fromRow(row)
    },

    write(deviceId: string, s: DeviceState): void {
      put.run(
        deviceId,
        s.state,
        s.stateAt,
        s.lastMessageAt,
        s.lastTopic,
        s.accepted,
        s.refused,
        s.lastRejectCode,
        s.lastRejectAt,
        s.backfillSent,
        s.backfillTotal,
        s.lng,
        s.lat,
        s.battery?.value ?? null,
        s.battery?.unit ?? null,
        s.battery?.at ?? null,
        s.frames.count,
        s.frames.session,
        s.frames.lost,
        s.frames.lostAt,
        JSON.stringify(s.frames.missing),
        JSON.stringify(s.drops),
      )
    },

    /**
     * Who was last heard before this moment is not known to be there. What is dated after it still counts, also when
     * it is read later: a device that came back while nobody listened is online by its own word.
     *
     * @returns how many
     */
    forgetOnline(before: number): number {
      return Number(forget.run(before).changes)
    },

    /**
     * Who was heard since this moment, at which the broker started, is there: it needed a connection of this broker.
     *
     * @returns how many
     */
    recallOnline(since: number, now: number): number {
      return Number(recall.run(Math.max(since, now - RECALL_MS)).changes)
    },
  }
}

type StateRow = {
  state: string
  state_at: number
  last_message_at: number | null
  last_topic: string | null
  accepted: number
  refused: number
  last_reject_code: string | null
  last_reject_at: number | null
  backfill_sent: number | null
  backfill_total: number | null
  lng: number | null
  lat: number | null
  battery: number | null
  battery_unit: string | null
  battery_at: number | null
  frame_count: number | null
  frame_session: string | null
  frames_lost: number
  frames_lost_at: number | null
  frames_missing: string
  drops: string
}

function fromRow(row: StateRow): DeviceState {
  return {
    state: row.state,
    stateAt: row.state_at,
    lastMessageAt: row.last_message_at,
    lastTopic: row.last_topic,
    accepted: row.accepted,
    refused: row.refused,
    lastRejectCode: row.last_reject_code,
    lastRejectAt: row.last_reject_at,
    backfillSent: row.backfill_sent,
    backfillTotal: row.backfill_total,
    lng: row.lng,
    lat: row.lat,
    battery:
      row.battery === null || row.battery_at === null
        ? null
        : { value: row.battery, unit: row.battery_unit === 'V' ? 'V' : '%', at: row.battery_at },
    frames: {
      count: row.frame_count,
      session: row.frame_session ?? '',
      lost: row.frames_lost,
      lostAt: row.frames_lost_at,
      missing: JSON.parse(row.frames_missing) as number[],
    },
    drops: JSON.parse(row.drops) as number[],
  }
}

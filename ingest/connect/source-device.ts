import { createHash } from 'node:crypto'
import { appendChange } from '../../store/records/changes.ts'
import { createDevice } from '../../store/records/devices.ts'
import type { Records } from '../../store/records/open.ts'
import { RemoteError } from './remote.ts'

/** A station of another system, as that system describes it. */
export type SourceStation = {
  /** its name there, e.g. NL49704 */
  externalId: string
  name: string
  position: [lng: number, lat: number] | null
  owner: string
  expectedIntervalS: number
}

const MAX_ID = 64

/**
 * The device that a station is here, registered behind the bridge of the connection when it is not there yet: a person
 * chose the station, so nothing is left to propose.
 *
 * @returns its id
 * @throws RemoteError when another device has the id that it would get
 */
export async function ensureStation(
  records: Records,
  connectionId: string,
  station: SourceStation,
  now: number,
): Promise<string> {
  const known = records.sqlite
    .prepare('select id from device where bridge_id = ? and lower(external_id) = lower(?)')
    .get(connectionId, station.externalId) as { id: string } | undefined
  if (known) return known.id
  const id = stationId(connectionId, station.externalId)
  const taken = records.sqlite.prepare('select 1 from device where id = ?').get(id)
  if (taken)
    throw new RemoteError('refused', `there is a device ${id} already, which is not of this connection`)
  const [lng, lat] = station.position ?? [null, null]
  await createDevice(
    records,
    {
      id,
      name: station.name.slice(0, 128) || station.externalId,
      kind: 'sensor',
      // It stands where its owner put it, also just over the border.
      area: 'anywhere',
      lng,
      lat,
      bridgeId: connectionId,
      externalId: station.externalId,
      owner: station.owner.slice(0, 128),
      expectedIntervalS: station.expectedIntervalS,
      power: 'mains',
    },
    now,
  )
  appendChange(records.sqlite, {
    kind: 'device',
    ref: id,
    data: { created: true, bridgeId: connectionId },
    at: now,
  })
  return id
}

/** `{connection}-{name there}` in the letters of an id; one that is too long ends in a digest, so that no two are one. */
function stationId(connectionId: string, externalId: string): string {
  const id = `${connectionId}-${externalId.toLowerCase().replaceAll(/[^a-z0-9_-]+/g, '-')}`
  if (id.length <= MAX_ID && id.endsWith(externalId.toLowerCase())) return id
  const digest = createHash('sha256').update(externalId).digest('hex').slice(0, 8)
  return `${id.slice(0, MAX_ID - 9)}-${digest}`
}

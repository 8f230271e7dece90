import type { DatabaseSync } from 'node:sqlite'
import { nameSchema } from '../../model/api.ts'
import {
  DEVICE_KINDS,
  type Device,
  type DeviceKind,
  PAYLOAD_FORMATS,
  type PayloadFormat,
} from '../../model/device.ts'
import { mappingSchema } from '../../model/device-parts.ts'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import { DEVICE_ID, parseTopicTree, treesMeet } from '../../model/topics.ts'
import { putCredential } from '../../store/records/device-credentials.ts'
import { declareFromType } from '../../store/records/devices.ts'
import { moveDevice } from '../../store/records/locations.ts'
import { generateSecret, hashSecret, type Secrets } from '../../store/secrets.ts'
import { mappedTwice } from '../decode/mapping.ts'
import { conversion } from '../interpret/units.ts'
import { decimal } from './points.ts'
import type { TableRow } from './table.ts'

/** A device as a file of devices describes it. `mapping` is JSON text. */
type Fields = Pick<
  Device,
  | 'name'
  | 'kind'
  | 'format'
  | 'area'
  | 'assetId'
  | 'lng'
  | 'lat'
  | 'expectedIntervalS'
  | 'bridgeId'
  | 'externalId'
  | 'topicTree'
  | 'typeId'
  | 'owner'
  | 'power'
> & { mapping: string | null }

/** What became, or would become, of one line. */
export type PlannedLine = {
  line: number
  /** as a person finds it */
  where: string
  deviceId: string | null
  verdict: 'created' | 'updated' | 'unchanged' | 'refused'
  /** of a refused line: why; of a changed one: what changes */
  detail: string
}
export type PlannedDevice = PlannedLine & {
  deviceId: string
  fields: Fields
  before: Fields | null
  revoked: boolean
  hasSecret: boolean
}
export type DevicePlan = {
  /** every line, in the order of the file */
  lines: PlannedLine[]
  /** what can be written, bridges before what stands behind them */
  devices: PlannedDevice[]
  notes: string[]
}

/** Columns of a file of devices. Only id is needed, and kind for a device that is new and of no type. */
const COLUMNS: ReadonlyMap<string, keyof Fields | 'id'> = new Map([
  ['id', 'id'],
  ['name', 'name'],
  ['kind', 'kind'],
  ['format', 'format'],
  ['area', 'area'],
  ['asset_id', 'assetId'],
  ['lng', 'lng'],
  ['lat', 'lat'],
  ['expected_interval_s', 'expectedIntervalS'],
  ['bridge_id', 'bridgeId'],
  ['external_id', 'externalId'],
  ['topic_tree', 'topicTree'],
  ['mapping', 'mapping'],
  ['type_id', 'typeId'],
  ['type', 'typeId'],
  ['owner', 'owner'],
  ['power', 'power'],
])

const NEW: Omit<Fields, 'name' | 'kind' | 'format'> = {
  area: 'town',
  assetId: null,
  lng: null,
  lat: null,
  expectedIntervalS: null,
  bridgeId: null,
  externalId: null,
  topicTree: null,
  typeId: null,
  owner: '',
  power: null,
  mapping: null,
}

type Known = { id: string; fields: Fields; revoked: boolean; hasSecret: boolean }
type Register = {
  devices: ReadonlyMap<string, Known>
  types: ReadonlyMap<string, { kind: DeviceKind; format: PayloadFormat }>
  assets: ReadonlySet<string>
}

/**
 * What a file of devices asks for, line by line, compared with what is registered. Nothing is written. A column that the
 * file does not have leaves what is known of a device as it is; a cell that is empty clears it.
 *
 * @param options unknownAsset: whether a lamp or air post that is not imported is a reason against the line
 */
export function planDevices(
  sqlite: DatabaseSync,
  rows: readonly TableRow[],
  options: { now: number; unknownAsset: 'refuse' | 'note' },
): DevicePlan {
  const register = readRegister(sqlite, options.now)
  const notes: string[] = []
  const strange = [...(rows[0]?.fields.keys() ?? [])].filter((name) => name !== '' && !COLUMNS.has(name))
  if (strange.length > 0) notes.push(`columns that are not known were left alone: ${strange.join(', ')}`)
  const lines: PlannedLine[] = []
  const planned = new Map<string, PlannedDevice>()
  for (const row of rows) {
    const deviceId = row.fields.get('id')?.trim() || null
    const at = { line: row.line, where: row.where, deviceId }
    const made = planned.has(deviceId ?? '') ? 'id stands twice in the file' : planRow(row, register)
    if (typeof made === 'string') lines.push({ ...at, verdict: 'refused', detail: made })
    else {
      planned.set(made.deviceId, made)
      lines.push(made)
    }
  }
  for (const device of planned.values()) {
    const { assetId } = device.fields
    if (assetId === null || register.assets.has(assetId)) continue
    const text = `names the asset ${assetId}, which is not imported`
    if (options.unknownAsset === 'refuse') refuse(device, text)
    else if (notes.length < MAX_NOTES) notes.push(`device ${device.deviceId} ${text}`)
  }
  checkTrees(planned, register)
  checkNeighbours(planned, register)
  const devices = [...planned.values()].filter((device) => device.verdict !== 'refused')
  const behind = (device: PlannedDevice) => Number(device.fields.bridgeId !== null)
  return { lines, devices: devices.sort((a, b) => behind(a) - behind(b)), notes }
}

const MAX_NOTES = 50

function refuse(device: PlannedDevice, reason: string): void {
  device.verdict = 'refused'
  device.detail = reason
}

/** No bridge that is new or gets another tree has topics of another; which hears which would be left to chance. */
function checkTrees(planned: ReadonlyMap<string, PlannedDevice>, register: Register): void {
  const trees = new Map<string, string>()
  for (const { id, fields, revoked } of register.devices.values())
    if (fields.topicTree !== null && !revoked) trees.set(id, fields.topicTree)
  for (const device of planned.values()) {
    const { topicTree } = device.fields
    if (device.verdict === 'refused' || topicTree === null || topicTree === device.before?.topicTree) continue
    const other = [...trees].find(([id, tree]) => id !== device.deviceId && treesMeet(tree, topicTree))
    if (other) refuse(device, `topic_tree has topics in common with that of ${other[0]}`)
    else trees.set(device.deviceId, topicTree)
  }
}

/** What a device is made of depends on others: its bridge, and the names that the bridge gives. */
function checkNeighbours(planned: ReadonlyMap<string, PlannedDevice>, register: Register): void {
  const nameOf = (bridgeId: string, externalId: string) => `${bridgeId}\n${externalId.toLowerCase()}`
  const names = new Map<string, string>()
  for (const { id, fields } of register.devices.values()) {
    const own = planned.get(id)
    if (own && own.verdict !== 'refused') continue
    if (fields.bridgeId && fields.externalId) names.set(nameOf(fields.bridgeId, fields.externalId), id)
  }
  // Bridges first: one that is refused takes with it what stands behind it.
  const bridge = (device: PlannedDevice) => Number(device.fields.kind !== 'bridge')
  for (const device of [...planned.values()].sort((a, b) => bridge(a) - bridge(b))) {
    if (device.verdict === 'refused') continue
    const { bridgeId, externalId } = device.fields
    if (bridgeId === null || externalId === null) continue
    const inFile = planned.get(bridgeId)
    const kind =
      inFile && inFile.verdict !== 'refused'
        ? inFile.fields.kind
        : register.devices.get(bridgeId)?.fields.kind
    const taken = names.get(nameOf(bridgeId, externalId))
    if (kind === undefined) refuse(device, `names the bridge ${bridgeId}, which is not registered`)
    else if (kind !== 'bridge') refuse(device, `names the bridge ${bridgeId}, which is a ${kind}`)
    else if (bridgeId === device.deviceId) refuse(device, 'names itself as its bridge')
    else if (taken !== undefined) refuse(device, `its bridge has ${taken} under the name ${externalId}`)
    else names.set(nameOf(bridgeId, externalId), device.deviceId)
  }
}

function planRow(row: TableRow, register: Register): PlannedDevice | string {
  const id = row.fields.get('id')?.trim() ?? ''
  if (!DEVICE_ID.test(id))
    return 'id is 1-64 lower-case letters, digits, - and _, and starts with a letter or digit'
  const said = readRow(row.fields)
  if (typeof said === 'string') return said
  const known = register.devices.get(id)
  const before = known?.fields ?? null
  const typeId = said.typeId === undefined ? (before?.typeId ?? null) : said.typeId
  const type = typeId === null ? undefined : register.types.get(typeId)
  if (typeId !== null && !type) return `there is no device type ${typeId}`
  const kind = said.kind ?? before?.kind ?? type?.kind
  if (kind === undefined) return `kind is one of ${DEVICE_KINDS.join(', ')}`
  if (before && kind !== before.kind) return `a ${before.kind} cannot become a ${kind}`
  const fields: Fields = {
    ...NEW,
    ...before,
    ...said,
    name: said.name ?? before?.name ?? id,
    kind,
    format: said.format ?? before?.format ?? type?.format ?? 'native-json',
  }
  const fault = contradiction(fields)
  if (fault) return fault
  const changed = before === null ? [] : changes(before, fields)
  return {
    line: row.line,
    where: row.where,
    deviceId: id,
    verdict: before === null ? 'created' : changed.length > 0 ? 'updated' : 'unchanged',
    detail: changed.join(', '),
    fields,
    before,
    revoked: known?.revoked ?? false,
    hasSecret: known?.hasSecret ?? false,
  }
}

/** What the cells of a row say; only columns that the file has. */
function readRow(cells: ReadonlyMap<string, string>): Partial<Fields> | string {
  const said: Partial<Record<keyof Fields, unknown>> = {}
  for (const [column, field] of COLUMNS) {
    const cell = cells.get(column)?.trim()
    if (cell === undefined || field === 'id') continue
    const read = readCell(field, cell, column)
    if (typeof read === 'string') return read
    said[field] = read.value
  }
  return said as Partial<Fields>
}

type Cell = { value: unknown } | string

function readCell(field: keyof Fields, cell: string, column: string): Cell {
  switch (field) {
    case 'kind':
      // Of a device that is known, or of a type, it may be left out.
      return cell === '' ? { value: undefined } : oneOf(DEVICE_KINDS, cell, column)
    case 'format':
      return cell === '' ? { value: undefined } : oneOf(PAYLOAD_FORMATS, cell, column)
    case 'area':
      return cell === '' ? { value: 'town' } : oneOf(['town', 'anywhere'], cell, column)
    case 'power':
      return cell === '' ? { value: null } : oneOf(['mains', 'battery'], cell, column)
    case 'name':
      if (cell === '') return { value: undefined }
      return nameSchema.safeParse(cell).success
        ? { value: cell }
        : 'name is one line of at most 128 characters'
    case 'owner':
      if (cell === '') return { value: '' }
      return nameSchema.safeParse(cell).success
        ? { value: cell }
        : 'owner is one line of at most 128 characters'
    case 'lng':
    case 'lat':
    case 'expectedIntervalS': {
      const value = cell === '' ? null : decimal(cell)
      return cell !== '' && value === null ? `${column} is not a number` : { value }
    }
    case 'mapping':
      return cell === '' ? { value: null } : readMapping(cell)
    case 'assetId':
    case 'bridgeId':
    case 'externalId':
    case 'topicTree':
    case 'typeId':
      if (cell.length > 2_048 || /\p{C}/u.test(cell)) return `${column} is no name`
      return { value: cell === '' ? null : cell }
  }
}

function oneOf(values: readonly string[], cell: string, column: string): Cell {
  return values.includes(cell) ? { value: cell } : `${column} is one of ${values.join(', ')}`
}

function readMapping(cell: string): Cell {
  let value: unknown
  try {
    value = JSON.parse(cell)
  } catch {
    return 'mapping is not JSON'
  }
  const shape = mappingSchema.safeParse(value)
  if (!shape.success) return 'mapping is {"field": {"observedProperty": …, "unit": …}}'
  for (const { observedProperty, unit } of Object.values(shape.data)) {
    const property = OBSERVED_PROPERTIES.get(observedProperty)
    if (!property) return `mapping names ${observedProperty}, which is not in the registry`
    if (unit !== undefined && !conversion(unit, property)) return `${unit} is no unit of ${observedProperty}`
  }
  const [twice] = mappedTwice(shape.data)
  if (twice) return `mapping makes both ${twice.other} and ${twice.field} ${twice.datastream}`
  return { value: JSON.stringify(shape.data) }
}

/** Fields that cannot stand together. */
function contradiction(d: Fields): string | undefined {
  if ((d.lng === null) !== (d.lat === null)) return 'lng and lat belong together'
  if (d.lng !== null && d.lat !== null && (Math.abs(d.lng) > 180 || Math.abs(d.lat) > 90))
    return 'lng or lat is impossible'
  if (d.expectedIntervalS !== null && d.expectedIntervalS <= 0) return 'expected_interval_s is more than 0'
  if ((d.bridgeId === null) !== (d.externalId === null)) return 'bridge_id and external_id belong together'
  if (d.kind === 'bridge' && d.topicTree === null) return 'a bridge needs a topic_tree'
  if (d.kind !== 'bridge' && d.topicTree !== null) return 'only a bridge has a topic_tree'
  const tree = d.topicTree === null ? undefined : parseTopicTree(d.topicTree)
  return tree && 'fault' in tree ? `topic_tree: ${tree.fault}` : undefined
}

function changes(before: Fields, after: Fields): string[] {
  const columns = new Map([...COLUMNS].map(([column, field]) => [field, column]))
  columns.set('typeId', 'type_id')
  return (Object.keys(after) as (keyof Fields)[])
    .filter((field) => before[field] !== after[field])
    .map((field) => columns.get(field) ?? field)
}

function readRegister(sqlite: DatabaseSync, now: number): Register {
  const rows = sqlite
    .prepare(
      `select *, exists (select 1 from device_credential c where c.device_id = device.id and c.revoked_at is null
         and coalesce(c.expires_at, ?1) >= ?1) as secret from device`,
    )
    .all(now) as DeviceRow[]
  const types = sqlite.prepare('select id, kind, format from device_type').all() as {
    id: string
    kind: DeviceKind
    format: PayloadFormat
  }[]
  const assets = sqlite.prepare('select id from asset').all() as { id: string }[]
  return {
    devices: new Map(rows.map((row) => [row.id, toKnown(row)])),
    types: new Map(types.map((type) => [type.id, type])),
    assets: new Set(assets.map((asset) => asset.id)),
  }
}

type DeviceRow = {
  id: string
  name: string
  kind: DeviceKind
  format: PayloadFormat
  area: 'town' | 'anywhere'
  asset_id: string | null
  lng: number | null
  lat: number | null
  expected_interval_s: number | null
  bridge_id: string | null
  external_id: string | null
  topic_tree: string | null
  mapping: string | null
  type_id: string | null
  owner: string
  power: 'mains' | 'battery' | null
  revoked_at: number | null
  secret: 0 | 1
}

function toKnown(row: DeviceRow): Known {
  return {
    id: row.id,
    revoked: row.revoked_at !== null,
    hasSecret: row.secret === 1,
    fields: {
      name: row.name,
      kind: row.kind,
      format: row.format,
      area: row.area,
      assetId: row.asset_id,
      lng: row.lng,
      lat: row.lat,
      expectedIntervalS: row.expected_interval_s,
      bridgeId: row.bridge_id,
      externalId: row.external_id,
      topicTree: row.topic_tree,
      mapping: row.mapping,
      typeId: row.type_id,
      owner: row.owner,
      power: row.power,
    },
  }
}

/**
 * Write planned devices, inside the caller's transaction. A device that moves keeps its old place; one of a type has
 * what the type declares. Devices behind a bridge never log in and get no secret, nor do those that were revoked: they
 * stay out until a person lets them in again.
 *
 * @param options secretsFor: the new ones, also those that have none, or all anew; by: who imports
 * @returns device id → fresh secret, which is known only here and now: the store keeps its hash
 */
export function writeDevices(
  sqlite: DatabaseSync,
  devices: readonly PlannedDevice[],
  options: { secrets: Secrets; now: number; by: string; secretsFor: 'new' | 'missing' | 'all' },
): Map<string, string> {
  const { now, by } = options
  const fresh = new Map<string, string>()
  const put = sqlite.prepare(
    `insert into device (id, name, kind, format, area, asset_id, lng, lat, expected_interval_s, bridge_id, external_id,
       topic_tree, mapping, type_id, owner, power, revoked_at, created_at, updated_at)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, null, ?, ?)
     on conflict (id) do update set name = excluded.name, format = excluded.format, area = excluded.area,
       asset_id = excluded.asset_id, lng = excluded.lng, lat = excluded.lat,
       expected_interval_s = excluded.expected_interval_s, bridge_id = excluded.bridge_id,
       external_id = excluded.external_id, topic_tree = excluded.topic_tree, mapping = excluded.mapping,
       type_id = excluded.type_id, owner = excluded.owner, power = excluded.power,
       updated_at = max(excluded.updated_at, updated_at + 1)`,
  )
  for (const { deviceId: id, fields: d, before, verdict, revoked, hasSecret } of devices) {
    if (verdict !== 'unchanged') {
      const { lng, lat } = d
      const moved = before !== null && (before.lng !== lng || before.lat !== lat)
      if (moved && lng !== null && lat !== null)
        moveDevice(sqlite, id, { lng, lat, from: now, by, reason: 'import' }, now)
      put.run(
        id,
        d.name,
        d.kind,
        d.format,
        d.area,
        d.assetId,
        lng,
        lat,
        d.expectedIntervalS,
        d.bridgeId,
        d.externalId,
        d.topicTree,
        d.mapping,
        d.typeId,
        d.owner,
        d.power,
        now,
        now,
      )
      if (d.typeId !== (before?.typeId ?? null)) declareFromType(sqlite, id, d.typeId, now)
    }
    const wanted = { new: before === null, missing: !hasSecret, all: true }[options.secretsFor]
    if (!wanted || revoked || d.bridgeId !== null) continue
    const secret = generateSecret()
    fresh.set(id, secret)
    const hash = hashSecret(options.secrets.credentialKey, secret)
    putCredential(sqlite, id, { hash, label: '', expiresAt: null, overlapMs: 0 }, now)
  }
  return fresh
}

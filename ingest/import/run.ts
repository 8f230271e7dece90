import path from 'node:path'
import { lengthM } from '../../detection/network/geometry.ts'
import { PAVEMENTS, type Pavement, ROAD_OBJECT_KINDS, type RoadObjectKind } from '../../model/network.ts'
import { upsertAssets } from '../../store/records/assets.ts'
import { appendChange } from '../../store/records/changes.ts'
import {
  importedBounds,
  importNetwork,
  replaceRoadObjects,
  setPavements,
} from '../../store/records/network.ts'
import type { Records } from '../../store/records/open.ts'
import { inTransaction } from '../../store/records/transaction.ts'
import type { Secrets } from '../../store/secrets.ts'
import { assetsOf } from './assets.ts'
import { planDevices, writeDevices } from './devices.ts'
import { readNwb } from './nwb.ts'
import { readPoints } from './points.ts'
import { readText } from './read-bytes.ts'
import { type Findings, ImportError, note, refuse, startFindings } from './report.ts'
import { importBgt } from './run-bgt.ts'
import { openSecretsFile } from './secrets-file.ts'
import { readTable } from './table.ts'

export const IMPORT_KINDS = [
  'nwb',
  'pavement',
  'road-objects',
  'bgt',
  'lamps',
  'air-posts',
  'devices',
] as const
export type ImportKind = (typeof IMPORT_KINDS)[number]

export type ImportRequest = {
  records: Records
  secrets: Secrets
  kind: ImportKind
  file: string
  /** nwb: further pages of the same network */
  moreFiles?: readonly string[]
  /** nwb: only the roads of this municipality, by name */
  municipality?: string
  /** how this import is called in the store; the file's name when absent */
  name?: string
  now: () => number
  /** devices: where fresh secrets go, as `{id: secret}`, readable by its owner alone */
  secretsFile?: string
  /** devices: give devices that are registered already a new secret too */
  rotate?: boolean
  /** points: the file writes latitude first */
  latitudeFirst?: boolean
  onProgress?: (bytes: number) => void
}

export type ImportReport = {
  kind: ImportKind
  file: string
  imported: number
  findings: Findings
  /** what it made of them, in words a person understands, in order */
  details: string[]
}

/**
 * Bring one file of the town into the records. Reading comes first and writing is one transaction, so a file that
 * fails leaves everything as it was, and the town keeps running meanwhile.
 *
 * @throws ImportError when the file cannot be taken as a whole; the message says why, `findings` what was wrong
 */
export async function runImport(request: ImportRequest): Promise<ImportReport> {
  const name = request.name ?? path.basename(request.file)
  switch (request.kind) {
    case 'nwb':
      return importNwb(request, name)
    case 'pavement':
      return importPavement(request)
    case 'road-objects':
      return importRoadObjects(request, name)
    case 'bgt':
      return importBgt(request)
    case 'lamps':
    case 'air-posts':
      return importAssets(request, name)
    case 'devices':
      return importDevices(request)
  }
}

async function importNwb(request: ImportRequest, name: string): Promise<ImportReport> {
  const { file, moreFiles = [], municipality, onProgress } = request
  const { wegvakken, findings } = await readNwb([file, ...moreFiles], {
    ...(municipality === undefined ? {} : { municipality }),
    ...(onProgress === undefined ? {} : { onProgress }),
  })
  const made = await importNetwork(request.records, wegvakken, { kind: 'nwb', name, now: request.now() })
  const streets = new Set(wegvakken.map((w) => w.street).filter((s) => s !== '')).size
  const km = wegvakken.reduce((sum, w) => sum + lengthM(w.line), 0) / 1000
  const details = [
    `${made.wegvakken} wegvakken, ${km.toFixed(2)} km, ${streets} streets, ${made.stretches} stretches`,
  ]
  const { attached, moved, unattached } = made.evidence
  if (attached + unattached > 0) {
    details.push(
      `evidence: ${attached} on a stretch (${moved} moved to another), ${unattached} kept without one`,
    )
  }
  return { kind: 'nwb', file: request.file, imported: made.wegvakken, findings, details }
}

async function importPavement(request: ImportRequest): Promise<ImportReport> {
  const findings = startFindings()
  const { text } = await readText(request.file)
  const wegvakken = new Map<string, Pavement>()
  const lines = new Map<string, string>()
  for (const row of readTable(request.file, text)) {
    findings.read++
    const id = row.fields.get('wvk_id') ?? ''
    const pavement = row.fields.get('pavement') ?? ''
    if (id === '') refuse(findings, row.where, 'no wvk_id')
    else if (!(PAVEMENTS as readonly string[]).includes(pavement)) {
      refuse(findings, row.where, `pavement is one of ${PAVEMENTS.join(', ')}`, pavement.slice(0, 40))
    } else {
      wegvakken.set(id, pavement as Pavement)
      lines.set(id, row.where)
    }
  }
  if (wegvakken.size === 0) {
    throw new ImportError(
      `${request.file} holds no pavement: columns wvk_id and pavement are needed`,
      findings,
    )
  }
  const made = await setPavements(request.records, { wegvakken }, request.now())
  for (const id of made.unknown) refuse(findings, lines.get(id) ?? '', 'no such wegvak in the network', id)
  return {
    kind: 'pavement',
    file: request.file,
    imported: made.wegvakken,
    findings,
    details: [`pavement of ${made.wegvakken} wegvakken, ${made.stretches} stretches`],
  }
}

async function importRoadObjects(request: ImportRequest, name: string): Promise<ImportReport> {
  const findings = startFindings()
  const town = await importedBounds(request.records)
  const rows = await readPoints(request.file, findings, {
    town,
    latitudeFirst: request.latitudeFirst ?? false,
  })
  const objects = new Map<string, { id: string; kind: RoadObjectKind; lng: number; lat: number }>()
  for (const row of rows) {
    const kind = row.fields.get('kind') ?? ''
    if (!(ROAD_OBJECT_KINDS as readonly string[]).includes(kind)) {
      refuse(findings, row.where, `kind is one of ${ROAD_OBJECT_KINDS.join(', ')}`, kind.slice(0, 40))
      continue
    }
    const [lng, lat] = row.position
    // without an id its kind and place are its name, so that a second import is the same object
    const given = row.fields.get('id') || row.id
    const id = given ? `${name}:${given}` : `${kind}@${lng.toFixed(6)},${lat.toFixed(6)}`
    if (objects.has(id)) refuse(findings, row.where, 'stands twice in the file', id)
    else objects.set(id, { id, kind: kind as RoadObjectKind, lng, lat })
  }
  if (objects.size === 0)
    throw new ImportError(`${request.file} holds no road object that can be used`, findings)
  await replaceRoadObjects(request.records, name, [...objects.values()], request.now())
  const counts = new Map<string, number>()
  for (const { kind } of objects.values()) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  return {
    kind: 'road-objects',
    file: request.file,
    imported: objects.size,
    findings,
    details: [[...counts].map(([kind, n]) => `${n} ${kind}`).join(', ')],
  }
}

async function importAssets(request: ImportRequest, name: string): Promise<ImportReport> {
  const findings = startFindings()
  const town = await importedBounds(request.records)
  if (!town) note(findings, 'no network is imported yet: positions were not compared with the town')
  const rows = await readPoints(request.file, findings, {
    town,
    latitudeFirst: request.latitudeFirst ?? false,
  })
  const kind = request.kind === 'lamps' ? 'lamp' : 'air-post'
  const assets = assetsOf(rows, kind, findings)
  if (assets.length === 0) {
    const why = findings.refusals[0]
    throw new ImportError(`${request.file} holds nothing usable; ${why?.where}: ${why?.reason}`, findings)
  }
  const made = await upsertAssets(request.records, kind, assets, { source: name, now: request.now() }).catch(
    (error: unknown) => {
      throw new ImportError(`${request.file}: ${(error as Error).message}`, findings, { cause: error })
    },
  )
  const details = [`${made.added} new, ${made.updated} known`]
  if (made.absent > 0)
    details.push(`${made.absent} of an earlier import of ${name} are not in this file; they stay`)
  return { kind: request.kind, file: request.file, imported: assets.length, findings, details }
}

async function importDevices(request: ImportRequest): Promise<ImportReport> {
  const { records, secrets } = request
  const { sqlite } = records
  const findings = startFindings()
  const { text } = await readText(request.file)
  const now = request.now()
  const plan = planDevices(sqlite, readTable(request.file, text), { now, unknownAsset: 'note' })
  findings.read = plan.lines.length
  for (const line of plan.lines) {
    if (line.verdict === 'refused') refuse(findings, line.where, line.detail)
  }
  for (const text of plan.notes) note(findings, text)
  const lost = plan.lines.find((line) => line.detail.startsWith('names the bridge'))
  if (lost) throw new ImportError(`device ${lost.deviceId} ${lost.detail}`, findings)
  if (plan.devices.length === 0) {
    const why = findings.refusals[0]
    throw new ImportError(`${request.file} holds no usable device; ${why?.where}: ${why?.reason}`, findings)
  }
  const handover = request.secretsFile ? openSecretsFile(request.secretsFile) : null
  let fresh: Map<string, string>
  try {
    fresh = inTransaction(sqlite, () => {
      const secretsFor = request.rotate ? 'all' : 'missing'
      const given = writeDevices(sqlite, plan.devices, { secrets, now, by: 'import', secretsFor })
      // The secrets are on disk before the devices are: throwing here undoes the import.
      handover?.prepare(given)
      const { length: count } = plan.devices
      appendChange(sqlite, { kind: 'device', ref: 'import', data: { count }, at: now })
      return given
    })
    handover?.publish()
  } finally {
    handover?.discard()
  }
  const added = plan.devices.filter((device) => device.verdict === 'created').length
  const details = [`${added} new, ${plan.devices.length - added} known, ${fresh.size} fresh secrets`]
  if (handover) details.push(`secrets in ${request.secretsFile}`)
  else if (fresh.size > 0) {
    details.push('the secrets were not kept: run again with --rotate --secrets FILE to have them')
  }
  return { kind: 'devices', file: request.file, imported: plan.devices.length, findings, details }
}

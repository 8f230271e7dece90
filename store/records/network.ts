import type { DatabaseSync } from 'node:sqlite'
import { cutStretches } from '../../detection/network/cut.ts'
import {
  axisDifference,
  type Bounds,
  boundsOf,
  distanceM,
  lengthM,
  mergeBounds,
  metresPerDegree,
} from '../../detection/network/geometry.ts'
import { createStretchIndex, type StretchHit, type StretchIndex } from '../../detection/network/index.ts'
import type { Pavement, Position, RoadObjectKind, Stretch, Wegvak } from '../../model/network.ts'
import type { Records } from './open.ts'

/** 'nwb': imported; 'track': built from drives where nothing was imported. One version of each kind is active. */
export type NetworkKind = 'nwb' | 'track'

export type NetworkImport = {
  versionId: number
  wegvakken: number
  stretches: number
  km: number
  /** how many rows lie on a stretch after it, and how many found none: those stay, unattached */
  evidence: { attached: number; moved: number; unattached: number }
}

/**
 * Make these wegvakken the active network of their kind, in one transaction: stretches are replaced, and evidence,
 * judgements, flags and cases are attached again by where they lie. Their positions never change. Adds the job
 * `rebuild-flags` and a change of kind `network`.
 *
 * @param now epoch ms
 */
export async function importNetwork(
  records: Records,
  wegvakken: readonly Wegvak[],
  options: { kind: NetworkKind; name: string; now: number },
): Promise<NetworkImport> {
  const { sqlite } = records
  const stretches = cutStretches(wegvakken)
  const others = await stretchesOf(records, options.kind === 'nwb' ? ['track'] : ['nwb'])
  const all = [...stretches, ...others]
  const index = createStretchIndex(all)
  const km = wegvakken.reduce((sum, w) => sum + lengthM(w.line), 0) / 1000
  return inTransaction(sqlite, () => {
    const { lastInsertRowid } = sqlite
      .prepare('insert into network_version (kind, name, imported_at, active) values (?, ?, ?, 1)')
      .run(options.kind, options.name, options.now)
    const versionId = Number(lastInsertRowid)
    sqlite
      .prepare(
        'delete from stretch where version_id in (select id from network_version where kind = ? and id <> ?)',
      )
      .run(options.kind, versionId)
    sqlite
      .prepare('update network_version set active = 0 where kind = ? and id <> ?')
      .run(options.kind, versionId)
    insertWegvakken(sqlite, versionId, wegvakken)
    insertStretches(sqlite, versionId, stretches)
    const evidence = reattach(sqlite, index)
    const result = { versionId, wegvakken: wegvakken.length, stretches: stretches.length, km, evidence }
    addJob(sqlite, 'rebuild-flags', { reason: 'network', versionId }, options.now)
    addChange(sqlite, 'network', String(versionId), { kind: options.kind, name: options.name }, options.now)
    return result
  })
}

/**
 * Add roads built from a drive's own track. They join the active version of kind 'track', which is made when there is
 * none; wegvakken that are there already (same id and date) are left alone, so a replay adds nothing.
 *
 * @returns the stretches that were added
 */
export async function addTrackWegvakken(
  records: Records,
  wegvakken: readonly Wegvak[],
  options: { now: number },
): Promise<Stretch[]> {
  if (wegvakken.length === 0) return []
  const { sqlite } = records
  return inTransaction(sqlite, () => {
    const active = sqlite
      .prepare("select id from network_version where kind = 'track' and active = 1 order by id desc limit 1")
      .get() as { id: number } | undefined
    const versionId =
      active?.id ??
      Number(
        sqlite
          .prepare(
            "insert into network_version (kind, name, imported_at, active) values ('track', 'Opgenomen ritten', ?, 1)",
          )
          .run(options.now).lastInsertRowid,
      )
    const there = sqlite.prepare('select 1 from wegvak where version_id = ? and wvk_id = ?')
    const fresh = wegvakken.filter((w) => there.get(versionId, w.wvkId) === undefined)
    if (fresh.length === 0) return []
    const stretches = cutStretches(fresh)
    insertWegvakken(sqlite, versionId, fresh)
    insertStretches(sqlite, versionId, stretches)
    addChange(sqlite, 'network', String(versionId), { kind: 'track', added: fresh.length }, options.now)
    return stretches
  })
}

/** Every stretch of the active versions: imported first, then those built from drives. */
export async function activeStretches(records: Records): Promise<Stretch[]> {
  return stretchesOf(records, ['nwb', 'track'])
}

async function stretchesOf(records: Records, kinds: readonly NetworkKind[]): Promise<Stretch[]> {
  const rows = await records.db
    .selectFrom('stretch')
    .innerJoin('network_version', 'network_version.id', 'stretch.version_id')
    .select([
      'stretch.id',
      'stretch.wvk_id',
      'stretch.idx',
      'stretch.from_m',
      'stretch.to_m',
      'stretch.street',
      'stretch.pavement',
      'stretch.direction',
      'stretch.line',
    ])
    .where('network_version.active', '=', 1)
    .where('network_version.kind', 'in', [...kinds])
    .orderBy('network_version.kind')
    .orderBy('stretch.wvk_id')
    .orderBy('stretch.idx')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    wvkId: row.wvk_id,
    index: row.idx,
    fromM: row.from_m,
    toM: row.to_m,
    street: row.street,
    pavement: row.pavement as Pavement,
    direction: row.direction as Stretch['direction'],
    line: JSON.parse(row.line) as Position[],
  }))
}

/** Every wegvak of the active versions. */
export async function activeWegvakken(records: Records): Promise<Wegvak[]> {
  const rows = await records.db
    .selectFrom('wegvak')
    .innerJoin('network_version', 'network_version.id', 'wegvak.version_id')
    .selectAll('wegvak')
    .where('network_version.active', '=', 1)
    .orderBy('network_version.kind')
    .orderBy('wegvak.id')
    .execute()
  return rows.map((row) => ({
    wvkId: row.wvk_id,
    validFrom: row.valid_from,
    street: row.street,
    municipality: row.municipality,
    authority: row.authority,
    bst: row.bst,
    direction: row.direction as Wegvak['direction'],
    pavement: row.pavement as Pavement,
    junctionFrom: row.junction_from,
    junctionTo: row.junction_to,
    line: JSON.parse(row.line) as Position[],
  }))
}

/**
 * A text that changes when the active network does: what is built from it (index, tiles) is good as long as it stays.
 * Cheap enough to ask before each batch.
 */
export function networkStamp(records: Records): string {
  const row = records.sqlite
    .prepare(
      `select coalesce(max(v.id), 0) as version,
              (select coalesce(max(w.id), 0) from wegvak w) as wegvak,
              (select coalesce(max(c.id), 0) from change c where c.kind = 'network') as change
       from network_version v where v.active = 1`,
    )
    .get() as { version: number; wegvak: number; change: number }
  return `${row.version}.${row.wegvak}.${row.change}`
}

/**
 * Box around the town: the imported network. What drives elsewhere added counts only when nothing was imported.
 *
 * @returns null before the first import
 */
export async function townBounds(records: Records): Promise<Bounds | null> {
  for (const kind of ['nwb', 'track'] as const) {
    const row = await records.db
      .selectFrom('wegvak')
      .innerJoin('network_version', 'network_version.id', 'wegvak.version_id')
      .select(({ fn }) => [
        fn.min('min_lng').as('a'),
        fn.min('min_lat').as('b'),
        fn.max('max_lng').as('c'),
        fn.max('max_lat').as('d'),
      ])
      .where('network_version.active', '=', 1)
      .where('network_version.kind', '=', kind)
      .executeTakeFirst()
    if (row && row.a !== null) return [Number(row.a), Number(row.b), Number(row.c), Number(row.d)]
  }
  return null
}

/** Length of the imported network, km. */
export async function networkKm(records: Records): Promise<number> {
  const row = await records.db
    .selectFrom('wegvak')
    .innerJoin('network_version', 'network_version.id', 'wegvak.version_id')
    .select(({ fn }) => fn.sum('length_m').as('m'))
    .where('network_version.active', '=', 1)
    .where('network_version.kind', '=', 'nwb')
    .executeTakeFirst()
  return Number(row?.m ?? 0) / 1000
}

export type Street = { street: string; bounds: Bounds; lengthM: number }

/**
 * Streets whose name holds the query, whatever its case and accents: names that start with it first, then by name.
 * Wegvakken of one street are one answer, with the box around them all.
 */
export async function searchStreets(records: Records, query: string, limit = 20): Promise<Street[]> {
  const wanted = plain(query.trim())
  if (wanted === '') return []
  const rows = await records.db
    .selectFrom('wegvak')
    .innerJoin('network_version', 'network_version.id', 'wegvak.version_id')
    .select(['street', 'length_m', 'min_lng', 'min_lat', 'max_lng', 'max_lat'])
    .where('network_version.active', '=', 1)
    .where('street', '<>', '')
    .execute()
  const streets = new Map<string, Street>()
  for (const row of rows) {
    if (!plain(row.street).includes(wanted)) continue
    const bounds: Bounds = [row.min_lng, row.min_lat, row.max_lng, row.max_lat]
    const there = streets.get(row.street)
    if (there) {
      there.bounds = mergeBounds(there.bounds, bounds)
      there.lengthM += row.length_m
    } else streets.set(row.street, { street: row.street, bounds, lengthM: row.length_m })
  }
  const rank = (s: Street) => (plain(s.street).startsWith(wanted) ? 0 : 1)
  return [...streets.values()]
    .sort((a, b) => rank(a) - rank(b) || a.street.localeCompare(b.street, 'nl'))
    .slice(0, limit)
}

function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}

/**
 * The stretch nearest to a position, straight from the store: for the odd request. Whoever asks often keeps an index
 * of `activeStretches`.
 */
export async function nearestStretch(
  records: Records,
  lng: number,
  lat: number,
  radiusM = 50,
): Promise<StretchHit | null> {
  return (await stretchesNear(records, lng, lat, radiusM, 1))[0] ?? null
}

/** Stretches near a position, nearest first. */
export async function stretchesNear(
  records: Records,
  lng: number,
  lat: number,
  radiusM: number,
  limit: number,
): Promise<StretchHit[]> {
  const scale = metresPerDegree(lat)
  const reach = radiusM + 30 // lng and lat of a stretch are its middle
  const rows = await records.db
    .selectFrom('stretch')
    .innerJoin('network_version', 'network_version.id', 'stretch.version_id')
    .select(['stretch.id', 'wvk_id', 'idx', 'from_m', 'to_m', 'street', 'pavement', 'direction', 'line'])
    .where('network_version.active', '=', 1)
    .where('stretch.lng', '>', lng - reach / scale.lng)
    .where('stretch.lng', '<', lng + reach / scale.lng)
    .where('stretch.lat', '>', lat - reach / scale.lat)
    .where('stretch.lat', '<', lat + reach / scale.lat)
    .execute()
  const near = rows.map(
    (row): Stretch => ({
      id: row.id,
      wvkId: row.wvk_id,
      index: row.idx,
      fromM: row.from_m,
      toM: row.to_m,
      street: row.street,
      pavement: row.pavement as Pavement,
      direction: row.direction as Stretch['direction'],
      line: JSON.parse(row.line) as Position[],
    }),
  )
  return createStretchIndex(near).nearest(lng, lat, radiusM, limit)
}

export type RoadObject = { id: string; kind: RoadObjectKind; lng: number; lat: number; source: string }

/** Every known hump, cover, crossing, joint and track. */
export async function roadObjects(records: Records): Promise<RoadObject[]> {
  const rows = await records.db
    .selectFrom('road_object')
    .select(['id', 'kind', 'lng', 'lat', 'source'])
    .orderBy('id')
    .execute()
  return rows.map((row) => ({ ...row, kind: row.kind as RoadObjectKind }))
}

/** Known objects within a radius, nearest first, with their distance in m. */
export async function roadObjectsNear(
  records: Records,
  lng: number,
  lat: number,
  radiusM: number,
): Promise<(RoadObject & { distanceM: number })[]> {
  const scale = metresPerDegree(lat)
  const rows = await records.db
    .selectFrom('road_object')
    .select(['id', 'kind', 'lng', 'lat', 'source'])
    .where('lng', '>', lng - radiusM / scale.lng)
    .where('lng', '<', lng + radiusM / scale.lng)
    .where('lat', '>', lat - radiusM / scale.lat)
    .where('lat', '<', lat + radiusM / scale.lat)
    .execute()
  return rows
    .map((row) => ({
      ...row,
      kind: row.kind as RoadObjectKind,
      distanceM: distanceM([lng, lat], [row.lng, row.lat]),
    }))
    .filter((object) => object.distanceM <= radiusM)
    .sort((a, b) => a.distanceM - b.distanceM)
}

/**
 * Known objects of one source, replaced as a whole. Objects that other sources brought stay.
 *
 * @param now epoch ms
 */
export async function replaceRoadObjects(
  records: Records,
  source: string,
  objects: readonly { id: string; kind: RoadObjectKind; lng: number; lat: number }[],
  now: number,
): Promise<void> {
  const { sqlite } = records
  inTransaction(sqlite, () => {
    sqlite.prepare('delete from road_object where source = ?').run(source)
    const insert = sqlite.prepare(
      `insert into road_object (id, kind, lng, lat, source, imported_at) values (?, ?, ?, ?, ?, ?)
       on conflict (id) do update set kind = excluded.kind, lng = excluded.lng, lat = excluded.lat,
         source = excluded.source, imported_at = excluded.imported_at`,
    )
    for (const o of objects) insert.run(o.id, o.kind, o.lng, o.lat, source, now)
    addChange(sqlite, 'network', 'road-objects', { source, count: objects.length }, now)
    addJob(sqlite, 'rebuild-flags', { reason: 'road-objects' }, now)
  })
}

/**
 * Set the pavement of whole wegvakken (by wvk id) and of single stretches (by stretch id) in the active versions.
 *
 * @returns how many wegvakken and stretches took it; the ids that are in no active network
 */
export async function setPavements(
  records: Records,
  pavements: { wegvakken?: ReadonlyMap<string, Pavement>; stretches?: ReadonlyMap<string, Pavement> },
  now: number,
): Promise<{ wegvakken: number; stretches: number; unknown: string[] }> {
  const { sqlite } = records
  const active = '(select id from network_version where active = 1)'
  return inTransaction(sqlite, () => {
    const unknown: string[] = []
    let wegvakken = 0
    let stretches = 0
    const wegvak = sqlite.prepare(
      `update wegvak set pavement = ? where wvk_id = ? and version_id in ${active}`,
    )
    const ofWegvak = sqlite.prepare(
      `update stretch set pavement = ? where wvk_id = ? and version_id in ${active}`,
    )
    for (const [id, pavement] of pavements.wegvakken ?? []) {
      const changed = Number(wegvak.run(pavement, id).changes)
      if (changed === 0) unknown.push(id)
      wegvakken += changed
      stretches += Number(ofWegvak.run(pavement, id).changes)
    }
    const one = sqlite.prepare(`update stretch set pavement = ? where id = ? and version_id in ${active}`)
    for (const [id, pavement] of pavements.stretches ?? []) {
      const changed = Number(one.run(pavement, id).changes)
      if (changed === 0) unknown.push(id)
      stretches += changed
    }
    addChange(sqlite, 'network', 'pavement', { wegvakken, stretches }, now)
    return { wegvakken, stretches, unknown }
  })
}

/** How far a place may lie from the stretch that it is attached to, m. */
function toleranceM(sigma: number | null): number {
  return Math.max(15, 3 * (sigma ?? 5))
}

const MAX_ANGLE_DEG = 60

/**
 * The stretch that a place belongs to: within tolerance, with a compatible direction. What it had stays when it still
 * fits; then another stretch of the same wegvak; then the nearest.
 */
export function placeOnStretch(
  index: StretchIndex,
  place: { lng: number; lat: number; heading: number | null; sigma: number | null; had: string | null },
): string | null {
  const fitting = index
    .nearest(place.lng, place.lat, toleranceM(place.sigma), 16)
    .filter((hit) => place.heading === null || fits(place.heading, hit))
  const nearest = fitting[0]
  if (!nearest) return null
  if (place.had !== null) {
    const wvkId = place.had.slice(0, place.had.indexOf('@'))
    const same = fitting.find((hit) => hit.stretch.wvkId === wvkId)
    // within a metre of the nearest of its own wegvak it stays where it was
    const kept = fitting.find((hit) => hit.stretch.id === place.had)
    if (kept && same && kept.distanceM <= same.distanceM + 1) return kept.stretch.id
    if (same) return same.stretch.id
  }
  return nearest.stretch.id
}

/** Vehicles of the municipality do drive against one-way streets, so the axis decides and not the sign. */
function fits(heading: number, hit: StretchHit): boolean {
  return axisDifference(heading, hit.bearing) <= MAX_ANGLE_DEG
}

/** Derive again which stretch each row belongs to. Reads and writes only what changes. */
function reattach(sqlite: DatabaseSync, index: StretchIndex): NetworkImport['evidence'] {
  const counts = { attached: 0, moved: 0, unattached: 0 }
  const rows = sqlite
    .prepare('select rowid, stretch_id, lng, lat, heading, sigma from evidence where asset_id is null')
    .all() as {
    rowid: number
    stretch_id: string | null
    lng: number
    lat: number
    heading: number | null
    sigma: number
  }[]
  const update = sqlite.prepare('update evidence set stretch_id = ? where rowid = ?')
  for (const row of rows) {
    const stretchId = placeOnStretch(index, { ...row, had: row.stretch_id })
    if (stretchId === null) counts.unattached++
    else counts.attached++
    if (stretchId === row.stretch_id) continue
    counts.moved++
    update.run(stretchId, row.rowid)
  }
  for (const name of ['judgement', 'flag', 'case_file'] as const) {
    const places = sqlite
      .prepare(`select rowid, stretch_id, lng, lat from ${name} where asset_id is null`)
      .all() as { rowid: number; stretch_id: string | null; lng: number; lat: number }[]
    const set = sqlite.prepare(`update ${name} set stretch_id = ? where rowid = ?`)
    for (const row of places) {
      const stretchId = placeOnStretch(index, { ...row, heading: null, sigma: null, had: row.stretch_id })
      if (stretchId !== row.stretch_id) set.run(stretchId, row.rowid)
    }
  }
  sqlite.exec(
    'delete from condition where stretch_id not in (select s.id from stretch s join network_version v on v.id = s.version_id where v.active = 1)',
  )
  return counts
}

function insertWegvakken(sqlite: DatabaseSync, versionId: number, wegvakken: readonly Wegvak[]): void {
  const insert = sqlite.prepare(
    `insert into wegvak (version_id, wvk_id, valid_from, street, municipality, authority, bst, direction, pavement,
       junction_from, junction_to, length_m, line, min_lng, min_lat, max_lng, max_lat)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  for (const w of wegvakken) {
    insert.run(
      versionId,
      w.wvkId,
      w.validFrom,
      w.street,
      w.municipality,
      w.authority,
      w.bst,
      w.direction,
      w.pavement,
      w.junctionFrom,
      w.junctionTo,
      lengthM(w.line),
      JSON.stringify(w.line),
      ...boundsOf(w.line),
    )
  }
}

function insertStretches(sqlite: DatabaseSync, versionId: number, stretches: readonly Stretch[]): void {
  const insert = sqlite.prepare(
    `insert into stretch (id, version_id, wvk_id, idx, from_m, to_m, street, pavement, direction, line, lng, lat)
     values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  for (const s of stretches) {
    const [minLng, minLat, maxLng, maxLat] = boundsOf(s.line)
    insert.run(
      s.id,
      versionId,
      s.wvkId,
      s.index,
      s.fromM,
      s.toM,
      s.street,
      s.pavement,
      s.direction,
      JSON.stringify(s.line),
      (minLng + maxLng) / 2,
      (minLat + maxLat) / 2,
    )
  }
}

function addJob(sqlite: DatabaseSync, kind: string, payload: object, now: number): void {
  sqlite
    .prepare(
      "insert into job (kind, payload, state, lease_until, created_at, created_by) values (?, ?, 'waiting', 0, ?, 'import')",
    )
    .run(kind, JSON.stringify(payload), now)
}

function addChange(sqlite: DatabaseSync, kind: string, ref: string, data: object, now: number): void {
  sqlite
    .prepare('insert into change (at, kind, ref, data) values (?, ?, ?, ?)')
    .run(now, kind, ref, JSON.stringify(data))
}

/** All or nothing, waiting for other writers first; inside a transaction of the caller it joins that one. */
function inTransaction<T>(sqlite: DatabaseSync, work: () => T): T {
  if (sqlite.isTransaction) return work()
  sqlite.exec('begin immediate')
  try {
    const result = work()
    sqlite.exec('commit')
    return result
  } catch (error) {
    sqlite.exec('rollback')
    throw error
  }
}

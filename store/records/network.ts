import type { DatabaseSync } from 'node:sqlite'
import { cutStretches } from '../../detection/network/cut.ts'
import {
  along,
  axisDifference,
  type Bounds,
  boundsOf,
  distanceM,
  lengthM,
  metresPerDegree,
} from '../../detection/network/geometry.ts'
import { createStretchIndex, type StretchHit, type StretchIndex } from '../../detection/network/index.ts'
import { coveredBy } from '../../detection/network/own-track.ts'
import type { Pavement, Position, RoadObjectKind, Stretch, Wegvak } from '../../model/network.ts'
import { appendChange } from './changes.ts'
import { addJob } from './jobs.ts'
import type { Records } from './open.ts'
import { planReattachment, reattach } from './reattach.ts'
import { addToCounter, readSetting } from './settings.ts'
import { inTransaction } from './transaction.ts'

/** 'nwb': imported; 'track': built from drives where nothing was imported. One version of each kind is active. */
export type NetworkKind = 'nwb' | 'track'

export type NetworkImport = {
  versionId: number
  wegvakken: number
  stretches: number
  km: number
  /** roads built from drives that the imported network now has itself */
  tracksReplaced: number
  /** how many rows lie on a stretch after it, and how many found none: those stay, unattached */
  evidence: { attached: number; moved: number; unattached: number }
}

/** counts changes of the network that no row id shows: pavement, known objects */
const REVISION = 'network.revision'

/** how often an import starts again because drives added roads of their own meanwhile */
const MAX_ATTEMPTS = 5

/**
 * Make these wegvakken the active network of their kind, in one transaction: stretches are replaced, and evidence,
 * judgements, flags and cases are attached again by where they lie. Their positions never change. Pavement that the new
 * network does not tell is taken over from the old one by place. Roads built from drives go where an imported network
 * now has roads. Adds the job `rebuild-flags` and a change of kind `network`.
 *
 * The work is done before the transaction, which only writes: the town keeps running.
 *
 * @param now epoch ms
 */
export async function importNetwork(
  records: Records,
  wegvakken: readonly Wegvak[],
  options: { kind: NetworkKind; name: string; now: number },
): Promise<NetworkImport> {
  for (let attempt = 1; ; attempt++) {
    const made = await tryImport(records, wegvakken, options)
    if (made) return made
    if (attempt === MAX_ATTEMPTS) throw new Error('the network kept changing during the import; try again')
  }
}

/** @returns null when the network changed between reading and writing */
async function tryImport(
  records: Records,
  imported: readonly Wegvak[],
  options: { kind: NetworkKind; name: string; now: number },
): Promise<NetworkImport | null> {
  const { sqlite } = records
  const stamp = networkStamp(records)
  const before = await stretchesOf(records, ['nwb', 'track'])
  const { wegvakken, stretches } = withPavement(imported, createStretchIndex(before))
  const own = createStretchIndex(stretches)
  const gone =
    options.kind === 'nwb'
      ? (await wegvakkenOf(records, ['track'])).filter((w) => coveredBy(own, w.line)).map((w) => w.wvkId)
      : []
  const others = (await stretchesOf(records, options.kind === 'nwb' ? ['track'] : ['nwb'])).filter(
    (s) => !gone.includes(s.wvkId),
  )
  const index = createStretchIndex([...stretches, ...others])
  const unchanged = new Set(
    before.filter((s) => JSON.stringify(index.get(s.id)?.line) === JSON.stringify(s.line)).map((s) => s.id),
  )
  const plan = planReattachment(sqlite, index, unchanged)
  return inTransaction(sqlite, () => {
    if (networkStamp(records) !== stamp) return null
    const { lastInsertRowid } = sqlite
      .prepare('insert into network_version (kind, name, imported_at, active) values (?, ?, ?, 1)')
      .run(options.kind, options.name, options.now)
    const versionId = Number(lastInsertRowid)
    // wegvakken of earlier versions stay as history; their stretches can be cut again
    sqlite
      .prepare(
        'delete from stretch where version_id in (select id from network_version where kind = ? and id <> ?)',
      )
      .run(options.kind, versionId)
    sqlite
      .prepare('update network_version set active = 0 where kind = ? and id <> ?')
      .run(options.kind, versionId)
    for (const table of ['stretch', 'wegvak']) {
      const remove = sqlite.prepare(`delete from ${table} where wvk_id = ?`)
      for (const wvkId of gone) remove.run(wvkId)
    }
    insertWegvakken(sqlite, versionId, wegvakken)
    insertStretches(sqlite, versionId, stretches)
    const evidence = reattach(sqlite, index, unchanged, plan)
    sqlite.exec(
      `delete from condition where stretch_id not in
         (select s.id from stretch s join network_version v on v.id = s.version_id where v.active = 1)`,
    )
    addJob(sqlite, {
      kind: 'rebuild-flags',
      payload: { reason: 'network', versionId },
      by: 'import',
      now: options.now,
    })
    announce(sqlite, String(versionId), { kind: options.kind, name: options.name }, options.now)
    const km = wegvakken.reduce((sum, w) => sum + lengthM(w.line), 0) / 1000
    return {
      versionId,
      wegvakken: wegvakken.length,
      stretches: stretches.length,
      km,
      tracksReplaced: gone.length,
      evidence,
    }
  })
}

/** m and degrees within which a new stretch is the road that an old one was */
const SAME_ROAD_M = 8
const SAME_ROAD_DEG = 30

/** NWB knows no pavement: what was known of it (from the BGT, or a list) is taken over by place. */
function withPavement(
  imported: readonly Wegvak[],
  before: StretchIndex,
): { wegvakken: Wegvak[]; stretches: Stretch[] } {
  const wegvakken: Wegvak[] = []
  const stretches: Stretch[] = []
  for (const wegvak of imported) {
    const cut = cutStretches([wegvak])
    if (wegvak.pavement !== 'unknown' || before.size === 0) {
      wegvakken.push(wegvak)
      stretches.push(...cut)
      continue
    }
    const metres = new Map<Pavement, number>()
    for (const stretch of cut) {
      const middle = along(stretch.line, (stretch.toM - stretch.fromM) / 2)
      const old = before
        .nearest(middle.position[0], middle.position[1], SAME_ROAD_M, 8)
        .find((hit) => axisDifference(hit.bearing, middle.bearing) <= SAME_ROAD_DEG)
      const pavement = old?.stretch.pavement ?? 'unknown'
      metres.set(pavement, (metres.get(pavement) ?? 0) + stretch.toM - stretch.fromM)
      stretches.push({ ...stretch, pavement })
    }
    const most = [...metres].reduce((best, entry) => (entry[1] > best[1] ? entry : best), ['unknown', 0] as [
      Pavement,
      number,
    ])
    wegvakken.push({ ...wegvak, pavement: most[0] })
  }
  return { wegvakken, stretches }
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
    announce(sqlite, String(versionId), { kind: 'track', added: fresh.length }, options.now)
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
  return wegvakkenOf(records, ['nwb', 'track'])
}

async function wegvakkenOf(records: Records, kinds: readonly NetworkKind[]): Promise<Wegvak[]> {
  const rows = await records.db
    .selectFrom('wegvak')
    .innerJoin('network_version', 'network_version.id', 'wegvak.version_id')
    .selectAll('wegvak')
    .where('network_version.active', '=', 1)
    .where('network_version.kind', 'in', [...kinds])
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
      `select coalesce(max(v.id), 0) as version, (select coalesce(max(w.id), 0) from wegvak w) as wegvak
       from network_version v where v.active = 1`,
    )
    .get() as { version: number; wegvak: number }
  return `${row.version}.${row.wegvak}.${readSetting(records.sqlite, REVISION) ?? 0}`
}

/**
 * Box around the town: the imported network. What drives elsewhere added counts only when nothing was imported.
 *
 * @returns null before the first import
 */
export async function townBounds(records: Records): Promise<Bounds | null> {
  return (await boundsOfKind(records, 'nwb')) ?? (await boundsOfKind(records, 'track'))
}

/** Box around the imported network alone; null before the first import. */
export function importedBounds(records: Records): Promise<Bounds | null> {
  return boundsOfKind(records, 'nwb')
}

async function boundsOfKind(records: Records, kind: NetworkKind): Promise<Bounds | null> {
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
  return row && row.a !== null ? [Number(row.a), Number(row.b), Number(row.c), Number(row.d)] : null
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
    .select(({ fn }) => [
      'street',
      fn.sum<number>('length_m').as('length_m'),
      fn.min('min_lng').as('min_lng'),
      fn.min('min_lat').as('min_lat'),
      fn.max('max_lng').as('max_lng'),
      fn.max('max_lat').as('max_lat'),
    ])
    .where('network_version.active', '=', 1)
    .where('street', '<>', '')
    .groupBy('street')
    .execute()
  const streets = rows
    .filter((row) => plain(row.street).includes(wanted))
    .map(
      (row): Street => ({
        street: row.street,
        bounds: [row.min_lng, row.min_lat, row.max_lng, row.max_lat],
        lengthM: row.length_m,
      }),
    )
  const rank = (s: Street) => (plain(s.street).startsWith(wanted) ? 0 : 1)
  return streets.sort((a, b) => rank(a) - rank(b) || a.street.localeCompare(b.street, 'nl')).slice(0, limit)
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
    announce(sqlite, 'road-objects', { source, count: objects.length }, now)
    addJob(sqlite, { kind: 'rebuild-flags', payload: { reason: 'road-objects' }, by: 'import', now })
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
    announce(sqlite, 'pavement', { wegvakken, stretches }, now)
    return { wegvakken, stretches, unknown }
  })
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

/** Say that the network changed: to who listens, and to who built something from it. */
function announce(sqlite: DatabaseSync, ref: string, data: Record<string, unknown>, now: number): void {
  addToCounter(sqlite, REVISION, 1)
  appendChange(sqlite, { kind: 'network', ref, data, at: now })
}

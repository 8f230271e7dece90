import { sql } from 'kysely'
import { distanceM, metresPerDegree } from '../../detection/network/geometry.ts'
import { appendChange } from './changes.ts'
import type { Records } from './open.ts'
import { inTransaction } from './transaction.ts'

export const ASSET_KINDS = ['lamp', 'air-post'] as const
export type AssetKind = (typeof ASSET_KINDS)[number]

/** A thing of the town that stands somewhere and that devices report about. */
export type AssetRow = {
  id: string
  kind: AssetKind
  name: string
  street: string
  lng: number
  lat: number
  /** of a lamp: the group or cabinet that feeds it */
  circuit: string | null
  nominalPowerW: number | null
  heightM: number | null
  source: string
  importedAt: number
}

/**
 * Add assets or bring them up to date, in one transaction. Nothing is removed: evidence and cases speak of them.
 *
 * @returns how many are new, and how many of the same kind and source stand no longer in what was given
 * @throws when an id belongs to an asset of another kind
 */
export async function upsertAssets(
  records: Records,
  kind: AssetKind,
  assets: readonly Omit<AssetRow, 'source' | 'importedAt'>[],
  options: { source: string; now: number },
): Promise<{ added: number; updated: number; absent: number }> {
  const { sqlite } = records
  return inTransaction(sqlite, () => {
    const known = new Map(
      (sqlite.prepare('select id, kind from asset').all() as { id: string; kind: string }[]).map((r) => [
        r.id,
        r.kind,
      ]),
    )
    const upsert = sqlite.prepare(
      `insert into asset (id, kind, name, street, lng, lat, circuit, nominal_power_w, height_m, source, imported_at)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
       on conflict (id) do update set name = excluded.name, street = excluded.street, lng = excluded.lng,
         lat = excluded.lat, circuit = excluded.circuit, nominal_power_w = excluded.nominal_power_w,
         height_m = excluded.height_m, source = excluded.source, imported_at = excluded.imported_at`,
    )
    let added = 0
    for (const a of assets) {
      const there = known.get(a.id)
      if (there !== undefined && there !== kind) throw new Error(`id ${a.id} is taken by kind ${there}`)
      if (there === undefined) added++
      upsert.run(
        a.id,
        kind,
        a.name,
        a.street,
        a.lng,
        a.lat,
        a.circuit,
        a.nominalPowerW,
        a.heightM,
        options.source,
        options.now,
      )
    }
    const { n: absent } = sqlite
      .prepare('select count(*) as n from asset where kind = ? and source = ? and imported_at < ?')
      .get(kind, options.source, options.now) as { n: number }
    appendChange(sqlite, { kind: 'asset', ref: kind, data: { count: assets.length }, at: options.now })
    return { added, updated: assets.length - added, absent }
  })
}

/** One asset; undefined when there is none. */
export async function getAsset(records: Records, id: string): Promise<AssetRow | undefined> {
  const row = await records.db.selectFrom('asset').selectAll().where('id', '=', id).executeTakeFirst()
  return row && toAsset(row)
}

export type AssetFilter = {
  kind?: AssetKind
  /** part of id, name or street, whatever its case */
  text?: string
  limit?: number
  /** id after which the page starts */
  after?: string
}

/** Assets in order of id, with how many match in all. */
export async function listAssets(
  records: Records,
  filter: AssetFilter = {},
): Promise<{ items: AssetRow[]; total: number }> {
  let query = records.db.selectFrom('asset')
  if (filter.kind) query = query.where('kind', '=', filter.kind)
  if (filter.text) {
    const pattern = `%${filter.text.replace(/[\\%_]/g, (sign) => `\\${sign}`)}%`
    query = query.where(
      sql<boolean>`(id like ${pattern} escape '\\' or name like ${pattern} escape '\\' or street like ${pattern} escape '\\')`,
    )
  }
  const counted = await query.select(({ fn }) => fn.countAll<number>().as('n')).executeTakeFirst()
  let page = query.selectAll().orderBy('id')
  if (filter.after !== undefined) page = page.where('id', '>', filter.after)
  if (filter.limit !== undefined) page = page.limit(filter.limit)
  return { items: (await page.execute()).map(toAsset), total: Number(counted?.n ?? 0) }
}

/** Assets within a radius, nearest first, with their distance in m. */
export async function assetsNear(
  records: Records,
  lng: number,
  lat: number,
  radiusM: number,
  kind?: AssetKind,
): Promise<(AssetRow & { distanceM: number })[]> {
  const scale = metresPerDegree(lat)
  let query = records.db
    .selectFrom('asset')
    .selectAll()
    .where('lng', '>', lng - radiusM / scale.lng)
    .where('lng', '<', lng + radiusM / scale.lng)
    .where('lat', '>', lat - radiusM / scale.lat)
    .where('lat', '<', lat + radiusM / scale.lat)
  if (kind) query = query.where('kind', '=', kind)
  return (await query.execute())
    .map((row) => ({ ...toAsset(row), distanceM: distanceM([lng, lat], [row.lng, row.lat]) }))
    .filter((asset) => asset.distanceM <= radiusM)
    .sort((a, b) => a.distanceM - b.distanceM)
}

function toAsset(row: {
  id: string
  kind: string
  name: string
  street: string
  lng: number
  lat: number
  circuit: string | null
  nominal_power_w: number | null
  height_m: number | null
  source: string
  imported_at: number
}): AssetRow {
  return {
    id: row.id,
    kind: row.kind as AssetKind,
    name: row.name,
    street: row.street,
    lng: row.lng,
    lat: row.lat,
    circuit: row.circuit,
    nominalPowerW: row.nominal_power_w,
    heightM: row.height_m,
    source: row.source,
    importedAt: row.imported_at,
  }
}

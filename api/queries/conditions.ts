import type { z } from 'zod'
import type { conditionSchema } from '../../model/api.ts'
import type { Stretch } from '../../model/network.ts'
import { toRfc3339 } from '../../model/time.ts'
import type { Records } from '../../store/records/open.ts'

type ConditionView = z.infer<typeof conditionSchema>

/** One stretch of an active network; undefined when there is none with this id. */
export async function findStretch(records: Records, id: string): Promise<Stretch | undefined> {
  const row = records.sqlite
    .prepare(
      `select id, wvk_id, idx, from_m, to_m, street, pavement, direction, line from stretch
       where id = ? and version_id in (select id from network_version where active = 1)`,
    )
    .get(id) as
    | {
        id: string
        wvk_id: string
        idx: number
        from_m: number
        to_m: number
        street: string
        pavement: string
        direction: string
        line: string
      }
    | undefined
  return (
    row && {
      id: row.id,
      wvkId: row.wvk_id,
      index: row.idx,
      fromM: row.from_m,
      toM: row.to_m,
      street: row.street,
      pavement: row.pavement as Stretch['pavement'],
      direction: row.direction as Stretch['direction'],
      line: JSON.parse(row.line) as Stretch['line'],
    }
  )
}

/** What is known of these stretches, in their order; a stretch that nobody drove is there with nothing measured. */
export async function conditionsOf(
  records: Records,
  stretches: readonly Pick<Stretch, 'id' | 'street' | 'pavement'>[],
): Promise<ConditionView[]> {
  const rows = records.sqlite
    .prepare(
      `select stretch_id, roughness, sigma, grade, passes, vehicles, last_pass_at from condition
       where stretch_id in (select value from json_each(?))`,
    )
    .all(JSON.stringify(stretches.map((stretch) => stretch.id))) as {
    stretch_id: string
    roughness: number
    sigma: number
    grade: number
    passes: number
    vehicles: number
    last_pass_at: number
  }[]
  const known = new Map(rows.map((row) => [row.stretch_id, row]))
  return stretches.map(({ id, street, pavement }) => {
    const row = known.get(id)
    return {
      stretchId: id,
      street,
      pavement,
      roughness: row?.roughness ?? null,
      sigma: row?.sigma ?? null,
      grade: row?.grade || null,
      passes: row?.passes ?? 0,
      vehicles: row?.vehicles ?? 0,
      lastPassAt: row ? toRfc3339(row.last_pass_at) : null,
    }
  })
}

/** Roughness of each pass over a stretch that evidence kept, oldest first, the newest `limit`. */
export async function roughnessOfPasses(
  records: Records,
  stretchId: string,
  limit: number,
): Promise<{ time: string; roughness: number; sourceId: string }[]> {
  const rows = records.sqlite
    .prepare(
      `select time, json_extract(features, '$.roughness') as roughness, source_id from evidence
       where stretch_id = ? and hypothesis = 'unevenness' and json_extract(features, '$.roughness') is not null
       order by time desc limit ?`,
    )
    .all(stretchId, limit) as { time: number; roughness: number; source_id: string }[]
  return rows
    .reverse()
    .map((row) => ({ time: toRfc3339(row.time), roughness: row.roughness, sourceId: row.source_id }))
}

import { createStretchIndex } from '../../detection/network/index.ts'
import type { Pavement, Stretch } from '../../model/network.ts'
import { upsertAssets } from '../../store/records/assets.ts'
import { activeStretches, replaceRoadObjects, setPavements } from '../../store/records/network.ts'
import type { Records } from '../../store/records/open.ts'
import { pavementOfStretches, readBgt } from './bgt.ts'
import { ImportError } from './report.ts'
import type { ImportReport, ImportRequest } from './run.ts'

/** A layer of the BGT: wegdeel gives pavement and humps, put gives covers, paal gives lamps. */
export async function importBgt(request: ImportRequest): Promise<ImportReport> {
  const { records, file } = request
  const now = request.now()
  const { roadParts, objects, lightPoles, history, findings } = await readBgt(file, request.onProgress)
  const details = [`${history} ended versions passed over`]
  let imported = 0
  await asOne(records, async () => {
    if (roadParts.length > 0) {
      const stretches = await activeStretches(records)
      if (stretches.length === 0) {
        throw new ImportError(
          `${file}: import the network (nwb) first, pavement belongs to its roads`,
          findings,
        )
      }
      const pavements = pavementOfStretches(stretches, roadParts)
      const made = await setPavements(
        records,
        { wegvakken: mostlyPaved(stretches, pavements), stretches: pavements },
        now,
      )
      details.push(
        `${roadParts.length} road parts: pavement of ${pavements.size} of ${stretches.length} stretches, on ${made.wegvakken} wegvakken`,
      )
      imported += roadParts.length
    }
    for (const [kind, layer] of [
      ['hump', 'bgt-wegdeel'],
      ['cover', 'bgt-put'],
    ] as const) {
      const ofKind = objects.filter((o) => o.kind === kind)
      if (ofKind.length === 0) continue
      await replaceRoadObjects(records, layer, ofKind, now)
      details.push(`${ofKind.length} ${kind}`)
      if (kind === 'cover') imported += ofKind.length
    }
    if (lightPoles.length > 0) {
      const index = createStretchIndex(await activeStretches(records))
      const lamps = lightPoles.map(({ id, lng, lat }) => {
        const street = index.nearest(lng, lat, 50, 1)[0]?.stretch.street ?? ''
        return {
          id,
          kind: 'lamp' as const,
          name: `${street || 'Lichtmast'} ${id.slice(-6)}`,
          street,
          lng,
          lat,
          circuit: null,
          nominalPowerW: null,
          heightM: null,
        }
      })
      const made = await upsertAssets(records, 'lamp', lamps, { source: 'bgt-paal', now })
      details.push(`lamps: ${made.added} new, ${made.updated} known`)
      imported += lamps.length
    }
  })
  if (imported === 0)
    throw new ImportError(`${file} holds no road part, put or light column of today`, findings)
  return { kind: 'bgt', file, imported, findings, details }
}

/** The pavement of most metres of each wegvak, for its stretches that lie on no road part. */
function mostlyPaved(
  stretches: readonly Stretch[],
  pavements: ReadonlyMap<string, Pavement>,
): Map<string, Pavement> {
  const metres = new Map<string, Map<Pavement, number>>()
  for (const stretch of stretches) {
    const pavement = pavements.get(stretch.id)
    if (!pavement) continue
    const ofWegvak = metres.get(stretch.wvkId) ?? new Map<Pavement, number>()
    ofWegvak.set(pavement, (ofWegvak.get(pavement) ?? 0) + stretch.toM - stretch.fromM)
    metres.set(stretch.wvkId, ofWegvak)
  }
  return new Map(
    [...metres].map(
      ([wvkId, kinds]) => [wvkId, [...kinds].reduce((a, b) => (b[1] > a[1] ? b : a))[0]] as const,
    ),
  )
}

/**
 * Several writes as one transaction. The connection is the importer's own, so nothing else slips in while it waits.
 */
async function asOne(records: Records, work: () => Promise<void>): Promise<void> {
  records.sqlite.exec('begin immediate')
  try {
    await work()
    records.sqlite.exec('commit')
  } catch (error) {
    records.sqlite.exec('rollback')
    throw error
  }
}

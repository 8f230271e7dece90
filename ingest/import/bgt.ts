import Flatbush from 'flatbush'
import { along, boundsOf, centreOf, insidePolygon } from '../../detection/network/geometry.ts'
import type { Pavement, Position, RoadObjectKind, Stretch } from '../../model/network.ts'
import { leafFields, readGmlFeatures } from './gml.ts'
import { geometryOf } from './gml-geometry.ts'
import { type Findings, ImportError, refuse, startFindings } from './report.ts'

/** A part of the road surface. */
export type RoadPart = {
  id: string
  /** BGT function: rijbaan lokale weg, fietspad, inrit … */
  use: string
  pavement: Pavement
  /** relatieveHoogteligging: 0 on the ground, 1 on a bridge */
  level: number
  rings: Position[][]
}

export type BgtObject = { id: string; kind: RoadObjectKind; lng: number; lat: number }
export type BgtPole = { id: string; lng: number; lat: number }

export type BgtFile = {
  roadParts: RoadPart[]
  /** humps of wegdeel, covers of put */
  objects: BgtObject[]
  /** light columns of paal */
  lightPoles: BgtPole[]
  /** ended versions of objects, passed over */
  history: number
  findings: Findings
}

/** BGT plus-fysiekVoorkomen (IMGeo 2.1, waardelijst FysiekVoorkomenWegPlus) → pavement. */
const PHYSICAL: Record<string, Pavement> = {
  asfalt: 'asphalt',
  cementbeton: 'concrete',
  'beton element': 'concrete',
  betonstraatstenen: 'elements',
  'gebakken klinkers': 'elements',
  sierbestrating: 'elements',
  grasklinkers: 'elements',
  tegels: 'tiles',
  grind: 'unpaved',
  gravel: 'unpaved',
  puin: 'unpaved',
  schelpen: 'unpaved',
  zand: 'unpaved',
  boomschors: 'unpaved',
}

/** The coarser fysiekVoorkomen, when the plus value is not known. Closed may be asphalt or concrete: unknown. */
const SURFACE: Record<string, Pavement> = {
  'open verharding': 'elements',
  'half verhard': 'unpaved',
  onverhard: 'unpaved',
}

/**
 * Read a layer of the BGT as IMGeo 2.1 CityGML: wegdeel, put or paal; the objects in the file say which. Of each object
 * the file holds its history; only the version without `eindRegistratie` is there now.
 *
 * @throws ImportError when it is no well-formed XML
 */
export async function readBgt(file: string, onProgress?: (bytes: number) => void): Promise<BgtFile> {
  const result: BgtFile = {
    roadParts: [],
    objects: [],
    lightPoles: [],
    history: 0,
    findings: startFindings(),
  }
  const { findings } = result
  await readGmlFeatures(
    file,
    (feature, collectionSrs) => {
      findings.read++
      const fields = leafFields(feature)
      const id = fields.get('lokaalid') ?? ''
      const where = `line ${feature.line}${id === '' ? '' : ` (${id})`}`
      const { name } = feature
      if (name !== 'trafficarea' && name !== 'put' && name !== 'paal') {
        refuse(findings, where, `a ${name}: only wegdeel, put and paal are read`)
        return
      }
      if ((fields.get('eindregistratie') ?? '') !== '') {
        result.history++
        return
      }
      if (id === '') return refuse(findings, where, 'no lokaalID')
      const made = geometryOf(feature, collectionSrs)
      if (!made.ok) return refuse(findings, where, made.reason)
      const { geometry } = made
      if (name === 'trafficarea') {
        const polygons =
          geometry.type === 'Polygon'
            ? [geometry.rings]
            : geometry.type === 'MultiPolygon'
              ? geometry.polygons
              : []
        if (polygons.length === 0) return refuse(findings, where, `a wegdeel that is a ${geometry.type}`)
        const physical = fields.get('plus-fysiekvoorkomenwegdeel') ?? ''
        for (const [i, rings] of polygons.entries()) {
          result.roadParts.push({
            id: i === 0 ? id : `${id}.${i}`,
            use: fields.get('function') ?? '',
            pavement: PHYSICAL[physical] ?? SURFACE[fields.get('surfacematerial') ?? ''] ?? 'unknown',
            level: Number(fields.get('relatievehoogteligging') ?? 0),
            rings,
          })
          if (fields.get('plus-functiewegdeel') === 'verkeersdrempel') {
            const [lng, lat] = centreOf(rings[0] ?? [])
            result.objects.push({ id: `bgt:${id}${i === 0 ? '' : `.${i}`}`, kind: 'hump', lng, lat })
          }
        }
        return
      }
      if (geometry.type !== 'Point') return refuse(findings, where, `a ${name} that is a ${geometry.type}`)
      const [lng, lat] = geometry.position
      if (name === 'put') result.objects.push({ id: `bgt:${id}`, kind: 'cover', lng, lat })
      else if (fields.get('plus-type') === 'lichtmast') result.lightPoles.push({ id, lng, lat })
      else refuse(findings, where, 'a paal that is no lichtmast')
    },
    onProgress,
  )
  if (findings.read === 0) throw new ImportError(`${file} holds no BGT objects`, findings)
  return result
}

/** Where vehicles drive comes first, then the rest of the surface; a path for people on foot never. */
function rank(part: RoadPart): number {
  if (part.use.startsWith('rijbaan') || part.use === 'woonerf' || part.use === 'inrit') return 0
  return part.use.startsWith('voetpad') || part.use === 'parkeervlak' ? 2 : 1
}

/**
 * The pavement of stretches, from the road part that holds their middle (or else a quarter of the way along): NWB draws
 * a road as one line somewhere on its surface.
 *
 * @returns stretch id → pavement; stretches on no known part are not in it
 */
export function pavementOfStretches(
  stretches: readonly Stretch[],
  parts: readonly RoadPart[],
): Map<string, Pavement> {
  const found = new Map<string, Pavement>()
  const known = parts.filter((p) => p.pavement !== 'unknown' && rank(p) < 2)
  if (known.length === 0) return found
  const tree = new Flatbush(known.length)
  for (const part of known) tree.add(...boundsOf(part.rings[0] ?? []))
  tree.finish()
  const at = ([lng, lat]: Position): Pavement | undefined =>
    tree
      .search(lng, lat, lng, lat)
      .map((i) => known[i]!)
      .filter((part) => insidePolygon(part.rings, lng, lat))
      .sort((a, b) => rank(a) - rank(b) || b.level - a.level || (a.id < b.id ? -1 : 1))[0]?.pavement
  for (const stretch of stretches) {
    const length = stretch.toM - stretch.fromM
    for (const share of [0.5, 0.25, 0.75]) {
      const pavement = at(along(stretch.line, length * share).position)
      if (!pavement) continue
      found.set(stretch.id, pavement)
      break
    }
  }
  return found
}

import { BRIDGE_ID, SATELLITE_ID } from './invent.ts'
import { nwbGml } from './nwb-gml.ts'
import { pointAlong, toWgs84 } from './rd.ts'
import { townToJson } from './store.ts'
import { truthOf } from './truth.ts'
import type { Town } from './types.ts'

/** Application and tenant of the LoRaWAN network server, The Things Stack v3 style. */
const BRIDGE_TREE = 'v3/schouwerdam@ttn/devices/#'
/** Which decoded field of a soil probe is what. */
const SOIL_MAPPING = {
  Bat: { observedProperty: 'batteryVoltage', unit: 'V' },
  temp_SOIL: { observedProperty: 'soilTemperature', unit: 'Cel' },
  water_SOIL: { observedProperty: 'soilMoisture', unit: '%' },
}

/** s between messages that is normal */
const INTERVAL_S = { vehicle: 86_400, lamp: 600, airPost: 60, soil: 1_800, satellite: 31_536_000 } as const

type Row = {
  id: string
  name: string
  kind: string
  format?: string
  assetId?: string
  lng?: number
  lat?: number
  intervalS?: number
  bridgeId?: string
  externalId?: string
  topicTree?: string
  mapping?: string
}

/**
 * The files of the invented town, as a municipality would have them of a real one: file name → text. `town.json` is
 * what the simulators start from; `truth.json` is read by the scoring only.
 */
export function townFiles(town: Town): Map<string, string> {
  return new Map([
    ['nwb-wegvakken.gml', nwbGml(town)],
    ['pavement.csv', `wvk_id,pavement\n${town.roads.map((r) => `${r.wvkId},${r.pavement}\n`).join('')}`],
    ['road-objects.geojson', roadObjects(town)],
    [
      'lamps.geojson',
      points(
        town.lamps.map((lamp) => ({
          lng: lamp.lng,
          lat: lamp.lat,
          properties: {
            id: lamp.id,
            street: lamp.street,
            number: lamp.number,
            height_m: lamp.heightM,
            circuit: lamp.circuit,
            power_w: lamp.powerW,
          },
        })),
      ),
    ],
    [
      'air-posts.geojson',
      points(
        town.airPosts.map((post) => ({
          lng: post.lng,
          lat: post.lat,
          properties: { id: post.id, name: post.name, street: post.street },
        })),
      ),
    ],
    ['devices.csv', devices(town)],
    ['town.json', townToJson(town)],
    ['truth.json', `${JSON.stringify(truthOf(town), null, 1)}\n`],
  ])
}

function roadObjects(town: Town): string {
  const roads = new Map(town.roads.map((road) => [road.wvkId, road]))
  return points(
    town.objects.flatMap((object) => {
      const road = roads.get(object.wvkId)
      if (!object.registered || !road) return []
      const [lng, lat] = toWgs84(pointAlong(road, object.atM))
      return [
        {
          lng: degrees(lng),
          lat: degrees(lat),
          properties: { id: object.id, kind: object.kind, street: road.street },
        },
      ]
    }),
  )
}

function devices(town: Town): string {
  const rows: Row[] = [
    ...town.vehicles.map((v) => ({ id: v.id, name: v.name, kind: 'vehicle', intervalS: INTERVAL_S.vehicle })),
    ...town.lamps.map((l) => ({
      id: l.id,
      name: `${l.street} ${l.number}`,
      kind: 'lamp',
      assetId: l.id,
      lng: l.lng,
      lat: l.lat,
      intervalS: INTERVAL_S.lamp,
    })),
    ...town.airPosts.map((p) => ({
      id: p.id,
      name: p.name,
      kind: 'air-post',
      assetId: p.id,
      lng: p.lng,
      lat: p.lat,
      intervalS: INTERVAL_S.airPost,
    })),
    {
      id: SATELLITE_ID,
      name: 'Satellietdienst bodembeweging',
      kind: 'satellite',
      intervalS: INTERVAL_S.satellite,
    },
    {
      id: BRIDGE_ID,
      name: 'LoRaWAN-netwerkserver',
      kind: 'bridge',
      format: 'tts-v3',
      topicTree: BRIDGE_TREE,
    },
    ...town.soilSensors.map((s) => ({
      id: s.id,
      name: s.name,
      kind: 'sensor',
      format: 'tts-v3',
      lng: s.lng,
      lat: s.lat,
      intervalS: INTERVAL_S.soil,
      bridgeId: BRIDGE_ID,
      externalId: s.externalId,
      mapping: JSON.stringify(SOIL_MAPPING),
    })),
  ]
  const head =
    'id,name,kind,format,area,asset_id,lng,lat,expected_interval_s,bridge_id,external_id,topic_tree,mapping'
  const lines = rows.map((row) =>
    [
      row.id,
      row.name,
      row.kind,
      row.format ?? 'native-json',
      'town',
      row.assetId,
      row.lng,
      row.lat,
      row.intervalS,
      row.bridgeId,
      row.externalId,
      row.topicTree,
      row.mapping,
    ]
      .map(csv)
      .join(','),
  )
  return `${head}\n${lines.join('\n')}\n`
}

function csv(value: string | number | undefined): string {
  const text = value === undefined ? '' : String(value)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

type PointFeature = { lng: number; lat: number; properties: Record<string, string | number> }

/** GeoJSON, a feature a line. */
function points(features: readonly PointFeature[]): string {
  const lines = features.map(({ lng, lat, properties }) =>
    JSON.stringify({ type: 'Feature', geometry: { type: 'Point', coordinates: [lng, lat] }, properties }),
  )
  return `{"type":"FeatureCollection","features":[\n${lines.join(',\n')}\n]}\n`
}

const degrees = (value: number) => Math.round(value * 1e7) / 1e7

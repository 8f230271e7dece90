import type { Random } from '../random.ts'
import { distance, pointBeside, toWgs84 } from './rd.ts'
import type { AirFault, AirPost, Lamp, LampFault, Point, Road, SoilSensor } from './types.ts'

const LAMPS = 1_500
const AIR_POSTS = 20
const SOIL_SENSORS = 4
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** m: lamps of one such square hang on one circuit */
const CIRCUIT_M = 320

type Made = { inventedAt: number; historyDays: number }

const degrees = ([lng, lat]: readonly [number, number]) => ({
  lng: Math.round(lng * 1e7) / 1e7,
  lat: Math.round(lat * 1e7) / 1e7,
})

/** Lamps along all streets that have any, taking sides in turn, numbered per street. */
export function inventLamps(roads: readonly Road[], random: Random): Lamp[] {
  const lit = roads.filter((r) => r.kind !== 'lane')
  const total = lit.reduce((sum, r) => sum + r.lengthM, 0)
  const spacing = total / (LAMPS + 0.5)
  const numbers = new Map<string, number>()
  const circuits = new Map<string, string>()
  const lamps: Lamp[] = []
  let left = spacing / 2
  let side = 1
  for (const road of lit) {
    for (; left < road.lengthM && lamps.length < LAMPS; left += spacing) {
      side = -side
      const big = road.kind === 'ring' || road.kind === 'radial'
      const at = pointBeside(road, left, side * (big ? 5.5 : 3.6))
      const number = (numbers.get(road.street) ?? 0) + 1
      numbers.set(road.street, number)
      const square = `${Math.floor(at[0] / CIRCUIT_M)}/${Math.floor(at[1] / CIRCUIT_M)}`
      const circuit = circuits.get(square) ?? `K${String(circuits.size + 1).padStart(2, '0')}`
      circuits.set(square, circuit)
      lamps.push({
        id: `lamp-${String(lamps.length + 1).padStart(4, '0')}`,
        ...degrees(toWgs84(at)),
        street: road.street,
        number: String(number),
        circuit,
        powerW: big ? random.pick([58, 70, 84]) : random.pick([22, 28, 36]),
        heightM: big ? 8 : random.pick([4, 5, 6]),
      })
    }
    left -= road.lengthM
  }
  return lamps
}

/** About three lamps in a hundred have something now; some were repaired, some fail while somebody looks. */
export function inventLampFaults(lamps: readonly Lamp[], made: Made, random: Random): LampFault[] {
  const ids = random.shuffled(lamps.map((l) => l.id))
  const faults: LampFault[] = []
  const take = (
    kind: LampFault['kind'],
    count: number,
    from: () => number,
    to: (from: number) => number | null,
  ) => {
    for (let i = 0; i < count; i++) {
      const assetId = ids.pop()
      const start = Math.round(from())
      const end = to(start)
      if (assetId) faults.push({ assetId, kind, from: start, to: end === null ? null : Math.round(end) })
    }
  }
  const past = () => made.inventedAt - random.between(0.1, 1) * Math.max(1, made.historyDays) * DAY_MS
  const future = () => made.inventedAt + random.between(0.02, 1) ** 2 * 30 * DAY_MS
  const never = () => null
  take('lamp-out', 22, past, never)
  take(
    'lamp-out',
    6,
    () => made.inventedAt - random.between(0.6, 1) * Math.max(1, made.historyDays) * DAY_MS,
    (from) => Math.min(made.inventedAt, from + random.between(3, 6) * DAY_MS),
  )
  take('lamp-out', 24, future, never)
  take('lamp-day-burner', 7, past, never)
  take('lamp-day-burner', 6, future, never)
  take('cycling', 5, past, never)
  take('silent', 5, past, never)
  return faults
}

/** Posts spread over the town: each new one where the nearest other is farthest. */
export function inventAirPosts(roads: readonly Road[], random: Random): AirPost[] {
  const spots = roads
    .filter((r) => !r.cyclePath && r.kind !== 'lane')
    .map((road) => ({ road, at: pointBeside(road, road.lengthM / 2, 6) }))
  const middle = spots.reduce<Point>(
    ([x, y], s) => [x + s.at[0] / spots.length, y + s.at[1] / spots.length],
    [0, 0],
  )
  const near = spots.filter((s) => distance(s.at, middle) < 1_050)
  const chosen = [near.reduce((best, s) => (distance(s.at, middle) < distance(best.at, middle) ? s : best))]
  while (chosen.length < AIR_POSTS) {
    const gap = (s: (typeof near)[number]) => Math.min(...chosen.map((c) => distance(c.at, s.at)))
    chosen.push(near.reduce((best, s) => (gap(s) > gap(best) ? s : best)))
  }
  return chosen.map(({ road, at }, i) => ({
    id: `lucht-${String(i + 1).padStart(2, '0')}`,
    name: `Luchtpost ${road.street}`,
    street: road.street,
    ...degrees(toWgs84(at)),
    background: Math.round(random.between(6, 9) * 10) / 10,
    traffic:
      Math.round(
        (road.kind === 'ring' || road.kind === 'radial' ? random.between(0.6, 1) : random.between(0.1, 0.4)) *
          100,
      ) / 100,
  }))
}

/** One of each kind of trouble, so that an integrator has something to do on the first day. */
export function inventAirFaults(posts: readonly AirPost[], made: Made): AirFault[] {
  const { inventedAt: now } = made
  const of = (i: number) => posts[i]?.id ?? ''
  return [
    { assetId: of(3), kind: 'stuck', from: now - 3 * DAY_MS, to: null },
    { assetId: of(8), kind: 'drift', from: now - 14 * DAY_MS, to: null },
    // after a power cut its clock begins at 1970, until somebody resets it
    { assetId: of(12), kind: 'clock-1970', from: now - 5 * HOUR_MS, to: null },
    // a visitor from another continent
    { assetId: of(15), kind: 'fahrenheit', from: now - 2 * DAY_MS, to: null },
    { assetId: of(17), kind: 'unknown-property', from: now - 2 * DAY_MS, to: null },
    { assetId: of(19), kind: 'silent', from: now - 2 * DAY_MS, to: null },
  ]
}

/** Probes under the verge, heard over LoRaWAN. */
export function inventSoilSensors(roads: readonly Road[], random: Random): SoilSensor[] {
  const green = random.shuffled(roads.filter((r) => r.kind === 'radial' || r.kind === 'residential'))
  return green.slice(0, SOIL_SENSORS).map((road, i) => ({
    id: `bodem-${String(i + 1).padStart(2, '0')}`,
    externalId: `soil-probe-${i + 1}`,
    name: `Bodemsensor ${road.street}`,
    ...degrees(toWgs84(pointBeside({ line: road.line }, road.lengthM / 2, 5))),
  }))
}

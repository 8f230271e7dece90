import type { Logger } from '../log.ts'
import { OBSERVED_PROPERTIES } from '../model/observed-property.ts'
import type { ColocationMark, ComparedDay, ReadingsReader, ReadingsWriter } from '../store/readings/port.ts'
import type { DeviceRegister } from '../store/records/devices.ts'
import { isMoving, metresBetween } from './interpret/area.ts'

/** Sensors within this of each other stand together, m. */
const TOGETHER_M = 150
/** So many hours of a day must disagree. */
const HOURS_DISAGREED = 6
/** Bounds of one round; what is left waits for the next. */
const MAX_DAYS = 200
const MAX_TOGETHER = 50
const MARKS_AT_ONCE = 50
const METRES_PER_DEGREE = 111_195
const DAY_MS = 86_400_000

export type Sensor = { id: number; assetId: string | null; place: [lng: number, lat: number] | null }

/**
 * Sensors that stand together: at one asset, or within 150 m of the first of them. Each is in one group at most, and
 * which depends on nothing but their numbers and places.
 *
 * @returns groups of two and more
 */
export function groupsOf(sensors: readonly Sensor[]): Sensor[][] {
  const free = new Map([...sensors].sort((a, b) => a.id - b.id).map((sensor) => [sensor.id, sensor]))
  const byAsset = new Map<string, Sensor[]>()
  const byCell = new Map<string, Sensor[]>()
  const cellOf = ([lng, lat]: [number, number]): [number, number] => {
    const row = Math.floor((lat * METRES_PER_DEGREE) / TOGETHER_M)
    // Of a row of cells the width is that of its own latitude, so that neighbours are found in any of them.
    const width = Math.cos((((row + 0.5) * TOGETHER_M) / METRES_PER_DEGREE) * (Math.PI / 180))
    return [Math.floor((lng * METRES_PER_DEGREE * width) / TOGETHER_M), row]
  }
  const add = (index: Map<string, Sensor[]>, key: string, sensor: Sensor) => {
    const list = index.get(key)
    if (list) list.push(sensor)
    else index.set(key, [sensor])
  }
  for (const sensor of free.values()) {
    if (sensor.assetId !== null) add(byAsset, sensor.assetId, sensor)
    if (sensor.place) add(byCell, cellOf(sensor.place).join(), sensor)
  }
  const groups: Sensor[][] = []
  for (const first of free.values()) {
    const near: Sensor[] = first.assetId === null ? [] : [...(byAsset.get(first.assetId) ?? [])]
    if (first.place) {
      const [lng, lat] = first.place
      for (const north of [-1, 0, 1]) {
        const [x, y] = cellOf([lng, lat + (north * TOGETHER_M) / METRES_PER_DEGREE])
        // Two to either side: rows differ a little in width.
        for (const east of [-2, -1, 0, 1, 2]) near.push(...(byCell.get(`${x + east},${y}`) ?? []))
      }
    }
    const group = [...new Set(near)].filter(
      (other) =>
        other !== first &&
        free.has(other.id) &&
        ((other.assetId !== null && other.assetId === first.assetId) ||
          (other.place && first.place && metresBetween(...first.place, ...other.place) <= TOGETHER_M)),
    )
    free.delete(first.id)
    if (group.length === 0) continue
    group.sort((a, b) => a.id - b.id)
    const together = [first, ...group.slice(0, MAX_TOGETHER - 1)]
    for (const other of together) free.delete(other.id)
    groups.push(together)
  }
  return groups
}

/**
 * In which hours each sensor of a group disagrees with the others, from its hourly medians: further than the tolerance
 * from the median of all. Of two, nobody can say which is wrong, so both; of more, only the odd ones. Fewer than six
 * such hours in a day are weather, a barbecue or a passing lorry.
 *
 * @param medians one list of 24 for each sensor; null: no reading in that hour
 * @returns for each sensor the hours in which it disagrees; none when they are fewer than six
 */
export function disagreements(
  medians: readonly (readonly (number | null)[])[],
  tolerance: { absolute: number; relative: number },
): Set<number>[] {
  const found = medians.map(() => new Set<number>())
  for (let hour = 0; hour < 24; hour++) {
    const values = medians.flatMap((own, i) => {
      const value = own[hour]
      return value === null || value === undefined ? [] : [{ i, value }]
    })
    if (values.length < 2) continue
    const middle = medianOf(values.map(({ value }) => value))
    // Of two the median lies half way between them.
    const allowed =
      Math.max(tolerance.absolute, tolerance.relative * Math.abs(middle)) / (values.length === 2 ? 2 : 1)
    for (const { i, value } of values) if (Math.abs(value - middle) > allowed) found[i]?.add(hour)
  }
  return found.map((hours) => (hours.size >= HOURS_DISAGREED ? hours : new Set<number>()))
}

function medianOf(values: number[]): number {
  values.sort((a, b) => a - b)
  const upper = values[Math.floor(values.length / 2)] ?? 0
  const lower = values[Math.floor((values.length - 1) / 2)] ?? 0
  return (lower + upper) / 2
}

export type Colocation = {
  /** Compare what changed since the last time. @returns how many days of a property */
  step(): Promise<number>
  /** End soon; what is left is compared after the next start. */
  close(): void
}

/**
 * Sensors that stand together are held against each other, a day (UTC) at a time: a day that changed, also by late data,
 * is taken again whole, so that its marks follow from its readings and the register alone.
 */
export function createColocation(deps: {
  writer: Pick<ReadingsWriter, 'toCompare' | 'compared' | 'setColocation'>
  reader: Pick<ReadingsReader, 'datastreams' | 'hourlyMedians'>
  devices: Pick<DeviceRegister, 'get' | 'placeAt'>
  log: Logger
}): Colocation {
  const { writer, reader, devices, log } = deps
  let closed = false

  async function sensorsOf(property: string): Promise<(Sensor & { deviceId: string })[]> {
    const streams = await reader.datastreams({ property })
    return streams.flatMap(({ id, deviceId }) => {
      const device = devices.get(deviceId)
      if (!device || isMoving(device)) return []
      return [{ id, deviceId, assetId: device.assetId, place: null }]
    })
  }

  async function compare(
    day: ComparedDay,
    sensors: readonly (Sensor & { deviceId: string })[],
  ): Promise<ColocationMark[]> {
    const tolerance = OBSERVED_PROPERTIES.get(day.property)?.tolerance
    if (!tolerance) return []
    const noon = (day.day + 0.5) * DAY_MS
    const groups = groupsOf(
      sensors.map((sensor) => ({ ...sensor, place: devices.placeAt(sensor.deviceId, noon) })),
    )
    const marks: ColocationMark[] = []
    for (const group of groups) {
      if (closed) break
      const ids = group.map((sensor) => sensor.id)
      const medians = await reader.hourlyMedians(ids, day.day)
      const hours = disagreements(
        medians.map((own) => own.medians),
        tolerance,
      )
      for (const [i, datastreamId] of ids.entries())
        marks.push({ datastreamId, day: day.day, hours: hours[i] ?? new Set() })
    }
    return marks
  }

  return {
    async step() {
      const days = await writer.toCompare(MAX_DAYS)
      const sensors = new Map<string, (Sensor & { deviceId: string })[]>()
      for (const day of days) {
        let own = sensors.get(day.property)
        if (!own) {
          own = await sensorsOf(day.property)
          sensors.set(day.property, own)
        }
        const marks = await compare(day, own)
        for (let i = 0; i < marks.length; i += MARKS_AT_ONCE) {
          await writer.setColocation(marks.slice(i, i + MARKS_AT_ONCE))
          // The journal comes first.
          await new Promise((resolve) => setImmediate(resolve))
        }
        if (closed) return 0
        await writer.compared([day])
      }
      if (days.length > 0) log.debug({ days: days.length }, 'sensors that stand together were compared')
      return days.length
    },
    close() {
      closed = true
    },
  }
}

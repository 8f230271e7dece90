import { z } from 'zod'
import type { ObservationPayload } from '../../model/payloads.ts'
import { parseRfc3339, toRfc3339 } from '../../model/time.ts'
import type { ConnectionConfig } from '../../store/records/connections.ts'
import { createLeftOut } from './left-out.ts'
import type { Pull, PullOnce } from './pull.ts'
import { RemoteError } from './remote.ts'

type Config = Extract<ConnectionConfig, { kind: 'luchtmeetnet' }>

/**
 * Hourly means in ug/m3. LKI, the index made of them, is no measurement; soot by the older methods (FN, PS, BCWB) and
 * toluene have no observed property here: these are left out and counted.
 */
const PROPERTIES: Record<string, string> = {
  NO2: 'no2',
  NO: 'no',
  O3: 'o3',
  PM10: 'pm10',
  PM25: 'pm25',
  SO2: 'so2',
  NH3: 'nh3',
  CO: 'co',
  C6H6: 'benzene',
}

const stationSchema = z.object({
  data: z.object({
    location: z.string().nullish(),
    organisation: z.string().nullish(),
    geometry: z
      .object({ coordinates: z.tuple([z.number().min(-180).max(180), z.number().min(-90).max(90)]) })
      .nullish(),
  }),
})
const pageSchema = z.object({
  pagination: z.object({ last_page: z.number().int() }).optional(),
  data: z
    .array(
      z.object({
        formula: z.string().max(32),
        /** null: the hour has no valid value */
        value: z.number().nullable(),
        timestamp_measured: z.string().max(40),
      }),
    )
    .max(10_000),
})

/** of each station, until when its measurements are here, epoch ms */
const cursorSchema = z.object({ until: z.record(z.string(), z.number()) })

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** The service gives at most a week at once. */
const WINDOW_MS = 7 * DAY_MS
/** Hours come late and are corrected for some time: what is not older than this is fetched again. */
const OVERLAP_MS = DAY_MS
const MAX_PAGES = 100

/**
 * Pull Luchtmeetnet (`/stations/{number}`, `/measurements`). Measurements are not validated yet and may still change: each
 * carries the moment of the pull as its resultTime, so that a later word of the source is the valid one and the earlier
 * stays as its history.
 *
 * `timestamp_measured` is the *end* of the hour (RIVM's own client: "Eindtijd van het uurgemiddelde", UTC); an interval is
 * stored at its start.
 */
export function luchtmeetnet(config: Config): PullOnce {
  /** what stations say of themselves, asked once in the life of the runner */
  const devices = new Map<string, string>()

  return async (pull) => {
    const leftOut = createLeftOut()
    const known = cursorSchema.safeParse(pull.cursor)
    const until: Record<string, number> = known.success ? { ...known.data.until } : {}
    const failures: RemoteError[] = []
    for (const number of config.stations) {
      try {
        const deviceId = devices.get(number) ?? (await stationOf(config, number, pull))
        devices.set(number, deviceId)
        await measurementsOf(number, deviceId, pull, until, leftOut)
      } catch (error) {
        // One station that is gone does not hold up the others; a service that is down, or asks for patience, does.
        if (!(error instanceof RemoteError) || error.kind !== 'refused') throw error
        failures.push(error)
      }
    }
    const [first] = failures
    if (first) throw first
    return leftOut.note()
  }

  async function measurementsOf(
    number: string,
    deviceId: string,
    pull: Pull,
    until: Record<string, number>,
    leftOut: ReturnType<typeof createLeftOut>,
  ): Promise<void> {
    const now = pull.now()
    const known = until[number]
    let from = known === undefined ? now - config.backfillDays * DAY_MS : known - OVERLAP_MS
    do {
      const to = Math.min(from + WINDOW_MS, now)
      for (let page = 1, last = 1; page <= last; page++) {
        if (page > MAX_PAGES)
          throw new RemoteError('shape', `more than ${MAX_PAGES} pages for a week of ${number}`)
        const url = address(config, '/measurements', {
          station_number: number,
          start: seconds(from),
          end: seconds(to),
          order_by: 'timestamp_measured',
          order_direction: 'asc',
          page: String(page),
        })
        const { data, pagination } = await pull.remote.get(url, pageSchema)
        last = pagination?.last_page ?? 1
        const resultTime = toRfc3339(pull.now())
        await pull.publish(
          deviceId,
          data.flatMap((row) => toObservation(row, resultTime, leftOut) ?? []),
        )
      }
      until[number] = to
      pull.saveCursor({ until })
      from = to
    } while (from < now)
  }
}

async function stationOf(config: Config, number: string, pull: Pull): Promise<string> {
  const url = address(config, `/stations/${encodeURIComponent(number)}`, {})
  const { data } = await pull.remote.get(url, stationSchema)
  return pull.station({
    externalId: number,
    name: data.location ? `${data.location} (${number})` : number,
    position: data.geometry?.coordinates ?? null,
    owner: data.organisation ?? 'Luchtmeetnet',
    expectedIntervalS: 3_600,
  })
}

/** undefined: left out, and counted. @throws RemoteError for a time that cannot be read */
function toObservation(
  row: z.infer<typeof pageSchema>['data'][number],
  resultTime: string,
  leftOut: ReturnType<typeof createLeftOut>,
): ObservationPayload | undefined {
  const { formula, value } = row
  const observedProperty = PROPERTIES[formula]
  if (observedProperty === undefined || value === null) {
    leftOut.add(value === null ? `${formula} without a value` : formula)
    return undefined
  }
  const end = parseRfc3339(row.timestamp_measured)
  if (!end) {
    throw new RemoteError(
      'shape',
      `a measurement with the time ${JSON.stringify(row.timestamp_measured.slice(0, 40))}, which is not RFC 3339`,
    )
  }
  return {
    observedProperty,
    result: value,
    unit: 'ug/m3',
    phenomenonTime: `${toRfc3339(end.ms - HOUR_MS)}/${toRfc3339(end.ms)}`,
    resultTime,
  }
}

function address(config: Config, path: string, query: Record<string, string>): URL {
  const url = new URL(`${config.url.replace(/\/$/, '')}${path}`)
  url.search = new URLSearchParams(query).toString()
  return url
}

function seconds(ms: number): string {
  return `${toRfc3339(ms).slice(0, 19)}Z`
}

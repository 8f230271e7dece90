import { z } from 'zod'
import type { ObservationPayload } from '../../model/payloads.ts'
import { parseTime, toRfc3339 } from '../../model/time.ts'
import type { ConnectionConfig } from '../../store/records/connections.ts'
import { createLeftOut } from './left-out.ts'
import type { Pull, PullOnce } from './pull.ts'
import { RemoteError } from './remote.ts'

type Config = Extract<ConnectionConfig, { kind: 'samen-meten' }>

type Meaning = { observedProperty: string; unit: string; datastream?: string }

/** Observed properties of Samen Meten; `_kal` is the same sensor as RIVM calibrates it, a datastream of its own. */
const PROPERTIES: Record<string, Meaning> = {
  pm25: { observedProperty: 'pm25', unit: 'ug/m3' },
  pm10: { observedProperty: 'pm10', unit: 'ug/m3' },
  no2: { observedProperty: 'no2', unit: 'ug/m3' },
  nh3: { observedProperty: 'nh3', unit: 'ug/m3' },
  temp: { observedProperty: 'temperature', unit: 'Cel' },
  rh: { observedProperty: 'humidity', unit: '%' },
  pres: { observedProperty: 'pressure', unit: 'hPa' },
}
const CALIBRATED = '_kal'
/** The unit symbols that go with them there. Another one is handed on as it is: what it means is ingest's to judge. */
const SYMBOLS: Record<string, string> = { C: 'Cel', 'ug/m3': 'ug/m3', '%': '%', hPa: 'hPa' }

const id = z.union([z.number().int(), z.string().max(64)])
const nextLink = z.string().max(2_048).optional()
const thingsSchema = z.object({
  '@iot.nextLink': nextLink,
  value: z
    .array(
      z.object({
        '@iot.id': id,
        name: z.string().max(128),
        properties: z.object({ owner: z.string().nullish(), project: z.string().nullish() }).nullish(),
        Locations: z
          .array(
            z.object({
              location: z.object({
                coordinates: z.array(z.number()).min(2).max(3),
              }),
            }),
          )
          .optional(),
        Datastreams: z
          .array(
            z.object({
              '@iot.id': id,
              name: z.string().max(128),
              unitOfMeasurement: z.object({ symbol: z.string().max(32).nullish() }).nullish(),
            }),
          )
          .max(100)
          .optional(),
      }),
    )
    .max(1_000),
})
type Thing = z.infer<typeof thingsSchema>['value'][number]
type Datastream = NonNullable<Thing['Datastreams']>[number]

const observationsSchema = z.object({
  '@iot.nextLink': nextLink,
  value: z
    .array(
      z.object({
        '@iot.id': id,
        /** an instant, or an interval `start/end` */
        phenomenonTime: z.string().max(81),
        result: z.number().nullable(),
        resultTime: z.string().max(40).nullish(),
      }),
    )
    .max(10_000),
})

/** of each datastream there, the last phenomenonTime that is here, epoch ms */
const cursorSchema = z.object({ until: z.record(z.string(), z.number()) })

const DAY_MS = 86_400_000
/** Sensors are late, and calibration follows after some hours: so far back is fetched again. */
const OVERLAP_MS = DAY_MS
/** More than a neighbourhood: narrow the filter instead. */
const MAX_THINGS = 300
const MAX_PAGES = 500

/**
 * Pull RIVM's Samen Meten, or any other SensorThings 1.0 service with the same names: Things by a filter with their
 * locations and datastreams, then the observations of each datastream from where the last pull ended, oldest first.
 */
export function samenMeten(config: Config): PullOnce {
  const base = config.url.replace(/\/$/, '')

  return async (pull) => {
    const leftOut = createLeftOut()
    const known = cursorSchema.safeParse(pull.cursor)
    const until: Record<string, number> = known.success ? { ...known.data.until } : {}
    for (const thing of await thingsOf(pull)) {
      const streams = (thing.Datastreams ?? []).flatMap((stream) => {
        const meaning = meaningOf(stream)
        if (!meaning) leftOut.add(propertyOf(stream))
        return meaning ? [{ stream, meaning }] : []
      })
      if (streams.length === 0) continue
      const deviceId = await pull.station(stationOf(thing))
      for (const { stream, meaning } of streams) await observationsOf(stream, meaning, deviceId, pull, until)
    }
    return leftOut.note()
  }

  async function thingsOf(pull: Pull): Promise<Thing[]> {
    const things: Thing[] = []
    const query = { $filter: config.filter, $expand: 'Locations,Datastreams' }
    for await (const page of pages(address(`${base}/Things`, query), thingsSchema, pull)) {
      things.push(...page.value)
      if (things.length > MAX_THINGS) {
        throw new RemoteError(
          'refused',
          `the filter holds more than ${MAX_THINGS} stations: make it narrower`,
        )
      }
    }
    if (things.length === 0) throw new RemoteError('refused', 'no station there fits the filter')
    return things
  }

  async function observationsOf(
    stream: Datastream,
    meaning: Meaning,
    deviceId: string,
    pull: Pull,
    until: Record<string, number>,
  ): Promise<void> {
    const key = String(stream['@iot.id'])
    const known = until[key]
    const from = known === undefined ? pull.now() - config.backfillDays * DAY_MS : known - OVERLAP_MS
    const query = {
      $filter: `phenomenonTime gt '${toRfc3339(from)}'`,
      $orderby: 'phenomenonTime',
    }
    const where = address(`${base}/Datastreams(${idText(stream['@iot.id'])})/Observations`, query)
    for await (const page of pages(where, observationsSchema, pull)) {
      const asked = toRfc3339(pull.now())
      let last = until[key] ?? from
      const observations = page.value.flatMap((row): ObservationPayload[] => {
        const time = parseTime(row.phenomenonTime)
        if (!time) {
          throw new RemoteError(
            'shape',
            `an observation with the time ${JSON.stringify(row.phenomenonTime)}, which is not RFC 3339`,
          )
        }
        // A time in the future must not move the cursor: it would hide what is measured until then.
        if (time.start.ms <= pull.now()) last = Math.max(last, time.start.ms)
        if (row.result === null) return []
        return [
          {
            ...meaning,
            unit: unitOf(stream) ?? meaning.unit,
            result: row.result,
            phenomenonTime: row.phenomenonTime,
            resultTime: row.resultTime ?? asked,
            id: `${key}/${row['@iot.id']}`,
          },
        ]
      })
      await pull.publish(deviceId, observations)
      until[key] = last
      pull.saveCursor({ until })
    }
  }

  /** Page after page, all from the same service. @throws RemoteError when one leads elsewhere */
  async function* pages<T extends { '@iot.nextLink'?: string | undefined }>(
    first: URL,
    schema: z.ZodType<T>,
    pull: Pull,
  ): AsyncGenerator<T> {
    let next: URL | undefined = first
    for (let count = 1; next; count++) {
      if (count > MAX_PAGES)
        throw new RemoteError('shape', `more than ${MAX_PAGES} pages at ${first.pathname}`)
      const page: T = await pull.remote.get(next, schema)
      yield page
      const link: string | undefined = page['@iot.nextLink']
      next = link === undefined ? undefined : follow(link, next)
    }
  }
}

/** Only where the first page came from. Behind a proxy services get their own scheme wrong: ours stays. */
function follow(link: string, from: URL): URL {
  const to = URL.canParse(link, from.href) ? new URL(link, from) : undefined
  if (!to || to.hostname !== from.hostname) {
    throw new RemoteError(
      'refused',
      `the next page would be on ${to?.host ?? 'no address'}, not on ${from.host}`,
    )
  }
  to.protocol = from.protocol
  to.port = from.port
  if (to.href === from.href) throw new RemoteError('shape', 'a page that names itself as the next')
  return to
}

function stationOf(thing: Thing) {
  const [lng, lat] = thing.Locations?.[0]?.location.coordinates ?? []
  return {
    externalId: thing.name,
    name: thing.name,
    position: lng === undefined || lat === undefined ? null : ([lng, lat] as [number, number]),
    owner: thing.properties?.owner ?? thing.properties?.project ?? 'Samen Meten',
    expectedIntervalS: 3_600,
  }
}

/** Datastreams there are named `{station}-{sensor}-{property}`, e.g. AMF_pm015-2-pm10_kal. */
function propertyOf(stream: Datastream): string {
  return stream.name.slice(stream.name.lastIndexOf('-') + 1)
}

function meaningOf(stream: Datastream): Meaning | undefined {
  const name = propertyOf(stream)
  if (!name.endsWith(CALIBRATED)) return PROPERTIES[name]
  const raw = PROPERTIES[name.slice(0, -CALIBRATED.length)]
  return raw && { ...raw, datastream: 'kal' }
}

function unitOf(stream: Datastream): string | undefined {
  const symbol = stream.unitOfMeasurement?.symbol
  return symbol ? (SYMBOLS[symbol] ?? symbol) : undefined
}

function idText(value: number | string): string {
  return typeof value === 'number' ? String(value) : `'${value.replaceAll("'", "''")}'`
}

/** OData wants spaces as %20, not as plus signs. */
function address(url: string, query: Record<string, string>): URL {
  const to = new URL(url)
  to.search = Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
  return to
}

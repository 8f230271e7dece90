import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { SaxesParser } from 'saxes'
import { afterEach, expect } from 'vitest'
import { createClocks } from '../ingest/clock.ts'
import { createColocation } from '../ingest/colocation.ts'
import { device, record, registerOf } from '../ingest/interpret/interpret.support.ts'
import { interpret } from '../ingest/interpret/interpret.ts'
import { createLogger } from '../log.ts'
import { QUALITY, type QualityFlag, qualityFlags } from '../model/quality.ts'
import { openReadingsReader, openReadingsWriter } from '../store/readings/open.ts'
import type { Reading } from '../store/readings/port.ts'
import { dataTest } from './support/shared-data.ts'

const folders: string[] = []
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true, maxRetries: 5 })
})

const BATCH = 20_000
const INTERVAL_MS = 150_000

type Row = { line: number; sensor: string; lng: number; lat: number; time: string; p1: string; p2: string }

/** Lines of a Sensor.Community archive, the cut-off ones too. */
function rowsOf(bytes: Uint8Array): Row[] {
  const lines = Buffer.from(bytes).toString().split('\n')
  return lines.flatMap((text, i) => {
    if (i === 0 || text === '') return []
    const [sensor = '', , , lat = '', lng = '', time = '', p1 = '', , , p2 = ''] = text.split(';')
    return [{ line: i + 1, sensor, lng: Number(lng), lat: Number(lat), time, p1, p2 }]
  })
}

/** As a device would send it. What is not there is not made up: an empty field stays an empty text. */
function observation(row: Row, observedProperty: string, value: string) {
  return {
    observedProperty,
    result: value === '' ? value : Number(value),
    phenomenonTime: `${row.time}Z`,
    location: [row.lng, row.lat],
  }
}

function tally(bits: Iterable<number>): Partial<Record<QualityFlag, number>> {
  const counts: Partial<Record<QualityFlag, number>> = {}
  for (const quality of bits) for (const flag of qualityFlags(quality)) counts[flag] = (counts[flag] ?? 0) + 1
  return counts
}

dataTest(
  'Aberdeen, 14 days of 23 sensors: every row is stored or refused, and says what is wrong with it',
  async (data) => {
    const folder = path.join(data, 'air/sensor-community-aberdeen')
    const rows = readdirSync(folder)
      .filter((name) => name.endsWith('.csv.gz'))
      .sort()
      .flatMap((name) => rowsOf(gunzipSync(readFileSync(path.join(folder, name)))))
    expect(rows).toHaveLength(179_949)

    // Each is registered where it was first.
    const first = new Map(rows.toReversed().map((row) => [row.sensor, row]))
    const devices = registerOf(
      [...first].map(([id, { lng, lat }]) =>
        device({ id, kind: 'air-post', area: 'anywhere', lng, lat, expectedIntervalS: INTERVAL_MS / 1000 }),
      ),
    )
    const clocks = createClocks()
    const dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-air-'))
    folders.push(dataDir)
    const writer = await openReadingsWriter({ dataDir, expectedIntervalMs: () => INTERVAL_MS })
    const refused: { sensor: string; time: string; code: string; pointer: string }[] = []
    let waiting: Reading[] = []
    let stored = 0
    const flush = async () => {
      stored += (await writer.write({ readings: waiting, chunks: [], mark: null })).stored
      waiting = []
    }
    for (const row of rows) {
      const payload = [observation(row, 'pm10', row.p1), observation(row, 'pm25', row.p2)]
      const receivedAt = Date.parse(`${row.time}Z`) + 2_000
      const found = interpret(record(`devices/${row.sensor}/observations`, payload, { receivedAt }), {
        devices,
        area: null,
      })
      clocks.judge(found, receivedAt)
      waiting.push(...found.readings)
      for (const { code, pointer } of found.rejections)
        refused.push({ sensor: row.sensor, time: row.time, code, pointer })
      if (waiting.length >= BATCH) await flush()
    }
    await flush()

    // the two rows without P2 lose that, and nothing else
    expect(refused).toEqual([
      { sensor: '22523', time: '2019-05-10T08:30:10', code: 'value_not_a_number', pointer: '/1/result' },
      { sensor: '22068', time: '2019-05-20T05:40:17', code: 'value_not_a_number', pointer: '/1/result' },
    ])
    expect(stored).toBe(2 * 179_949 - 2)

    const reader = await openReadingsReader({ dataDir })
    const colocation = createColocation({ writer, reader, devices, log: createLogger('test', 'silent') })
    expect(await colocation.step()).toBe(28)
    const byProperty: Record<string, number[]> = { pm10: [], pm25: [] }
    const conflicts: Record<string, number> = {}
    const over500: number[] = []
    for (const stream of await reader.datastreams({})) {
      const points = await reader.series(stream.id, 0, 4e12, 100_000)
      byProperty[stream.property]?.push(...points.map((p) => p.quality))
      const moved = points.filter((p) => p.quality & QUALITY.positionConflict)
      if (moved.length > 0) conflicts[`${stream.deviceId} ${stream.property}`] = moved[0]?.ms ?? 0
      if (stream.property === 'pm10')
        over500.push(...points.filter((p) => p.mean >= 500).map((p) => p.quality))
    }
    const pm10 = tally(byProperty.pm10 ?? [])
    const pm25 = tally(byProperty.pm25 ?? [])
    expect(over500).toHaveLength(58)
    expect(over500.every((quality) => quality & QUALITY.range)).toBe(true)
    // 15 rows are zero altogether, four more in PM2.5 alone
    expect([pm10.belowDetection, pm25.belowDetection]).toEqual([15, 19])
    // sensor 22068 went to another site on the 13th; thirteen others that shift by a rounding did not
    expect(Object.keys(conflicts).sort()).toEqual(['22068 pm10', '22068 pm25'])
    for (const ms of Object.values(conflicts))
      expect(new Date(ms).toISOString().slice(0, 10)).toBe('2019-05-13')
    expect(pm10).toEqual({
      ...{ range: 58, positionConflict: 4_015, belowDetection: 15, spike: 11, gap: 439, colocation: 334 },
    })
    expect(pm25).toEqual({
      ...{ range: 1, positionConflict: 4_014, belowDetection: 19, gap: 439, colocation: 334 },
    })
    await reader.close()
    await writer.close()
  },
  60_000,
)

dataTest('Aberdeen, the rarer faults: saturated, a line cut off, a row without a value', (data) => {
  const take = (name: string, sensor: string) => {
    const bytes = readFileSync(path.join(data, 'air/sensor-community-aberdeen/extra', name))
    const rows = rowsOf(bytes)
    // One message for the file: entry n is line n + 2.
    const found = interpret(
      record(
        `devices/${sensor}/observations`,
        rows.map((row) => observation(row, 'pm10', row.p1)),
        { receivedAt: Date.parse('2019-06-01T00:00:00Z') },
      ),
      { devices: registerOf([device({ id: sensor, area: 'anywhere' })]), area: null },
    )
    const refusals = found.rejections.map(({ code, pointer }) => ({
      code,
      line: Number(pointer.split('/')[1]) + 2,
    }))
    return { rows: rows.length, refusals, ...tally(found.readings.map((r) => r.quality)) }
  }
  expect(take('2018-12-22_sds011_sensor_8733.csv', '8733')).toMatchObject({
    rows: 575,
    saturated: 12,
    refusals: [],
  })
  expect(take('2019-01-17_sds011_sensor_5331.csv', '5331')).toMatchObject({
    rows: 125,
    refusals: [{ code: 'value_not_a_number', line: 126 }],
  })
  expect(take('2019-03-09_sds011_sensor_22885.csv', '22885')).toMatchObject({
    rows: 9,
    refusals: [{ code: 'value_not_a_number', line: 3 }],
  })
})

dataTest(
  'the national network, four hours: all 1,040 values are taken as they are, in their own unit',
  (data) => {
    const folder = path.join(data, 'air/rivm-lml')
    const NAMES: Record<string, string> = {
      PM10: 'pm10',
      NO2: 'no2',
      NO: 'no',
      O3: 'o3',
      NH3: 'nh3',
      CO: 'co',
      SO2: 'so2',
    }
    const readings: Reading[] = []
    const stations = new Set<string>()
    let rejections = 0
    for (const name of readdirSync(folder).filter((file) => /^\d+\.xml$/.test(file))) {
      for (const m of measurementsOf(readFileSync(path.join(folder, name), 'utf8'))) {
        const station = `nl${(m.station ?? '').replace(/^NL/, '').padStart(5, '0')}`
        stations.add(station)
        const [day, month, year] = (m.datum ?? '').split('/')
        const time = `${year}-${month}-${day}T${m.tijd}:00:00+02:00`
        const found = interpret(
          record(
            `devices/${station}/observations`,
            {
              observedProperty: NAMES[m.component ?? ''] ?? m.component,
              result: Number(m.waarde),
              unit: m.eenheid,
              phenomenonTime: time,
            },
            { receivedAt: Date.parse(time) + 1_800_000 },
          ),
          { devices: registerOf([device({ id: station, kind: 'air-post' })]), area: null },
        )
        readings.push(...found.readings)
        rejections += found.rejections.length
      }
    }
    expect([readings.length, rejections, stations.size]).toEqual([1_040, 0, 85])
    // one hour of sulphur dioxide at zero
    expect(tally(readings.map((r) => r.quality))).toEqual({ belowDetection: 1 })
    const counts = new Map<string, number>()
    for (const { property } of readings) counts.set(property, (counts.get(property) ?? 0) + 1)
    expect(Object.fromEntries(counts)).toEqual({
      pm10: 288,
      no2: 289,
      no: 216,
      o3: 175,
      nh3: 32,
      co: 16,
      so2: 24,
    })
  },
)

/** The `meting` elements of a message, each as its fields. */
function measurementsOf(xml: string): Record<string, string>[] {
  const found: Record<string, string>[] = []
  let field = ''
  const parser = new SaxesParser()
  parser.on('opentag', ({ name }) => {
    if (name === 'meting') found.push({})
    field = name
  })
  parser.on('text', (text) => {
    const current = found.at(-1)
    if (current && text.trim() !== '') current[field] = text.trim()
  })
  parser.write(xml).close()
  return found
}

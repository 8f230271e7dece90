import type { Calibration, DeclaredDatastream, Device } from '../../model/device.ts'
import { OBSERVED_PROPERTIES, type ObservedProperty } from '../../model/observed-property.ts'
import type { DriveChunkPayload, InspectionPayload, ObservationPayload } from '../../model/payloads.ts'
import { QUALITY } from '../../model/quality.ts'
import type { Rejection } from '../../model/reject.ts'
import { type Instant, parseTime, timeFault, toRfc3339 } from '../../model/time.ts'
import type { Reading, StoredChunk } from '../../store/readings/port.ts'
import { clip, describe } from '../decode/json.ts'
import {
  allowedArea,
  contains,
  isCoordinate,
  isMoving,
  metresBetween,
  POSITION_CONFLICT_M,
  type TownArea,
} from './area.ts'
import { type Converted, qualify } from './qualify.ts'
import { conversion, convert, fittingUnits } from './units.ts'

/** What a message's payload is judged against. */
export type Circumstances = {
  device: Device
  town: TownArea | null
  /** epoch ms at which the broker took the message: "now" for it, also when it is read again years later */
  receivedAt: number
  /** where the device stood at a moment, epoch ms: the register's `placeAt`; null when no place is registered */
  stoodAt: (ms: number) => [lng: number, lat: number] | null
  /** what the device, or else its type, says of a datastream */
  declared: (datastream: string) => DeclaredDatastream | undefined
  /** calibrations of a datastream, oldest first */
  calibrations: (datastream: string) => readonly Calibration[]
  /** journal sequence: tells readings apart that came without a time */
  sequence: number
}

/** Pointers of the parts of a reading; a foreign format points at the one field that the reading came from. */
export type Place = {
  base: string
  whole: boolean
  /** where a time and a place stand that are not in the reading itself */
  time?: string
  location?: string
}

const LATE_MS = 3_600_000
const DAY_MS = 86_400_000
const SAMPLES_APART_MAX_MS = DAY_MS

/** Where in the payload a field stands. */
function pointer(place: Place, field: string): string {
  if (!place.whole) return `${place.base}/${field}`
  if (field === 'phenomenonTime') return place.time ?? place.base
  return field === 'location' ? (place.location ?? place.base) : place.base
}

/**
 * One reading of the right shape: is it a known property, a unit that fits, a value that can be, a time that can be,
 * a place that can be? Gives the reading in the canonical unit, or the first reason against it.
 *
 * @param index place within the message
 */
export function judgeObservation(
  o: ObservationPayload,
  where: Circumstances,
  place: Place,
  index: number,
): Reading | Rejection {
  const { device, receivedAt } = where
  const property = OBSERVED_PROPERTIES.get(o.observedProperty)
  if (!property) return unknownProperty(o.observedProperty, pointer(place, 'observedProperty'))

  if (o.datastream !== undefined && !isStorable(o.datastream))
    return notStorable(o.datastream, pointer(place, 'datastream'))
  if (o.id !== undefined && !isStorable(o.id)) return notStorable(o.id, pointer(place, 'id'))
  const datastream = o.datastream === undefined ? property.name : `${property.name}/${o.datastream}`
  const declared = where.declared(datastream)
  const unit = o.unit ?? declared?.unit
  const measured = judgeResult(o, unit, property, place)
  if ('code' in measured) return measured

  let time: Instant
  let durationMs: number | null = null
  let quality = 0
  if (o.phenomenonTime === undefined) {
    // The sequence below the millisecond keeps two readings apart that came within one, the same at every replay.
    time = { ms: receivedAt, ns: (where.sequence * 1_000 + index) % 1_000_000 }
    quality |= QUALITY.receiveTime
  } else {
    const judged = judgePeriod(o.phenomenonTime, receivedAt, pointer(place, 'phenomenonTime'))
    if ('code' in judged) return judged
    time = judged.start
    const lasted = judged.end.ms - judged.start.ms
    if (lasted > 0) durationMs = lasted
    // The mean of an hour cannot come before the hour is over.
    if (receivedAt - judged.end.ms > LATE_MS) quality |= QUALITY.late
  }
  // Without a resultTime it is the phenomenonTime, never the moment of arrival: that would let the network's whims
  // decide which of two values is valid.
  let resultMs = time.ms
  if (o.resultTime !== undefined) {
    const judged = judgeTime(o.resultTime, receivedAt, pointer(place, 'resultTime'))
    if ('code' in judged) return judged
    resultMs = judged.ms
  }

  if (o.location !== undefined) {
    const [lng, lat] = o.location
    const fault = judgePosition(lng, lat, where, pointer(place, 'location'))
    if (fault) return fault
    // A device that was moved is compared with the place that it had when it measured.
    const stood = isMoving(device) ? null : where.stoodAt(time.ms)
    if (stood && metresBetween(stood[0], stood[1], lng, lat) > POSITION_CONFLICT_M)
      quality |= QUALITY.positionConflict
  }
  const qualified =
    property.kind === 'quantity'
      ? qualify(
          measured,
          { result: Number(o.result), unit: unit ?? property.unit },
          property,
          declared,
          where.calibrations(datastream),
          time.ms,
        )
      : { ...measured, quality: 0, calibration: null }
  return {
    deviceId: device.id,
    datastream,
    property: property.name,
    ms: time.ms,
    ns: time.ns,
    value: qualified.value,
    resultMs,
    receivedAt,
    messageId: o.id === undefined ? '' : o.id.toWellFormed(),
    quality: quality | qualified.quality,
    rawValue: qualified.rawValue,
    rawUnit: qualified.rawUnit,
    calibration: qualified.calibration,
    durationMs,
  }
}

/** @param unit as sent, or as the datastream was declared */
function judgeResult(
  o: ObservationPayload,
  unit: string | undefined,
  property: ObservedProperty,
  place: Place,
): Converted | Rejection {
  const { result } = o
  if (property.kind === 'category') {
    const value = typeof result === 'string' ? (property.codes?.indexOf(result) ?? -1) : -1
    if (value < 0)
      return notAValue(o, property, place, (property.codes ?? []).map((c) => `"${c}"`).join(' or '))
    if (unit !== undefined && unit !== '1') return unknownUnit(unit, property, place)
    return { value, rawValue: null, rawUnit: null }
  }
  if (property.kind === 'truth') {
    const truth = result === true || result === 1 ? 1 : result === false || result === 0 ? 0 : -1
    if (truth < 0) return notAValue(o, property, place, 'true, false, 1 or 0')
    if (unit !== undefined && unit !== '1') return unknownUnit(unit, property, place)
    return { value: truth, rawValue: null, rawUnit: null }
  }
  if (typeof result !== 'number' || !Number.isFinite(result)) return notAValue(o, property, place, 'a number')
  let value = result
  let rawValue: number | null = null
  let rawUnit: string | null = null
  if (unit !== undefined && unit !== property.unit) {
    const way = conversion(unit, property)
    if (!way) return unknownUnit(unit, property, place)
    if (way.factor !== 1 || way.offset !== 0) {
      value = convert(result, way)
      rawValue = result
      rawUnit = unit
    }
  }
  const [min, max] = property.possible
  // Written so that NaN and Infinity after a conversion fall out here too.
  if (!(value >= min && value <= max)) {
    return {
      code: 'value_impossible',
      pointer: pointer(place, 'result'),
      expected: `${min} to ${max} ${property.unit}`,
      got:
        unit === undefined || unit === property.unit
          ? `${result} ${property.unit}`
          : `${result} ${clip(unit, 32)} = ${value} ${property.unit}`,
      hint: 'No sensor of this kind can mean this value. Leave the reading out when the sensor gives an error code, and check the unit.',
    }
  }
  return { value, rawValue, rawUnit }
}

function notAValue(
  o: ObservationPayload,
  property: ObservedProperty,
  place: Place,
  expected: string,
): Rejection {
  const text = typeof o.result === 'string'
  return {
    code: 'value_not_a_number',
    pointer: pointer(place, 'result'),
    expected: `${expected} for ${property.name}`,
    got: describe(o.result),
    hint:
      property.kind === 'quantity' && text
        ? 'Write the number without quotes, and its unit in `unit`.'
        : `A result of ${property.name} is ${expected}.`,
  }
}

function unknownUnit(unit: string, property: ObservedProperty, place: Place): Rejection {
  const fitting = property.kind === 'quantity' ? fittingUnits(property) : ['no unit']
  const ofAGas = property.unit === 'ug/m3' && /^\[?pp[bm]\]?$/.test(unit)
  return {
    code: 'unknown_unit',
    pointer: pointer(place, 'unit'),
    expected: `a UCUM unit that can become ${property.unit}: ${fitting.join(', ')}`,
    got: describe(unit),
    hint: ofAGas
      ? `Parts of a volume become mass only for a gas of known weight, which ${property.name} is not. Send it in ${property.unit}.`
      : `Leave unit out when the value is in ${property.unit}; otherwise write it in UCUM, upper and lower case matter.`,
  }
}

function unknownProperty(name: string, where: string): Rejection {
  const { near, rest } = nearest(name)
  return {
    code: 'unknown_property',
    pointer: where,
    expected: `one of ${[...near, ...rest].join(', ')}`,
    got: describe(name),
    hint:
      near.length > 0
        ? `Did you mean ${near.join(' or ')}?`
        : 'Upper and lower case matter; see GET /v1/observed-properties.',
  }
}

/** A time of the right kind, or why it is none. */
export function judgeTime(text: string, receivedAt: number, where: string): Instant | Rejection {
  const judged = text.includes('/') ? unreadable(text, where) : judgePeriod(text, receivedAt, where)
  return 'code' in judged ? judged : judged.start
}

/** An instant, or an interval `start/end`: neither end may be too old or in the future. */
function judgePeriod(
  text: string,
  receivedAt: number,
  where: string,
): { start: Instant; end: Instant } | Rejection {
  const period = parseTime(text)
  if (!period) return unreadable(text, where)
  const fault = timeFault(period.start.ms, receivedAt) ?? timeFault(period.end.ms, receivedAt)
  if (!fault) return period
  return {
    code: fault,
    pointer: where,
    expected:
      fault === 'time_too_old'
        ? 'a time from 2000-01-01 on'
        : `a time up to 5 minutes after ${toRfc3339(receivedAt)}`,
    got: describe(text),
    hint:
      fault === 'time_too_old'
        ? 'The clock of the device was probably never set. Leave the time out to use the moment of arrival.'
        : 'The clock of the device is ahead. Let it take the time from the network.',
  }
}

function unreadable(text: string, where: string): Rejection {
  return {
    code: 'time_unreadable',
    pointer: where,
    expected: 'RFC 3339 with a zone, e.g. 2026-11-24T09:30:00.250Z',
    got: describe(text),
    hint: 'Date, T, time, and Z or an offset such as +01:00. Without a zone a time can mean two moments.',
  }
}

/** Why a device cannot have measured there, or undefined when it can. */
function judgePosition(
  lng: number,
  lat: number,
  where: Pick<Circumstances, 'device' | 'town'>,
  place: string,
): Rejection | undefined {
  if (!isCoordinate(lng, lat) || (lng === 0 && lat === 0)) {
    return {
      code: 'position_impossible',
      pointer: place,
      expected: '[longitude, latitude] in degrees WGS84',
      got: `[${lng}, ${lat}]`,
      hint:
        lng === 0 && lat === 0
          ? '0,0 is what a receiver without a fix says. Leave the position out until there is one.'
          : 'Longitude runs from -180 to 180, latitude from -90 to 90. RD metres are not degrees.',
    }
  }
  const area = allowedArea(where.device, where.town)
  if (!area || contains(area, lng, lat)) return undefined
  const box = [area.minLng, area.minLat, area.maxLng, area.maxLat].map((n) => n.toFixed(4))
  return {
    code: 'position_outside_area',
    pointer: place,
    expected: `longitude ${box[0]} to ${box[2]}, latitude ${box[1]} to ${box[3]}`,
    got: `[${lng}, ${lat}]`,
    hint: contains(area, lat, lng)
      ? 'Longitude comes first: these two look swapped.'
      : 'It lies outside this municipality and its margin. Is the position right, and does the device belong here?',
  }
}

/**
 * A drive chunk of the right shape: equal lengths, times and places that can be. Steps back in time and repeated time
 * stamps stay as they are: real recorders write them. A fix at exactly 0,0 means no fix and is dropped.
 */
export function judgeDrive(
  chunk: DriveChunkPayload,
  where: Circumstances,
): { stored: StoredChunk; payload: DriveChunkPayload } | Rejection {
  if (!isStorable(chunk.drive)) return notStorable(chunk.drive, '/drive')
  const { x, y, z } = chunk.acceleration
  const samples = x.length
  const lengths: [string, number][] = [
    ['/acceleration/y', y.length],
    ['/acceleration/z', z.length],
  ]
  if (chunk.rotation) {
    lengths.push(
      ['/rotation/x', chunk.rotation.x.length],
      ['/rotation/y', chunk.rotation.y.length],
      ['/rotation/z', chunk.rotation.z.length],
    )
  }
  if (chunk.offsets) lengths.push(['/offsets', chunk.offsets.length])
  const other = lengths.find(([, length]) => length !== samples)
  if (other) {
    return inconsistent(
      other[0],
      `${samples} values, as in /acceleration/x`,
      `${other[1]} values`,
      'Every axis, and offsets, hold one value for each sample.',
    )
  }
  const start = judgeTime(chunk.startTime, where.receivedAt, '/startTime')
  if ('code' in start) return start
  const spread = (values: readonly number[]) => values.findIndex((ms) => Math.abs(ms) > SAMPLES_APART_MAX_MS)
  const far = chunk.offsets ? spread(chunk.offsets) : -1
  if (chunk.offsets && far >= 0) {
    return inconsistent(
      `/offsets/${far}`,
      'ms after startTime, less than a day',
      String(chunk.offsets[far]),
      'Offsets are milliseconds from startTime, not times of their own.',
    )
  }
  const farFix = spread(chunk.fixes.map((fix) => fix.t))
  if (farFix >= 0) {
    return inconsistent(
      `/fixes/${farFix}/t`,
      'ms after startTime, less than a day',
      String(chunk.fixes[farFix]?.t),
      'The time of a fix is in milliseconds from startTime.',
    )
  }
  const lastMs = chunk.offsets
    ? chunk.offsets.reduce((a, b) => Math.max(a, b), 0)
    : ((samples - 1) * 1000) / (chunk.rate ?? 1)
  if (timeFault(start.ms + Math.max(0, lastMs), where.receivedAt) === 'time_in_future') {
    return {
      code: 'time_in_future',
      pointer: chunk.offsets ? '/offsets' : '/rate',
      expected: `a last sample up to 5 minutes after ${toRfc3339(where.receivedAt)}`,
      got: toRfc3339(start.ms + lastMs),
      hint: 'The chunk ends later than it came in. Check rate and offsets (ms), and the clock.',
    }
  }

  const fixes = chunk.fixes.filter((fix) => fix.lng !== 0 || fix.lat !== 0)
  let outside = 0
  let firstOutside: Rejection | undefined
  for (const [i, fix] of chunk.fixes.entries()) {
    if (fix.lng === 0 && fix.lat === 0) continue
    const fault = judgePosition(fix.lng, fix.lat, where, `/fixes/${i}`)
    if (fault?.code === 'position_impossible') return fault
    if (fault) {
      outside++
      firstOutside ??= fault
    }
  }
  // A receiver that jumps away for a moment is a bad fix; one that is mostly elsewhere is a drive from elsewhere.
  if (firstOutside && outside * 2 > fixes.length) return firstOutside

  const payload: DriveChunkPayload = fixes.length === chunk.fixes.length ? chunk : { ...chunk, fixes }
  return {
    payload,
    stored: {
      deviceId: where.device.id,
      driveId: chunk.drive,
      chunk: chunk.chunk,
      startMs: start.ms,
      samples,
      last: chunk.last === true,
      receivedAt: where.receivedAt,
      body: Buffer.from(JSON.stringify(payload)),
    },
  }
}

function inconsistent(where: string, expected: string, got: string, hint: string): Rejection {
  return { code: 'drive_inconsistent', pointer: where, expected, got, hint }
}

/** Inspection data of the right shape: cells and findings in impossible places go, each with its reason; the rest stays. */
export function judgeInspection(
  payload: InspectionPayload,
  where: Circumstances,
): { inspection: InspectionPayload | null; rejections: Rejection[] } {
  const times: [string, string][] =
    payload.kind === 'findings'
      ? [['/acquired', payload.acquired]]
      : [
          ['/from', payload.from],
          ['/to', payload.to],
        ]
  for (const [where_, text] of times) {
    const judged = judgeTime(DATE.test(text) ? `${text}T00:00:00Z` : text, where.receivedAt, where_)
    if ('code' in judged) return { inspection: null, rejections: [judged] }
  }
  const rejections: Rejection[] = []
  if (payload.kind === 'settlement-cells') {
    const cells = payload.cells.filter((cell, i) =>
      keep(judgePosition(cell.lng, cell.lat, where, `/cells/${i}`)),
    )
    return { inspection: cells.length > 0 ? { ...payload, cells } : null, rejections }
  }
  const findings = payload.findings.filter((finding, i) => {
    const { geometry } = finding
    const points =
      geometry.type === 'Point'
        ? [geometry.coordinates]
        : geometry.type === 'LineString'
          ? geometry.coordinates
          : geometry.coordinates.flat()
    const bad = points
      .map(([lng, lat]) => judgePosition(lng, lat, where, `/findings/${i}/geometry/coordinates`))
      .find((r) => r !== undefined)
    return keep(bad)
  })
  return { inspection: findings.length > 0 ? { ...payload, findings } : null, rejections }

  function keep(fault: Rejection | undefined): boolean {
    if (fault) rejections.push(fault)
    return fault === undefined
  }
}

const DATE = /^\d{4}-\d{2}-\d{2}$/

/** Functions of SQLite and many who read our exports end a text at U+0000, so that two names would look the same. */
function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\u0000')
}

function notStorable(text: string, where: string): Rejection {
  return {
    code: 'wrong_shape',
    pointer: where,
    expected: 'whole Unicode characters, none of them U+0000',
    got: describe(text),
    hint: 'The text holds half of a surrogate pair or U+0000, which other systems cannot store.',
  }
}

const LONGEST_NAME = Math.max(...[...OBSERVED_PROPERTIES.keys()].map((name) => name.length))

/** Names that look like it, best first; and the others. */
function nearest(name: string): { near: string[]; rest: string[] } {
  // A text far longer than any name is a misspelling of none, and a thousand of them would keep a processor busy.
  const wanted = plainName(name)
  if (wanted.length > 2 * LONGEST_NAME) return { near: [], rest: [...OBSERVED_PROPERTIES.keys()] }
  const scored = [...OBSERVED_PROPERTIES.keys()].map((known) => {
    const candidate = plainName(known)
    const distance = wanted.length > 0 && candidate.startsWith(wanted) ? 1 : editDistance(wanted, candidate)
    return { known, distance }
  })
  scored.sort((a, b) => a.distance - b.distance)
  const near = scored.filter((s) => s.distance <= Math.max(1, Math.floor(wanted.length / 3))).slice(0, 3)
  return {
    near: near.map((s) => s.known),
    rest: scored.filter((s) => !near.includes(s)).map((s) => s.known),
  }
}

function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '')
}

/** Levenshtein distance; both texts are short. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      next[j] = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1),
      )
    }
    row = next
  }
  return row[b.length] ?? 0
}

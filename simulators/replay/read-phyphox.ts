import { existsSync } from 'node:fs'
import path from 'node:path'
import { readCsv, readText } from './read-file.ts'
import { makeFix, type Recording, readNumber } from './recording.ts'

/** The folder of a drive as phyphox exports it: accelerometer.csv, and beside it gyroscope.csv and location.csv. */
export function findPhyphox(folder: string): string | undefined {
  return ['accelerometer.csv', 'accelerometer.csv.gz']
    .map((f) => path.join(folder, f))
    .find((f) => existsSync(f))
}

/** Read a phyphox drive: m/s² with gravity, own clock from 0, no date; each sensor has time stamps of its own. */
export function readPhyphox(folder: string, name: string): Recording {
  const accelerometer = findPhyphox(folder)
  if (!accelerometer) throw new Error(`${folder}: no accelerometer.csv`)
  const recording: Recording = {
    name,
    startMs: null,
    timesMs: [],
    unit: 'm/s2',
    x: [],
    y: [],
    z: [],
    rotation: null,
    fixes: [],
    rows: 0,
    refused: [],
    notes: [],
  }
  for (const { line, cells } of readCsv(readText(accelerometer)).slice(1)) {
    recording.rows++
    const [t, x, y, z] = cells.map(readNumber)
    if (t === undefined || x === undefined || y === undefined || z === undefined) {
      recording.refused.push({ line, reason: `not four numbers: ${cells.join(',').slice(0, 80)}` })
      continue
    }
    recording.timesMs.push(t * 1000)
    recording.x.push(x)
    recording.y.push(y)
    recording.z.push(z)
  }
  const beside = (base: string) =>
    [`${base}.csv`, `${base}.csv.gz`].map((f) => path.join(folder, f)).find((f) => existsSync(f))
  const gyroscope = beside('gyroscope')
  if (gyroscope) recording.rotation = alignRotation(recording.timesMs, readCsv(readText(gyroscope)).slice(1))
  const location = beside('location')
  if (location) {
    for (const { cells } of readCsv(readText(location)).slice(1)) {
      const [t, lat, lng, , speed, heading, accuracy] = cells.map(readNumber)
      if (t === undefined) continue
      const fix = makeFix(t * 1000, lat, lng, { speed, heading, accuracy })
      if (fix) recording.fixes.push(fix)
    }
  } else recording.notes.push('no location.csv: nothing of it can be put on a road')
  return recording
}

/** For each accelerometer sample the nearest gyroscope sample in time. */
function alignRotation(timesMs: readonly number[], rows: { cells: string[] }[]): Recording['rotation'] {
  const samples = rows
    .map(({ cells }) => cells.map(readNumber))
    .filter((v): v is number[] => v.length >= 4 && v.slice(0, 4).every((n) => n !== undefined))
    .map(([t = 0, x = 0, y = 0, z = 0]) => ({ t: t * 1000, x, y, z }))
  if (samples.length === 0) return null
  const rotation = { x: [] as number[], y: [] as number[], z: [] as number[] }
  let i = 0
  for (const t of timesMs) {
    while (
      i + 1 < samples.length &&
      Math.abs((samples[i + 1]?.t ?? 0) - t) <= Math.abs((samples[i]?.t ?? 0) - t)
    )
      i++
    rotation.x.push(samples[i]?.x ?? 0)
    rotation.y.push(samples[i]?.y ?? 0)
    rotation.z.push(samples[i]?.z ?? 0)
  }
  return rotation
}

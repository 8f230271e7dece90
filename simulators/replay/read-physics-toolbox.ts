import { addFixIfNew, makeFix, type Recording, readNumber } from './recording.ts'

const HEADER = /^time,gFx,gFy,gFz,Latitude,Longitude,Speed/i

export function isPhysicsToolbox(header: string): boolean {
  return HEADER.test(header.replace(/"/g, ''))
}

/**
 * Read a Physics Toolbox log: g with gravity, decimal comma in quotes, two clock forms (`16:22:42:557` local time, or
 * seconds), 0,0 for no fix. The date stands in the file name (`2018-10-0716.22.42.csv`); it has no zone, so it is
 * taken as UTC.
 */
export function readPhysicsToolbox(
  rows: { line: number; cells: string[] }[],
  name: string,
  fileName: string,
): Recording {
  const recording: Recording = {
    name,
    startMs: null,
    timesMs: [],
    unit: 'g',
    x: [],
    y: [],
    z: [],
    rotation: null,
    fixes: [],
    rows: 0,
    refused: [],
    notes: [],
  }
  const dated = /(\d{4})-(\d{2})-(\d{2})[ T_-]?(\d{2})\.(\d{2})\.(\d{2})/.exec(fileName)
  const [, year, month, day, h, m, s] = (dated ?? []).map(Number)
  const midnight = dated ? Date.UTC(year ?? 0, (month ?? 1) - 1, day) : null
  const named = midnight === null ? null : midnight + (((h ?? 0) * 60 + (m ?? 0)) * 60 + (s ?? 0)) * 1000
  let first: number | undefined
  let dayShift = 0
  let previous: number | undefined
  for (const { line, cells } of rows.slice(1)) {
    recording.rows++
    const clock = readClock(cells[0])
    const [x, y, z, lat, lng, speed] = cells.slice(1, 7).map(readNumber)
    if (clock === undefined || x === undefined || y === undefined || z === undefined) {
      recording.refused.push({
        line,
        reason: `time or acceleration cannot be read: ${cells.join(',').slice(0, 80)}`,
      })
      continue
    }
    // A drive over midnight: the clock falls by most of a day. A small step back is a fault of the log and is kept.
    if (previous !== undefined && clock.ofDay && previous - clock.ms > 43_200_000) dayShift += 86_400_000
    previous = clock.ms
    const t = clock.ms + dayShift
    first ??= t
    recording.timesMs.push(t - first)
    recording.x.push(x)
    recording.y.push(y)
    recording.z.push(z)
    addFixIfNew(recording.fixes, makeFix(t - first, lat, lng, { speed }))
    if (recording.startMs === null && named !== null) {
      recording.startMs = clock.ofDay && midnight !== null ? midnight + clock.ms : named
    }
  }
  if (recording.startMs !== null) recording.notes.push('times have no zone: taken as UTC')
  if (recording.fixes.length === 0)
    recording.notes.push('no position in the whole drive: nothing of it can be put on a road')
  return recording
}

function readClock(text: string | undefined): { ms: number; ofDay: boolean } | undefined {
  if (text === undefined) return undefined
  const parts = /^(\d{1,2}):(\d{2}):(\d{2})[:.,](\d{1,3})$/.exec(text.trim())
  if (parts) {
    const [, h, m, s, ms = '0'] = parts
    return {
      ms: ((Number(h) * 60 + Number(m)) * 60 + Number(s)) * 1000 + Number(ms.padEnd(3, '0')),
      ofDay: true,
    }
  }
  const seconds = readNumber(text)
  return seconds === undefined ? undefined : { ms: seconds * 1000, ofDay: false }
}

import { addFixIfNew, makeFix, type Recording, readNumber } from './recording.ts'

const NEEDED = ['timestamp', 'accelerometerx', 'accelerometery', 'accelerometerz'] as const

export function isPlainCsv(header: readonly string[]): boolean {
  const names = header.map((h) => h.trim().toLowerCase())
  return NEEDED.every((n) => names.includes(n))
}

/**
 * Read a plain CSV: `timestamp,latitude,longitude,speed,accelerometerX,accelerometerY,accelerometerZ,gyroX,gyroY,gyroZ`
 * in any order; Unix s, degrees, m/s with -1 for unknown, g with gravity, rad/s. Position, speed and gyroscope may be
 * absent, as columns or in single rows.
 */
export function readPlainCsv(rows: { line: number; cells: string[] }[], name: string): Recording {
  const header = (rows[0]?.cells ?? []).map((h) => h.trim().toLowerCase())
  const column = (n: string) => header.indexOf(n)
  const [iT, iLat, iLng, iSpeed] = ['timestamp', 'latitude', 'longitude', 'speed'].map(column) as [
    number,
    number,
    number,
    number,
  ]
  const iA = ['accelerometerx', 'accelerometery', 'accelerometerz'].map(column)
  const iG = ['gyrox', 'gyroy', 'gyroz'].map(column)
  const hasGyro = iG.every((i) => i >= 0)
  const recording: Recording = {
    name,
    startMs: null,
    timesMs: [],
    unit: 'g',
    x: [],
    y: [],
    z: [],
    rotation: hasGyro ? { x: [], y: [], z: [] } : null,
    fixes: [],
    rows: 0,
    refused: [],
    notes: [],
  }
  let first: number | undefined
  for (const { line, cells } of rows.slice(1)) {
    recording.rows++
    const t = readNumber(cells[iT])
    const [x, y, z] = iA.map((i) => readNumber(cells[i]))
    if (t === undefined || x === undefined || y === undefined || z === undefined) {
      recording.refused.push({
        line,
        reason: `timestamp or acceleration cannot be read: ${cells.join(',').slice(0, 80)}`,
      })
      continue
    }
    first ??= t
    const ms = (t - first) * 1000
    recording.timesMs.push(ms)
    recording.x.push(x)
    recording.y.push(y)
    recording.z.push(z)
    if (recording.rotation) {
      const [gx, gy, gz] = iG.map((i) => readNumber(cells[i]) ?? 0)
      recording.rotation.x.push(gx ?? 0)
      recording.rotation.y.push(gy ?? 0)
      recording.rotation.z.push(gz ?? 0)
    }
    addFixIfNew(
      recording.fixes,
      makeFix(ms, readNumber(cells[iLat]), readNumber(cells[iLng]), { speed: readNumber(cells[iSpeed]) }),
    )
  }
  // Less than a year after 1970 is a clock of its own, not a date.
  if (first !== undefined && first > 365 * 86_400) recording.startMs = Math.round(first * 1000)
  return recording
}

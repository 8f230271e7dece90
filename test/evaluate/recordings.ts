import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import type { DriveChunk } from '../../detection/road/clean.ts'

/** A recorded drive of the shared folder, as chunks, and what its folder says of it. */
export type Recording = { name: string; label: string; chunks: DriveChunk[] }

/** Where drives without a date begin: any moment will do. */
const START = Date.UTC(2025, 0, 1)

/** Read a CSV, gzipped or not, with its header. */
export function readCsv(file: string): Record<string, string>[] {
  const raw = readFileSync(file)
  const text = (file.endsWith('.gz') ? gunzipSync(raw) : raw).toString('utf8')
  return parse(text, { columns: true, skip_empty_lines: true, relax_column_count: true, bom: true })
}

/** The drives of road/gyor: one chunk each, offsets as recorded. */
export function gyorDrives(folder: string): Recording[] {
  const root = path.join(folder, 'road/gyor')
  return readdirSync(root)
    .filter((label) => !label.includes('.'))
    .sort()
    .flatMap((label) =>
      readdirSync(path.join(root, label))
        .sort()
        .map((drive) => {
          const at = path.join(root, label, drive)
          const rows = readCsv(path.join(at, 'accelerometer.csv.gz'))
          const keys = Object.keys(rows[0] ?? {})
          const axis = (letter: string) => keys.find((k) => k.startsWith(letter)) ?? letter
          const [x, y, z] = [axis('X'), axis('Y'), axis('Z')]
          const number = (text: string | undefined) => Number(text ?? Number.NaN)
          const fixes = readCsv(path.join(at, 'location.csv')).map((row) => {
            const field = (start: string) =>
              number(row[Object.keys(row).find((k) => k.startsWith(start)) ?? ''])
            return {
              t: field('Time') * 1000,
              lng: field('Longitude'),
              lat: field('Latitude'),
              speed: field('Velocity'),
              heading: field('Direction'),
              accuracy: field('Horizontal Accuracy'),
            }
          })
          const payload = {
            drive: `${label}-${drive}`,
            chunk: 0,
            startTime: new Date(START).toISOString(),
            offsets: rows.map((r) => number(r['Time (s)']) * 1000),
            unit: 'm/s2' as const,
            acceleration: {
              x: rows.map((r) => number(r[x])),
              y: rows.map((r) => number(r[y])),
              z: rows.map((r) => number(r[z])),
            },
            fixes,
          }
          return { name: `${label}-${drive}`, label, chunks: [{ chunk: 0, startMs: START, payload }] }
        }),
    )
}

/** Clips of one column as drives without fixes. */
export function clips(folder: string, name: string): { class: string; values: number[] }[] {
  const root = path.join(folder, name)
  return readdirSync(root)
    .filter((c) => !c.includes('.'))
    .sort()
    .flatMap((label) =>
      readdirSync(path.join(root, label))
        .sort()
        .map((file) => ({
          class: label,
          values: readCsv(path.join(root, label, file)).map((r) => Number(Object.values(r)[0])),
        })),
    )
}

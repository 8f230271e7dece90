import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, inflateRawSync } from 'node:zlib'
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

/** The files in the only zip of a folder, as text. Reads the central directory; plain and deflated entries. */
export function zipEntries(folder: string): { name: string; text: string }[] {
  const file = readdirSync(folder).find((f) => f.endsWith('.zip'))
  if (!file) throw new Error(`${folder} holds no zip`)
  const zip = readFileSync(path.join(folder, file))
  const end = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]))
  const count = zip.readUInt16LE(end + 10)
  let at = zip.readUInt32LE(end + 16)
  const entries: { name: string; text: string }[] = []
  for (let i = 0; i < count; i++) {
    const method = zip.readUInt16LE(at + 10)
    const size = zip.readUInt32LE(at + 20)
    const [nameLength, extra, comment] = [28, 30, 32].map((o) => zip.readUInt16LE(at + o)) as [
      number,
      number,
      number,
    ]
    const local = zip.readUInt32LE(at + 42)
    const name = zip.toString('utf8', at + 46, at + 46 + nameLength)
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28)
    const body = zip.subarray(from, from + size)
    if (!name.endsWith('/')) {
      entries.push({ name, text: (method === 8 ? inflateRawSync(body) : body).toString('utf8') })
    }
    at += 46 + nameLength + extra + comment
  }
  return entries
}

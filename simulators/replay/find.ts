import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { readCsv, readText } from './read-file.ts'
import { findPhyphox, readPhyphox } from './read-phyphox.ts'
import { isPhysicsToolbox, readPhysicsToolbox } from './read-physics-toolbox.ts'
import { isPlainCsv, readPlainCsv } from './read-plain-csv.ts'
import type { Recording } from './recording.ts'

/** A drive that was found, read only when it is its turn; or what was passed over, and why. */
export type Found = { file: string; read: () => Recording } | { file: string; passedOver: string }

const PHYPHOX_PARTS = /^(accelerometer|linear-accelerometer|gyroscope|location)\.csv(\.gz)?$/

/** Look through a file or folder, in the order of the names. */
export function findDrives(start: string): Found[] {
  const root = path.resolve(start)
  if (!statSync(root).isDirectory()) return [inFile(root, path.dirname(root))]
  return inFolder(root, path.dirname(root))
}

function inFolder(folder: string, root: string): Found[] {
  const found: Found[] = []
  if (findPhyphox(folder)) found.push({ file: folder, read: () => readPhyphox(folder, nameOf(folder, root)) })
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const full = path.join(folder, entry.name)
    if (entry.isDirectory()) found.push(...inFolder(full, root))
    else if (entry.isFile() && !PHYPHOX_PARTS.test(entry.name)) found.push(inFile(full, root))
  }
  return found
}

function inFile(file: string, root: string): Found {
  if (!/\.csv(\.gz)?$/i.test(file)) return { file, passedOver: 'not a .csv or .csv.gz' }
  let rows: { line: number; cells: string[] }[]
  try {
    rows = readCsv(readText(file))
  } catch (error) {
    return { file, passedOver: `cannot be read: ${(error as Error).message}` }
  }
  const header = rows[0]?.cells ?? []
  const name = nameOf(file, root)
  if (isPhysicsToolbox(header.join(',')))
    return { file, read: () => readPhysicsToolbox(rows, name, path.basename(file)) }
  if (isPlainCsv(header)) return { file, read: () => readPlainCsv(rows, name) }
  return { file, passedOver: `no format that is known here; its header is ${header.join(',').slice(0, 100)}` }
}

/** `gyor/q1/00` → `gyor-q1-00`: letters, digits and dashes, so that it can be part of a device id. */
function nameOf(full: string, root: string): string {
  const relative = path.relative(root, full).replace(/\.csv(\.gz)?$/i, '')
  return relative
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(-56)
    .replace(/^-+/, '')
}

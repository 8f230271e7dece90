import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'

/** Text of a file, unpacked when it ends in .gz. @throws when it cannot be read */
export function readText(file: string): string {
  const bytes = readFileSync(file)
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
}

/** Rows of a CSV with their line numbers; the header is row 0. Rows may be short or long: the reader judges. */
export function readCsv(text: string): { line: number; cells: string[] }[] {
  const rows = parse(text, {
    bom: true,
    relax_column_count: true,
    skip_empty_lines: true,
    info: true,
  }) as unknown as {
    record: string[]
    info: { lines: number }
  }[]
  return rows.map(({ record, info }) => ({ line: info.lines, cells: record }))
}

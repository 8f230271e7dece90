import { type Info, parse } from 'csv-parse/sync'
import { ImportError } from './report.ts'

export type TableRow = { line: number; where: string; fields: Map<string, string> }

/**
 * Rows of a CSV file with a header. The delimiter is the one of comma, semicolon and tab that the header holds most;
 * column names are lower-cased; a row with more or fewer fields than the header keeps what it has.
 *
 * @param limits for what comes from outside: most rows and columns
 * @throws ImportError when it is no CSV, has no rows, or more than the limits
 */
export function readTable(
  file: string,
  text: string,
  limits: { rows: number; columns: number } = {
    rows: Number.POSITIVE_INFINITY,
    columns: Number.POSITIVE_INFINITY,
  },
): TableRow[] {
  const header = text.slice(0, text.indexOf('\n') < 0 ? text.length : text.indexOf('\n'))
  const count = (sign: string) => header.split(sign).length
  const delimiter = [',', ';', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best))
  let records: { record: string[]; info: Info }[]
  try {
    records = parse(text, {
      delimiter,
      bom: true,
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as { record: string[]; info: Info }[]
  } catch (error) {
    throw new ImportError(`${file} is no CSV: ${(error as Error).message}`, null, { cause: error })
  }
  const names = records[0]?.record.map((name) => name.toLowerCase().replace(/^\ufeff/, '')) ?? []
  if (names.length > limits.columns)
    throw new ImportError(`${file} has ${names.length} columns; at most ${limits.columns} are taken`)
  if (records.length - 1 > limits.rows)
    throw new ImportError(`${file} has ${records.length - 1} rows; at most ${limits.rows} are taken at once`)
  if (records.length < 2) throw new ImportError(`${file} holds no rows under its header`)
  return records.slice(1).map(({ record, info }) => ({
    line: info.lines,
    where: `line ${info.lines}`,
    fields: new Map(names.map((name, i) => [name, record[i] ?? ''] as const)),
  }))
}

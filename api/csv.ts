/** A cell of a CSV file. */
type Cell = string | number | boolean | null

/**
 * CSV after RFC 4180: CRLF, every text quoted when it has to be. With a byte order mark, because Excel reads UTF-8
 * only then; other programs skip it. A text that a spreadsheet would run as a formula (it starts with = + - @, a tab
 * or a line break) gets a quote before it: OWASP, CSV injection. Numbers stay numbers.
 */
export function toCsv(header: readonly string[], rows: Iterable<readonly Cell[]>): string {
  const lines = [header.map(cell).join(',')]
  for (const row of rows) lines.push(row.map(cell).join(','))
  return `\uFEFF${lines.join('\r\n')}\r\n`
}

function cell(value: Cell): string {
  if (value === null) return ''
  if (typeof value === 'number') return Number.isFinite(value) ? String(value) : ''
  if (typeof value === 'boolean') return String(value)
  // NUL ends a cell in some programs.
  const clean = value.replaceAll('\u0000', '')
  // Also the full-width signs, which some spreadsheets take for the plain ones.
  const safe = /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/.test(clean) ? `'${clean}` : clean
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}

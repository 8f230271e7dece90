const ROW = 16

/** `000000  7b 22 …  {"…` */
export function hexRows(hex: string): string[] {
  const pairs = hex.match(/../g) ?? []
  const rows: string[] = []
  for (let from = 0; from < pairs.length; from += ROW) {
    const row = pairs.slice(from, from + ROW)
    const text = row.map((pair) => {
      const code = Number.parseInt(pair, 16)
      return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '·'
    })
    rows.push(
      `${from.toString(16).padStart(6, '0')}  ${row.join(' ').padEnd(ROW * 3 - 1)}  ${text.join('')}`.trimEnd(),
    )
  }
  return rows
}

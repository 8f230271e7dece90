import { useText } from '../text/language.ts'

const ROW = 16

/** Bytes as hex beside what of them is text, sixteen a line. */
export function HexView({ hex, bytes }: { hex: string; bytes: number }) {
  const t = useText()
  const shown = hex.length / 2
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="payload" tabIndex={0} aria-label={t.desk.trace.hex}>
      <pre>
        <code>{hexRows(hex).join('\n')}</code>
      </pre>
      {shown < bytes ? <p className="quiet">{t.desk.trace.hexCut(shown, bytes)}</p> : null}
    </section>
  )
}

/** `00000000  7b 22 …  {"…` */
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

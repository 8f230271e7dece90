import { useText } from '../text/language.ts'
import { hexRows } from './hex.ts'

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

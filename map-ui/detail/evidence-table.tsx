import { useState } from 'react'
import type { Evidence, FlagDetail } from '../client/types.ts'
import { Button } from '../parts/button.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { Part } from './detail-frame.tsx'
import { Features } from './features.tsx'

const FIRST = 12

/** Every observation with what it is made of: each number can be followed to its source. */
export function EvidenceTable({ flag }: { flag: FlagDetail }) {
  const t = useText()
  const f = useFormat()
  const [all, setAll] = useState(false)
  const rows = all ? flag.evidence : flag.evidence.slice(0, FIRST)
  return (
    <Part
      title={t.flag.evidence}
      aside={
        <span className="quiet figures">
          {t.flag.evidenceShown(f.number(rows.length), f.number(flag.evidenceTotal))}
        </span>
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label={t.flag.evidence}>
        <table className="utrecht-table">
          <thead>
            <tr>
              <th scope="col">{t.flag.source}</th>
              <th scope="col">{t.flag.when}</th>
              <th scope="col" className="numeric" title={t.flag.strengthHint}>
                {t.flag.strength}
              </th>
              <th scope="col" className="numeric">
                {t.flag.counts}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((e) => (
              <EvidenceRows key={e.id} evidence={e} />
            ))}
          </tbody>
        </table>
      </section>
      {!all && flag.evidence.length > FIRST ? (
        <Button look="subtle" onClick={() => setAll(true)}>
          {t.common.more}
        </Button>
      ) : null}
    </Part>
  )
}

function EvidenceRows({ evidence: e }: { evidence: Evidence }) {
  const t = useText()
  const f = useFormat()
  return (
    <>
      <tr className="evidence">
        <td>
          <b>{e.sourceId}</b>
          <span className="cell-sub">{t.sourceKind[e.sourceKind]}</span>
        </td>
        <td>
          <time dateTime={e.time}>{f.dateTime(e.time)}</time>
        </td>
        <td className="numeric">{f.signed(e.llr)}</td>
        <td className={e.weight > 0 ? 'numeric speaks-for' : 'numeric'}>{f.signed(e.weight, 2)}</td>
      </tr>
      <tr>
        <td colSpan={4} className="features">
          <span className="seen-by-readers">{t.flag.features}: </span>
          <Features features={e.features} />
        </td>
      </tr>
    </>
  )
}

import type { Flag } from '../client/types.ts'
import { ConfidenceBar } from '../parts/confidence-bar.tsx'
import { HypothesisMark } from '../parts/hypothesis-mark.tsx'
import { Icon } from '../parts/icon.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { RowLink } from './row-link.tsx'

/** What, where, how sure, since when, by how many: everything needed to choose the next one to look at. */
export function FlagRow({ flag }: { flag: Flag }) {
  const t = useText()
  const f = useFormat()
  return (
    <RowLink sel={{ kind: 'flag', id: flag.id }}>
      <HypothesisMark
        hypothesis={flag.hypothesis}
        over={flag.state === 'closed' || flag.state === 'rejected'}
      />
      <span className="row-main">
        <span className="row-title">{flag.street || '–'}</span>
        <span className="row-sub">
          {t.hypothesis[flag.hypothesis]}
          {flag.state === 'open' ? null : ` · ${t.flagState[flag.state].toLowerCase()}`}
        </span>
      </span>
      <span className="row-side figures">
        <span className="row-confidence">
          <ConfidenceBar value={flag.confidence} />
          <span>
            <span className="seen-by-readers">{t.list.confidence} </span>
            {f.confidence(flag.confidence)}
          </span>
        </span>
        <span className="row-sub">
          {flag.caseId ? (
            <span className="row-case" title={t.list.hasCase}>
              <Icon name="cases" size={13} />
              <span className="seen-by-readers">{t.list.hasCase} · </span>
            </span>
          ) : null}
          {flag.sources > 0 ? t.list.vehicles(flag.sources) : t.list.byPerson} · {f.age(flag.openedAt)}
        </span>
      </span>
    </RowLink>
  )
}

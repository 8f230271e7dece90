import { useId } from 'react'
import type { Flag } from '../client/types.ts'
import { HypothesisMark } from '../parts/hypothesis-mark.tsx'
import { Icon } from '../parts/icon.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { FlagRow } from './flag-row.tsx'

/** Many places of one street and kind: how many, how sure, and on request each of them. */
export function FlagGroupRow({
  flags,
  more,
  open,
  onToggle,
}: {
  flags: readonly Flag[]
  /** there may be others, not yet asked for */
  more: boolean
  open: boolean
  onToggle: () => void
}) {
  const t = useText()
  const f = useFormat()
  const id = useId()
  const [first] = flags
  if (!first) return null
  const confidences = flags.map((flag) => flag.confidence)
  const [least, most] = [f.confidence(Math.min(...confidences)), f.confidence(Math.max(...confidences))]
  const cases = flags.filter((flag) => flag.caseId).length
  return (
    <>
      <button
        type="button"
        className="row row--group"
        data-group=""
        aria-expanded={open}
        aria-controls={id}
        onClick={onToggle}
      >
        <HypothesisMark hypothesis={first.hypothesis} />
        <span className="row-main">
          <span className="row-title">{first.street}</span>
          <span className="row-sub">{t.hypothesis[first.hypothesis]}</span>
        </span>
        <span className="row-side figures">
          <span className="row-many">
            {t.list.places(flags.length, more)}
            <Icon name="down" size={14} />
          </span>
          <span className="row-sub">
            {cases > 0 ? (
              <span className="row-case" title={t.list.hasCase}>
                <Icon name="cases" size={13} />
                {cases}
                <span className="seen-by-readers"> {t.list.hasCase} · </span>
              </span>
            ) : null}
            <span className="seen-by-readers">{t.list.confidence} </span>
            {least === most ? most : `${least} – ${most}`}
          </span>
        </span>
      </button>
      {/* Hidden, not gone: previous and next in an opened detail walk over all of them. */}
      <ul id={id} className="rows-inside" hidden={!open}>
        {flags.map((flag) => (
          <li key={flag.id}>
            <FlagRow flag={flag} />
          </li>
        ))}
      </ul>
    </>
  )
}

import type { Case } from '../client/types.ts'
import { Deadline } from '../parts/deadline.tsx'
import { HypothesisMark } from '../parts/hypothesis-mark.tsx'
import { useText } from '../text/language.ts'
import { RowLink } from './row-link.tsx'

export function CaseRow({ item }: { item: Case }) {
  const t = useText()
  const done = item.closedAt !== null
  return (
    <RowLink sel={{ kind: 'case', id: item.id }}>
      <HypothesisMark hypothesis={item.hypothesis} over={done} />
      <span className="row-main">
        <span className="row-title">
          {item.street || item.title}
          {item.priority === 'high' ? <span className="badge badge--high">{t.priority.high}</span> : null}
        </span>
        <span className="row-sub">
          {item.id} · {item.assignee?.name ?? t.case.nobody}
        </span>
      </span>
      <span className="row-side">
        <span className={`badge badge--state badge--${item.state}`}>{t.caseState[item.state]}</span>
        <span className="row-sub figures">
          <Deadline at={item.deadlineAt} done={done} />
        </span>
      </span>
    </RowLink>
  )
}

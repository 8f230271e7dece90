import { useEffect, useState } from 'react'
import type { ApiError } from '../client/fetch.ts'
import { may, useMe } from '../client/me.ts'
import { invalidate, useResource } from '../client/resource.ts'
import type { CaseDetail } from '../client/types.ts'
import { FlagRow } from '../list/flag-row.tsx'
import { setFocus } from '../map/focus.ts'
import { Deadline } from '../parts/deadline.tsx'
import { HypothesisMark } from '../parts/hypothesis-mark.tsx'
import { Alert, Failed, Loading, wordsOf } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { CaseChanges } from './case-changes.tsx'
import { CaseHistory } from './case-history.tsx'
import { DetailFrame, Part } from './detail-frame.tsx'

/** The work that follows a flag: where it stands, who does it, by when, and everything that happened. */
export function CasePanel({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText()
  const f = useFormat()
  const me = useMe()
  const path = `/v1/cases/${encodeURIComponent(id)}`
  const { data: item, error } = useResource<CaseDetail>(path)
  const [failure, setFailure] = useState<ApiError>()
  const lng = item?.lng
  const lat = item?.lat
  const stretchId = item?.stretchId ?? null
  useEffect(() => {
    if (lng !== undefined && lat !== undefined) setFocus({ lng, lat, line: null, stretchId })
  }, [lng, lat, stretchId])
  if (!item) {
    return (
      <DetailFrame kicker={t.case.one} title="…" onClose={onClose}>
        {error ? <Failed error={error} retry={path} /> : <Loading />}
      </DetailFrame>
    )
  }
  const done = item.closedAt !== null
  return (
    <DetailFrame
      kicker={`${t.case.one} ${item.id} · ${item.street}`}
      title={item.title}
      mark={<HypothesisMark hypothesis={item.hypothesis} size={32} over={done} />}
      onClose={onClose}
    >
      <dl className="facts figures">
        <div>
          <dt>{t.case.state}</dt>
          <dd>
            <span className={`badge badge--state badge--${item.state}`}>{t.caseState[item.state]}</span>
          </dd>
        </div>
        <div>
          <dt>{t.case.assignee}</dt>
          <dd>{item.assignee?.name ?? t.case.nobody}</dd>
        </div>
        <div>
          <dt>{t.case.deadline}</dt>
          <dd>{item.deadlineAt ? <Deadline at={item.deadlineAt} done={done} /> : '–'}</dd>
        </div>
        <div>
          <dt>{t.case.priority}</dt>
          <dd>{t.priority[item.priority]}</dd>
        </div>
        <div>
          <dt>{t.case.created}</dt>
          <dd>
            <time dateTime={item.createdAt}>{f.dateTime(item.createdAt)}</time>
          </dd>
        </div>
        {item.closeReason ? (
          <div>
            <dt>{t.case.closedWith}</dt>
            <dd>{t.closeReason[item.closeReason]}</dd>
          </div>
        ) : null}
      </dl>
      {item.description ? <p className="description">{item.description}</p> : null}
      {failure ? (
        <Alert kind="error">
          {failure.status === 412
            ? t.case.conflict
            : failure.problem?.allowed
              ? t.case.refused(
                  failure.problem.allowed
                    .map((s) => (t.caseState as Record<string, string>)[s] ?? s)
                    .join(', '),
                )
              : wordsOf(failure, t)}
        </Alert>
      ) : null}
      {may(me.role, 'judge') ? (
        <CaseChanges
          item={item}
          onDone={() => {
            setFailure(undefined)
            invalidate('/v1/cases', '/v1/features/cases', '/v1/flags', '/v1/town')
          }}
          onFailure={(e) => {
            setFailure(e)
            if (e.status === 412) invalidate(path)
          }}
        />
      ) : null}
      <CaseHistory events={item.history} />
      {item.flag ? (
        <Part title={t.case.flag}>
          <ul className="rows rows--boxed">
            <li>
              <FlagRow flag={item.flag} />
            </li>
          </ul>
        </Part>
      ) : null}
    </DetailFrame>
  )
}

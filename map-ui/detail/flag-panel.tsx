import { useEffect, useState } from 'react'
import { go, hrefOf } from '../client/location.ts'
import { may, useMe } from '../client/me.ts'
import { useResource } from '../client/resource.ts'
import type { FlagDetail } from '../client/types.ts'
import { setFocus } from '../map/focus.ts'
import { HypothesisMark } from '../parts/hypothesis-mark.tsx'
import { Alert, Failed, Loading } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useLanguage, useText } from '../text/language.ts'
import { Balance } from './balance.tsx'
import { ConditionSummary } from './condition-summary.tsx'
import { ConfidenceScale } from './confidence-scale.tsx'
import { DetailFrame, Part } from './detail-frame.tsx'
import { EvidenceTable } from './evidence-table.tsx'
import { FlagActions } from './flag-actions.tsx'
import { headlineOf } from './headline.ts'
import { Judgements } from './judgements.tsx'
import { PassStrip } from './pass-strip.tsx'
import { SnippetChart } from './snippet-chart.tsx'

/** Why Schouw thinks something is wrong here, what speaks against it, and what a person does with it. */
export function FlagPanel({ id, onClose }: { id: string; onClose: () => void }) {
  const t = useText()
  const f = useFormat()
  const language = useLanguage()
  const me = useMe()
  const path = `/v1/flags/${encodeURIComponent(id)}`
  const { data: flag, error } = useResource<FlagDetail>(path)
  const [done, setDone] = useState('')

  const lng = flag?.lng
  const lat = flag?.lat
  const stretchId = flag?.stretchId ?? null
  const line = flag?.line ?? null
  // biome-ignore lint/correctness/useExhaustiveDependencies: a refreshed flag at the same place does not move the map
  useEffect(() => {
    if (lng !== undefined && lat !== undefined) setFocus({ lng, lat, line, stretchId })
  }, [lng, lat, stretchId])

  if (!flag) {
    return (
      <DetailFrame kicker={t.list.title} title="…" onClose={onClose}>
        {error ? <Failed error={error} retry={path} /> : <Loading />}
      </DetailFrame>
    )
  }
  const pavement = flag.pavement ? ` · ${t.pavement[flag.pavement]}` : ''
  return (
    <DetailFrame
      kicker={`${t.hypothesis[flag.hypothesis]}${pavement}`}
      title={flag.street || '–'}
      mark={
        <HypothesisMark
          hypothesis={flag.hypothesis}
          size={32}
          over={flag.state === 'closed' || flag.state === 'rejected'}
        />
      }
      onClose={onClose}
    >
      <div className="why">
        <h2 className="why-question">{t.flag.why}</h2>
        <p className="why-headline">{headlineOf(flag, t, language)}</p>
        <dl className="facts figures">
          <div>
            <dt>{t.list.state}</dt>
            <dd>
              <span className={`badge badge--flag-${flag.state}`}>{t.flagState[flag.state]}</span>
            </dd>
          </div>
          <div>
            <dt>{t.flag.opened}</dt>
            <dd>
              <time dateTime={flag.openedAt}>{f.dateTime(flag.openedAt)}</time>
            </dd>
          </div>
          <div>
            <dt>{t.flag.lastEvidence}</dt>
            <dd>
              <time dateTime={flag.lastEvidenceAt} title={f.dateTime(flag.lastEvidenceAt)}>
                {f.ago(flag.lastEvidenceAt)}
              </time>
            </dd>
          </div>
          <div>
            <dt>{t.flag.sources}</dt>
            <dd>{f.number(flag.sources)}</dd>
          </div>
        </dl>
        {flag.assetId ? <AssetLink id={flag.assetId} lamp={flag.hypothesis !== 'sensor-faulty'} /> : null}
        {flag.late ? <p className="quiet">{t.flag.late}</p> : null}
      </div>
      {done ? <Alert kind="ok">{done}</Alert> : null}
      {may(me.role, 'judge') ? <FlagActions flag={flag} onDone={setDone} /> : <OpenCases flag={flag} />}
      <Part title={t.flag.confidence}>
        <ConfidenceScale flag={flag} />
      </Part>
      <Part title={t.flag.forAgainst}>
        <Balance flag={flag} />
      </Part>
      {flag.evidence.length > 0 ? (
        <Part title={t.flag.passes}>
          <PassStrip evidence={flag.evidence} />
        </Part>
      ) : (
        <p className="quiet">{t.flag.noEvidence}</p>
      )}
      <SnippetChart evidence={flag.evidence} />
      {flag.condition ? (
        <Part title={t.flag.condition}>
          <ConditionSummary condition={flag.condition} link />
        </Part>
      ) : null}
      {flag.stretchId ? (
        <Part title={t.flag.known}>
          {flag.knownObjects.length === 0 ? (
            <p className="quiet">{t.flag.noKnown}</p>
          ) : (
            <ul className="plain-list">
              {flag.knownObjects.map((object) => (
                <li key={`${object.kind}:${object.lng}:${object.lat}`}>
                  {t.roadObject[object.kind] ?? object.kind}{' '}
                  <span className="quiet">{t.flag.distance(f.number(object.distance))}</span>
                </li>
              ))}
            </ul>
          )}
        </Part>
      ) : null}
      {flag.judgements.length > 0 ? <Judgements judgements={flag.judgements} /> : null}
      {flag.evidence.length > 0 ? <EvidenceTable flag={flag} /> : null}
      <p className="quiet detail-foot">
        {t.flag.model} {flag.model} · {flag.id}
      </p>
    </DetailFrame>
  )
}

/** A flag on a lamp or a post: its readings are one step away. */
function AssetLink({ id, lamp }: { id: string; lamp: boolean }) {
  const t = useText()
  const sel = { kind: 'asset' as const, id }
  return (
    <a
      href={hrefOf({ sel })}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey) return
        event.preventDefault()
        go({ sel })
      }}
    >
      {lamp ? t.flag.asset.lamp : t.flag.asset.other}
    </a>
  )
}

/** For those who may look but not judge. */
function OpenCases({ flag }: { flag: FlagDetail }) {
  const t = useText()
  if (flag.cases.length === 0) return null
  return (
    <ul className="plain-list">
      {flag.cases.map((c) => (
        <li key={c.id}>
          <a href={`/?view=cases&sel=case:${c.id}`}>{c.id}</a> · {t.caseState[c.state]}
        </li>
      ))}
    </ul>
  )
}

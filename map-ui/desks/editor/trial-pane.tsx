import { useState } from 'react'
import type { ApiError } from '../../client/fetch.ts'
import type { Trace, TrialItem, TrialResult } from '../../client/types.ts'
import { Alert, wordsOf } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useLanguage, useText } from '../../text/language.ts'
import { refusalWords } from '../../text/refusals.ts'
import { PropertyLabel } from '../property-label.tsx'
import { TracePopup } from '../trace/trace-popup.tsx'
import { unitWords } from '../unit-words.ts'
import { VerdictBadge } from '../verdict-badge.tsx'

type Props = {
  title: string
  results: readonly (TrialResult | undefined)[]
  busy: boolean
  error: ApiError | undefined
  empty: string
}

const SHOWN = 50

/** What the draft makes of real messages: per message its verdict, what would be stored, and what is wrong. */
export function TrialPane({ title, results, busy, error, empty }: Props) {
  const t = useText()
  const f = useFormat()
  const [opened, setOpened] = useState<Trace | null>(null)
  const there = results.filter((r) => r !== undefined)
  const items = distinct(there.flatMap((r) => r.items))
  // Of one result its own counts; of several, each message once, for a recent one may be in quarantine too.
  const one = there.length === 1 ? there[0] : undefined
  const count = (verdict: TrialItem['verdict']) =>
    one ? one.counts[verdict] : items.filter((item) => item.verdict === verdict).length
  const readings = one ? one.counts.readings : items.reduce((n, item) => n + item.readings.length, 0)
  const tried = one ? one.tried : items.length
  const total = one ? one.total : tried
  return (
    <div className="stack">
      <header className="part-head">
        <h3>{title}</h3>
        <span className="quiet" role="status">
          {busy ? t.desk.trial.busy : ''}
        </span>
      </header>
      {error ? <Alert kind="error">{wordsOf(error, t)}</Alert> : null}
      {!error && !busy && tried === 0 ? <p className="quiet">{empty}</p> : null}
      {tried > 0 ? (
        <p className="trial-counts figures">
          <b className="trial-good">{t.desk.trial.accepted(f.number(count('accepted')))}</b>
          {count('partly') > 0 ? <b>{t.desk.trial.partly(f.number(count('partly')))}</b> : null}
          {count('quarantined') > 0 ? (
            <b className="refused">{t.desk.trial.refused(f.number(count('quarantined')))}</b>
          ) : null}
          <span className="quiet">{t.desk.trial.readings(f.number(readings))}</span>
          {tried < total ? (
            <span className="quiet">{t.desk.trial.ofAll(f.number(tried), f.number(total))}</span>
          ) : null}
        </p>
      ) : null}
      <ul className="trial-list">
        {items.slice(0, SHOWN).map((item) => (
          <li key={`${item.quarantineId}:${item.correlationId}:${item.receivedAt}`}>
            <TrialLine item={item} onOpen={() => setOpened(item)} />
          </li>
        ))}
      </ul>
      {items.length > SHOWN ? <p className="quiet">{t.desk.trace.andMore(items.length - SHOWN)}</p> : null}
      <TracePopup trace={opened} onClose={() => setOpened(null)} />
    </div>
  )
}

/** Newest first, each message once. */
function distinct(items: readonly TrialItem[]): TrialItem[] {
  const seen = new Map<string, TrialItem>()
  for (const item of items) seen.set(item.correlationId ?? `${item.quarantineId}`, item)
  return [...seen.values()].toSorted((a, b) => b.receivedAt.localeCompare(a.receivedAt))
}

function TrialLine({ item, onOpen }: { item: TrialItem; onOpen: () => void }) {
  const t = useText()
  const f = useFormat()
  const language = useLanguage()
  const first = item.rejections[0]
  const warned = item.steps.filter((step) => step.verdict === 'warning')
  return (
    <>
      <p className="trial-line">
        <button
          type="button"
          className="link-button figures"
          aria-label={t.desk.trial.open(f.moment(item.receivedAt))}
          onClick={onOpen}
        >
          {f.moment(item.receivedAt)}
        </button>
        <VerdictBadge verdict={item.verdict} />
        <span className="quiet">{item.deviceIds[0] ?? item.senderId}</span>
      </p>
      {item.readings.length > 0 ? (
        <p className="trial-readings figures">
          {item.readings.slice(0, 8).map((reading) => (
            <span key={`${reading.datastream}:${reading.phenomenonTime}`}>
              <PropertyLabel property={reading.observedProperty} name={reading.datastream} />{' '}
              <b>
                {f.value(reading.result)} {unitWords(reading.observedProperty, reading.unit)}
              </b>
            </span>
          ))}
          {item.readings.length > 8 ? t.desk.trace.andMore(item.readings.length - 8) : null}
        </p>
      ) : null}
      {first ? (
        <p className="trial-fault">
          <b>{t.rejectCode[first.code]}</b>
          {first.pointer ? (
            <>
              {' '}
              <code>{first.pointer}</code>
            </>
          ) : null}
          {': '}
          {refusalWords(first.got, language)}
          {item.rejections.length > 1 ? ` (${t.desk.trace.andMore(item.rejections.length - 1)})` : ''}
        </p>
      ) : null}
      {warned.map((step) => (
        <p key={step.step + step.detail} className="trial-warning">
          {refusalWords(step.detail, language)}
        </p>
      ))}
    </>
  )
}

import type { FlagDetail } from '../client/types.ts'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'

const chance = (logOdds: number) => 1 / (1 + Math.exp(-logOdds))

/** Where this flag stands between impossible and certain, and where flags open and close. */
export function ConfidenceScale({ flag }: { flag: FlagDetail }) {
  const t = useText()
  const f = useFormat()
  const { priorLogOdds, logOdds, openThreshold, closeThreshold, halfLifeDays } = flag.explanation
  const opens = chance(openThreshold)
  const closes = chance(closeThreshold)
  const prior = chance(priorLogOdds)
  // What is over keeps the confidence it had; what counts here is what the ledger says now, rejection included.
  const over = flag.state === 'closed' || flag.state === 'rejected'
  const now = over ? chance(logOdds) : flag.confidence
  const x = (p: number) => 10 + p * 360
  return (
    <figure className="scale">
      <svg
        viewBox="0 0 380 58"
        role="img"
        aria-label={t.flag.confidenceText(f.confidence(now), f.percent(opens), f.percent(closes))}
      >
        <rect className="scale-track" x="10" y="24" width="360" height="8" rx="4" />
        <rect className="scale-fill" x="10" y="24" width={Math.max(2, now * 360)} height="8" rx="4" />
        <Tick at={x(closes)} label={`${t.flag.closes} < ${f.percent(closes)}`} />
        <Tick at={x(opens)} label={`${t.flag.opens} > ${f.percent(opens)}`} />
        {Math.abs(prior - closes) > 0.02 ? <path className="scale-prior" d={`M${x(prior)} 20v16`} /> : null}
        <circle className="scale-now" cx={x(now)} cy="28" r="7" />
        <text className="scale-value" x={Math.max(26, Math.min(354, x(now)))} y="14" textAnchor="middle">
          {f.confidence(now)}
        </text>
      </svg>
      <figcaption className="quiet figures">
        {(flag.judgements.length > 0 ? t.flag.weightTotalJudged : t.flag.weightTotal)(
          f.signed(priorLogOdds),
          f.signed(logOdds - priorLogOdds),
          f.signed(logOdds),
        )}
        . {t.flag.halfLife(f.number(halfLifeDays))}
      </figcaption>
    </figure>
  )
}

function Tick({ at, label }: { at: number; label: string }) {
  return (
    <>
      <path className="scale-tick" d={`M${at} 20v18`} />
      <text className="scale-label" x={at} y={51} textAnchor={at > 190 ? 'end' : 'start'}>
        {label}
      </text>
    </>
  )
}

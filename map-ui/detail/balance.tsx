import type { FlagDetail } from '../client/types.ts'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'

/** What speaks for and what against, by weight, as one beam; then what speaks against in words. */
export function Balance({ flag }: { flag: FlagDetail }) {
  const t = useText()
  const f = useFormat()
  const weightFor = sum(flag.evidence.filter((e) => e.weight > 0).map((e) => e.weight))
  const weightAgainst = -sum(flag.evidence.filter((e) => e.weight < 0).map((e) => e.weight))
  const total = weightFor + weightAgainst || 1
  const rejection =
    flag.state === 'rejected'
      ? flag.judgements.findLast((j) => j.kind === 'verdict' && j.verdict === 'rejected')
      : undefined
  // Vehicles feel; lamps, posts and satellites measure.
  const felt = flag.hypothesis === 'local-defect' || flag.hypothesis === 'unevenness'
  const share = (weightFor / total) * 100
  return (
    <>
      <div className="balance" aria-hidden="true">
        <span className="balance-for" style={{ inlineSize: `${share}%` }} />
        <span className="balance-against" style={{ inlineSize: `${100 - share}%` }} />
      </div>
      <dl className="balance-words figures">
        <div>
          <dt>
            <i className="swatch swatch--for" aria-hidden="true" />
            {t.flag.for}
          </dt>
          <dd>
            {t.flag.forCount(flag.votesFor)} · {f.signed(weightFor)}
          </dd>
        </div>
        <div>
          <dt>
            <i className="swatch swatch--against" aria-hidden="true" />
            {t.flag.against}
          </dt>
          <dd>
            {t.flag.forCount(flag.votesAgainst)} · {f.signed(-weightAgainst)}
          </dd>
        </div>
      </dl>
      <h3>{t.flag.against_}</h3>
      {rejection ? (
        <p>
          {t.flag.againstPerson(
            rejection.by,
            (t.rejectReason as Record<string, string>)[rejection.reason] ?? rejection.reason,
          )}
        </p>
      ) : null}
      {flag.votesAgainst > 0 ? (
        <p>{`${(felt ? t.flag.againstText : t.flag.againstMeasured)(flag.votesAgainst)}.`}</p>
      ) : rejection ? null : (
        <p>{t.flag.noAgainst}</p>
      )}
    </>
  )
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

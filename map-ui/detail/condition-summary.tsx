import { go, hrefOf } from '../client/location.ts'
import type { Condition } from '../client/types.ts'
import { GradeLine } from '../parts/grade-line.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'

const FEW_PASSES = 4

/** The condition of a stretch in words, then its numbers. */
export function ConditionSummary({ condition, link = false }: { condition: Condition; link?: boolean }) {
  const t = useText()
  const f = useFormat()
  const grade = condition.grade ?? 0
  const sel = { kind: 'stretch' as const, id: condition.stretchId }
  return (
    <div className="condition">
      <p className="condition-grade">
        <GradeLine grade={grade} />
        <b>
          {grade > 0 ? `${t.gradeLetter[grade]} · ` : ''}
          {t.grade[grade]}
        </b>
      </p>
      <p>{t.stretch.words[grade]}</p>
      {condition.roughness !== null ? (
        <dl className="facts figures">
          <div>
            <dt>{t.stretch.roughness}</dt>
            <dd>
              {f.number(condition.roughness, 1)} ± {f.number(condition.sigma ?? 0, 1)} m/km
            </dd>
          </div>
          <div>
            <dt>{t.stretch.passes}</dt>
            <dd>{f.number(condition.passes)}</dd>
          </div>
          <div>
            <dt>{t.stretch.vehicles}</dt>
            <dd>{f.number(condition.vehicles)}</dd>
          </div>
          {condition.lastPassAt ? (
            <div>
              <dt>{t.stretch.lastPass}</dt>
              <dd>
                <time dateTime={condition.lastPassAt} title={f.dateTime(condition.lastPassAt)}>
                  {f.ago(condition.lastPassAt)}
                </time>
              </dd>
            </div>
          ) : null}
        </dl>
      ) : null}
      {condition.roughness !== null && condition.passes < FEW_PASSES ? (
        <p className="quiet">{t.stretch.few}</p>
      ) : null}
      {link ? (
        <a
          href={hrefOf({ sel })}
          onClick={(event) => {
            if (event.ctrlKey || event.metaKey) return
            event.preventDefault()
            go({ sel })
          }}
        >
          {t.stretch.overTime}
        </a>
      ) : null}
    </div>
  )
}

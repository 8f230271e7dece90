import { type QualityFlag, qualityFlags } from '../../model/quality.ts'
import { useText } from '../text/language.ts'

/** What is to be said of the quality of a value: nothing when all is well. */
export function QualityWords({ flags, bits }: { flags?: readonly string[]; bits?: number }) {
  const t = useText()
  const all = flags ?? qualityFlags(bits ?? 0)
  if (all.length === 0) return <span className="quiet">{t.desk.qualityFine}</span>
  return (
    <span className="badges">
      {all.map((flag) => (
        <span key={flag} className="badge badge--quality" title={t.desk.qualityHint[flag as QualityFlag]}>
          {t.desk.quality[flag as QualityFlag] ?? flag}
        </span>
      ))}
    </span>
  )
}

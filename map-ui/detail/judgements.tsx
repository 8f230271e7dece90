import type { Judgement } from '../client/types.ts'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import type { Dictionary } from '../text/nl.ts'
import { Part } from './detail-frame.tsx'

export function Judgements({ judgements }: { judgements: readonly Judgement[] }) {
  const t = useText()
  const f = useFormat()
  return (
    <Part title={t.flag.judgements}>
      <ol className="history">
        {judgements.map((j) => (
          <li key={j.id}>
            <p>
              <b>{j.by}</b> · {wordOf(j, t)}
              {j.reason ? ` · ${reasonOf(j.reason, t)}` : ''}
            </p>
            {j.text ? <p className="history-text">{j.text}</p> : null}
            <time className="quiet figures" dateTime={j.at}>
              {f.dateTime(j.at)}
            </time>
          </li>
        ))}
      </ol>
    </Part>
  )
}

function wordOf(j: Judgement, t: Dictionary): string {
  const words = t.flag.verdictWord
  if (j.kind !== 'verdict') return words[j.kind]
  return j.verdict === 'confirmed' || j.verdict === 'rejected' ? words[j.verdict] : j.verdict
}

function reasonOf(reason: string, t: Dictionary): string {
  return (
    (t.rejectReason as Record<string, string>)[reason] ??
    (t.closeReason as Record<string, string>)[reason] ??
    reason
  )
}

import { useText } from '../text/language.ts'

export function VerdictBadge({ verdict }: { verdict: string }) {
  const t = useText()
  return <span className={`badge badge--verdict-${verdict}`}>{t.device.verdictWord[verdict] ?? verdict}</span>
}

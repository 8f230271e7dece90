import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'

const DAY_MS = 86_400_000

/** How long there still is, or how long it has been over. */
export function Deadline({ at, done }: { at: string | null; done: boolean }) {
  const t = useText()
  const f = useFormat()
  if (at === null) return null
  const days = Math.floor((new Date(at).getTime() - Date.now()) / DAY_MS)
  if (done) return <time dateTime={at}>{f.date(at)}</time>
  return (
    <time dateTime={at} title={f.date(at)} className={days < 0 ? 'overdue' : undefined}>
      {days < 0 ? t.case.overdueBy(-days) : t.case.daysLeft(days)}
    </time>
  )
}

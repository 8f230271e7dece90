import type { Town } from '../../model/api.ts'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'

/** Fewer than these are simply the present: vehicles drive all day. */
const LAG_WORTH_SAYING = 200
const DRIVES_WORTH_SAYING = 20

/** Whether there is a backlog that a person should know of. */
export function isCatchingUp({ backfill, ingestLag, drivesWaiting }: Town): boolean {
  return backfill !== null || ingestLag > LAG_WORTH_SAYING || drivesWaiting > DRIVES_WORTH_SAYING
}

/** How far the history has come in and been judged. Absent when all is done. */
export function ProgressBar({ town }: { town: Town }) {
  const t = useText()
  const f = useFormat()
  const { backfill, ingestLag, drivesWaiting } = town
  const parts: string[] = []
  if (backfill && backfill.total > 0) {
    parts.push(
      t.progress.backfill(
        f.percent(backfill.sent / backfill.total),
        f.number(backfill.sent),
        f.number(backfill.total),
      ),
    )
  }
  if (ingestLag > LAG_WORTH_SAYING) parts.push(t.progress.lag(ingestLag))
  if (drivesWaiting > DRIVES_WORTH_SAYING) parts.push(t.progress.drives(drivesWaiting))
  if (parts.length === 0) return null
  return (
    <div className="progress figures">
      {backfill && backfill.total > 0 ? (
        <progress aria-label={t.progress.label} value={backfill.sent} max={backfill.total} />
      ) : null}
      <span>{parts.join(' · ')}</span>
    </div>
  )
}

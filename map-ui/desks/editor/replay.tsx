import { useEffect, useState } from 'react'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { isOver, useJob } from '../../client/job.ts'
import { invalidate } from '../../client/resource.ts'
import type { Job, QuarantineFilter } from '../../client/types.ts'
import { announce } from '../../parts/announce.tsx'
import { Button } from '../../parts/button.tsx'
import { Alert, wordsOf } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'

/** Everything that a replay changes. */
export function afterReplay(): void {
  invalidate('/v1/quarantine', '/v1/devices', '/v1/datastreams', '/v1/town')
}

export async function startReplay(filter: QuarantineFilter): Promise<number> {
  const job = await fetchOrThrow<Job>('/v1/quarantine/replays', { method: 'POST', body: { filter } })
  return job.id
}

/** A button that replays what is in quarantine, and then says how far it is and what came of it. */
export function ReplayButton({ filter, count }: { filter: QuarantineFilter; count: number }) {
  const t = useText()
  const f = useFormat()
  const [jobId, setJobId] = useState<number | null>(null)
  const start = useAction(async () => setJobId(await startReplay(filter)))
  if (jobId !== null) return <ReplayProgress jobId={jobId} />
  if (count === 0) return null
  return (
    <div className="stack">
      {start.error ? <Alert kind="error">{wordsOf(start.error, t)}</Alert> : null}
      <div>
        <Button look="primary" busy={start.busy} onClick={() => void start.run()}>
          {t.desk.replay.start(f.number(count))}
        </Button>
      </div>
    </div>
  )
}

/** How far a replay is; when it is over, how many were stored and how many refused again. */
export function ReplayProgress({ jobId, onDone }: { jobId: number; onDone?: () => void }) {
  const t = useText()
  const f = useFormat()
  const job = useJob(jobId)
  const over = isOver(job)
  useEffect(() => {
    if (!over) return
    afterReplay()
    announce(t.desk.replay.done)
    onDone?.()
  }, [over, onDone, t])
  if (job?.state === 'failed') return <Alert kind="error">{t.desk.replay.failed}</Alert>
  if (job?.state === 'done') {
    const n = (key: string) => Number(job.result?.[key] ?? 0)
    return (
      <Alert kind={n('refused') > 0 ? 'warning' : 'ok'}>
        {t.desk.replay.result(f.number(n('replayed')), f.number(n('accepted')), f.number(n('refused')))}
      </Alert>
    )
  }
  const progress = job?.progress
  return (
    <div className="job" role="status">
      <progress
        aria-label={t.desk.replay.busy}
        value={progress?.done ?? 0}
        max={Math.max(1, progress?.total ?? 1)}
      />
      <span className="figures">
        {progress
          ? t.desk.replay.progress(f.number(progress.done), f.number(progress.total))
          : t.desk.replay.waiting}
      </span>
    </div>
  )
}

import type { JobView } from '../../model/desk.ts'
import { toRfc3339 } from '../../model/time.ts'
import type { JobRow } from '../../store/records/jobs.ts'

export function toJobView(job: JobRow): JobView {
  const { done, total } = job.progress ?? {}
  return {
    id: job.id,
    kind: job.kind,
    state: job.state,
    progress: typeof done === 'number' && typeof total === 'number' ? { done, total } : null,
    result: job.result,
    createdAt: toRfc3339(job.createdAt),
    finishedAt: job.finishedAt === null ? null : toRfc3339(job.finishedAt),
  }
}

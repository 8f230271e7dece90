import { toRfc3339 } from '../model/time.ts'
import type { PipelineHealth } from './pipeline.ts'

type HealthReport = {
  status: 'ok' | 'degraded'
  detail: string
  time: string
  lag: number
  messagesPerSecond: number
  taken: number
  refused: number
  sinks: PipelineHealth['sinks']
  lastError: { at: string; message: string } | null
  quarantineBytes: number
  errorsDropped: number
}

/** More unread records than this, and growing, is worth a word. */
const LAG_MANY = 100_000

/** How ingest says that it is well. Keeps what it said last, to know messages per second. */
export function healthReport(now: () => number) {
  let lastAt = now()
  let lastTaken = 0
  return (health: PipelineHealth, more: { quarantineBytes: number; errorsDropped: number }): HealthReport => {
    const at = now()
    const seconds = Math.max(0.001, (at - lastAt) / 1000)
    const messagesPerSecond = Math.round((health.taken - lastTaken) / seconds)
    lastAt = at
    lastTaken = health.taken
    const stuck = (['readings', 'records'] as const).filter((sink) => health.sinks[sink].state !== 'ok')
    const details = stuck.map(
      (sink) => `${sink} cannot be written since ${toRfc3339(health.sinks[sink].since)}`,
    )
    if (health.lag > LAG_MANY) details.push(`${health.lag} messages wait`)
    return {
      status: details.length > 0 ? 'degraded' : 'ok',
      detail: details.join('; '),
      time: toRfc3339(at),
      lag: health.lag,
      messagesPerSecond,
      taken: health.taken,
      refused: health.refused,
      sinks: health.sinks,
      lastError: health.lastError && { ...health.lastError, at: toRfc3339(health.lastError.at) },
      ...more,
    }
  }
}

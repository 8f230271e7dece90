/** Retained by the broker, renewed every five seconds; older than that means that the broker is not there. */
export const BROKER_HEALTH_TOPIC = 'schouw/health/broker'

/** What the broker tells about itself. */
export type BrokerHealth = {
  /** epoch ms */
  at: number
  /** epoch ms at which it began to take connections: who was heard since then has been connected to it */
  startedAt: number
  journal: {
    state: 'ok' | 'disk_full' | 'backlog_full' | 'failed'
    since: number
    detail: string
    bytes: number
    unreadBytes: number
    watermark: { epoch: number; sequence: number }
    /** records that each consumer has still to read */
    lag: Record<string, number>
  }
  connections: number
  /** publishes taken per second, averaged since the last report */
  messagesPerSecond: number
  /** since the start of the broker */
  refusedLogins: number
  cutOff: number
}

/** When the broker says that it started; null when this is no word of the broker. */
export function brokerStart(payload: Uint8Array): number | null {
  try {
    const { startedAt } = JSON.parse(new TextDecoder().decode(payload)) as Partial<BrokerHealth>
    return typeof startedAt === 'number' && Number.isFinite(startedAt) ? startedAt : null
  } catch {
    return null
  }
}

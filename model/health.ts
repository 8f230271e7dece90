/** Retained by the broker, renewed every five seconds; older than that means that the broker is not there. */
export const BROKER_HEALTH_TOPIC = 'schouw/health/broker'

/** What the broker tells about itself. */
export type BrokerHealth = {
  /** epoch ms */
  at: number
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

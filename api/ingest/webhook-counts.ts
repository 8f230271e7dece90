import { appendChange } from '../../store/records/changes.ts'
import { saveConnectionState, webhookOf } from '../../store/records/connections.ts'
import type { Context } from '../context.ts'

/** How often what came is written, ms: with each message it would cost a write of its own. */
const WRITE_EVERY_MS = 2_000

export type WebhookCounts = {
  /** the webhook of this name; undefined when there is none */
  connection(id: string): ReturnType<typeof webhookOf>
  heard(id: string): void
}

/** When a webhook was last called and how often, for its page. A count that a crash takes along is only a count. */
export function createWebhookCounts({ records, log, now }: Context): WebhookCounts {
  const heard = new Map<string, { count: number; at: number }>()
  let timer: NodeJS.Timeout | undefined

  function write(): void {
    timer = undefined
    try {
      for (const [id, { count, at }] of heard) {
        saveConnectionState(records, id, {
          state: 'connected',
          stateAt: at,
          lastMessageAt: at,
          received: count,
        })
        appendChange(records.sqlite, { kind: 'connection', ref: id, data: { received: count }, at })
        heard.delete(id)
      }
    } catch (error) {
      log.warn({ err: error }, 'what webhooks brought could not be counted')
    }
  }

  return {
    connection: (id) => webhookOf(records, id),
    heard(id) {
      heard.set(id, { count: (heard.get(id)?.count ?? 0) + 1, at: now() })
      if (timer === undefined) timer = setTimeout(write, WRITE_EVERY_MS).unref()
    },
  }
}

import type { Logger } from '../../log.ts'
import { appendChange } from '../../store/records/changes.ts'
import { type ConnectionState, saveConnectionState } from '../../store/records/connections.ts'
import type { Records } from '../../store/records/open.ts'

/** How a connection goes, for its page. */
export type Status = {
  set(state: ConnectionState, more?: { error?: string; nextAt?: number | null; note?: string | null }): void
  /** a message is on disk */
  received(count?: number): void
  /** worth a line on its page, and no change of state */
  warn(error: string): void
  /** Write what is not written yet. */
  flush(): void
}

/** What comes in is counted on the page this often, ms. */
const COUNT_EVERY_MS = 1_000
const MAX_TEXT = 500

/**
 * Keeps `connection_state` of one connection. A change of state is written at once, counts now and then. A store that is
 * busy costs a page its news, not the connection.
 */
export function createStatus(deps: {
  records: Records
  id: string
  log: Logger
  now: () => number
  /** the table of changes grew */
  onChange: () => void
}): Status {
  const { records, id, log, now } = deps
  let state: ConnectionState = 'connecting'
  let stateAt = now()
  let count = 0
  let lastMessageAt: number | null = null
  let timer: NodeJS.Timeout | undefined

  function write(more: { error?: string; nextAt?: number | null; note?: string | null } = {}): void {
    clearTimeout(timer)
    timer = undefined
    try {
      saveConnectionState(records, id, {
        state,
        stateAt,
        received: count,
        ...(lastMessageAt === null ? {} : { lastMessageAt }),
        ...(more.error === undefined
          ? {}
          : { lastError: more.error.slice(0, MAX_TEXT).toWellFormed(), lastErrorAt: now() }),
        ...('nextAt' in more ? { nextAt: more.nextAt ?? null } : {}),
        ...('note' in more ? { note: more.note?.slice(0, MAX_TEXT).toWellFormed() ?? null } : {}),
      })
      count = 0
      appendChange(records.sqlite, { kind: 'connection', ref: id, data: { state }, at: now() })
      deps.onChange()
    } catch (error) {
      log.warn({ err: error, connection: id }, 'how a connection goes could not be written')
    }
  }

  return {
    set(next, more = {}) {
      const same = next === state && more.error === undefined && !('nextAt' in more) && !('note' in more)
      if (next !== state) stateAt = now()
      state = next
      if (!same) write(more)
    },
    received(n = 1) {
      count += n
      lastMessageAt = now()
      timer ??= setTimeout(write, COUNT_EVERY_MS)
    },
    warn: (error) => write({ error }),
    flush() {
      if (timer !== undefined || count > 0) write()
    },
  }
}

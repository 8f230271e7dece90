import type { Connection } from '../../client/types.ts'
import { useText } from '../../text/language.ts'

const LOOK: Record<Connection['status']['state'], string> = {
  off: 'badge',
  connecting: 'badge',
  connected: 'badge badge--good',
  waiting: 'badge badge--good',
  pulling: 'badge badge--good',
  failed: 'badge badge--health',
  refused: 'badge badge--bad',
}

/** How a connection is: a word and a colour. A webhook waits for the other side, not for its next turn. */
export function ConnectionState({ connection: { config, enabled, status } }: { connection: Connection }) {
  const t = useText()
  const state = enabled ? status.state : 'off'
  const words =
    state === 'waiting' && config.kind === 'webhook'
      ? t.desk.connection.listens
      : t.desk.connectionState[state]
  return <span className={LOOK[state]}>{words}</span>
}

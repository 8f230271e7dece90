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

export function ConnectionState({ state }: { state: Connection['status']['state'] }) {
  const t = useText()
  return <span className={LOOK[state]}>{t.desk.connectionState[state]}</span>
}

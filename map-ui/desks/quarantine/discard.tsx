import { useState } from 'react'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow, query } from '../../client/fetch.ts'
import type { QuarantineFilter } from '../../client/types.ts'
import { Confirm } from '../../parts/confirm.tsx'
import { Alert, wordsOf } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { afterReplay } from '../editor/replay.tsx'

type Props = {
  filter: QuarantineFilter
  count: number
  open: boolean
  onClose: () => void
  onDone: () => void
}

/** Throw refused messages away, after asking. */
export function Discard({ filter, count, open, onClose, onDone }: Props) {
  const t = useText()
  const f = useFormat()
  const [skipped, setSkipped] = useState(0)
  const action = useAction(async () => {
    const { ids, ...rest } = filter
    const answer = await fetchOrThrow<{ skipped: number }>(
      `/v1/quarantine${query({ ...rest, ids: ids?.join(',') })}`,
      { method: 'DELETE' },
    )
    afterReplay()
    setSkipped(answer.skipped)
    if (answer.skipped === 0) onDone()
  })
  return (
    <Confirm
      title={t.desk.quarantine.discard}
      open={open}
      busy={action.busy}
      action={t.desk.quarantine.discardSure(f.number(count))}
      onClose={() => {
        setSkipped(0)
        onClose()
      }}
      onSure={() => void action.run()}
    >
      <p>{t.desk.quarantine.discardText(count)}</p>
      {skipped > 0 ? (
        <Alert kind="warning">{t.desk.quarantine.discardSkipped(f.number(skipped))}</Alert>
      ) : null}
      {action.error ? <Alert kind="error">{wordsOf(action.error, t)}</Alert> : null}
    </Confirm>
  )
}

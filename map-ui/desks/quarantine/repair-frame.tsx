import { useState } from 'react'
import { useAction } from '../../client/action.ts'
import { useTrial } from '../../client/trial.ts'
import type { QuarantineFilter } from '../../client/types.ts'
import { Button } from '../../parts/button.tsx'
import { MEANING_FAULTS, ProblemAlert } from '../../parts/problem-alert.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { changeOf, type Draft } from '../editor/draft.ts'
import { EditorPanes } from '../editor/editor-panes.tsx'
import { fieldsOfTraces } from '../editor/fields.ts'
import { ReplayProgress, startReplay } from '../editor/replay.tsx'
import { TrialPane } from '../editor/trial-pane.tsx'

const TYPING_MS = 500

type Props = {
  draft: Draft
  onChange: (draft: Draft) => void
  filter: QuarantineFilter
  /** save what was changed; nothing when nothing was */
  save: () => Promise<void>
  small?: boolean
  onDone: () => void
}

/** Change, see what it would make of the refused messages, then save it and replay them. */
export function RepairFrame({ draft, onChange, filter, save, small = false, onDone }: Props) {
  const t = useText()
  const f = useFormat()
  const [jobId, setJobId] = useState<number | null>(null)
  const trial = useTrial(
    jobId === null ? { on: { kind: 'quarantine', filter }, change: changeOf(draft) } : null,
    TYPING_MS,
  )
  const action = useAction(async () => {
    await save()
    setJobId(await startReplay(filter))
  })
  const counts = trial.data?.counts
  const total = trial.data?.total ?? 0
  if (jobId !== null) {
    return (
      <div className="stack narrow">
        <ReplayProgress jobId={jobId} />
        <div>
          <Button onClick={onDone}>{t.desk.repair.back}</Button>
        </div>
      </div>
    )
  }
  return (
    <>
      <EditorPanes
        draft={draft}
        onChange={onChange}
        small={small}
        fields={fieldsOfTraces(trial.data?.items ?? [])}
      >
        <TrialPane
          title={t.desk.repair.outcome}
          results={[trial.data]}
          busy={trial.busy}
          error={trial.error}
          empty={t.device.noQuarantine}
        />
      </EditorPanes>
      <div className="save-bar">
        <ProblemAlert error={action.error} conflict={t.desk.conflict} list={MEANING_FAULTS} />
        <div className="actions-row">
          <Button look="primary" busy={action.busy} onClick={() => void action.run()}>
            {t.desk.repair.saveAndReplay(f.number(total))}
          </Button>
          {counts && counts.quarantined > 0 ? (
            <span className="quiet">{t.desk.repair.stillRefused(f.number(counts.quarantined))}</span>
          ) : null}
        </div>
      </div>
    </>
  )
}

import { useState } from 'react'
import type { RejectCode } from '../../../model/reject.ts'
import { go, usePlace } from '../../client/location.ts'
import { usePages } from '../../client/pages.ts'
import { useResource } from '../../client/resource.ts'
import type { QuarantineFilter, QuarantineItem, QuarantineSummary } from '../../client/types.ts'
import { Button } from '../../parts/button.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { RefusalPopup } from '../trace/trace-popup.tsx'
import { Discard } from './discard.tsx'
import { QuarantineFilters } from './quarantine-filters.tsx'
import { RefusalTable } from './refusal-table.tsx'
import { Repair } from './repair.tsx'

/** What is chosen by hand at once; for more there is the filter. */
const CHOSEN_MOST = 1_000

/** Everything that was refused: why, whose, and the way to take it in after all. */
export function QuarantineRoom() {
  const t = useText()
  const f = useFormat()
  const place = usePlace()
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set())
  const [discarding, setDiscarding] = useState(false)
  const summary = useResource<QuarantineSummary>('/v1/quarantine/summary').data
  const query: Record<string, string> = {}
  if (place.code) query.code = place.code
  if (place.deviceId) query.deviceId = place.deviceId
  if (place.typeId) query.typeId = place.typeId
  const list = usePages<QuarantineItem>('/v1/quarantine', query)
  const opened = place.sel?.kind === 'refusal' ? Number(place.sel.id) : null
  const filter: QuarantineFilter =
    chosen.size > 0
      ? { ids: [...chosen] }
      : {
          ...(place.code ? { code: place.code as RejectCode } : {}),
          ...(place.deviceId ? { deviceId: place.deviceId } : {}),
          ...(place.typeId ? { typeId: place.typeId } : {}),
        }
  const count = chosen.size > 0 ? chosen.size : list.total
  const choose = (ids: readonly number[], on: boolean) => {
    const next = new Set(chosen)
    for (const id of ids) {
      if (!on) next.delete(id)
      else if (next.size < CHOSEN_MOST) next.add(id)
    }
    setChosen(next)
  }
  if (place.part === 'repair') return <Repair filter={filter} onDone={() => setChosen(new Set())} />
  return (
    <>
      {summary ? <QuarantineFilters summary={summary} /> : null}
      <div className="toolbar toolbar--bar">
        <span className="figures" role="status">
          {list.loading
            ? ''
            : chosen.size > 0
              ? t.desk.quarantine.chosen(f.number(chosen.size), f.number(list.total))
              : t.desk.quarantine.count(f.number(list.total))}
        </span>
        <div className="toolbar-end actions-row">
          {chosen.size > 0 ? (
            <Button look="subtle" onClick={() => setChosen(new Set())}>
              {t.desk.quarantine.chooseNone}
            </Button>
          ) : null}
          {count > 0 ? (
            <>
              <Button look="danger" onClick={() => setDiscarding(true)}>
                {t.desk.quarantine.discard}
              </Button>
              <Button look="primary" onClick={() => go({ part: 'repair', sel: null })}>
                {t.desk.quarantine.repair(f.number(count))}
              </Button>
            </>
          ) : null}
        </div>
      </div>
      {list.error ? <Failed error={list.error} retry="/v1/quarantine" /> : null}
      {list.loading ? <Loading /> : null}
      {!list.loading && !list.error && list.items.length === 0 ? (
        <Empty text={t.device.noQuarantine} />
      ) : null}
      {list.items.length > 0 ? (
        <RefusalTable
          items={list.items}
          withDevice
          chosen={chosen}
          onChoose={choose}
          onOpen={(id) => go({ sel: { kind: 'refusal', id: String(id) } })}
        />
      ) : null}
      {list.more ? (
        <Button look="subtle" onClick={list.more}>
          {t.common.more}
        </Button>
      ) : null}
      <RefusalPopup id={opened} onClose={() => go({ sel: null })} />
      <Discard
        filter={filter}
        count={count}
        open={discarding}
        onClose={() => setDiscarding(false)}
        onDone={() => {
          setDiscarding(false)
          setChosen(new Set())
        }}
      />
    </>
  )
}

import { useState } from 'react'
import { usePages } from '../../client/pages.ts'
import type { QuarantineItem } from '../../client/types.ts'
import { Button } from '../../parts/button.tsx'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { useText } from '../../text/language.ts'
import { RefusalPopup } from '../trace/trace-popup.tsx'
import { RefusalTable } from './refusal-table.tsx'

/** What was refused of one device or type, with the way to where it is repaired. */
export function RefusalList({ filter }: { filter: { deviceId: string } }) {
  const t = useText()
  const [opened, setOpened] = useState<number | null>(null)
  const list = usePages<QuarantineItem>('/v1/quarantine', filter)
  if (list.error) return <Failed error={list.error} retry="/v1/quarantine" />
  if (list.loading) return <Loading />
  if (list.items.length === 0) return <Empty text={t.device.noQuarantine} />
  return (
    <div className="stack">
      <p>
        <PlaceLink
          to={{
            tab: 'quarantine',
            sel: null,
            part: 'repair',
            deviceId: filter.deviceId,
            code: '',
            typeId: '',
          }}
          className="utrecht-button utrecht-button--secondary-action"
        >
          {t.desk.quarantine.repairThese}
        </PlaceLink>
      </p>
      <RefusalTable items={list.items} withDevice={false} onOpen={setOpened} />
      {list.more ? (
        <Button look="subtle" onClick={list.more}>
          {t.common.more}
        </Button>
      ) : null}
      <RefusalPopup id={opened} onClose={() => setOpened(null)} />
    </div>
  )
}

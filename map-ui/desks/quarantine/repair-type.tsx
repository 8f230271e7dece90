import { useState } from 'react'
import { fetchOrThrow } from '../../client/fetch.ts'
import { invalidate } from '../../client/resource.ts'
import type { DeviceType, QuarantineFilter } from '../../client/types.ts'
import { PlaceLink } from '../../parts/place-link.tsx'
import { useText } from '../../text/language.ts'
import { changeOf, type Draft, draftOf } from '../editor/draft.ts'
import { RepairFrame } from './repair-frame.tsx'

type Props = { type: DeviceType; filter: QuarantineFilter; onDone: () => void }

/** Repair by changing the type: it holds for all devices of it from then on. */
export function RepairType({ type, filter, onDone }: Props) {
  const t = useText()
  const [draft, setDraft] = useState<Draft>(draftOf(type))
  const save = async () => {
    if (JSON.stringify(changeOf(draft)) === JSON.stringify(changeOf(draftOf(type)))) return
    await fetchOrThrow(`/v1/device-types/${encodeURIComponent(type.id)}`, {
      method: 'PUT',
      ifMatch: type.version,
      body: {
        name: type.name,
        kind: type.kind,
        expectedIntervalS: type.expectedIntervalS,
        power: type.power,
        ...changeOf(draft),
      },
    })
    invalidate('/v1/device-types', '/v1/devices')
  }
  return (
    <>
      <p>
        {t.desk.repair.changesType}{' '}
        <PlaceLink to={{ tab: 'types', sel: { kind: 'type', id: type.id }, part: '' }}>{type.name}</PlaceLink>{' '}
        <span className="quiet">{t.desk.repair.affects(type.devices)}</span>
      </p>
      <RepairFrame draft={draft} onChange={setDraft} filter={filter} save={save} onDone={onDone} />
    </>
  )
}

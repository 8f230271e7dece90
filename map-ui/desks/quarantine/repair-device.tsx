import { useState } from 'react'
import { PAYLOAD_FORMATS, type PayloadFormat } from '../../../model/device.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { invalidate, useResource } from '../../client/resource.ts'
import type { Device, DeviceType, Page, QuarantineFilter } from '../../client/types.ts'
import { Field, SELECT } from '../../parts/field.tsx'
import { PlaceLink } from '../../parts/place-link.tsx'
import { useText } from '../../text/language.ts'
import { deviceAt } from '../device-at.ts'
import { changeOf, type Draft, draftOf } from '../editor/draft.ts'
import { RepairFrame } from './repair-frame.tsx'

type Props = { device: Device; filter: QuarantineFilter; onDone: () => void }

/** Repair of a device that has no type: by giving it one, or by saying on itself how its messages are read. */
export function RepairDevice({ device, filter, onDone }: Props) {
  const t = useText()
  const own: Draft = {
    format: device.effective.format,
    codec: null,
    mapping: device.effective.mapping ?? {},
    extraction: device.effective.extraction ?? {},
    datastreams: [],
  }
  const [draft, setDraft] = useState<Draft>(own)
  const [typeId, setTypeId] = useState('')
  const types = useResource<Page<DeviceType>>('/v1/device-types?limit=200').data?.items ?? []
  const choose = (id: string) => {
    setTypeId(id)
    const type = types.find((one) => one.id === id)
    setDraft(type ? draftOf(type) : own)
  }
  const save = async () => {
    const path = `/v1/devices/${encodeURIComponent(device.id)}`
    const { format, mapping, extraction } = changeOf(draft)
    if (typeId) await fetchOrThrow(path, { method: 'PATCH', body: { typeId } })
    else if (JSON.stringify(changeOf(draft)) !== JSON.stringify(changeOf(own))) {
      await fetchOrThrow(path, { method: 'PATCH', body: { format, mapping, extraction } })
    }
    invalidate('/v1/devices')
  }
  return (
    <>
      <p>
        {t.desk.repair.changesDevice} <PlaceLink to={deviceAt(device.id)}>{device.name}</PlaceLink>
      </p>
      <div className="form-row">
        <Field label={t.desk.repair.giveType}>
          <select className={SELECT} value={typeId} onChange={(e) => choose(e.target.value)}>
            <option value="">{t.desk.device.noType}</option>
            {types.map((type) => (
              <option key={type.id} value={type.id}>
                {type.name}
              </option>
            ))}
          </select>
        </Field>
        {typeId ? null : (
          <Field label={t.device.format}>
            <select
              className={SELECT}
              value={draft.format}
              onChange={(e) => setDraft({ ...draft, format: e.target.value as PayloadFormat })}
            >
              {PAYLOAD_FORMATS.map((format) => (
                <option key={format} value={format}>
                  {t.format[format]}
                </option>
              ))}
            </select>
          </Field>
        )}
      </div>
      {typeId ? <p className="quiet">{t.desk.repair.typeAsIs}</p> : null}
      <RepairFrame
        draft={draft}
        onChange={(next) => {
          // A type is changed on its own page, where all its devices are in sight.
          if (!typeId) setDraft(next)
        }}
        filter={filter}
        save={save}
        small
        onDone={onDone}
      />
    </>
  )
}

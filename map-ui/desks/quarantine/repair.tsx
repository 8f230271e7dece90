import { useState } from 'react'
import { query } from '../../client/fetch.ts'
import { go } from '../../client/location.ts'
import { useResource } from '../../client/resource.ts'
import type { Device, DeviceType, Page, QuarantineFilter, QuarantineItem } from '../../client/types.ts'
import { Field, SELECT } from '../../parts/field.tsx'
import { Icon } from '../../parts/icon.tsx'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Alert, Empty, Failed, Loading } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { RegisterUnknown } from './register-unknown.tsx'
import { RepairDevice } from './repair-device.tsx'
import { RepairType } from './repair-type.tsx'

const LOOKED_AT = 200

type Props = { filter: QuarantineFilter; onDone: () => void }

/** What can be changed so that refused messages are taken: the type that they have in common, or their device. */
export function Repair({ filter, onDone }: Props) {
  const t = useText()
  const f = useFormat()
  const { ids, ...rest } = filter
  const path = `/v1/quarantine${query({ ...rest, ids: ids?.join(','), limit: LOOKED_AT })}`
  // As it was when the repair began: the messages that are replayed leave the list meanwhile.
  const [first, setFirst] = useState<Page<QuarantineItem> | null>(null)
  const { data, error } = useResource<Page<QuarantineItem>>(first ? null : path)
  if (data && !first) setFirst(data)
  const page = first
  return (
    <article className="thing">
      <header className="thing-head">
        <PlaceLink to={{ part: '', sel: null }} className="thing-back">
          <Icon name="back" size={16} />
          {t.common.back}
        </PlaceLink>
        <div className="thing-title">
          <p className="detail-kicker">{t.device.quarantine}</p>
          <h2>{t.desk.repair.title(page ? f.number(page.total) : '…')}</h2>
        </div>
      </header>
      {page ? (
        <Target page={page} filter={filter} onDone={onDone} />
      ) : error ? (
        <Failed error={error} />
      ) : (
        <Loading />
      )}
    </article>
  )
}

function Target({
  page,
  filter,
  onDone,
}: {
  page: Page<QuarantineItem>
  filter: QuarantineFilter
  onDone: () => void
}) {
  const t = useText()
  const types = [...new Set(page.items.flatMap((item) => item.typeId ?? []))]
  const devices = [...new Set(page.items.filter((item) => item.typeId === null).map((item) => item.deviceId))]
  const targets = [
    ...types.map((id) => ({ kind: 'type' as const, id })),
    ...devices.map((id) => ({ kind: 'device' as const, id })),
  ]
  const [at, setAt] = useState(0)
  const target = targets[at]
  if (!target) return <Empty text={t.device.noQuarantine} />
  const only: QuarantineFilter =
    targets.length === 1 || filter.ids
      ? filter
      : { ...filter, ...(target.kind === 'type' ? { typeId: target.id } : { deviceId: target.id }) }
  const unknown = page.items.filter((item) => item.code === 'unknown_device')
  const done = () => {
    onDone()
    go({ part: '' }, 'replace')
  }
  return (
    <>
      {unknown.length > 0 ? <RegisterUnknown items={unknown} filter={filter} /> : null}
      {targets.length > 1 ? (
        <div className="narrow">
          <Field label={t.desk.repair.target} hint={t.desk.repair.targetHint}>
            <select className={SELECT} value={at} onChange={(e) => setAt(Number(e.target.value))}>
              {targets.map((one, i) => (
                <option key={`${one.kind}:${one.id}`} value={i}>
                  {one.kind === 'type' ? t.desk.repair.ofType(one.id) : t.desk.repair.ofDevice(one.id)}
                </option>
              ))}
            </select>
          </Field>
        </div>
      ) : null}
      {unknown.length === page.items.length ? null : target.kind === 'type' ? (
        <OfType key={target.id} id={target.id} filter={only} onDone={done} />
      ) : (
        <OfDevice key={target.id} id={target.id} filter={only} onDone={done} />
      )}
    </>
  )
}

type OfProps = { id: string; filter: QuarantineFilter; onDone: () => void }

function OfType({ id, filter, onDone }: OfProps) {
  const path = `/v1/device-types/${encodeURIComponent(id)}`
  const { data, error } = useResource<DeviceType>(path)
  if (data) return <RepairType type={data} filter={filter} onDone={onDone} />
  return error ? <Failed error={error} retry={path} /> : <Loading />
}

function OfDevice({ id, filter, onDone }: OfProps) {
  const t = useText()
  const path = `/v1/devices/${encodeURIComponent(id)}`
  const { data, error } = useResource<Device>(path)
  if (data) return <RepairDevice device={data} filter={filter} onDone={onDone} />
  if (error?.status === 404) return <Alert kind="warning">{t.desk.repair.deviceGone(id)}</Alert>
  return error ? <Failed error={error} retry={path} /> : <Loading />
}

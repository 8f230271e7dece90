import { useEffect, useId, useState } from 'react'
import type { Town } from '../../../model/api.ts'
import { query } from '../../client/fetch.ts'
import { useResource } from '../../client/resource.ts'
import type { Asset, Page } from '../../client/types.ts'
import { Field, TEXTBOX } from '../../parts/field.tsx'
import { PlaceMap } from '../../parts/place-map.tsx'
import { useText } from '../../text/language.ts'
import { readNumber } from '../read-number.ts'

type Change = { lng?: string; lat?: string; assetId?: string }
type Props = {
  town: Town | undefined
  lng: string
  lat: string
  assetId: string
  faultAt: (pointer: string) => string | undefined
  onChange: (change: Change) => void
}

const WAIT_MS = 300
const DIGITS = 6

/** Where a device stands: a click on the map, figures, or a lamp or post that it is part of. */
export function PlaceFields({ town, lng, lat, assetId, faultAt, onChange }: Props) {
  const t = useText()
  const x = readNumber(lng)
  const y = readNumber(lat)
  const point = x === null || y === null ? null : { lng: x, lat: y }
  return (
    <div className="form">
      <PlaceMap
        town={town}
        point={point}
        label={t.desk.place.map}
        onPick={(p) => onChange({ lng: p.lng.toFixed(DIGITS), lat: p.lat.toFixed(DIGITS) })}
      />
      <p className="quiet">{t.desk.place.how}</p>
      <div className="form-pair">
        <Field label={`${t.device.lat} (${t.common.optional})`} fault={faultAt('/lat')}>
          <input
            className={TEXTBOX}
            inputMode="decimal"
            value={lat}
            onChange={(e) => onChange({ lat: e.target.value })}
          />
        </Field>
        <Field label={`${t.device.lng} (${t.common.optional})`} fault={faultAt('/lng')}>
          <input
            className={TEXTBOX}
            inputMode="decimal"
            value={lng}
            onChange={(e) => onChange({ lng: e.target.value })}
          />
        </Field>
      </div>
      <AssetField assetId={assetId} fault={faultAt('/assetId')} onChange={onChange} />
    </div>
  )
}

type AssetProps = { assetId: string; fault: string | undefined; onChange: (change: Change) => void }

/** Choosing an asset takes its place over. */
function AssetField({ assetId, fault, onChange }: AssetProps) {
  const t = useText()
  const list = useId()
  const [text, setText] = useState(assetId)
  const [asked, setAsked] = useState('')
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), WAIT_MS)
    return () => clearTimeout(timer)
  }, [text])
  const found = useResource<Page<Asset>>(
    asked.length > 1 ? `/v1/assets${query({ text: asked, limit: 12 })}` : null,
  ).data?.items
  const choose = (value: string) => {
    setText(value)
    const asset = found?.find((one) => one.id === value)
    if (asset) onChange({ assetId: asset.id, lng: asset.lng.toFixed(DIGITS), lat: asset.lat.toFixed(DIGITS) })
    else onChange({ assetId: value.trim() })
  }
  return (
    <>
      <Field label={`${t.device.asset} (${t.common.optional})`} hint={t.desk.place.asset} fault={fault}>
        <input
          className={TEXTBOX}
          list={list}
          value={text}
          autoCapitalize="none"
          spellCheck={false}
          onChange={(e) => choose(e.target.value)}
        />
      </Field>
      <datalist id={list}>
        {(found ?? []).map((asset) => (
          <option key={asset.id} value={asset.id}>
            {asset.name} · {asset.street}
          </option>
        ))}
      </datalist>
    </>
  )
}

import { useState } from 'react'
import { useAction } from '../../client/action.ts'
import { fetchOrThrow } from '../../client/fetch.ts'
import { invalidate } from '../../client/resource.ts'
import type { Announcement } from '../../client/types.ts'
import { Button } from '../../parts/button.tsx'
import { Field, TEXTBOX } from '../../parts/field.tsx'
import { PlaceLink } from '../../parts/place-link.tsx'
import { Alert, wordsOf } from '../../parts/states.tsx'
import { useFault } from '../../parts/use-fault.ts'
import { useFormat } from '../../text/format.ts'
import { useLanguage, useText } from '../../text/language.ts'
import { refusalWords } from '../../text/refusals.ts'
import { deviceAt } from '../device-at.ts'
import { PropertySelect } from '../editor/property-select.tsx'
import { UnitInput } from '../editor/unit-input.tsx'
import { idOf } from '../new.ts'
import { PropertyLabel } from '../property-label.tsx'

/** All that one device announced: accepted as one device, or datastream by datastream. */
export function AnnouncedDevice({ items }: { items: readonly Announcement[] }) {
  const t = useText()
  const f = useFormat()
  const first = items[0]
  const [id, setId] = useState(first ? idOf(first.proposal.externalId || first.proposal.deviceName) : '')
  const [changeFormat, setChangeFormat] = useState(false)
  const accept = useAction(async (one: Announcement, body: Record<string, unknown>) => {
    try {
      await fetchOrThrow(`/v1/announcements/${one.id}/acceptance`, {
        method: 'POST',
        body: { ...body, version: one.version, changeFormat },
      })
    } finally {
      // Also after a refusal: it may say something else by now.
      invalidate('/v1/announcements')
    }
    invalidate('/v1/devices', '/v1/town')
  })
  const decline = useAction(async () => {
    for (const one of items) await fetchOrThrow(`/v1/announcements/${one.id}/refusal`, { method: 'POST' })
    invalidate('/v1/announcements')
  })
  const faultAt = useFault(accept.error)
  if (!first) return null
  const { deviceName, manufacturer, model, externalId } = first.proposal
  const open = first.state === 'proposed'
  const sound = items.find((one) => missing(one).length === 0)
  const change = open ? items.find((one) => one.formatChange)?.formatChange : undefined
  const error = accept.error ?? decline.error
  return (
    <article className="announced-device">
      <header className="part-head">
        <h2>{deviceName || externalId}</h2>
        <span className="quiet figures">
          {t.desk.announcement.by} <PlaceLink to={deviceAt(first.senderId)}>{first.senderId}</PlaceLink> ·{' '}
          {f.ago(first.lastAt)}
        </span>
      </header>
      <p className="quiet">
        {[manufacturer, model].filter(Boolean).join(' ')}
        {externalId ? (
          <>
            {' '}
            · <code>{externalId}</code>
          </>
        ) : null}
      </p>
      {error ? <Alert kind="error">{wordsOf(error, t)}</Alert> : null}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="table-scroll" tabIndex={0} aria-label={deviceName || externalId}>
        <table className="utrecht-table table-edit">
          <thead>
            <tr>
              <th scope="col">{t.desk.mapping.field}</th>
              <th scope="col">{t.desk.announcement.becomes}</th>
              <th scope="col">{t.desk.announcement.problems}</th>
            </tr>
          </thead>
          <tbody>
            {items.map((one) => (
              <AnnouncedRow
                key={one.id}
                item={one}
                busy={accept.busy}
                onAccept={(body) => void accept.run(one, { ...body, wholeDevice: false, deviceId: id })}
              />
            ))}
          </tbody>
        </table>
      </section>
      {open ? (
        <div className="inline-form">
          <Field label={t.device.idLabel} fault={faultAt('/deviceId')}>
            <input
              className={TEXTBOX}
              value={id}
              maxLength={64}
              autoCapitalize="none"
              spellCheck={false}
              onChange={(e) => setId(e.target.value)}
            />
          </Field>
          {change ? (
            <label className="check">
              <input
                type="checkbox"
                checked={changeFormat}
                onChange={(e) => setChangeFormat(e.target.checked)}
              />{' '}
              {t.desk.announcement.changeFormat(change.deviceId, change.from, change.to)}
            </label>
          ) : null}
          {sound ? (
            <Button
              look="primary"
              icon="check"
              disabled={sound.formatChange !== null && !changeFormat}
              busy={accept.busy}
              onClick={() => void accept.run(sound, { deviceId: id, wholeDevice: true })}
            >
              {t.desk.announcement.accept}
            </Button>
          ) : null}
          <Button busy={decline.busy} onClick={() => void decline.run()}>
            {t.desk.announcement.decline}
          </Button>
        </div>
      ) : null}
    </article>
  )
}

/** What is missing, beside the yes to a change of format. */
const missing = ({ proposal, formatChange }: Announcement) =>
  proposal.problems.filter((problem) => problem !== formatChange?.detail)

type RowProps = { item: Announcement; busy: boolean; onAccept: (body: Record<string, unknown>) => void }

function AnnouncedRow({ item, busy, onAccept }: RowProps) {
  const t = useText()
  const language = useLanguage()
  const { field, stateTopic, observedProperty, unit, problems } = item.proposal
  const [property, setProperty] = useState(observedProperty ?? '')
  const [ownUnit, setOwnUnit] = useState(unit ?? '')
  const stuck = missing(item).length > 0 && item.state === 'proposed'
  return (
    <tr>
      <th scope="row">
        {field ? <code>{field}</code> : item.component}
        <span className="cell-sub">{stateTopic}</span>
      </th>
      <td>
        {stuck ? (
          <div className="inline-form">
            <PropertySelect
              label={t.desk.mapping.propertyOf(field)}
              value={property}
              onChange={setProperty}
            />
            <UnitInput
              label={t.desk.mapping.unitOf(field)}
              property={property}
              value={ownUnit}
              onChange={setOwnUnit}
            />
            <Button
              busy={busy || property === ''}
              onClick={() => onAccept({ observedProperty: property, ...(ownUnit ? { unit: ownUnit } : {}) })}
            >
              {t.desk.announcement.acceptOne}
            </Button>
          </div>
        ) : observedProperty ? (
          <>
            <PropertyLabel property={observedProperty} />{' '}
            {unit ? <span className="quiet">{unit}</span> : null}
          </>
        ) : (
          '–'
        )}
      </td>
      <td>
        {problems.length === 0 ? (
          <span className="quiet">{t.desk.announcement.noProblems}</span>
        ) : (
          <ul className="bullets">
            {problems.map((problem) => (
              <li key={problem}>{refusalWords(problem, language)}</li>
            ))}
          </ul>
        )}
      </td>
    </tr>
  )
}

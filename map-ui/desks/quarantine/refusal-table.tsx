import type { QuarantineItem } from '../../client/types.ts'
import { PlaceLink } from '../../parts/place-link.tsx'
import { useFormat } from '../../text/format.ts'
import { useLanguage, useText } from '../../text/language.ts'
import { refusalWords } from '../../text/refusals.ts'
import { deviceAt } from '../device-at.ts'

type Props = {
  items: readonly QuarantineItem[]
  withDevice: boolean
  onOpen: (id: number) => void
  /** with a box before each line */
  chosen?: ReadonlySet<number>
  onChoose?: (ids: readonly number[], on: boolean) => void
}

/** Refused messages: when, whose, why, where in the message and what stood there. */
export function RefusalTable({ items, withDevice, onOpen, chosen, onChoose }: Props) {
  const t = useText()
  const f = useFormat()
  const language = useLanguage()
  const all = chosen !== undefined && items.length > 0 && items.every((item) => chosen.has(item.id))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label={t.device.quarantine}>
      <table className="utrecht-table utrecht-table--row-hover table-refusals">
        <thead>
          <tr>
            {chosen && onChoose ? (
              <th scope="col" className="cell-check">
                <input
                  type="checkbox"
                  aria-label={t.desk.quarantine.chooseShown}
                  checked={all}
                  onChange={(e) =>
                    onChoose(
                      items.map((item) => item.id),
                      e.target.checked,
                    )
                  }
                />
              </th>
            ) : null}
            <th scope="col">{t.device.received}</th>
            <th scope="col">{t.desk.quarantine.reason}</th>
            {withDevice ? <th scope="col">{t.device.id}</th> : null}
            <th scope="col">{t.device.at}</th>
            <th scope="col">{t.device.got}</th>
            <th scope="col">{t.device.hint}</th>
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={item.id} className={chosen?.has(item.id) ? 'chosen' : undefined}>
              {chosen && onChoose ? (
                <td className="cell-check">
                  <input
                    type="checkbox"
                    aria-label={t.desk.quarantine.choose(f.moment(item.receivedAt), item.deviceId)}
                    checked={chosen.has(item.id)}
                    onChange={(e) => onChoose([item.id], e.target.checked)}
                  />
                </td>
              ) : null}
              <td>
                <button
                  type="button"
                  className="link-button figures"
                  aria-label={t.desk.trial.open(f.moment(item.receivedAt))}
                  onClick={() => onOpen(item.id)}
                >
                  {f.moment(item.receivedAt)}
                </button>
              </td>
              <td>
                <span className="badge badge--verdict-quarantined">{t.rejectCode[item.code]}</span>
                {item.attempts > 0 ? (
                  <span className="cell-sub">{t.desk.quarantine.attempts(item.attempts)}</span>
                ) : null}
              </td>
              {withDevice ? (
                <td>
                  <PlaceLink to={deviceAt(item.deviceId)}>{item.deviceId}</PlaceLink>
                  {item.typeId ? <span className="cell-sub">{item.typeId}</span> : null}
                </td>
              ) : null}
              <td>
                {item.pointer ? <code>{item.pointer}</code> : <span className="quiet">{t.device.whole}</span>}
              </td>
              <td className="cell-text">{refusalWords(item.got, language)}</td>
              <td className="cell-text">{refusalWords(item.hint, language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}

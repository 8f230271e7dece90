import type { Trace } from '../../client/types.ts'
import { PlaceLink } from '../../parts/place-link.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { deviceAt } from '../device-at.ts'
import { PropertyLabel } from '../property-label.tsx'
import { QualityWords } from '../quality-words.tsx'
import { unitWords } from '../unit-words.ts'

const MOST = 60

/** What was, or would be, stored of a message, and where. */
export function TraceReadings({ trace }: { trace: Trace }) {
  const t = useText()
  const f = useFormat()
  const several = new Set(trace.readings.map((r) => r.deviceId)).size > 1
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label={t.desk.trace.readings(trace.readings.length)}>
      <table className="utrecht-table">
        <thead>
          <tr>
            <th scope="col">{t.desk.trace.datastream}</th>
            <th scope="col" className="numeric">
              {t.desk.trace.value}
            </th>
            <th scope="col">{t.flag.when}</th>
            <th scope="col">{t.desk.trace.quality}</th>
            <th scope="col">{t.desk.trace.stored}</th>
          </tr>
        </thead>
        <tbody>
          {trace.readings.slice(0, MOST).map((reading, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the readings of one message, in their order
            <tr key={i}>
              <th scope="row">
                <PlaceLink to={deviceAt(reading.deviceId, 'series')}>
                  <PropertyLabel property={reading.observedProperty} name={reading.datastream} />
                </PlaceLink>
                {several ? <span className="cell-sub">{reading.deviceId}</span> : null}
              </th>
              <td className="numeric">
                <b>{f.value(reading.result)}</b> {unitWords(reading.observedProperty, reading.unit)}
                {reading.rawResult !== null &&
                reading.rawUnit !== null &&
                reading.rawUnit !== reading.unit ? (
                  <span className="cell-sub">
                    {t.desk.trace.raw(f.value(reading.rawResult), reading.rawUnit)}
                  </span>
                ) : null}
              </td>
              <td>
                <time dateTime={reading.phenomenonTime}>{f.dateTime(reading.phenomenonTime)}</time>
              </td>
              <td>
                <QualityWords flags={reading.quality} />
              </td>
              <td>
                {trace.via === 'trial' && reading.stored === 'not_stored'
                  ? t.desk.trace.wouldBe
                  : t.desk.trace.storedWord[reading.stored]}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {trace.readings.length > MOST ? (
        <p className="quiet">{t.desk.trace.andMore(trace.readings.length - MOST)}</p>
      ) : null}
    </section>
  )
}

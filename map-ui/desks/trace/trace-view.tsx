import type { Trace } from '../../client/types.ts'
import { Part } from '../../detail/detail-frame.tsx'
import { PlaceLink } from '../../parts/place-link.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { deviceAt } from '../device-at.ts'
import { VerdictBadge } from '../verdict-badge.tsx'
import { TracePayload } from './trace-payload.tsx'
import { TraceReadings } from './trace-readings.tsx'
import { TraceRejections } from './trace-rejections.tsx'
import { TraceSteps } from './trace-steps.tsx'

/** One message, from the bytes that came in to what was stored of it: what each step made of it, and why. */
export function TraceView({ trace }: { trace: Trace }) {
  const t = useText()
  const f = useFormat()
  return (
    <div className="trace">
      <dl className="facts figures">
        <div>
          <dt>{t.device.verdict}</dt>
          <dd>
            <VerdictBadge verdict={trace.verdict} />
          </dd>
        </div>
        <div>
          <dt>{t.device.received}</dt>
          <dd>
            <time dateTime={trace.receivedAt}>{f.moment(trace.receivedAt)}</time>
          </dd>
        </div>
        <div>
          <dt>{t.desk.trace.from}</dt>
          <dd className="links">
            {(trace.deviceIds.length > 0 ? trace.deviceIds : [trace.senderId]).map((id) => (
              <PlaceLink key={id} to={deviceAt(id)}>
                {id}
              </PlaceLink>
            ))}
            {trace.deviceIds.includes(trace.senderId) || trace.deviceIds.length === 0 ? null : (
              <span className="quiet">{t.desk.trace.through(trace.senderId)}</span>
            )}
          </dd>
        </div>
        {trace.via === 'trial' ? null : (
          <div>
            <dt>{t.desk.trace.via}</dt>
            <dd>{t.desk.via[trace.via]}</dd>
          </div>
        )}
        <div>
          <dt>{t.device.size}</dt>
          <dd>{t.device.bytes(f.number(trace.bytes))}</dd>
        </div>
        {trace.correlationId ? (
          <div>
            <dt>{t.device.correlation}</dt>
            <dd>
              <code>{trace.correlationId}</code>
            </dd>
          </div>
        ) : null}
        <div className="facts-wide">
          <dt>{t.device.topic}</dt>
          <dd>
            <code>{trace.topic}</code>
          </dd>
        </div>
      </dl>
      {trace.rejections.length > 0 ? (
        <Part title={t.desk.trace.rejections(trace.rejections.length)}>
          <TraceRejections rejections={trace.rejections} />
        </Part>
      ) : null}
      <Part title={t.desk.trace.steps}>
        <TraceSteps steps={trace.steps} />
      </Part>
      {trace.readings.length > 0 ? (
        <Part title={t.desk.trace.readings(trace.readings.length)}>
          <TraceReadings trace={trace} />
        </Part>
      ) : null}
      <Part title={t.desk.trace.payload}>
        <TracePayload trace={trace} />
      </Part>
    </div>
  )
}

import type { Device } from '../../client/types.ts'
import { Part } from '../../detail/detail-frame.tsx'
import { useFormat } from '../../text/format.ts'
import { withLocalTimes } from '../../text/formats.ts'
import { useLanguage, useText } from '../../text/language.ts'
import { refusalWords } from '../../text/refusals.ts'

/** What is wrong with a device, since when, and what to do about it. */
export function DeviceHealth({ device }: { device: Device }) {
  const t = useText()
  const f = useFormat()
  const language = useLanguage()
  const issues = device.health
  return (
    <Part title={t.desk.device.health}>
      {issues.length === 0 ? (
        <p>
          <span className="badge badge--good">{t.desk.device.well}</span>
        </p>
      ) : (
        <ul className="health">
          {issues.map((issue) => (
            <li key={issue.kind}>
              <p>
                <b>{t.desk.health[issue.kind]}</b>
                {issue.since ? (
                  <span className="quiet"> · {t.desk.device.sinceWhen(f.dateTime(issue.since))}</span>
                ) : null}
              </p>
              {issue.detail ? (
                <p className="quiet">{withLocalTimes(refusalWords(issue.detail, language), f)}</p>
              ) : null}
              <p>{t.desk.healthHelp[issue.kind]}</p>
            </li>
          ))}
        </ul>
      )}
    </Part>
  )
}

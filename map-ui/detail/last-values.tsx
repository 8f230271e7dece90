import type { DatastreamView } from '../../model/api.ts'
import { QUALITY } from '../../model/quality.ts'
import { useFormat } from '../text/format.ts'
import type { Format } from '../text/formats.ts'
import { useLanguage, useText } from '../text/language.ts'
import type { Dictionary } from '../text/nl.ts'

/** Quality bits that make a value doubtful for who looks at a lamp or a post. */
const DOUBTFUL =
  QUALITY.range |
  QUALITY.positionConflict |
  QUALITY.saturated |
  QUALITY.clock |
  QUALITY.spike |
  QUALITY.stuck |
  QUALITY.colocation

export function LastValues({ streams }: { streams: readonly DatastreamView[] }) {
  const t = useText()
  const f = useFormat()
  const language = useLanguage()
  if (streams.length === 0) return <p className="quiet">{t.asset.noValues}</p>
  return (
    <table className="utrecht-table">
      <tbody>
        {streams.map((stream) => (
          <tr key={stream.id}>
            <th scope="row">{stream.label[language]}</th>
            <td className="numeric">
              <b>{stream.latest ? valueWords(stream, stream.latest.value, t, f) : '–'}</b>
              {stream.latest && (stream.latest.quality & DOUBTFUL) > 0 ? (
                <span className="badge">{t.asset.suspect}</span>
              ) : null}
            </td>
            <td className="numeric quiet">
              {stream.latest ? (
                <time dateTime={stream.latest.time} title={f.dateTime(stream.latest.time)}>
                  {f.ago(stream.latest.time)}
                </time>
              ) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** A value as people say it: a number with its unit, yes or no, or the name of a state. */
export function valueWords(stream: DatastreamView, value: number, t: Dictionary, f: Format): string {
  if (stream.kind === 'truth') return value > 0 ? t.asset.truth.yes : t.asset.truth.no
  if (stream.kind === 'category') {
    const code = stream.codes?.[value] ?? String(value)
    return t.asset.code[code] ?? code
  }
  const size = Math.abs(value)
  const digits = Number.isInteger(value) ? 0 : size >= 100 ? 0 : size >= 10 ? 1 : 2
  return `${f.number(value, digits)}${stream.unitLabel ? ` ${stream.unitLabel}` : ''}`
}

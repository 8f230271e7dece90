import { useResource } from '../../client/resource.ts'
import type { Correction } from '../../client/types.ts'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'

/** Values that were sent again otherwise: which one counts, which one was there, and when each came in. */
export function Corrections({ streamId, from, to }: { streamId: number; from: number; to: number }) {
  const t = useText()
  const f = useFormat()
  const { data } = useResource<{ items: Correction[] }>(
    `/v1/datastreams/${streamId}/corrections?from=${new Date(from).toISOString()}&to=${new Date(to).toISOString()}`,
  )
  if (!data || data.items.length === 0) return null
  const times = new Set(data.items.map((c) => c.time))
  return (
    <details className="corrections">
      <summary>{t.desk.corrections.title(times.size)}</summary>
      <table className="utrecht-table">
        <thead>
          <tr>
            <th scope="col">{t.flag.when}</th>
            <th scope="col" className="numeric">
              {t.desk.trace.value}
            </th>
            <th scope="col">{t.desk.corrections.arrived}</th>
          </tr>
        </thead>
        <tbody>
          {data.items.slice(0, 100).map((c) => (
            <tr key={`${c.time}:${c.value}:${c.receivedAt}`}>
              <td>
                <time dateTime={c.time}>{f.dateTime(c.time)}</time>
              </td>
              <td className="numeric">
                {f.value(c.value)}
                {c.valid ? <span className="badge badge--good">{t.desk.corrections.valid}</span> : null}
              </td>
              <td>
                <time dateTime={c.receivedAt}>{f.dateTime(c.receivedAt)}</time>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

import { useResource } from '../client/resource.ts'
import type { Message } from '../client/types.ts'
import { Empty, Failed, Loading } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { summaryWords } from '../text/refusals.ts'
import { PayloadView } from './payload-view.tsx'
import { VerdictBadge } from './verdict-badge.tsx'

/** The last messages of a device as they came in: bytes, verdict, what became of them. */
export function DeviceMessages({ id }: { id: string }) {
  const t = useText()
  const f = useFormat()
  const path = `/v1/devices/${encodeURIComponent(id)}/messages`
  const { data, error, loading } = useResource<{ items: Message[] }>(path)
  if (error && !data) return <Failed error={error} retry={path} />
  if (!data && loading) return <Loading />
  const items = data?.items ?? []
  if (items.length === 0) return <Empty text={t.device.noMessages} />
  return (
    <ul className="messages">
      {items.map((message) => (
        <li key={`${message.receivedAt}:${message.topic}:${message.summary}`}>
          <details>
            <summary>
              <time className="figures" dateTime={message.receivedAt} title={f.dateTime(message.receivedAt)}>
                {f.time(message.receivedAt)}
              </time>
              <VerdictBadge verdict={message.verdict} />
              <span className="message-summary">{summaryWords(message.summary, t)}</span>
            </summary>
            <p className="quiet figures">
              <code>{message.topic}</code> · {t.device.bytes(f.number(message.bytes))}
            </p>
            {message.payload === null ? (
              <p className="quiet">{t.device.notKept}</p>
            ) : (
              <PayloadView payload={message.payload} encoding={message.payloadEncoding} />
            )}
          </details>
        </li>
      ))}
    </ul>
  )
}

import { useState } from 'react'
import { useResource } from '../../client/resource.ts'
import type { Message } from '../../client/types.ts'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { useFormat } from '../../text/format.ts'
import { useText } from '../../text/language.ts'
import { summaryWords } from '../../text/refusals.ts'
import { MessagePopup } from '../trace/trace-popup.tsx'
import { VerdictBadge } from '../verdict-badge.tsx'

/** The last messages of a device: verdict and what became of them; each opens to all that happened to it. */
export function DeviceMessages({ id }: { id: string }) {
  const t = useText()
  const f = useFormat()
  const [opened, setOpened] = useState<string | null>(null)
  const path = `/v1/devices/${encodeURIComponent(id)}/messages`
  const { data, error } = useResource<{ items: Message[] }>(path)
  if (!data) return error ? <Failed error={error} retry={path} /> : <Loading />
  if (data.items.length === 0) return <Empty text={t.device.noMessages} hint={t.desk.device.noMessagesHint} />
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="table-scroll" tabIndex={0} aria-label={t.device.messages}>
      <table className="utrecht-table table-messages">
        <thead>
          <tr>
            <th scope="col">{t.device.received}</th>
            <th scope="col">{t.device.verdict}</th>
            <th scope="col">{t.device.payload}</th>
            <th scope="col">{t.device.topic}</th>
            <th scope="col" className="numeric">
              {t.device.size}
            </th>
          </tr>
        </thead>
        <tbody>
          {data.items.map((message) => (
            <tr key={`${message.receivedAt}:${message.correlationId}:${message.summary}`}>
              <td>
                {message.correlationId === null ? (
                  <time dateTime={message.receivedAt}>{f.moment(message.receivedAt)}</time>
                ) : (
                  <button
                    type="button"
                    className="link-button figures"
                    onClick={() => setOpened(message.correlationId)}
                  >
                    {f.moment(message.receivedAt)}
                  </button>
                )}
              </td>
              <td>
                <VerdictBadge verdict={message.verdict} />
              </td>
              <td className="message-words">{summaryWords(message.summary, t)}</td>
              <td>
                <code>{message.topic}</code>
              </td>
              <td className="numeric">{f.number(message.bytes)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <MessagePopup correlationId={opened} onClose={() => setOpened(null)} />
    </section>
  )
}

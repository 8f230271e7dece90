import { hrefOf } from '../client/location.ts'
import { usePages } from '../client/pages.ts'
import type { QuarantineItem } from '../client/types.ts'
import { Button } from '../parts/button.tsx'
import { Empty, Failed, Loading } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useLanguage, useText } from '../text/language.ts'
import { refusalWords } from '../text/refusals.ts'
import { PayloadView } from './payload-view.tsx'

/** What was refused, where in the message, what was expected, what came, and how to mend it. */
export function QuarantineList({ deviceId }: { deviceId: string | null }) {
  const t = useText()
  const f = useFormat()
  const language = useLanguage()
  const list = usePages<QuarantineItem>('/v1/quarantine', deviceId ? { deviceId } : {})
  if (list.error) return <Failed error={list.error} retry="/v1/quarantine" />
  if (list.loading) return <Loading />
  if (list.items.length === 0) return <Empty text={t.device.noQuarantine} />
  return (
    <>
      <ul className="messages">
        {list.items.map((item) => (
          <li key={item.id}>
            <details>
              <summary>
                <time className="figures" dateTime={item.receivedAt} title={f.dateTime(item.receivedAt)}>
                  {f.dateTime(item.receivedAt)}
                </time>
                <span className="badge badge--verdict-quarantined">{t.rejectCode[item.code]}</span>
                {deviceId === null ? (
                  <a href={hrefOf({ sel: { kind: 'device', id: item.deviceId } })}>{item.deviceId}</a>
                ) : null}
              </summary>
              <dl className="rejection">
                <div>
                  <dt>{t.device.at}</dt>
                  <dd>{item.pointer ? <code>{item.pointer}</code> : t.device.whole}</dd>
                </div>
                <div>
                  <dt>{t.device.expected}</dt>
                  <dd>{refusalWords(item.expected, language)}</dd>
                </div>
                <div>
                  <dt>{t.device.got}</dt>
                  <dd>
                    <code>{refusalWords(item.got, language)}</code>
                  </dd>
                </div>
                <div>
                  <dt>{t.device.hint}</dt>
                  <dd>{refusalWords(item.hint, language)}</dd>
                </div>
                <div>
                  <dt>{t.device.correlation}</dt>
                  <dd>
                    <code>{item.correlationId}</code>
                  </dd>
                </div>
                <div>
                  <dt>{t.device.topic}</dt>
                  <dd>
                    <code>{item.topic}</code> · {t.device.bytes(f.number(item.bytes))}
                  </dd>
                </div>
              </dl>
              <PayloadView payload={item.payload} encoding={item.payloadEncoding} />
            </details>
          </li>
        ))}
      </ul>
      {list.more ? (
        <Button look="subtle" onClick={list.more}>
          {t.common.more}
        </Button>
      ) : null}
    </>
  )
}

import type { Rejection } from '../../client/types.ts'
import { useLanguage, useText } from '../../text/language.ts'
import { refusalWords } from '../../text/refusals.ts'

/** Refusals drawn at once; a message may have a thousand. */
const MOST = 20
const LONG = 160

/** What was refused, where in the message, what was expected, what came, and how to mend it. */
export function TraceRejections({ rejections }: { rejections: readonly Rejection[] }) {
  const t = useText()
  return (
    <ul className="refusals">
      {rejections.slice(0, MOST).map((rejection, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the refusals of one message, in their order
        <li key={i} className="refusal">
          <RejectionFacts rejection={rejection} />
        </li>
      ))}
      {rejections.length > MOST ? (
        <li className="quiet">{t.desk.trace.andMore(rejections.length - MOST)}</li>
      ) : null}
    </ul>
  )
}

function RejectionFacts({ rejection }: { rejection: Rejection }) {
  const t = useText()
  const language = useLanguage()
  return (
    <>
      <p className="refusal-head">
        <b>{t.rejectCode[rejection.code]}</b> <code>{rejection.code}</code>
      </p>
      <dl className="rejection">
        <div>
          <dt>{t.device.at}</dt>
          <dd>{rejection.pointer ? <code>{rejection.pointer}</code> : t.device.whole}</dd>
        </div>
        <div>
          <dt>{t.device.expected}</dt>
          <dd>
            <Long text={refusalWords(rejection.expected, language)} />
          </dd>
        </div>
        <div>
          <dt>{t.device.got}</dt>
          <dd>
            <code>{refusalWords(rejection.got, language)}</code>
          </dd>
        </div>
        <div>
          <dt>{t.device.hint}</dt>
          <dd>{refusalWords(rejection.hint, language)}</dd>
        </div>
      </dl>
    </>
  )
}

/** A list of all that would have been right can be long: its beginning, and the rest when it is opened. */
function Long({ text }: { text: string }) {
  const t = useText()
  if (text.length <= LONG) return <>{text}</>
  return (
    <details className="long">
      <summary>
        {text.slice(0, text.lastIndexOf(' ', LONG))}… <span className="long-more">{t.desk.trace.all}</span>
      </summary>
      {text}
    </details>
  )
}

import { useText } from '../text/language.ts'
import { prettyPayload } from './payload.ts'

/** The raw content of a message, scrollable by keyboard. */
export function PayloadView({ payload, encoding }: { payload: string; encoding: 'utf8' | 'hex' | null }) {
  const t = useText()
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="payload" tabIndex={0} aria-label={t.device.payload}>
      <pre>
        <code>{prettyPayload(payload, encoding)}</code>
      </pre>
    </section>
  )
}

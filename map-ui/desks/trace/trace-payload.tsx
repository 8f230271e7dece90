import { useState } from 'react'
import type { Trace } from '../../client/types.ts'
import { HexView } from '../../parts/hex-view.tsx'
import { JsonTree } from '../../parts/json-tree.tsx'
import { Segments } from '../../parts/segments.tsx'
import { useText } from '../../text/language.ts'
import { PayloadView } from '../payload-view.tsx'

type How = 'parsed' | 'text' | 'hex'

/** The message itself: parsed with what is wrong pointed out, as text, and as the bytes that came in. */
export function TracePayload({ trace }: { trace: Trace }) {
  const t = useText()
  const can: How[] = [
    ...(trace.parsed === undefined ? [] : ['parsed' as const]),
    ...(trace.payload !== null && trace.payloadEncoding === 'utf8' ? ['text' as const] : []),
    ...(trace.hex === null ? [] : ['hex' as const]),
  ]
  const [chosen, setChosen] = useState<How>('parsed')
  const how = can.includes(chosen) ? chosen : can[0]
  if (how === undefined) return <p className="quiet">{t.device.notKept}</p>
  return (
    <>
      <Segments
        legend={t.desk.trace.payload}
        value={how}
        options={can.map((key) => ({ key, words: t.desk.trace[key] }))}
        onChange={setChosen}
      />
      {how === 'parsed' ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="payload payload--tall" tabIndex={0} aria-label={t.desk.trace.parsed}>
          <JsonTree value={trace.parsed} marked={trace.rejections.map((r) => r.pointer)} open={4} />
        </section>
      ) : null}
      {how === 'text' ? <PayloadView payload={trace.payload ?? ''} encoding="utf8" /> : null}
      {how === 'hex' ? <HexView hex={trace.hex ?? ''} bytes={trace.bytes} /> : null}
    </>
  )
}

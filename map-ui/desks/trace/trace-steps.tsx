import { useState } from 'react'
import type { Step } from '../../client/types.ts'
import { JsonTree } from '../../parts/json-tree.tsx'
import { type Language, useLanguage, useText } from '../../text/language.ts'
import type { Dictionary } from '../../text/nl.ts'
import { refusalWords, summaryWords } from '../../text/refusals.ts'

const GLYPH: Record<Step['verdict'], string> = {
  ok: 'M5 10.5l3.5 3.5 6.5-7.5',
  warning: 'M10 5v6.5M10 14.6v.3',
  refused: 'M6 6l8 8M14 6l-8 8',
  skipped: 'M6 10h8',
}

/** What each step said, in the order of the way of a reading. */
export function TraceSteps({ steps }: { steps: readonly Step[] }) {
  const t = useText()
  if (steps.length === 0) return <p className="quiet">{t.desk.trace.noSteps}</p>
  return (
    <ol className="steps">
      {steps.map((step, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the steps of one message, in their order
        <OneStep key={i} step={step} />
      ))}
    </ol>
  )
}

function OneStep({ step }: { step: Step }) {
  const t = useText()
  const language = useLanguage()
  const [open, setOpen] = useState(false)
  const made = `${t.desk.step[step.step]}: ${t.desk.trace.made}`
  return (
    <li className={`step step--${step.verdict}`}>
      <svg className="step-mark" width="20" height="20" viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="9" />
        <path d={GLYPH[step.verdict]} />
      </svg>
      <div className="step-body">
        <p>
          <b>{t.desk.step[step.step]}</b>{' '}
          <span className={`step-verdict step-verdict--${step.verdict}`}>
            {t.desk.stepVerdict[step.verdict]}
          </span>
        </p>
        {step.detail ? <p className="step-detail">{detailOf(step, t, language)}</p> : null}
        {step.data === undefined ? null : (
          <details onToggle={(event) => setOpen(event.currentTarget.open)}>
            <summary>{t.desk.trace.made}</summary>
            {open ? (
              // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
              <section className="payload" tabIndex={0} aria-label={made}>
                <JsonTree value={step.data} />
              </section>
            ) : null}
          </details>
        )}
      </div>
    </li>
  )
}

/** What a step said, in the language of the reader; what is not known stays as ingest said it. */
function detailOf({ step, detail }: Step, t: Dictionary, language: Language): string {
  const words: Record<string, string> = { ...t.desk.quality, ...t.rejectCode }
  const one = (text: string) => words[text] ?? refusalWords(text, language)
  // Flags of quality, and counts of the store, are lists.
  if (step === 'qualify' || step === 'store') return detail.split(', ').map(one).join(', ')
  const known = one(detail)
  return known === detail ? summaryWords(detail, t) : known
}

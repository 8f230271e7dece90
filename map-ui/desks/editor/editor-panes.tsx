import type { ReactNode } from 'react'
import { useText } from '../../text/language.ts'
import { CodecEditor } from './codec-editor.tsx'
import { DeclaredEditor } from './declared-editor.tsx'
import { type Draft, hasCodec, hasExtraction, hasMapping } from './draft.ts'
import { ExtractionEditor } from './extraction-editor.tsx'
import type { FieldSeen } from './fields.ts'
import { MappingEditor } from './mapping-editor.tsx'

type Props = {
  draft: Draft
  onChange: (draft: Draft) => void
  fields: readonly FieldSeen[]
  /** of a device that has no type: then there is no place to keep a codec or datastreams */
  small?: boolean
  forBridge?: boolean
  /** the last pane: what the draft makes of real messages */
  children: ReactNode
}

/** Codec, meaning of fields and the rest side by side, with what they make of real messages beside them. */
export function EditorPanes({ draft, onChange, fields, small = false, forBridge = false, children }: Props) {
  const t = useText()
  const used = new Map(
    (['time', 'id', 'lng', 'lat', 'device'] as const).flatMap((key) => {
      const path = draft.extraction[key]
      return path === undefined ? [] : [[path, t.desk.extraction.usedAs(t.desk.extraction[key])] as const]
    }),
  )
  const codec = hasCodec(draft.format) && !small
  return (
    <div className={codec ? 'panes panes--codec' : 'panes'}>
      {codec ? (
        <section className="pane">
          <h3>{t.desk.codec.title}</h3>
          <CodecEditor codec={draft.codec} onChange={(next) => onChange({ ...draft, codec: next })} />
        </section>
      ) : null}
      <section className="pane">
        {hasMapping(draft.format) ? (
          <>
            <h3>{t.desk.mapping.title}</h3>
            <MappingEditor
              mapping={draft.mapping}
              fields={fields}
              used={used}
              onChange={(mapping) => onChange({ ...draft, mapping })}
            />
          </>
        ) : (
          <p className="quiet">{t.desk.mapping.notNeeded}</p>
        )}
        {hasExtraction(draft.format) ? (
          <>
            <h3>{t.desk.extraction.title}</h3>
            <ExtractionEditor
              extraction={draft.extraction}
              fields={fields}
              forBridge={forBridge}
              onChange={(extraction) => onChange({ ...draft, extraction })}
            />
          </>
        ) : null}
        {small ? null : (
          <details open={draft.datastreams.length > 0}>
            <summary>{t.desk.declared.title}</summary>
            <DeclaredEditor
              datastreams={draft.datastreams}
              onChange={(datastreams) => onChange({ ...draft, datastreams })}
            />
          </details>
        )}
      </section>
      <section className="pane pane--trial">{children}</section>
    </div>
  )
}

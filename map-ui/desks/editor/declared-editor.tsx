import type { DeclaredStream } from '../../client/types.ts'
import { Button, IconButton } from '../../parts/button.tsx'
import { TEXTBOX } from '../../parts/field.tsx'
import { useText } from '../../text/language.ts'
import { readNumber } from '../read-number.ts'
import { PropertySelect } from './property-select.tsx'
import { UnitInput } from './unit-input.tsx'

type Props = { datastreams: readonly DeclaredStream[]; onChange: (datastreams: DeclaredStream[]) => void }

/** The datastreams that a type says it has, with the limits between which its sensor can tell something. */
export function DeclaredEditor({ datastreams, onChange }: Props) {
  const t = useText()
  const set = (at: number, change: Partial<DeclaredStream>) =>
    onChange(datastreams.map((d, i) => (i === at ? clean({ ...d, ...change }) : d)))
  return (
    <div className="stack">
      <p className="quiet">{t.desk.declared.intro}</p>
      {datastreams.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label={t.desk.declared.title}>
          <table className="utrecht-table table-edit">
            <thead>
              <tr>
                <th scope="col">{t.desk.mapping.property}</th>
                <th scope="col">{t.desk.mapping.which}</th>
                <th scope="col">{t.desk.mapping.unit}</th>
                <th scope="col">{t.desk.declared.lowest}</th>
                <th scope="col">{t.desk.declared.highest}</th>
                <th scope="col">
                  <span className="seen-by-readers">{t.people.actions}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {datastreams.map((stream, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: rows have no name of their own while they are written
                <tr key={i}>
                  <td>
                    <PropertySelect
                      label={t.desk.mapping.property}
                      value={stream.observedProperty}
                      onChange={(observedProperty) =>
                        set(i, { observedProperty, name: named(observedProperty, whichOf(stream)) })
                      }
                    />
                  </td>
                  <td>
                    <input
                      className={TEXTBOX}
                      aria-label={t.desk.mapping.which}
                      value={whichOf(stream)}
                      maxLength={64}
                      placeholder="–"
                      onChange={(e) => set(i, { name: named(stream.observedProperty, e.target.value) })}
                    />
                  </td>
                  <td>
                    <UnitInput
                      label={t.desk.mapping.unit}
                      property={stream.observedProperty}
                      value={stream.unit ?? ''}
                      onChange={(unit) => set(i, { unit })}
                    />
                  </td>
                  {(['detectionLimit', 'saturation'] as const).map((limit) => (
                    <td key={limit}>
                      <input
                        className={`${TEXTBOX} unit-input`}
                        aria-label={limit === 'saturation' ? t.desk.declared.highest : t.desk.declared.lowest}
                        inputMode="decimal"
                        defaultValue={stream[limit] ?? ''}
                        onBlur={(e) => set(i, { [limit]: readNumber(e.target.value) ?? undefined })}
                      />
                    </td>
                  ))}
                  <td>
                    <IconButton
                      icon="close"
                      label={t.desk.mapping.remove(stream.name)}
                      onClick={() => onChange(datastreams.filter((_, at) => at !== i))}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : null}
      <div>
        <Button icon="plus" onClick={() => onChange([...datastreams, { name: '', observedProperty: '' }])}>
          {t.desk.declared.add}
        </Button>
      </div>
    </div>
  )
}

const named = (property: string, which: string) => (which === '' ? property : `${property}/${which}`)

function whichOf({ name, observedProperty }: DeclaredStream): string {
  return name.startsWith(`${observedProperty}/`) ? name.slice(observedProperty.length + 1) : ''
}

function clean(stream: DeclaredStream): DeclaredStream {
  return {
    name: stream.name,
    observedProperty: stream.observedProperty,
    ...(stream.unit ? { unit: stream.unit } : {}),
    ...(stream.detectionLimit === undefined ? {} : { detectionLimit: stream.detectionLimit }),
    ...(stream.saturation === undefined ? {} : { saturation: stream.saturation }),
  }
}

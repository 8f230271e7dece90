import { type KeyboardEvent, useState } from 'react'
import type { Mapping } from '../../client/types.ts'
import { Button, IconButton } from '../../parts/button.tsx'
import { Field, TEXTBOX } from '../../parts/field.tsx'
import { useLanguage, useText } from '../../text/language.ts'
import { labelOf } from '../property-label.tsx'
import { unitWords } from '../unit-words.ts'
import type { FieldSeen } from './fields.ts'
import { PropertySelect } from './property-select.tsx'
import { suggest } from './suggest.ts'
import { UnitInput } from './unit-input.tsx'

type Props = {
  mapping: Mapping
  /** what the last messages held: each is a row, mapped or not */
  fields: readonly FieldSeen[]
  /** fields that are used for something else, and for what */
  used?: ReadonlyMap<string, string>
  onChange: (mapping: Mapping) => void
}

/** What each field of a message means: a quantity of the registry, its unit, and which one when there are several. */
export function MappingEditor({ mapping, fields, used, onChange }: Props) {
  const t = useText()
  const language = useLanguage()
  const [adding, setAdding] = useState('')
  const seen = new Map(fields.map((field) => [field.path, field]))
  const paths = [...new Set([...fields.map((f) => f.path), ...Object.keys(mapping)])]
  const open = fields.filter((f) => !(f.path in mapping) && suggest(f.path, f.example) !== null)
  const set = (path: string, change: Partial<Mapping[string]>) => {
    const next = { ...mapping[path], ...change }
    if (!next.observedProperty) {
      onChange(Object.fromEntries(Object.entries(mapping).filter(([key]) => key !== path)))
      return
    }
    onChange({
      ...mapping,
      [path]: {
        observedProperty: next.observedProperty,
        ...(next.unit ? { unit: next.unit } : {}),
        ...(next.datastream ? { datastream: next.datastream } : {}),
      },
    })
  }
  const take = (path: string, example: unknown) => {
    const s = suggest(path, example)
    return s ? { [path]: { observedProperty: s.observedProperty, unit: s.unit } } : {}
  }
  const add = () => {
    const path = adding.trim()
    if (path === '') return
    const s = suggest(path, 1)
    onChange({ ...mapping, [path]: s ?? { observedProperty: 'temperature' } })
    setAdding('')
  }
  const onEnter = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    add()
  }
  return (
    <div className="mapping">
      {open.length > 0 ? (
        <div className="actions-row">
          <Button
            icon="check"
            onClick={() =>
              onChange({ ...mapping, ...Object.assign({}, ...open.map((f) => take(f.path, f.example))) })
            }
          >
            {t.desk.mapping.takeAll(open.length)}
          </Button>
        </div>
      ) : null}
      {paths.length === 0 ? <p className="quiet">{t.desk.mapping.none}</p> : null}
      {paths.length > 0 ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
        <section className="table-scroll" tabIndex={0} aria-label={t.desk.mapping.title}>
          <table className="utrecht-table table-edit">
            <thead>
              <tr>
                <th scope="col">{t.desk.mapping.field}</th>
                <th scope="col">{t.desk.mapping.property}</th>
                <th scope="col">{t.desk.mapping.unit}</th>
                <th scope="col">{t.desk.mapping.which}</th>
                <th scope="col">
                  <span className="seen-by-readers">{t.people.actions}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {paths.map((path) => {
                const meaning = mapping[path]
                const example = seen.get(path)
                const idea = meaning || !example ? null : suggest(path, example.example)
                return (
                  <tr key={path}>
                    <th scope="row">
                      <code>{path}</code>
                      {example ? (
                        <span className="cell-sub figures">{JSON.stringify(example.example)}</span>
                      ) : (
                        <span className="cell-sub">{t.desk.mapping.notSeen}</span>
                      )}
                      {used?.has(path) ? <span className="badge">{used.get(path)}</span> : null}
                    </th>
                    <td>
                      <PropertySelect
                        label={t.desk.mapping.propertyOf(path)}
                        value={meaning?.observedProperty ?? ''}
                        none={t.desk.mapping.ignored}
                        onChange={(observedProperty) =>
                          set(path, {
                            observedProperty,
                            unit:
                              example && suggest(path, example.example)?.observedProperty === observedProperty
                                ? suggest(path, example.example)?.unit
                                : '',
                          })
                        }
                      />
                      {idea ? (
                        <button
                          type="button"
                          className="link-button"
                          onClick={() => onChange({ ...mapping, ...take(path, example?.example) })}
                        >
                          {t.desk.mapping.suggested(
                            labelOf(idea.observedProperty, language),
                            unitWords(idea.observedProperty, idea.unit),
                          )}
                        </button>
                      ) : null}
                    </td>
                    <td>
                      {meaning ? (
                        <UnitInput
                          label={t.desk.mapping.unitOf(path)}
                          property={meaning.observedProperty}
                          value={meaning.unit ?? ''}
                          onChange={(unit) => set(path, { unit })}
                        />
                      ) : null}
                    </td>
                    <td className="mapping-which">
                      {meaning ? (
                        <input
                          className={TEXTBOX}
                          aria-label={t.desk.mapping.whichOf(path)}
                          value={meaning.datastream ?? ''}
                          maxLength={64}
                          placeholder="–"
                          onChange={(e) => set(path, { datastream: e.target.value })}
                        />
                      ) : null}
                    </td>
                    <td className="cell-icon">
                      {meaning ? (
                        <IconButton
                          icon="close"
                          label={t.desk.mapping.remove(path)}
                          onClick={() => set(path, { observedProperty: '' })}
                        />
                      ) : null}
                    </td>
                  </tr>
                )
              })}
            </tbody>
          </table>
        </section>
      ) : null}
      <div className="inline-form">
        <Field label={t.desk.mapping.addField} hint={t.desk.mapping.addFieldHint}>
          <input
            className={TEXTBOX}
            value={adding}
            maxLength={200}
            autoCapitalize="none"
            spellCheck={false}
            onChange={(e) => setAdding(e.target.value)}
            onKeyDown={onEnter}
          />
        </Field>
        <Button icon="plus" onClick={add}>
          {t.desk.mapping.add}
        </Button>
      </div>
    </div>
  )
}

import { useEffect, useState } from 'react'
import { CASE_STATES } from '../../model/case.ts'
import { caseFilter } from '../client/filters.ts'
import { go, usePlace } from '../client/location.ts'
import { usePages } from '../client/pages.ts'
import type { Case } from '../client/types.ts'
import { Button } from '../parts/button.tsx'
import { Field, SELECT, TEXTBOX } from '../parts/field.tsx'
import { Icon } from '../parts/icon.tsx'
import { Empty, Failed, Loading } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { CaseRow } from './case-row.tsx'
import { onRowKeys } from './row-keys.ts'

const WAIT_MS = 250

export function CaseList() {
  const t = useText()
  const f = useFormat()
  const place = usePlace()
  const [text, setText] = useState(place.q)
  useEffect(() => setText(place.q), [place.q])
  useEffect(() => {
    const timer = setTimeout(() => go({ q: text.trim() }, 'replace'), WAIT_MS)
    return () => clearTimeout(timer)
  }, [text])
  const list = usePages<Case>('/v1/cases', caseFilter(place))
  return (
    <section className="list" aria-labelledby="list-title">
      <header className="list-head">
        <h1 id="list-title">{t.case.title}</h1>
        <output className="list-count">{list.loading ? '' : f.number(list.total)}</output>
        <span className="list-exports">
          <a href="/v1/exports/cases?format=csv" download>
            <Icon name="download" size={14} />
            {t.case.csv}
          </a>
        </span>
      </header>
      <fieldset className="filters filters--two">
        <legend className="seen-by-readers">{t.list.filters}</legend>
        <Field label={t.case.search} quiet>
          <input
            className={TEXTBOX}
            type="search"
            placeholder={t.case.search}
            value={text}
            onChange={(e) => setText(e.target.value)}
          />
        </Field>
        <Field label={t.case.state} quiet>
          <select
            className={SELECT}
            value={place.caseState}
            onChange={(e) => go({ caseState: e.target.value }, 'replace')}
          >
            <option value="">{t.case.openOnly}</option>
            {CASE_STATES.map((state) => (
              <option key={state} value={state}>
                {t.caseState[state]}
              </option>
            ))}
            <option value="all">{t.common.all}</option>
          </select>
        </Field>
        <label className="check">
          <input
            type="checkbox"
            checked={place.mine}
            onChange={(e) => go({ mine: e.target.checked }, 'replace')}
          />
          {t.case.mine}
        </label>
        <label className="check">
          <input
            type="checkbox"
            checked={place.overdue}
            onChange={(e) => go({ overdue: e.target.checked }, 'replace')}
          />
          {t.case.overdue}
        </label>
      </fieldset>
      {list.error ? <Failed error={list.error} retry="/v1/cases" /> : null}
      {list.loading ? <Loading /> : null}
      {!list.loading && !list.error && list.items.length === 0 ? (
        <Empty text={t.case.empty} hint={t.case.emptyHint} />
      ) : null}
      <ul className="rows" onKeyDown={onRowKeys}>
        {list.items.map((item) => (
          <li key={item.id}>
            <CaseRow item={item} />
          </li>
        ))}
      </ul>
      {list.more ? (
        <Button look="subtle" onClick={list.more}>
          {t.common.more}
        </Button>
      ) : null}
      <p className="list-keys">{t.list.keys}</p>
    </section>
  )
}

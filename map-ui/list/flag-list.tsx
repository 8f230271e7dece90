import { query } from '../client/fetch.ts'
import { flagFilter } from '../client/filters.ts'
import { go, usePlace } from '../client/location.ts'
import { usePages } from '../client/pages.ts'
import type { Flag } from '../client/types.ts'
import { Button, IconButton } from '../parts/button.tsx'
import { Icon } from '../parts/icon.tsx'
import { Empty, Failed, Loading } from '../parts/states.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'
import { FlagFilters } from './flag-filters.tsx'
import { FlagRows } from './flag-rows.tsx'

/** So many at first that worn streets, taken together, are whole. */
const ROWS = 200

export function FlagList() {
  const t = useText()
  const f = useFormat()
  const place = usePlace()
  const filter = flagFilter(place)
  const list = usePages<Flag>('/v1/flags', { ...filter, sort: place.sort }, ROWS)
  return (
    <section className="list" aria-labelledby="list-title">
      <header className="list-head">
        <h1 id="list-title">{t.list.title}</h1>
        <output className="list-count">{list.loading ? '' : f.number(list.total)}</output>
        <span className="list-exports">
          <a href={`/v1/exports/flags${query({ ...filter, format: 'csv' })}`} download>
            <Icon name="download" size={14} />
            {t.list.csv}
          </a>
          <a href={`/v1/exports/flags${query({ ...filter, format: 'geojson' })}`} download>
            {t.list.geojson}
          </a>
        </span>
      </header>
      <FlagFilters />
      {place.street ? (
        <p className="chip">
          {t.search.chip(place.street)}
          <IconButton icon="close" label={t.search.clear} onClick={() => go({ street: '' }, 'replace')} />
        </p>
      ) : null}
      {list.error ? <Failed error={list.error} retry="/v1/flags" /> : null}
      {list.loading ? <Loading /> : null}
      {!list.loading && !list.error && list.items.length === 0 ? (
        <Empty text={t.list.empty} hint={t.list.emptyHint} />
      ) : null}
      <FlagRows flags={list.items} more={list.more !== undefined} />
      {list.more ? (
        <Button look="subtle" onClick={list.more}>
          {t.common.more}
        </Button>
      ) : null}
      <p className="list-keys">{t.list.keys}</p>
    </section>
  )
}

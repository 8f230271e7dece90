import type { MouseEvent } from 'react'
import type { Town } from '../../model/api.ts'
import { go, hrefOf, usePlace } from '../client/location.ts'
import { may, useMe } from '../client/me.ts'
import type { View } from '../client/place.ts'
import { Icon } from '../parts/icon.tsx'
import { useFormat } from '../text/format.ts'
import { useText } from '../text/language.ts'

/** The desks: where a person works, with what waits there. */
export function Rail({ town }: { town: Town | undefined }) {
  const t = useText()
  const f = useFormat()
  const place = usePlace()
  const me = useMe()
  const desks: { view: View; count: number | undefined }[] = [
    { view: 'map', count: town?.counts.openFlags },
    { view: 'cases', count: town?.counts.openCases },
  ]
  if (may(me.role, 'devices')) desks.push({ view: 'devices', count: town?.counts.quarantined })
  if (may(me.role, 'people')) desks.push({ view: 'people', count: undefined })

  const visit = (event: MouseEvent, view: View) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    if (view !== place.view) go({ view, sel: null, ...layersFor(view, place.layers) })
  }
  return (
    <nav className="rail" aria-label={t.app.desks}>
      <ul>
        {desks.map(({ view, count }) => (
          <li key={view}>
            <a
              href={hrefOf({ view, sel: null })}
              aria-current={place.view === view ? 'page' : undefined}
              onClick={(event) => visit(event, view)}
            >
              <Icon name={view} size={22} />
              <span>{t.app[view]}</span>
              {count ? <span className="rail-count figures">{f.number(count)}</span> : null}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** The cases desk shows cases on the map; going there switches that layer on. */
function layersFor(view: View, layers: ReturnType<typeof usePlace>['layers']) {
  return view === 'cases' && !layers.includes('cases') ? { layers: [...layers, 'cases' as const] } : {}
}

import { useEffect, useRef, useState } from 'react'
import type { Town } from '../../model/api.ts'
import { go, usePlace } from '../client/location.ts'
import { may, useMe } from '../client/me.ts'
import type { Selection } from '../client/place.ts'
import { AssetDetail } from '../detail/asset-detail.tsx'
import { CasePanel } from '../detail/case-panel.tsx'
import { FlagPanel } from '../detail/flag-panel.tsx'
import { NewFinding } from '../detail/new-finding.tsx'
import { StretchDetail } from '../detail/stretch-detail.tsx'
import { CaseList } from '../list/case-list.tsx'
import { FlagList } from '../list/flag-list.tsx'
import { openNeighbour } from '../list/neighbours.ts'
import { focusRow } from '../list/row-keys.ts'
import { setFocus } from '../map/focus.ts'
import { setPicking, usePicking } from '../map/picking.ts'
import { TownMap } from '../map/town-map.tsx'
import { useText } from '../text/language.ts'

/** The inspector's and the planner's desk: a list and a map of the same things, one selection, one URL. */
export function Workspace({ town }: { town: Town | undefined }) {
  const t = useText()
  const me = useMe()
  const place = usePlace()
  const picking = usePicking()
  const [phoneShows, setPhoneShows] = useState<'both' | 'list' | 'map'>('both')
  const detailOpen = place.sel !== null || picking.state === 'chosen'
  const came = useRef<Selection | null>(null)

  useEffect(() => {
    if (place.sel) came.current = place.sel
    else setFocus(null)
  }, [place.sel])

  const close = () => {
    const from = came.current
    setPicking({ state: 'off' })
    go({ sel: null })
    // After the list is shown again.
    if (from) requestAnimationFrame(() => focusRow(`${from.kind}:${from.id}`))
  }
  const closeNow = useRef(close)
  closeNow.current = close

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return
      const target = event.target as HTMLElement
      const typing = ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)
      if (event.key === 'Escape' && detailOpen && !typing) closeNow.current()
      if (typing) return
      if (event.key === 'n' && may(me.role, 'judge')) setPicking({ state: 'choosing' })
      if (event.key !== 'j' && event.key !== 'k') return
      if (detailOpen) {
        const open = came.current
        if (open) openNeighbour(`${open.kind}:${open.id}`, event.key === 'j' ? 1 : -1)
      } else if (!target.closest('.rows'))
        document.querySelector<HTMLElement>('.rows :is([data-row], [data-group])')?.focus()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [detailOpen, me.role])

  return (
    <div className={`workspace workspace--${phoneShows} ${detailOpen ? 'workspace--detail' : ''}`}>
      <fieldset className="phone-switch">
        <legend className="seen-by-readers">{t.app.listOrMap}</legend>
        {(['list', 'both', 'map'] as const).map((what) => (
          <button
            key={what}
            type="button"
            aria-pressed={phoneShows === what}
            onClick={() => setPhoneShows(what)}
          >
            {what === 'list'
              ? t.app.list
              : what === 'map'
                ? t.app.map
                : `${t.app.list} + ${t.app.map.toLowerCase()}`}
          </button>
        ))}
      </fieldset>
      <div className="panel" id="list" tabIndex={-1}>
        <div className="panel-list" hidden={detailOpen}>
          {place.view === 'cases' ? <CaseList /> : <FlagList />}
        </div>
        {detailOpen ? (
          <div className="panel-detail">
            {picking.state === 'chosen' ? (
              <NewFinding lng={picking.lng} lat={picking.lat} onClose={close} />
            ) : place.sel ? (
              <Detail sel={place.sel} onClose={close} />
            ) : null}
          </div>
        ) : null}
      </div>
      {town ? <TownMap town={town} /> : <div className="map-area" />}
    </div>
  )
}

function Detail({ sel, onClose }: { sel: Selection; onClose: () => void }) {
  const key = `${sel.kind}:${sel.id}`
  if (sel.kind === 'flag') return <FlagPanel key={key} id={sel.id} onClose={onClose} />
  if (sel.kind === 'case') return <CasePanel key={key} id={sel.id} onClose={onClose} />
  if (sel.kind === 'stretch') return <StretchDetail key={key} id={sel.id} onClose={onClose} />
  if (sel.kind === 'asset') return <AssetDetail key={key} id={sel.id} onClose={onClose} />
  return null
}

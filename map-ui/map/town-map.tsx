import { useEffect, useRef, useState } from 'react'
import type { Town } from '../../model/api.ts'
import { usePlace } from '../client/location.ts'
import { may, useMe } from '../client/me.ts'
import { Button, IconButton } from '../parts/button.tsx'
import { useText } from '../text/language.ts'
import { createMap, type MapHandle } from './create-map.ts'
import { useFocus } from './focus.ts'
import { LayerPanel } from './layer-panel.tsx'
import { setPicking, usePicking } from './picking.ts'

/** The map and what lies on it. React says what is wanted; Leaflet does it. */
export function TownMap({ town }: { town: Town }) {
  const t = useText()
  const me = useMe()
  const place = usePlace()
  const focus = useFocus()
  const picking = usePicking()
  const element = useRef<HTMLDivElement>(null)
  const [map, setMap] = useState<MapHandle | null>(null)

  useEffect(() => {
    if (!element.current) return
    const handle = createMap(element.current)
    setMap(handle)
    return () => {
      setMap(null)
      handle.remove()
    }
  }, [])

  // A primitive, because the town's figures are fetched again and again and its edges do not change.
  const edges = town.bounds?.join(',') ?? ''
  useEffect(() => {
    map?.setTown(edges ? (edges.split(',').map(Number) as [number, number, number, number]) : null)
  }, [map, edges])
  useEffect(() => {
    map?.setBaseMap(town.baseMap, t.map.network)
  }, [map, town.baseMap, t])
  useEffect(() => map?.showLayers(place, t), [map, place, t])
  useEffect(() => map?.showFocus(focus), [map, focus])
  useEffect(() => map?.setPicking(picking), [map, picking])

  return (
    <section
      className={picking.state === 'choosing' ? 'map-area map-area--choosing' : 'map-area'}
      id="map"
      tabIndex={-1}
      aria-label={t.map.label}
    >
      {/* Leaflet writes its own classes on this element: React gives it one and never another. */}
      <div ref={element} className="map" />
      {picking.state === 'choosing' ? (
        <>
          <svg className="crosshair" viewBox="0 0 48 48" aria-hidden="true">
            <path d="M24 2v16M24 30v16M2 24h16M30 24h16" />
            <circle cx="24" cy="24" r="2" />
          </svg>
          <div className="map-note" role="status">
            <p>{t.finding.choose}</p>
            <Button look="primary" onClick={() => map?.chooseCentre()}>
              {t.finding.chooseHere}
            </Button>
            <Button onClick={() => setPicking({ state: 'off' })}>{t.common.cancel}</Button>
          </div>
        </>
      ) : null}
      <div className="map-zoom">
        <IconButton icon="plus" label={t.map.zoomIn} onClick={() => map?.zoom(1)} />
        <IconButton icon="minus" label={t.map.zoomOut} onClick={() => map?.zoom(-1)} />
        <IconButton icon="whole" label={t.map.whole} onClick={() => map?.whole()} />
      </div>
      {picking.state === 'choosing' ? null : <LayerPanel />}
      {may(me.role, 'judge') && picking.state === 'off' ? (
        <Button
          look="primary"
          icon="pin"
          className="map-finding"
          onClick={() => setPicking({ state: 'choosing' })}
        >
          <span className="map-finding-words">{t.map.newFinding}</span>
        </Button>
      ) : null}
      {town.bounds ? null : <p className="map-empty">{t.map.noNetwork}</p>}
    </section>
  )
}

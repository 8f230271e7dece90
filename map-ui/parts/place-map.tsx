import { useEffect, useRef, useState } from 'react'
import type { Town } from '../../model/api.ts'
import { createPlaceMap, type PlaceMapHandle } from '../map/place-map.ts'
import { useText } from '../text/language.ts'
import { Button, IconButton } from './button.tsx'

type Point = { lng: number; lat: number }
type Props = {
  town: Town | undefined
  point: Point | null
  label: string
  /** then a click, or the button for who uses the keys, chooses a point */
  onPick?: (point: Point) => void
}

/** A small map with one place on it; the same place stands beside it in figures. */
export function PlaceMap({ town, point, label, onPick }: Props) {
  const t = useText()
  const element = useRef<HTMLDivElement>(null)
  const [map, setMap] = useState<PlaceMapHandle | null>(null)
  const picked = useRef(onPick)
  picked.current = onPick
  const canPick = onPick !== undefined

  useEffect(() => {
    if (!element.current) return
    const handle = createPlaceMap(element.current, canPick ? (p) => picked.current?.(p) : null)
    setMap(handle)
    return () => {
      setMap(null)
      handle.remove()
    }
  }, [canPick])
  const lng = point?.lng
  const lat = point?.lat
  useEffect(() => {
    map?.setPoint(lng === undefined || lat === undefined ? null : { lng, lat })
  }, [map, lng, lat])
  const edges = town?.bounds?.join(',') ?? ''
  useEffect(() => {
    map?.setBounds(edges ? (edges.split(',').map(Number) as [number, number, number, number]) : null)
  }, [map, edges])

  return (
    <section className={canPick ? 'small-map small-map--pick' : 'small-map'} aria-label={label}>
      <div ref={element} className="small-map-ground" />
      {canPick ? (
        <svg className="crosshair crosshair--small" viewBox="0 0 48 48" aria-hidden="true">
          <path d="M24 2v16M24 30v16M2 24h16M30 24h16" />
        </svg>
      ) : null}
      <div className="small-map-tools">
        <IconButton icon="plus" label={t.map.zoomIn} onClick={() => map?.zoom(1)} />
        <IconButton icon="minus" label={t.map.zoomOut} onClick={() => map?.zoom(-1)} />
      </div>
      {canPick ? (
        <Button className="small-map-here" icon="pin" onClick={() => map && onPick?.(map.centre())}>
          {t.desk.chooseMiddle}
        </Button>
      ) : null}
    </section>
  )
}

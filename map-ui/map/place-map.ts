import L from 'leaflet'
import { createConditionLayer } from './condition-layer.ts'
import { createStreetLabels } from './street-labels.ts'
import { createTileStore } from './tile-store.ts'
import { EVERYTHING } from './touched.ts'

type Point = { lng: number; lat: number }

export type PlaceMapHandle = {
  /** the town's edges: where to look while there is no point */
  setBounds(bounds: [number, number, number, number] | null): void
  setPoint(point: Point | null): void
  centre(): Point
  zoom(by: number): void
  remove(): void
}

const CLOSE_ZOOM = 16.5
const FIRST_VIEW: [number, number] = [52.1, 5.3]

/** A small map of the streets with one point on it, to look at or to choose on. */
export function createPlaceMap(
  element: HTMLElement,
  onPick: ((point: Point) => void) | null,
): PlaceMapHandle {
  const map = L.map(element, {
    zoomControl: false,
    minZoom: 9,
    maxZoom: 19,
    zoomSnap: 0.5,
    attributionControl: false,
    scrollWheelZoom: onPick !== null,
    zoomAnimation: !window.matchMedia('(prefers-reduced-motion: reduce)').matches,
  })
  map.setView(FIRST_VIEW, 9)
  const roads = createConditionLayer(createTileStore())
  roads.show({ condition: false, flags: false })
  roads.layer.addTo(map)
  const names = createStreetLabels(map, roads.visibleTiles)
  roads.onDrawn(names.draw)
  const marks = L.layerGroup().addTo(map)
  let point: Point | null = null
  let placed = false

  if (onPick) {
    map.on('click', (event) => onPick({ lng: event.latlng.lng, lat: event.latlng.lat }))
  }
  const sizes = new ResizeObserver(() => map.invalidateSize({ pan: false }))
  sizes.observe(element)

  return {
    setBounds(bounds) {
      if (!bounds || placed || point) return
      placed = true
      map.fitBounds(L.latLngBounds([bounds[1], bounds[0]], [bounds[3], bounds[2]]), { animate: false })
      void roads.refresh(EVERYTHING)
    },
    setPoint(next) {
      point = next
      marks.clearLayers()
      if (!next) return
      L.marker([next.lat, next.lng], {
        keyboard: false,
        interactive: false,
        icon: L.divIcon({
          className: 'pick-marker',
          html: '<svg viewBox="0 0 28 36" aria-hidden="true"><path d="M14 35S26 22 26 13.5a12 12 0 0 0-24 0C2 22 14 35 14 35Z"/><circle cx="14" cy="13.5" r="4.5"/></svg>',
          iconSize: [28, 36],
          iconAnchor: [14, 35],
        }),
      }).addTo(marks)
      if (!map.getBounds().contains([next.lat, next.lng]) || !placed) {
        map.setView([next.lat, next.lng], Math.max(CLOSE_ZOOM, map.getZoom()), { animate: false })
      }
      placed = true
    },
    centre() {
      const { lng, lat } = map.getCenter()
      return { lng, lat }
    },
    zoom: (by) => map.setZoom(map.getZoom() + by),
    remove() {
      sizes.disconnect()
      names.remove()
      map.remove()
    },
  }
}

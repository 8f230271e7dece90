import L from 'leaflet'
import type { VehicleEvent } from '../client/events.ts'

/** A vehicle fades out when nothing was heard of it for this long. */
const FADE_MS = 60_000
const VEHICLES_MAX = 150

/** Measuring vehicles where they were heard last: a dot, no number, no trail, nothing kept. */
export function createVehicles(map: L.Map): {
  show(on: boolean): void
  move(event: VehicleEvent): void
  remove(): void
} {
  const group = L.layerGroup()
  const dots = new Map<string, { marker: L.Marker; at: number }>()
  let shown = false
  const fade = setInterval(() => {
    const now = Date.now()
    for (const [id, dot] of dots) {
      const age = now - dot.at
      if (age > FADE_MS) {
        group.removeLayer(dot.marker)
        dots.delete(id)
      } else dot.marker.setOpacity(1 - (age / FADE_MS) * 0.8)
    }
  }, 2_000)
  return {
    show(on) {
      if (on === shown) return
      shown = on
      if (on) group.addTo(map)
      else group.remove()
    },
    move(event) {
      const known = dots.get(event.deviceId)
      if (known) {
        known.marker.setLatLng([event.lat, event.lng])
        known.marker.setOpacity(1)
        known.at = Date.now()
        turn(known.marker, event.heading)
        return
      }
      if (dots.size >= VEHICLES_MAX) return
      const marker = L.marker([event.lat, event.lng], {
        keyboard: false,
        interactive: false,
        icon: L.divIcon({
          html: '<svg viewBox="0 0 18 18" aria-hidden="true"><path d="M9 1.5 14 15.5 9 12.5 4 15.5Z"/></svg>',
          className: 'vehicle-marker',
          iconSize: [26, 26],
        }),
        zIndexOffset: -500,
      })
      marker.addTo(group)
      dots.set(event.deviceId, { marker, at: Date.now() })
      turn(marker, event.heading)
    },
    remove() {
      clearInterval(fade)
      group.remove()
    },
  }
}

function turn(marker: L.Marker, heading: number | null): void {
  const svg = marker.getElement()?.querySelector('svg')
  if (svg) svg.style.transform = heading === null ? '' : `rotate(${heading}deg)`
}

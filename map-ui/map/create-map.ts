import L from 'leaflet'
import type { Town } from '../../model/api.ts'
import { onLive } from '../client/events.ts'
import { go, here } from '../client/location.ts'
import type { Place } from '../client/place.ts'
import type { Dictionary } from '../text/nl.ts'
import { createConditionLayer } from './condition-layer.ts'
import { type Focus, onShowBounds } from './focus.ts'
import type { Picking } from './picking.ts'
import { setPicking } from './picking.ts'
import { createStreetLabels } from './street-labels.ts'
import { createTileStore } from './tile-store.ts'
import { EVERYTHING, merge, type Touched, touchedBy } from './touched.ts'
import { createTownLayers } from './town-layers.ts'
import { createVehicles } from './vehicles.ts'

type Edges = [number, number, number, number]

export type MapHandle = {
  setTown(edges: Edges | null): void
  setBaseMap(baseMap: Town['baseMap'], network: string): void
  showLayers(place: Place, t: Dictionary): void
  showFocus(focus: Focus | null): void
  setPicking(picking: Picking): void
  chooseCentre(): void
  zoom(by: number): void
  whole(): void
  remove(): void
}

const FIRST_VIEW: [number, number] = [52.1, 5.3] // the middle of the Netherlands, until the town says where it is
/** While changes stream in, the roads are drawn again at this pace. */
const REDRAW_MS = 2_500
const CLOSE_ZOOM = 16
const SMALL_MAP_PX = 360
const PANEL_FROM_PX = 760

/** Build the Leaflet map of this page in an element. Everything it adds, `remove` takes away. */
export function createMap(element: HTMLElement): MapHandle {
  const at = here()
  const map = L.map(element, {
    zoomControl: false,
    minZoom: 9,
    maxZoom: 19,
    // half steps, so that a town fills the map that it is given
    zoomSnap: 0.5,
    wheelPxPerZoomLevel: 90,
    keyboard: true,
    zoomAnimation: !window.matchMedia('(prefers-reduced-motion: reduce)').matches,
  })
  map.attributionControl.setPrefix('<a href="https://leafletjs.com">Leaflet</a>')
  // With something selected, the view is that thing; without, the whole town.
  let viewGiven = at.sel === null || at.sel.kind === 'device' || at.lat !== null
  let placed = at.lat !== null && at.lng !== null && at.z !== null
  map.setView(placed ? [at.lat!, at.lng!] : FIRST_VIEW, at.z ?? 9)

  const tiles = createTileStore()
  const roads = createConditionLayer(tiles)
  roads.layer.addTo(map)
  const names = createStreetLabels(map, roads.visibleTiles)
  roads.onDrawn(names.draw)
  const vehicles = createVehicles(map)
  const things = createTownLayers(map)
  const focusLayer = L.layerGroup().addTo(map)
  const pickLayer = L.layerGroup().addTo(map)
  const tooltip = L.tooltip({ className: 'road-tip', offset: [0, -6], direction: 'top' })

  let town: Edges | null = null
  let base: L.TileLayer | null = null
  let baseUrl = ''
  let words: Dictionary | null = null
  let picking: Picking = { state: 'off' }
  let attribution = ''

  const bounds = (e: Edges) => L.latLngBounds([e[1], e[0]], [e[3], e[2]])
  /** Room for what lies over the map: the layer panel on a wide screen. */
  const room = (animate: boolean): L.FitBoundsOptions => ({
    paddingTopLeft: map.getSize().x > PANEL_FROM_PX ? [48, 24] : [12, 8],
    paddingBottomRight: map.getSize().x > PANEL_FROM_PX ? [270, 40] : [12, 20],
    maxZoom: 17,
    animate,
  })
  const whole = () => town && map.fitBounds(bounds(town), room(true))

  map.on('moveend', () => {
    if (!placed) return
    const centre = map.getCenter()
    go({ lat: centre.lat, lng: centre.lng, z: map.getZoom() }, 'replace')
  })
  map.on('click', (event) => {
    if (picking.state === 'choosing') {
      setPicking({ state: 'chosen', lng: event.latlng.lng, lat: event.latlng.lat })
      return
    }
    const hit = roads.hit(event.latlng)
    if (hit?.line.id && map.getZoom() >= 13) {
      go({ sel: { kind: 'stretch', id: hit.line.id } })
      return
    }
    if (hit) map.setView(event.latlng, 15)
  })
  let hovering = 0
  map.on('mousemove', (event) => {
    cancelAnimationFrame(hovering)
    hovering = requestAnimationFrame(() => {
      const hit = picking.state === 'choosing' ? null : roads.hit(event.latlng)
      element.classList.toggle('map--on-road', hit !== null)
      if (!hit || !words) {
        tooltip.remove()
        return
      }
      const { line } = hit
      const grade = words.map.tooltipGrade(words.gradeLetter[line.grade] ?? '', words.grade[line.grade] ?? '')
      const content = document.createElement('span')
      const street = document.createElement('strong')
      street.textContent = line.street || '–'
      content.append(street, document.createElement('br'), grade)
      tooltip.setLatLng(event.latlng).setContent(content).addTo(map)
    })
  })
  map.on('mouseout', () => tooltip.remove())
  const onKey = (event: KeyboardEvent) => {
    if (picking.state === 'choosing' && event.key === 'Enter') {
      event.preventDefault()
      chooseCentre()
    }
    if (picking.state === 'choosing' && event.key === 'Escape') setPicking({ state: 'off' })
  }
  element.addEventListener('keydown', onKey)
  const chooseCentre = () => {
    const centre = map.getCenter()
    setPicking({ state: 'chosen', lng: centre.lng, lat: centre.lat })
  }

  let redraw: ReturnType<typeof setTimeout> | undefined
  let touched: Touched | null = null
  const endChanges = onLive('change', (changes) => {
    const kinds = new Set(changes.map((change) => change.kind))
    const now = touchedBy(changes)
    if (now) {
      touched = merge(touched, now)
      redraw ??= setTimeout(() => {
        redraw = undefined
        const what = touched ?? EVERYTHING
        touched = null
        void roads.refresh(what)
      }, REDRAW_MS)
    }
    things.refresh(kinds)
  })
  const endVehicles = onLive('vehicle', (event) => vehicles.move(event))
  const endBounds = onShowBounds(([minLng, minLat, maxLng, maxLat]) => {
    placed = true
    map.fitBounds(bounds([minLng, minLat, maxLng, maxLat]), room(false))
  })
  const onPop = () => {
    const { lat, lng, z } = here()
    if (lat !== null && lng !== null && z !== null) map.setView([lat, lng], z, { animate: false })
  }
  window.addEventListener('popstate', onPop)
  const sizes = new ResizeObserver(() => map.invalidateSize({ pan: false }))
  sizes.observe(element)

  return {
    setTown(edges) {
      town = edges
      if (!edges) return
      if (!placed) {
        placed = true
        map.fitBounds(bounds(edges), room(false))
      }
      // After the view: before it, Leaflet would start to glide into these bounds and carry the view along.
      map.setMaxBounds(bounds(edges).pad(0.6))
      void roads.refresh(EVERYTHING)
    },
    setBaseMap(baseMap, network) {
      if (attribution) map.attributionControl.removeAttribution(attribution)
      attribution = network
      map.attributionControl.addAttribution(network)
      if ((baseMap?.url ?? '') === baseUrl) return
      base?.remove()
      baseUrl = baseMap?.url ?? ''
      base = baseMap
        ? L.tileLayer(baseMap.url, { attribution: baseMap.attribution, zIndex: 0, maxZoom: 19 })
        : null
      base?.addTo(map)
    },
    showLayers(place, t) {
      words = t
      roads.show({ condition: place.layers.includes('condition'), flags: place.layers.includes('flags') })
      roads.select(place.sel?.kind === 'stretch' ? place.sel.id : null)
      vehicles.show(place.layers.includes('vehicles'))
      things.show(place, t)
    },
    showFocus(focus) {
      focusLayer.clearLayers()
      if (here().sel?.kind !== 'stretch') roads.select(focus?.stretchId ?? null)
      if (!focus) return
      L.marker([focus.lat, focus.lng], {
        keyboard: false,
        interactive: false,
        icon: L.divIcon({ className: 'focus-ring', html: '<i></i>', iconSize: [44, 44] }),
        zIndexOffset: -200,
      }).addTo(focusLayer)
      // A link that names a thing but no view, or a map as small as on a telephone: go and stand before it.
      if (!viewGiven || map.getSize().y < SMALL_MAP_PX) {
        viewGiven = true
        placed = true
        // Without animation: Leaflet ignores a second move while one is under way.
        map.setView([focus.lat, focus.lng], Math.max(map.getZoom(), CLOSE_ZOOM), { animate: false })
        return
      }
      // Else the extent is kept when the place is already in sight.
      if (!map.getBounds().pad(-0.08).contains([focus.lat, focus.lng])) map.panTo([focus.lat, focus.lng])
    },
    setPicking(next) {
      picking = next
      pickLayer.clearLayers()
      tooltip.remove()
      if (next.state === 'choosing') element.focus()
      if (next.state === 'chosen') {
        L.marker([next.lat, next.lng], {
          keyboard: false,
          interactive: false,
          icon: L.divIcon({
            className: 'pick-marker',
            html: '<svg viewBox="0 0 28 36" aria-hidden="true"><path d="M14 35S26 22 26 13.5a12 12 0 0 0-24 0C2 22 14 35 14 35Z"/><circle cx="14" cy="13.5" r="4.5"/></svg>',
            iconSize: [28, 36],
            iconAnchor: [14, 35],
          }),
        }).addTo(pickLayer)
      }
    },
    chooseCentre,
    zoom: (by) => map.setZoom(map.getZoom() + by),
    whole,
    remove() {
      endChanges()
      endVehicles()
      endBounds()
      clearTimeout(redraw)
      cancelAnimationFrame(hovering)
      sizes.disconnect()
      window.removeEventListener('popstate', onPop)
      element.removeEventListener('keydown', onKey)
      names.remove()
      vehicles.remove()
      things.remove()
      map.remove()
    },
  }
}

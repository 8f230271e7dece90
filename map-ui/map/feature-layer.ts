import L from 'leaflet'
import { fetchOrThrow, query } from '../client/fetch.ts'

/** What `/v1/features/…` puts on the map: a thing, or so many things in one place. */
type ClusterProps = { cluster: true; count: number; expansionZoom: number }
type PointFeature<P> = {
  type: 'Feature'
  id?: string | number
  geometry: { type: 'Point'; coordinates: [number, number] }
  properties: P | ClusterProps
}
type Collection<P> = { features: PointFeature<P>[] }

type FeatureOptions<P> = {
  /** e.g. `/v1/features/flags` */
  path: string
  keyOf: (props: P) => string
  /** HTML of the marker and its size in px; drawn again when the HTML differs */
  iconOf: (props: P) => { html: string; size: number; className: string }
  titleOf: (props: P) => string
  clusterClass: string
  clusterTitle: (count: number) => string
  onSelect: (props: P) => void
  zIndex?: number
}

type FeatureLayer = {
  show(filter: Record<string, string>): void
  hide(): void
  refresh(): void
  remove(): void
}

const WAIT_MS = 120
const MARKERS_MAX = 300

/**
 * One kind of thing on the map, asked from the server for what is in view. Markers that stay are kept, so that
 * nothing flickers; they take no keyboard focus, because the list beside the map carries the same things.
 */
export function createFeatureLayer<P extends object>(map: L.Map, options: FeatureOptions<P>): FeatureLayer {
  const group = L.layerGroup()
  const markers = new Map<string, { marker: L.Marker; html: string }>()
  let filter: Record<string, string> | null = null
  let abort: AbortController | null = null
  let timer: ReturnType<typeof setTimeout> | undefined

  const draw = (features: readonly PointFeature<P>[]) => {
    const seen = new Set<string>()
    for (const feature of features.slice(0, MARKERS_MAX)) {
      const [lng, lat] = feature.geometry.coordinates
      const props = feature.properties
      const cluster = isCluster(props)
      const key = cluster ? `cluster:${lng}:${lat}:${props.count}` : options.keyOf(props)
      const icon = cluster ? clusterIcon(props.count, options.clusterClass) : options.iconOf(props)
      seen.add(key)
      const known = markers.get(key)
      if (known && known.html === icon.html) {
        known.marker.setLatLng([lat, lng])
        continue
      }
      known?.marker.remove()
      const marker = L.marker([lat, lng], {
        keyboard: false,
        icon: L.divIcon({
          html: icon.html,
          className: icon.className,
          iconSize: [icon.size, icon.size],
        }),
        title: cluster ? options.clusterTitle(props.count) : options.titleOf(props),
        zIndexOffset: options.zIndex ?? 0,
      })
      marker.on('click', () => {
        if (cluster) map.setView([lat, lng], Math.max(map.getZoom() + 1, Math.min(18, props.expansionZoom)))
        else options.onSelect(props)
      })
      marker.addTo(group)
      markers.set(key, { marker, html: icon.html })
    }
    for (const [key, { marker }] of markers) {
      if (seen.has(key)) continue
      marker.remove()
      group.removeLayer(marker)
      markers.delete(key)
    }
  }

  const load = async () => {
    if (!filter) return
    abort?.abort()
    abort = new AbortController()
    const box = map.getBounds().pad(0.05)
    const bbox = [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()]
      .map((v) => v.toFixed(5))
      .join(',')
    try {
      // Half a step in, things stand closer than at the next whole one: clusters are those of the whole one before.
      const url = `${options.path}${query({ ...filter, bbox, zoom: Math.floor(map.getZoom()) })}`
      const collection = await fetchOrThrow<Collection<P>>(url, { signal: abort.signal })
      if (filter) draw(collection.features)
    } catch {
      // Aborted by the next move, or away: what is drawn stays, and the next move or change asks again.
    }
  }
  const soon = () => {
    clearTimeout(timer)
    timer = setTimeout(() => void load(), WAIT_MS)
  }
  map.on('moveend', soon)

  return {
    show(next) {
      if (filter && JSON.stringify(filter) === JSON.stringify(next)) return
      filter = next
      group.addTo(map)
      soon()
    },
    hide() {
      filter = null
      abort?.abort()
      group.remove()
      group.clearLayers()
      markers.clear()
    },
    refresh: soon,
    remove() {
      clearTimeout(timer)
      abort?.abort()
      map.off('moveend', soon)
      group.remove()
    },
  }
}

function isCluster<P extends object>(props: P | ClusterProps): props is ClusterProps {
  return 'cluster' in props && props.cluster === true
}

function clusterIcon(count: number, className: string): { html: string; size: number; className: string } {
  const size = Math.round(24 + Math.min(22, Math.log10(count) * 11))
  const words = count >= 10_000 ? `${Math.round(count / 1000)}k` : String(count)
  return { html: `<span>${words}</span>`, size, className: `cluster ${className}` }
}

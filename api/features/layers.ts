import type { Feature, FeatureCollection, Point } from 'geojson'
import Supercluster from 'supercluster'

/** How many features one answer holds at most: what a map of DOM markers can show. */
const FEATURES_MAX = 300
/** From this zoom points stand alone. */
const SINGLE_ZOOM = 16
/** Circles are up to 46 px wide and stand at the mean of what they hold, so their centres come closer than this. */
const RADIUS_PX = 48
/** A tile of the map is 256 px; supercluster thinks 512. */
const TILE_PX = 256
const CACHE_MAX = 24

export type Bbox = readonly [number, number, number, number]
export type Placed = { id: string; lng: number; lat: number }

type ClusterProps = { cluster: true; count: number; expansionZoom: number }
/** What stands on the map: a cluster, or the thing itself. */
export type Placement<T> =
  | { kind: 'cluster'; lng: number; lat: number; props: ClusterProps }
  | { kind: 'one'; item: T }

type Index = Supercluster<{ i: number }, { i: number }>

export type Features = {
  /**
   * At most FEATURES_MAX clusters and single points of `items()` in a box. The index is kept per key until the version
   * changes.
   *
   * @param key layer and filter
   * @param version grows when the rows behind the layer changed
   */
  place<T extends Placed>(
    key: string,
    version: number,
    items: () => readonly T[],
    bbox: Bbox,
    zoom: number,
  ): Placement<T>[]
}

export function createFeatures(): Features {
  const cache = new Map<string, { version: number; items: readonly Placed[]; index: Index }>()

  function entryFor(key: string, version: number, items: () => readonly Placed[]) {
    const there = cache.get(key)
    cache.delete(key)
    const entry = there && there.version === version ? there : build(version, items())
    cache.set(key, entry)
    const oldest = cache.keys().next().value
    if (cache.size > CACHE_MAX && oldest !== undefined) cache.delete(oldest)
    return entry
  }

  return {
    place<T extends Placed>(
      key: string,
      version: number,
      items: () => readonly T[],
      bbox: Bbox,
      zoom: number,
    ): Placement<T>[] {
      const entry = entryFor(key, version, items)
      const all = entry.items as readonly T[]
      // Too many for one answer: look as from further away until they fit.
      for (let level = Math.min(Math.floor(zoom), SINGLE_ZOOM); ; level -= 1) {
        const found = entry.index.getClusters([...bbox], level)
        if (found.length > FEATURES_MAX && level > 0) continue
        return found.slice(0, FEATURES_MAX).map((feature): Placement<T> => {
          const [lng = 0, lat = 0] = feature.geometry.coordinates
          const props = feature.properties
          if ('cluster' in props && props.cluster) {
            const expansionZoom = Math.min(entry.index.getClusterExpansionZoom(props.cluster_id), SINGLE_ZOOM)
            return {
              kind: 'cluster',
              lng,
              lat,
              props: { cluster: true, count: props.point_count, expansionZoom },
            }
          }
          return { kind: 'one', item: all[props.i] as T }
        })
      }
    },
  }
}

function build(version: number, items: readonly Placed[]) {
  const index: Index = new Supercluster({
    radius: RADIUS_PX,
    extent: TILE_PX,
    maxZoom: SINGLE_ZOOM - 1,
    minZoom: 0,
  })
  index.load(
    items.map((item, i) => ({
      type: 'Feature',
      geometry: { type: 'Point', coordinates: [item.lng, item.lat] },
      properties: { i },
    })),
  )
  return { version, items, index }
}

/** GeoJSON of what `place` found, with the properties that a layer gives its single points. */
export function toGeoJson<T extends Placed>(
  placements: readonly Placement<T>[],
  propsOf: (item: T) => Record<string, unknown>,
): FeatureCollection<Point> {
  return {
    type: 'FeatureCollection',
    features: placements.map((placement): Feature<Point> => {
      if (placement.kind === 'cluster') {
        const { lng, lat, props } = placement
        return { type: 'Feature', geometry: { type: 'Point', coordinates: [lng, lat] }, properties: props }
      }
      const { item } = placement
      return {
        type: 'Feature',
        id: item.id,
        geometry: { type: 'Point', coordinates: [item.lng, item.lat] },
        properties: { id: item.id, ...propsOf(item) },
      }
    }),
  }
}

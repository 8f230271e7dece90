import type L from 'leaflet'
import type { Change } from '../../model/api.ts'
import { caseFilter, flagFilter } from '../client/filters.ts'
import { go } from '../client/location.ts'
import type { Place } from '../client/place.ts'
import { formatsOf } from '../text/formats.ts'
import { language } from '../text/language.ts'
import type { Dictionary } from '../text/nl.ts'
import { createFeatureLayer } from './feature-layer.ts'
import {
  airIcon,
  type CaseProps,
  caseIcon,
  type FlagProps,
  flagIcon,
  type LampStatus,
  lampIcon,
} from './icons.ts'

type LampProps = { id: string; name: string; street: string; status: LampStatus }
type AirProps = { id: string; name: string; street: string; pm25: number | null; status: string }

/** Flags, cases, lamps and air posts on the map, each filtered as its list is. */
export function createTownLayers(map: L.Map) {
  let t: Dictionary | null = null
  const clusterTitle = (count: number) => t?.map.cluster(count) ?? String(count)
  const flags = createFeatureLayer<FlagProps>(map, {
    path: '/v1/features/flags',
    keyOf: (p) => p.id,
    iconOf: flagIcon,
    titleOf: (p) =>
      `${t?.hypothesis[p.hypothesis] ?? ''} · ${p.street} · ${formatsOf(language()).confidence(p.confidence)}`,
    clusterClass: 'cluster--flag',
    clusterTitle,
    onSelect: (p) => go({ sel: { kind: 'flag', id: p.id } }),
    zIndex: 500,
  })
  const cases = createFeatureLayer<CaseProps>(map, {
    path: '/v1/features/cases',
    keyOf: (p) => p.id,
    iconOf: caseIcon,
    titleOf: (p) => `${p.id} · ${t?.caseState[p.state] ?? p.state}`,
    clusterClass: 'cluster--case',
    clusterTitle,
    onSelect: (p) => go({ sel: { kind: 'case', id: p.id } }),
    zIndex: 400,
  })
  const lamps = createFeatureLayer<LampProps>(map, {
    path: '/v1/features/lamps',
    keyOf: (p) => p.id,
    iconOf: (p) => lampIcon(p.status),
    titleOf: (p) => `${p.name} · ${p.street}`,
    clusterClass: 'cluster--lamp',
    clusterTitle,
    onSelect: (p) => go({ sel: { kind: 'asset', id: p.id } }),
  })
  const airPosts = createFeatureLayer<AirProps>(map, {
    path: '/v1/features/air-posts',
    keyOf: (p) => p.id,
    iconOf: (p) => airIcon(p.pm25, p.status === 'faulty'),
    titleOf: (p) => `${p.name} · ${p.street}`,
    clusterClass: 'cluster--air',
    clusterTitle,
    onSelect: (p) => go({ sel: { kind: 'asset', id: p.id } }),
    zIndex: 300,
  })

  return {
    show(place: Place, words: Dictionary) {
      t = words
      const on = (name: Place['layers'][number]) => place.layers.includes(name)
      if (on('flags')) flags.show(flagFilter(place))
      else flags.hide()
      if (on('cases')) cases.show(place.view === 'cases' ? caseFilter(place) : { open: 'true' })
      else cases.hide()
      if (on('lamps')) lamps.show({})
      else lamps.hide()
      if (on('air-posts')) airPosts.show({})
      else airPosts.hide()
    },
    refresh(kinds: ReadonlySet<Change['kind']>) {
      if (kinds.has('flag') || kinds.has('network')) flags.refresh()
      if (kinds.has('case') || kinds.has('network')) cases.refresh()
      if (kinds.has('asset') || kinds.has('flag') || kinds.has('network')) {
        lamps.refresh()
        airPosts.refresh()
      }
    },
    remove() {
      for (const layer of [flags, cases, lamps, airPosts]) layer.remove()
    },
  }
}

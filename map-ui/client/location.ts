import { useSyncExternalStore } from 'react'

export const VIEWS = ['map', 'cases', 'devices', 'people'] as const
export type View = (typeof VIEWS)[number]
export const LAYERS = ['condition', 'flags', 'cases', 'lamps', 'air-posts', 'vehicles'] as const
export type LayerName = (typeof LAYERS)[number]
export const SELECTED_KINDS = ['flag', 'stretch', 'asset', 'case', 'device'] as const
export type Selection = { kind: (typeof SELECTED_KINDS)[number]; id: string }

/** Everything that makes a screen this screen. It lives in the URL, so that a link shows a colleague the same. */
export type Place = {
  view: View
  lat: number | null
  lng: number | null
  z: number | null
  layers: readonly LayerName[]
  /** of the list of flags */
  state: string
  kind: string
  street: string
  sort: string
  /** of the list of cases */
  caseState: string
  mine: boolean
  overdue: boolean
  q: string
  /** of the list of devices */
  liveness: string
  deviceKind: string
  sel: Selection | null
}

const DEFAULT_LAYERS: readonly LayerName[] = ['condition', 'flags', 'vehicles']

function read(): Place {
  const p = new URLSearchParams(window.location.search)
  const number = (key: string) => {
    const value = Number(p.get(key))
    return p.has(key) && Number.isFinite(value) ? value : null
  }
  const [kind = '', ...id] = (p.get('sel') ?? '').split(':')
  return {
    view: oneOf(VIEWS, p.get('view')) ?? 'map',
    lat: number('lat'),
    lng: number('lng'),
    z: number('z'),
    layers: p.has('layers')
      ? LAYERS.filter((layer) => (p.get('layers') ?? '').split(',').includes(layer))
      : DEFAULT_LAYERS,
    state: p.get('state') ?? 'open',
    kind: p.get('kind') ?? '',
    street: p.get('street') ?? '',
    sort: p.get('sort') ?? '-confidence',
    caseState: p.get('caseState') ?? '',
    mine: p.get('mine') === '1',
    overdue: p.get('overdue') === '1',
    q: p.get('q') ?? '',
    liveness: p.get('liveness') ?? '',
    deviceKind: p.get('deviceKind') ?? '',
    sel:
      oneOf(SELECTED_KINDS, kind) && id.length > 0
        ? { kind: oneOf(SELECTED_KINDS, kind)!, id: id.join(':') }
        : null,
  }
}

function oneOf<T extends string>(list: readonly T[], value: string | null): T | undefined {
  return list.find((item) => item === value)
}

function write(place: Place): string {
  const p = new URLSearchParams()
  const set = (key: string, value: string, fallback = '') => {
    if (value !== fallback) p.set(key, value)
  }
  set('view', place.view, 'map')
  if (place.lat !== null && place.lng !== null && place.z !== null) {
    p.set('lat', place.lat.toFixed(5))
    p.set('lng', place.lng.toFixed(5))
    p.set('z', String(place.z))
  }
  set('layers', place.layers.join(','), DEFAULT_LAYERS.join(','))
  set('state', place.state, 'open')
  set('kind', place.kind)
  set('street', place.street)
  set('sort', place.sort, '-confidence')
  set('caseState', place.caseState)
  set('mine', place.mine ? '1' : '')
  set('overdue', place.overdue ? '1' : '')
  set('q', place.q)
  set('liveness', place.liveness)
  set('deviceKind', place.deviceKind)
  if (place.sel) p.set('sel', `${place.sel.kind}:${place.sel.id}`)
  // Colons and commas are legal in a query and far easier to read in a shared link.
  const text = p
    .toString()
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%40', '@')
    .replaceAll('%7E', '~')
  return text ? `/?${text}` : '/'
}

let current = read()
const listeners = new Set<() => void>()

window.addEventListener('popstate', () => {
  current = read()
  for (const listener of listeners) listener()
})

/** The place that the URL names now. */
export function here(): Place {
  return current
}

/** The URL that would show `change` from here. */
export function hrefOf(change: Partial<Place>): string {
  return write({ ...current, ...change })
}

/**
 * Go there. A step that a person would want to undo with the back button (`push`) gets its own entry in the
 * history; filters and the movement of the map do not.
 */
export function go(change: Partial<Place>, how: 'push' | 'replace' = 'push'): void {
  const next = { ...current, ...change }
  const url = write(next)
  if (url === write(current)) return
  current = next
  if (how === 'push') window.history.pushState(null, '', url)
  else window.history.replaceState(null, '', url)
  for (const listener of listeners) listener()
}

export function usePlace(): Place {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => current,
  )
}

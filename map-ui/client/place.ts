export const VIEWS = ['map', 'cases', 'devices', 'people'] as const
export type View = (typeof VIEWS)[number]
export const LAYERS = ['condition', 'flags', 'cases', 'lamps', 'air-posts', 'vehicles'] as const
export type LayerName = (typeof LAYERS)[number]
/** The rooms of the integrator's desk. */
export const DESK_TABS = [
  'devices',
  'new',
  'types',
  'quarantine',
  'live',
  'connections',
  'announcements',
] as const
export type DeskTab = (typeof DESK_TABS)[number]
export const SELECTED_KINDS = [
  'flag',
  'stretch',
  'asset',
  'case',
  'device',
  'type',
  'connection',
  'refusal',
] as const
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
  /** of the integrator's desk */
  tab: DeskTab
  /** of the list of devices */
  liveness: string
  deviceKind: string
  /** of the lists of devices and of quarantine */
  typeId: string
  /** of quarantine */
  code: string
  deviceId: string
  /** what of the selected thing is looked at */
  part: string
  sel: Selection | null
}

const DEFAULT_LAYERS: readonly LayerName[] = ['condition', 'flags', 'vehicles']

/** Read a query string; what is not understood becomes the default. */
export function readPlace(search: string): Place {
  const p = new URLSearchParams(search)
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
    sort: p.get('sort') ?? '-urgency',
    caseState: p.get('caseState') ?? '',
    mine: p.get('mine') === '1',
    overdue: p.get('overdue') === '1',
    q: p.get('q') ?? '',
    tab: oneOf(DESK_TABS, p.get('tab')) ?? 'devices',
    liveness: p.get('liveness') ?? '',
    deviceKind: p.get('deviceKind') ?? '',
    typeId: p.get('typeId') ?? '',
    code: p.get('code') ?? '',
    deviceId: p.get('deviceId') ?? '',
    part: p.get('part') ?? '',
    sel:
      oneOf(SELECTED_KINDS, kind) && id.length > 0
        ? { kind: oneOf(SELECTED_KINDS, kind)!, id: id.join(':') }
        : null,
  }
}

function oneOf<T extends string>(list: readonly T[], value: string | null): T | undefined {
  return list.find((item) => item === value)
}

/** The URL of a place; what is as it is by default is left out. */
export function urlOf(place: Place): string {
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
  set('sort', place.sort, '-urgency')
  set('caseState', place.caseState)
  set('mine', place.mine ? '1' : '')
  set('overdue', place.overdue ? '1' : '')
  set('q', place.q)
  set('tab', place.tab, 'devices')
  set('liveness', place.liveness)
  set('deviceKind', place.deviceKind)
  set('typeId', place.typeId)
  set('code', place.code)
  set('deviceId', place.deviceId)
  set('part', place.part)
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

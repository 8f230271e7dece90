import type { Change } from '../../model/api.ts'
import { invalidate } from './resource.ts'

export type VehicleEvent = {
  deviceId: string
  lng: number
  lat: number
  heading: number | null
  time: string
}

type Handlers = {
  change: Set<(changes: Change[]) => void>
  vehicle: Set<(event: VehicleEvent) => void>
  connected: Set<(connected: boolean) => void>
}

const handlers: Handlers = {
  change: new Set(),
  vehicle: new Set(),
  connected: new Set(),
}

/** What is fetched again for each kind of change. */
const TOUCHED: Record<Change['kind'], string[]> = {
  flag: ['/v1/flags', '/v1/features/flags', '/v1/town', '/v1/stretches', '/v1/assets'],
  case: ['/v1/cases', '/v1/features/cases', '/v1/flags', '/v1/town'],
  condition: ['/v1/stretches'],
  asset: ['/v1/assets', '/v1/features/lamps', '/v1/features/air-posts', '/v1/datastreams'],
  device: ['/v1/devices', '/v1/town', '/v1/freshness', '/v1/datastreams'],
  network: ['/v1/town', '/v1/streets', '/v1/stretches'],
  quarantine: ['/v1/quarantine', '/v1/devices'],
  type: ['/v1/device-types', '/v1/devices'],
  announcement: ['/v1/announcements'],
  connection: ['/v1/connections'],
  job: [],
}

/** While history streams in there are many changes a second; the screen follows at this pace. */
const PACE_MS = 1_500
let waiting: Change[] = []
let timer: ReturnType<typeof setTimeout> | undefined
const WAITING_MAX = 5_000

function pass(): void {
  timer = undefined
  const batch = waiting
  waiting = []
  if (batch.length === 0) return
  invalidate(...new Set(batch.flatMap((change) => TOUCHED[change.kind] ?? [])))
  for (const handle of handlers.change) handle(batch)
}

/** Be told of live events; the answer ends it. */
export function onLive<K extends keyof Handlers>(
  kind: K,
  handle: Handlers[K] extends Set<infer H> ? H : never,
) {
  const set = handlers[kind] as Set<unknown>
  set.add(handle)
  return () => {
    set.delete(handle)
  }
}

/** A browser gives up on a stream that was answered with an error; this long after, it is opened anew. */
const REOPEN_MS = 4_000

/**
 * Open the one event stream of this page. The browser reconnects by itself and says where it was; when the server
 * answers `reload` it no longer has what was missed, and everything on screen is fetched again. So it is after a
 * time without connection, in which requests failed.
 */
export function openLive(): () => void {
  let source: EventSource | undefined
  let reopen: ReturnType<typeof setTimeout> | undefined
  let lost = false
  const tellConnected = (connected: boolean) => {
    for (const handle of handlers.connected) handle(connected)
  }
  const everythingAnew = () => {
    invalidate('/v1/')
    const all: Change = { id: 0, at: new Date().toISOString(), kind: 'network', ref: '', data: {} }
    for (const handle of handlers.change) handle([all])
  }
  const open = () => {
    source = new EventSource('/v1/events')
    const stream = source
    stream.addEventListener('open', () => {
      tellConnected(true)
      if (lost) everythingAnew()
      lost = false
    })
    stream.addEventListener('error', () => {
      lost = true
      tellConnected(false)
      if (stream.readyState !== EventSource.CLOSED) return
      stream.close()
      // Perhaps the session ended: then this asks for logging in.
      invalidate('/v1/town')
      reopen = setTimeout(open, REOPEN_MS)
    })
    stream.addEventListener('change', (event) => {
      const change = parse<Change>(event)
      if (!change) return
      if (waiting.length < WAITING_MAX) waiting.push(change)
      timer ??= setTimeout(pass, PACE_MS)
    })
    stream.addEventListener('vehicle', (event) => {
      const vehicle = parse<VehicleEvent>(event)
      if (vehicle) for (const handle of handlers.vehicle) handle(vehicle)
    })
    stream.addEventListener('reload', everythingAnew)
  }
  open()
  return () => {
    source?.close()
    clearTimeout(reopen)
    clearTimeout(timer)
    timer = undefined
    waiting = []
  }
}

function parse<T>(event: MessageEvent<string>): T | undefined {
  try {
    return JSON.parse(event.data) as T
  } catch {
    return undefined
  }
}

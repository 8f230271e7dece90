import type { Pavement, RoadObjectKind } from '../../model/network.ts'
import type { StreetKind } from './layout.ts'

/** Metres in RD (EPSG:28992): the invented town is drawn in it. */
export type Point = readonly [x: number, y: number]

/** One wegvak of the invented town: between two junctions. */
export type Road = {
  wvkId: string
  street: string
  kind: StreetKind
  line: readonly Point[]
  lengthM: number
  pavement: Pavement
  /** ISO 8608 roughness of this wegvak, Gd(n0) in 1e-6 m3 at n0 = 0.1 cycles/m */
  roughness: number
  /** NWB rijrichtng */
  direction: 'B' | 'H' | 'T'
  junctionFrom: string
  junctionTo: string
  /** km/h */
  limit: number
  cyclePath: boolean
}

/** Something that shakes a vehicle and is no defect. */
export type RoadObject = {
  id: string
  kind: RoadObjectKind
  wvkId: string
  /** m along the wegvak */
  atM: number
  lengthM: number
  /** m; positive up, negative down */
  heightM: number
  /** false: it lies there, but the town's own register does not know it */
  registered: boolean
}

/** A true defect. Its depth at time t: see `depthAt`. */
export type Defect = {
  id: string
  kind: 'pothole' | 'edge' | 'unevenness' | 'settlement'
  wvkId: string
  /** which way one must drive to meet it: H with the digitised direction, T against, B either way */
  lane: 'B' | 'H' | 'T'
  fromM: number
  toM: number
  /** mm at appearance; 0 of unevenness, which is many times the roughness of its street */
  depthMm: number
  growthMmPerDay: number
  /** epoch ms */
  appearsAt: number
  repairedAt: number | null
  /** mm/yr, settlement only, down negative */
  velocity: number | null
}

export type Lamp = {
  id: string
  lng: number
  lat: number
  street: string
  number: string
  circuit: string
  powerW: number
  heightM: number
}
export type LampFault = {
  assetId: string
  kind: 'lamp-out' | 'lamp-day-burner' | 'silent' | 'cycling'
  from: number
  to: number | null
}
export type AirPost = {
  id: string
  name: string
  street: string
  lng: number
  lat: number
  /** ug/m3 of PM2.5 on a quiet day */
  background: number
  /** 0..1, how much traffic passes */
  traffic: number
}
export type AirFault = {
  assetId: string
  kind: 'stuck' | 'drift' | 'clock-1970' | 'fahrenheit' | 'unknown-property' | 'silent'
  from: number
  to: number | null
}

export type Vehicle = {
  id: string
  name: string
  kind: 'car' | 'van' | 'sweeper' | 'lorry'
  /** quarter car per sprung mass: tyre and spring (1/s2), unsprung ratio, damper (1/s) */
  k1: number
  k2: number
  mu: number
  c: number
  /** of the limit, how fast this driver likes to go */
  haste: number
  /** phone or logger: roll, pitch and yaw of the mounting, degrees */
  mounting: readonly [roll: number, pitch: number, yaw: number]
  gnssLatencyS: number
  gnssSigmaM: number
  /** m/s2, 1 sigma */
  noise: number
  /** what the sensor makes of 1 m/s2 */
  gain: number
}

export type SoilSensor = { id: string; externalId: string; name: string; lng: number; lat: number }

/** The whole invented town: a pure function of (seed, inventedAt, historyDays). */
export type Town = {
  seed: number
  name: string
  /** epoch ms */
  inventedAt: number
  historyDays: number
  roads: readonly Road[]
  junctions: ReadonlyMap<string, Point>
  /** junction where the vehicles belong */
  depot: string
  objects: readonly RoadObject[]
  defects: readonly Defect[]
  lamps: readonly Lamp[]
  lampFaults: readonly LampFault[]
  airPosts: readonly AirPost[]
  airFaults: readonly AirFault[]
  vehicles: readonly Vehicle[]
  soilSensors: readonly SoilSensor[]
}

export const PAVEMENTS = [
  'asphalt',
  'concrete',
  'elements',
  'tiles',
  'cobbles',
  'unpaved',
  'unknown',
] as const
/** Pavement kind, from BGT plus-fysiekVoorkomen: elements are klinkers and betonstraatstenen. */
export type Pavement = (typeof PAVEMENTS)[number]

export const ROAD_OBJECT_KINDS = ['hump', 'cover', 'level-crossing', 'bridge-joint', 'tram-track'] as const
/** Known things on a road that shake a vehicle and are no defect. */
export type RoadObjectKind = (typeof ROAD_OBJECT_KINDS)[number]

export type Position = [lng: number, lat: number]

/** About 20 m of one wegvak: the unit in which road evidence meets. */
export type Stretch = {
  /** `{wvkId}@{validFrom}~{index}` */
  id: string
  wvkId: string
  index: number
  /** m along the wegvak */
  fromM: number
  toM: number
  street: string
  pavement: Pavement
  /** NWB rijrichtng: B both, H with and T against the digitised direction */
  direction: 'B' | 'H' | 'T'
  line: Position[]
}

/** Wegvak as imported, WGS84. */
export type Wegvak = {
  wvkId: string
  validFrom: string
  street: string
  municipality: string
  /** NWB wegbehsrt R P G W T */
  authority: string
  /** NWB bst_code, RB when absent */
  bst: string
  direction: 'B' | 'H' | 'T'
  pavement: Pavement
  junctionFrom: string
  junctionTo: string
  line: Position[]
}

/** 1 good, 2 fair, 3 poor, 4 bad. Not a CROW class: an accelerometer gives an indication only. */
export type ConditionGrade = 1 | 2 | 3 | 4

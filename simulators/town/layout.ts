import type { Random } from '../random.ts'
import type { Point } from './types.ts'

/** What a street is for: decides pavement, limit, lamps and which one gives way where two lie on top of each other. */
export type StreetKind =
  | 'ring'
  | 'radial'
  | 'quay'
  | 'centre'
  | 'alley'
  | 'residential'
  | 'court'
  | 'industrial'
  | 'lane'
  | 'cycle'

/** A street as drawn, before it is cut at its junctions. RD metres. */
export type Street = { name: string; kind: StreetKind; line: readonly Point[] }

export type Layout = {
  streets: readonly Street[]
  canal: readonly Point[]
  railway: readonly Point[]
  /** outline of the old town, for a drawing */
  singel: readonly Point[]
}

/** RD corner of the drawing: an invented place in the IJssel delta, where in truth there are meadows. */
const ORIGIN: Point = [170_000, 500_500]
/** the church, seen from that corner */
const CENTRE: Point = [1_750, 1_560]
/** the drawing was made on a larger sheet, with the church at this place */
const SCALE = 0.73
const SHEET_CENTRE: Point = [1_750, 1_700]
const SAMPLE_M = 10

/** Degrees anticlockwise from east, and how far out: 0 is the singel around the old town, 1 the ring road. */
type Polar = readonly [theta: number, v: number]

/**
 * Draw the town. It grew as many Dutch towns did: an old core inside its singel, a canal bent around it, radials to the
 * neighbouring towns, quarters of each decade between radials and ring, works beyond the railway. The skeleton is drawn
 * by hand; the seed bends it, mirrors the quarters and moves their corners.
 */
export function drawLayout(random: Random): Layout {
  const warp = createWarp(random.fork('warp'))
  const polar = ([theta, v]: Polar): Point => {
    const t = (theta * Math.PI) / 180
    const r = singelRadius(t) + v * (ringRadius(t) - singelRadius(t))
    return warp([CENTRE[0] + r * Math.cos(t), CENTRE[1] + r * Math.sin(t)])
  }
  const onSheet = ([x, y]: Point): Point => [
    CENTRE[0] + SCALE * (x - SHEET_CENTRE[0]),
    CENTRE[1] + SCALE * (y - SHEET_CENTRE[1]),
  ]
  const local = (point: Point): Point => warp(onSheet(point))
  // the old town is as narrow as it was, and keeps more of its size
  const fromChurch = ([x, y]: Point): Point => warp([CENTRE[0] + 0.82 * x, CENTRE[1] + 0.82 * y])

  const streets: Street[] = []
  const add = (name: string, kind: StreetKind, line: readonly Point[]) =>
    streets.push({ name, kind, line: smooth(line) })

  const ringArc = (name: string, from: number, to: number) => {
    const arc: Point[] = []
    for (let theta = from; theta <= to; theta += 4) arc.push(polar([theta, 1]))
    add(name, 'ring', arc)
  }
  ringArc('Ringweg-Oost', -46, 46)
  ringArc('Ringweg-Noord', 46, 138)
  ringArc('Ringweg-West', 138, 226)
  ringArc('Ringweg-Zuid', 226, 314)

  const singelArc = (name: string, from: number, to: number) => {
    const arc: Point[] = []
    for (let theta = from; theta <= to; theta += 5) arc.push(polar([theta, 0]))
    add(name, 'quay', arc)
  }
  singelArc('Noordersingel', 5, 165)
  singelArc('Westersingel', 165, 230)
  singelArc('Stadskade', 230, 310)
  singelArc('Oostersingel', 310, 365)

  for (const [name, kind, points] of POLAR_STREETS) add(name, kind, points.map(polar))
  for (const [name, kind, points] of CENTRE_STREETS) add(name, kind, points.map(fromChurch))
  for (const [name, kind, points] of LOCAL_STREETS) add(name, kind, points.map(local))

  for (const quarter of QUARTERS) {
    const own = random.fork(quarter.label)
    const mirrored = own.next() < 0.5
    const [theta0, theta1] = quarter.theta
    const [v0, v1] = quarter.v
    for (const [i, piece] of quarter.template.entries()) {
      const line = piece.points.map(([u0, w0]) => {
        // by place, so that two streets that meet in a corner still do
        const corner = own.fork(`${u0},${w0}`)
        const u = inset(u0, 0.02 * corner.normal())
        const w = inset(w0, 0.02 * corner.normal())
        const across = mirrored ? 1 - u : u
        return polar([theta0 + across * (theta1 - theta0), v0 + w * (v1 - v0)])
      })
      add(quarter.names[i] ?? `${quarter.names[0]} ${i}`, piece.court ? 'court' : 'residential', line)
    }
  }

  const toTown = (line: readonly Point[]): Point[] => line.map(([x, y]) => [ORIGIN[0] + x, ORIGIN[1] + y])
  const singel: Point[] = []
  for (let theta = 0; theta <= 360; theta += 5) singel.push(polar([theta, 0]))
  return {
    streets: streets.map((s) => ({ ...s, line: toTown(s.line) })),
    canal: toTown(smooth(CANAL.map(polar))),
    // a railway is straight where it can be: it is not bent with the streets
    railway: toTown([onSheet([-550, 597]), onSheet([4_050, 425])]),
    singel: toTown(singel),
  }
}

/** Where a corner of a quarter may move: what lies on the border of its quarter stays there. */
function inset(value: number, by: number): number {
  return value <= 0 || value >= 1 ? value : Math.min(0.97, Math.max(0.03, value + by))
}

function singelRadius(t: number): number {
  return 270 * (1 + 0.07 * Math.sin(2 * t + 1) + 0.04 * Math.sin(3 * t))
}

function ringRadius(t: number): number {
  const ellipse = 1 / Math.hypot(Math.cos(t) / 812, Math.sin(t) / 668)
  return ellipse * (1 + 0.045 * Math.sin(3 * t + 0.7) + 0.025 * Math.sin(5 * t))
}

/** A slow bend over the whole town, so that nothing in it is drawn with compasses. */
function createWarp(random: Random): (point: Point) => Point {
  const phases = Array.from({ length: 4 }, () => random.next() * 2 * Math.PI)
  const wave = (x: number, length: number, phase: number) => Math.sin((2 * Math.PI * x) / length + phase)
  return ([x, y]) => [
    x + 22 * wave(y, 1_150, phases[0]!) + 9 * wave(x + y, 520, phases[1]!),
    y + 20 * wave(x, 1_300, phases[2]!) + 8 * wave(x - y, 470, phases[3]!),
  ]
}

/** Catmull-Rom through the points (Barry and Goldman 1988, centripetal: it neither loops nor overshoots). */
function smooth(points: readonly Point[]): Point[] {
  if (points.length < 3) return [...points]
  const out: Point[] = [points[0]!]
  const first = points[0]!
  const last = points.at(-1)!
  const padded: Point[] = [mirror(points[1]!, first), ...points, mirror(points.at(-2)!, last)]
  for (let i = 1; i < padded.length - 2; i++) {
    const [p0, p1, p2, p3] = [padded[i - 1]!, padded[i]!, padded[i + 1]!, padded[i + 2]!]
    const t1 = knot(0, p0, p1)
    const t2 = knot(t1, p1, p2)
    const t3 = knot(t2, p2, p3)
    const n = Math.max(1, Math.round(Math.hypot(p2[0] - p1[0], p2[1] - p1[1]) / SAMPLE_M))
    for (let k = 1; k <= n; k++) {
      const t = t1 + ((t2 - t1) * k) / n
      const a1 = blend(p0, p1, 0, t1, t)
      const a2 = blend(p1, p2, t1, t2, t)
      const a3 = blend(p2, p3, t2, t3, t)
      out.push(blend(blend(a1, a2, 0, t2, t), blend(a2, a3, t1, t3, t), t1, t2, t))
    }
  }
  return out
}

const knot = (t: number, a: Point, b: Point) => t + Math.sqrt(Math.hypot(b[0] - a[0], b[1] - a[1]) || 1)
const mirror = (p: Point, around: Point): Point => [2 * around[0] - p[0], 2 * around[1] - p[1]]
const blend = (a: Point, b: Point, ta: number, tb: number, t: number): Point => {
  const s = (t - ta) / (tb - ta)
  return [a[0] + (b[0] - a[0]) * s, a[1] + (b[1] - a[1]) * s]
}

/** Past the old town at its south side, as a moat that later became the canal. */
const CANAL: readonly Polar[] = [
  [203, 1.95],
  [205, 1.5],
  [204, 1],
  [206, 0.6],
  [211, 0.28],
  [224, 0.13],
  [247, 0.1],
  [270, 0.1],
  [293, 0.1],
  [314, 0.12],
  [328, 0.26],
  [335, 0.6],
  [336, 1],
  [335, 1.5],
  [333, 1.95],
]

const POLAR_STREETS: readonly (readonly [string, StreetKind, readonly Polar[]])[] = [
  [
    'Oosterstraat',
    'radial',
    [
      [5, 0],
      [6.5, 0.3],
      [4, 0.65],
      [5, 1],
    ],
  ],
  [
    'Oosterweg',
    'radial',
    [
      [5, 1],
      [6, 1.25],
      [3.5, 1.45],
      [4, 1.62],
    ],
  ],
  [
    'Veenstraat',
    'radial',
    [
      [58, 0],
      [55, 0.3],
      [58, 0.6],
      [60, 1],
    ],
  ],
  [
    'Veenweg',
    'radial',
    [
      [60, 1],
      [60.5, 1.25],
      [58, 1.5],
      [59, 1.62],
    ],
  ],
  [
    'Noorderstraat',
    'radial',
    [
      [108, 0],
      [110, 0.35],
      [107, 0.7],
      [106, 1],
    ],
  ],
  [
    'Noordermeerweg',
    'radial',
    [
      [106, 1],
      [107.5, 1.25],
      [106, 1.5],
    ],
  ],
  [
    'Westerstraat',
    'radial',
    [
      [165, 0],
      [163, 0.3],
      [166, 0.7],
      [166, 1],
    ],
  ],
  [
    'Westerzeedijk',
    'radial',
    [
      [166, 1],
      [168, 1.25],
      [166, 1.45],
      [168, 1.6],
    ],
  ],
  [
    'Zuiderstraat',
    'radial',
    [
      [270, 0],
      [270, 0.2],
      [272, 0.5],
      [270, 1],
    ],
  ],
  [
    'Zuiderweg',
    'radial',
    [
      [270, 1],
      [269, 1.3],
      [270.5, 1.65],
      [269, 2],
    ],
  ],
  [
    'Westerkade',
    'quay',
    [
      [200, 1],
      [201.5, 0.6],
      [204, 0.36],
      [203, 0.16],
      [200, 0],
    ],
  ],
  [
    'Oosterkade',
    'quay',
    [
      [340, 1],
      [339, 0.6],
      [335, 0.34],
      [334, 0.16],
      [338, 0],
    ],
  ],
  [
    'Zuiderkade',
    'quay',
    [
      [208.5, 1],
      [210.5, 0.65],
      [217, 0.32],
      [228, 0.21],
      [248, 0.18],
      [270, 0.18],
    ],
  ],
  [
    'Kolkkade',
    'quay',
    [
      [270, 0.18],
      [292, 0.18],
      [311, 0.21],
      [323, 0.34],
      [330.5, 0.65],
      [332, 1],
    ],
  ],
  [
    'Veenlaantje',
    'lane',
    [
      [58.5, 1.35],
      [45, 1.34],
      [30, 1.45],
      [15, 1.38],
      [4.5, 1.35],
    ],
  ],
  [
    'Hagendijkje',
    'lane',
    [
      [167, 1.3],
      [176, 1.36],
      [186, 1.3],
      [190, 1.15],
      [189, 1],
    ],
  ],
  [
    'Jaagpad',
    'cycle',
    [
      [200, 1],
      [201.5, 1.3],
      [202, 1.55],
      [200.5, 1.85],
    ],
  ],
  [
    'Schipperspad',
    'cycle',
    [
      [340, 1],
      [338.5, 1.3],
      [338, 1.6],
      [336.5, 1.85],
    ],
  ],
  [
    'Ringpad',
    'cycle',
    [
      [106.5, 1.12],
      [95, 1.13],
      [84, 1.2],
      [72, 1.13],
      [60.3, 1.14],
    ],
  ],
]

/** Metres from the church. Streets of before 1600: none is straight, few are parallel. */
const CENTRE_STREETS: readonly (readonly [string, StreetKind, readonly Point[]])[] = [
  [
    'Hoofdstraat',
    'centre',
    [
      [-335, 88],
      [-270, 62],
      [-200, 40],
      [-120, 28],
      [-40, -5],
      [60, 12],
      [150, -18],
      [240, 8],
      [335, 30],
    ],
  ],
  [
    'Kerkstraat',
    'centre',
    [
      [-104, 322],
      [-78, 250],
      [-96, 165],
      [-62, 80],
      [-40, -5],
    ],
  ],
  [
    'Brugstraat',
    'centre',
    [
      [-28, -84],
      [-22, -140],
      [8, -205],
      [2, -270],
      [0, -345],
    ],
  ],
  [
    'Markt',
    'centre',
    [
      [-40, -5],
      [-34, -50],
      [-28, -84],
      [20, -92],
      [78, -76],
      [72, -30],
      [60, 12],
    ],
  ],
  [
    'Kerkplein',
    'alley',
    [
      [-62, 80],
      [-10, 62],
      [50, 66],
      [92, 105],
      [62, 158],
      [-8, 164],
      [-92, 150],
    ],
  ],
  [
    'Achterstraat',
    'centre',
    [
      [-96, 165],
      [-168, 132],
      [-214, 45],
      [-205, -50],
      [-150, -140],
      [-70, -190],
      [8, -205],
    ],
  ],
  [
    'Nieuwstraat',
    'centre',
    [
      [-86, 205],
      [10, 226],
      [112, 196],
      [186, 122],
      [222, 5],
      [200, -95],
      [120, -180],
      [8, -205],
    ],
  ],
  [
    'Smidssteeg',
    'alley',
    [
      [-150, 34],
      [-128, -20],
      [-112, -70],
      [-28, -84],
    ],
  ],
  [
    'Waagsteeg',
    'alley',
    [
      [78, -76],
      [128, -104],
      [160, -142],
    ],
  ],
  [
    'Kapittelsteeg',
    'alley',
    [
      [92, 105],
      [140, 118],
      [200, 120],
    ],
  ],
  [
    'Torensteeg',
    'alley',
    [
      [62, 158],
      [76, 190],
      [90, 208],
    ],
  ],
  [
    'Visserstraat',
    'centre',
    [
      [-196, -75],
      [-250, -100],
      [-322, -128],
    ],
  ],
  [
    'Molenstraat',
    'centre',
    [
      [150, 200],
      [190, 248],
      [206, 300],
    ],
  ],
  [
    'Havenstraat',
    'centre',
    [
      [196, -102],
      [250, -128],
      [300, -165],
    ],
  ],
  [
    'Turfstraat',
    'centre',
    [
      [118, -182],
      [148, -238],
      [170, -300],
    ],
  ],
  [
    'Kuiperstraat',
    'centre',
    [
      [-120, -165],
      [-148, -225],
      [-172, -300],
    ],
  ],
  [
    'Bagijnenstraat',
    'centre',
    [
      [-170, 130],
      [-222, 182],
      [-246, 238],
    ],
  ],
  [
    'Koestraat',
    'alley',
    [
      [150, -18],
      [138, 40],
      [160, 118],
    ],
  ],
]

/** Metres from the south-west corner: station and works. */
const LOCAL_STREETS: readonly (readonly [string, StreetKind, readonly Point[]])[] = [
  [
    'Stationsweg',
    'residential',
    [
      [1_750, 640],
      [1_600, 628],
      [1_430, 652],
      [1_300, 730],
      [1_270, 860],
    ],
  ],
  [
    'Spoorstraat',
    'residential',
    [
      [1_750, 640],
      [1_900, 618],
      [2_080, 640],
      [2_330, 620],
    ],
  ],
  [
    'Industrieweg',
    'industrial',
    [
      [2_290, 905],
      [2_330, 760],
      [2_345, 560],
      [2_372, 400],
      [2_380, 270],
    ],
  ],
  [
    'Handelsweg',
    'industrial',
    [
      [1_745, 318],
      [1_900, 322],
      [2_060, 282],
      [2_380, 270],
      [2_640, 292],
      [2_860, 268],
    ],
  ],
  [
    'Nijverheidsweg',
    'industrial',
    [
      [2_060, 282],
      [2_040, 180],
      [2_070, 92],
      [2_240, 76],
      [2_430, 92],
      [2_700, 80],
      [2_850, 120],
      [2_860, 268],
    ],
  ],
  [
    'Ambachtsweg',
    'industrial',
    [
      [2_380, 270],
      [2_396, 180],
      [2_430, 92],
    ],
  ],
  [
    'Loodsweg',
    'industrial',
    [
      [2_640, 292],
      [2_652, 205],
      [2_700, 80],
    ],
  ],
  [
    'Werfweg',
    'industrial',
    [
      [2_860, 268],
      [3_010, 286],
      [3_120, 240],
    ],
  ],
  [
    'Zandlaantje',
    'lane',
    [
      [1_745, 240],
      [1_560, 210],
      [1_380, 262],
      [1_190, 236],
      [1_020, 300],
    ],
  ],
  [
    'Spoorpad',
    'cycle',
    [
      [1_290, 740],
      [1_080, 650],
      [850, 628],
      [690, 720],
      [690, 960],
      [850, 1_180],
    ],
  ],
]

type Piece = { points: readonly (readonly [u: number, w: number])[]; court?: true }

/** Between the wars: streets along the ring, cut by short ones, each a little out of line. */
const ROWS: readonly Piece[] = [
  {
    points: [
      [0, 0.5],
      [0.12, 0.5],
      [0.3, 0.45],
      [0.52, 0.54],
      [0.75, 0.5],
      [1, 0.53],
    ],
  },
  {
    points: [
      [0, 0.22],
      [0.12, 0.24],
      [0.3, 0.27],
      [0.58, 0.23],
      [0.75, 0.16],
      [0.8, 0],
    ],
  },
  {
    points: [
      [0.12, 1],
      [0.14, 0.86],
      [0.3, 0.76],
      [0.6, 0.8],
      [0.72, 0.77],
      [1, 0.78],
    ],
  },
  {
    points: [
      [0.3, 0.27],
      [0.27, 0.36],
      [0.3, 0.46],
      [0.34, 0.6],
      [0.32, 0.76],
    ],
  },
  {
    points: [
      [0.52, 0.24],
      [0.56, 0.38],
      [0.54, 0.54],
    ],
  },
  {
    points: [
      [0.75, 0.5],
      [0.71, 0.63],
      [0.72, 0.77],
      [0.76, 1],
    ],
  },
  {
    points: [
      [0.46, 0.785],
      [0.48, 0.89],
      [0.57, 0.92],
    ],
    court: true,
  },
  {
    points: [
      [0.87, 0.52],
      [0.88, 0.64],
      [0.81, 0.67],
    ],
    court: true,
  },
  {
    points: [
      [0.12, 0.24],
      [0.09, 0.36],
      [0.12, 0.5],
    ],
  },
  {
    points: [
      [0.86, 0.515],
      [0.88, 0.36],
      [1, 0.26],
    ],
  },
]

/** The seventies: one road round, hofjes off it to both sides, nowhere a through road. */
const LOOP: readonly Piece[] = [
  {
    points: [
      [0, 0.42],
      [0.09, 0.44],
      [0.16, 0.42],
      [0.24, 0.28],
      [0.48, 0.19],
      [0.74, 0.26],
      [0.85, 0.5],
    ],
  },
  {
    points: [
      [0.85, 0.5],
      [0.77, 0.76],
      [0.52, 0.83],
      [0.26, 0.76],
      [0.18, 0.6],
      [0.16, 0.42],
    ],
  },
  {
    points: [
      [0.52, 0.83],
      [0.54, 0.92],
      [0.51, 1],
    ],
  },
  {
    points: [
      [0.85, 0.5],
      [0.92, 0.52],
      [1, 0.5],
    ],
  },
  {
    points: [
      [0.48, 0.19],
      [0.45, 0.1],
      [0.47, 0],
    ],
  },
  {
    points: [
      [0.48, 0.19],
      [0.51, 0.31],
      [0.44, 0.38],
      [0.35, 0.36],
    ],
    court: true,
  },
  {
    points: [
      [0.77, 0.76],
      [0.66, 0.66],
      [0.67, 0.56],
      [0.58, 0.5],
    ],
    court: true,
  },
  {
    points: [
      [0.18, 0.6],
      [0.32, 0.58],
      [0.4, 0.66],
      [0.48, 0.65],
    ],
    court: true,
  },
  {
    points: [
      [0.26, 0.76],
      [0.14, 0.83],
      [0.17, 0.92],
    ],
    court: true,
  },
  {
    points: [
      [0.74, 0.26],
      [0.84, 0.16],
      [0.78, 0.09],
    ],
    court: true,
  },
  {
    points: [
      [0.81, 0.66],
      [0.92, 0.72],
      [0.9, 0.86],
    ],
    court: true,
  },
]

/** Villas of around 1910: long bent avenues outward, few between. */
const AVENUES: readonly Piece[] = [
  {
    points: [
      [0.22, 0],
      [0.24, 0.3],
      [0.17, 0.6],
      [0.2, 0.82],
      [0.23, 1],
    ],
  },
  {
    points: [
      [0.5, 0],
      [0.54, 0.36],
      [0.46, 0.68],
      [0.54, 1],
    ],
  },
  {
    points: [
      [0.78, 0],
      [0.73, 0.38],
      [0.82, 0.7],
      [0.77, 1],
    ],
  },
  {
    points: [
      [0, 0.33],
      [0.12, 0.28],
      [0.24, 0.3],
      [0.38, 0.38],
      [0.54, 0.36],
    ],
  },
  {
    points: [
      [0.54, 0.44],
      [0.64, 0.38],
      [0.74, 0.42],
      [0.88, 0.48],
      [1, 0.45],
    ],
  },
  {
    points: [
      [0.17, 0.6],
      [0.32, 0.6],
      [0.46, 0.68],
    ],
  },
  {
    points: [
      [0.46, 0.7],
      [0.6, 0.76],
      [0.82, 0.7],
    ],
  },
  {
    points: [
      [0.82, 0.7],
      [0.92, 0.68],
      [1, 0.74],
    ],
  },
  {
    points: [
      [0, 0.78],
      [0.1, 0.8],
      [0.2, 0.8],
    ],
  },
  {
    points: [
      [0.2, 0.84],
      [0.33, 0.83],
      [0.36, 0.9],
    ],
    court: true,
  },
  {
    points: [
      [0.76, 0.16],
      [0.66, 0.14],
      [0.63, 0.22],
    ],
    court: true,
  },
]

/** A narrow quarter between two roads. */
const WEDGE: readonly Piece[] = [
  {
    points: [
      [0, 0.3],
      [0.3, 0.33],
      [0.62, 0.3],
      [1, 0.36],
    ],
  },
  {
    points: [
      [0, 0.68],
      [0.3, 0.64],
      [0.66, 0.7],
      [1, 0.66],
    ],
  },
  {
    points: [
      [0.45, 0.32],
      [0.5, 0.5],
      [0.42, 0.66],
    ],
  },
  {
    points: [
      [0.55, 0.68],
      [0.5, 0.84],
      [0.55, 1],
    ],
  },
  {
    points: [
      [0.5, 0.5],
      [0.68, 0.5],
      [0.78, 0.55],
    ],
    court: true,
  },
]

/** A new quarter outside the ring: two entries, water between the islands. */
const ISLANDS: readonly Piece[] = [
  {
    points: [
      [0.3, 0],
      [0.32, 0.2],
      [0.24, 0.42],
      [0.3, 0.66],
      [0.45, 0.85],
      [0.66, 0.8],
    ],
  },
  {
    points: [
      [0.72, 0],
      [0.7, 0.22],
      [0.77, 0.5],
      [0.66, 0.8],
    ],
  },
  {
    points: [
      [0.25, 0.42],
      [0.42, 0.46],
      [0.6, 0.4],
      [0.76, 0.48],
    ],
  },
  {
    points: [
      [0.25, 0.5],
      [0.13, 0.56],
      [0.08, 0.44],
      [0.14, 0.3],
      [0.3, 0.25],
    ],
  },
  {
    points: [
      [0.32, 0.68],
      [0.2, 0.78],
      [0.26, 0.9],
    ],
    court: true,
  },
  {
    points: [
      [0.72, 0.66],
      [0.86, 0.7],
      [0.92, 0.6],
    ],
    court: true,
  },
  {
    points: [
      [0.75, 0.4],
      [0.88, 0.38],
      [0.92, 0.26],
    ],
    court: true,
  },
  {
    points: [
      [0.5, 0.43],
      [0.48, 0.58],
      [0.55, 0.66],
    ],
    court: true,
  },
]

type Quarter = {
  label: string
  theta: readonly [number, number]
  v: readonly [number, number]
  template: readonly Piece[]
  names: readonly string[]
}

const QUARTERS: readonly Quarter[] = [
  {
    label: 'Bloemenbuurt',
    theta: [5, 58],
    v: [0, 1],
    template: ROWS,
    names: [
      'Rozenlaan',
      'Tulpstraat',
      'Dahliastraat',
      'Anjerstraat',
      'Irisstraat',
      'Leliestraat',
      'Violenhof',
      'Asterhof',
      'Crocusstraat',
      'Papaverstraat',
    ],
  },
  {
    label: 'Schildersbuurt',
    theta: [58, 108],
    v: [0, 1],
    template: AVENUES,
    names: [
      'Rembrandtlaan',
      'Vermeerlaan',
      'Frans Halslaan',
      'Jan Steenstraat',
      'Ruisdaelstraat',
      'Van Goghstraat',
      'Paulus Potterstraat',
      'Mesdagstraat',
      'Avercampstraat',
      'Judith Leysterhof',
      'Mondriaanhof',
    ],
  },
  {
    label: 'Vogelbuurt',
    theta: [108, 165],
    v: [0, 1],
    template: LOOP,
    names: [
      'Reigerstraat',
      'Kievitstraat',
      'Zwaluwstraat',
      'Merelstraat',
      'Lijsterstraat',
      'Vinkenhof',
      'Mezenhof',
      'Wulphof',
      'Grutthof',
      'Leeuwerikhof',
      'Spreeuwenhof',
      'Karekiethof',
    ],
  },
  {
    label: 'Molenbuurt',
    theta: [165, 201],
    v: [0, 1],
    template: WEDGE,
    names: ['Molenaarstraat', 'Wiekstraat', 'Korenstraat', 'Roggestraat', 'Kruierhof'],
  },
  {
    label: 'Havenkwartier',
    theta: [339, 365],
    v: [0, 1],
    template: WEDGE,
    names: ['Scheepmakersstraat', 'Touwslagersstraat', 'Zeilmakersstraat', 'Ankerstraat', 'Kompashof'],
  },
  {
    label: 'Componistenbuurt',
    theta: [209, 270],
    v: [0.18, 1],
    template: ROWS,
    names: [
      'Sweelincklaan',
      'Diepenbrockstraat',
      'Bachstraat',
      'Mozartstraat',
      'Händelstraat',
      'Andriessenstraat',
      'Pijperhof',
      'Badingshof',
      'Röntgenstraat',
      'Verhulststraat',
    ],
  },
  {
    label: 'Schrijversbuurt',
    theta: [270, 331],
    v: [0.18, 1],
    template: LOOP,
    names: [
      'Vondellaan',
      'Multatulilaan',
      'Hooftstraat',
      'Brederostraat',
      'Catsstraat',
      'Nesciohof',
      'Bordewijkhof',
      'Vestdijkhof',
      'Achterberghof',
      'Vasalishof',
      'Marsmanhof',
      'Slauerhoffhof',
    ],
  },
  {
    label: 'Bomenwijk',
    theta: [112, 160],
    v: [1, 1.62],
    template: ISLANDS,
    names: [
      'Beukenlaan',
      'Eikenlaan',
      'Lindelaan',
      'Wilgenring',
      'Elzenhof',
      'Esdoornhof',
      'Meidoornhof',
      'Berkenhof',
    ],
  },
]

import type { Random } from '../../random.ts'
import type { Point, StreetClass } from '../types.ts'
import type { Street } from './arrange.ts'
import { courtsDistrict, type District, rowsDistrict } from './districts.ts'
import { CENTRE_NAMES, createNameGiver } from './names.ts'
import { spline } from './plane.ts'

/** What is no street, but gives the streets their place. */
export type Sketch = { streets: Street[]; canal: Point[]; railway: Point[] }

/** y of the railway at x, metres from the market */
const railY = (x: number) => 690 + 0.07 * x

/**
 * The plan of the town in metres around its market, north up: an old centre within a singel, roads to the neighbouring
 * towns, a ring, a canal with four bridges in the south, a railway with one level crossing in the north, and
 * neighbourhoods of different times in between. Drawn by hand; the seed moves and bends it.
 */
export function sketchTown(random: Random): Sketch {
  const shake = random.fork('sketch')
  const names = createNameGiver(random.fork('names'))
  const streets: Street[] = []
  const j = (x: number, y: number, by = 14): Point => [x + shake.between(-by, by), y + shake.between(-by, by)]
  const add = (name: string, kind: StreetClass, points: readonly Point[], closed = false) => {
    streets.push({ name, class: kind, line: spline(points, 12, closed) })
  }

  const canal = spline([
    j(-1500, -300),
    j(-900, -352),
    j(-420, -372),
    j(0, -352),
    j(420, -318),
    j(860, -262),
    j(1500, -150),
  ])
  const railway: Point[] = [
    [-1500, railY(-1500)],
    [1500, railY(1500)],
  ]

  // The ring, and the roads that come in from outside.
  const ring: Point[] = [
    j(-630, 520),
    j(-800, 330),
    j(-855, 90),
    j(-820, -140),
    j(-742, -350, 6),
    j(-640, -560),
    j(-400, -735),
    j(-120, -812),
    j(140, -806),
    j(420, -742),
    j(665, -590),
    j(800, -400),
    j(838, -258, 6),
    j(880, -60),
    j(850, 190),
    j(748, 405),
    j(570, 560),
    j(255, 622, 4),
    j(-40, 606, 4),
    j(-330, 598, 4),
  ]
  add('Rondweg', 'ring', ring, true)
  const west: Point = [-232, 8]
  const east: Point = [236, -22]
  const north: Point = [92, 226]
  const station: Point = [-82, 222]
  const south: Point = [14, -232]
  const northWest: Point = [-186, 146]
  add('Westerweg', 'main', [west, j(-430, 42), j(-640, 0), [-848, 30], j(-1080, -36), j(-1330, -20)])
  add('Oosterweg', 'main', [east, j(430, 14), j(640, 62), [868, 70], j(1080, 150), j(1320, 176)])
  add('Noorderweg', 'main', [
    north,
    j(148, 400),
    [232, 618],
    [252, railY(252)],
    j(268, 860),
    j(300, 1030),
    j(352, 1230),
  ])
  add('Stationsstraat', 'main', [station, j(-104, 400), [-120, 600]])
  add('Molenweg', 'main', [south, [26, -352], j(66, -560), [96, -806], j(150, -960), j(176, -1170)])
  add('Kerkweg', 'main', [northWest, j(-370, 290), j(-520, 392), [-640, 512]])
  add('Zeedijk', 'main', [[-820, -140], j(-1010, -214), j(-1240, -222)])
  // A second way over the canal, between the eastern quarters and the works.
  add('Sluisweg', 'collector', [j(448, 24), [440, -180], [424, -318], j(436, -500), [452, -728]])

  // The old centre.
  const singel: Point[] = [
    j(-232, 8, 4),
    j(-186, 146, 4),
    j(-82, 222, 4),
    j(92, 226, 4),
    j(206, 128, 6),
    j(236, -22, 4),
    j(186, -164, 6),
    j(14, -232, 4),
    j(-150, -186, 6),
  ]
  add('Singel', 'collector', singel, true)
  const market: Point[] = [
    [-38, 30],
    [42, 38],
    [50, -26],
    [-30, -34],
  ]
  add('Markt', 'centre', [...market, market[0] as Point])
  const lanes = shake.shuffled(CENTRE_NAMES)
  const lane = (points: readonly Point[]) => add(lanes.pop() ?? 'Steeg', 'centre', points)
  lane([[-38, 30], j(-104, 62, 8), j(-150, 104, 8), northWest])
  lane([[42, 38], j(66, 110, 8), north])
  lane([[50, -26], j(130, -38, 8), east])
  lane([[-30, -34], j(-8, -130, 8), south])
  lane([[-30, -34], j(-120, -22, 8), west])
  const inner: Point[] = [
    j(-138, 6),
    j(-112, 100),
    j(-36, 142),
    j(72, 134),
    j(142, 62),
    j(150, -46),
    j(94, -122),
    j(-10, -144),
    j(-104, -108),
  ]
  for (const [from, to] of [
    [0, 4],
    [3, 6],
    [5, 8],
    [7, 10],
  ] as const) {
    lane(spline([...inner, ...inner].slice(from, to + 1)))
  }
  lane([[2, 34], j(-14, 90, 6), j(-36, 142, 4), station])
  lane([j(142, 62, 3), [206, 128]])
  lane([j(94, -122, 3), [186, -164]])
  lane([j(-104, -108, 3), [-150, -186]])
  lane([j(-112, 100, 3), j(-60, 60, 4), [-36, 142]])
  lane([[150, -46], j(104, 14, 6), [142, 62]])

  // Quays along both sides of the canal.
  add(
    'Noorderkade',
    'quay',
    canal.filter(([x]) => x > -742 && x < 838).map(([x, y]): Point => [x, y + 26]),
  )
  add(
    'Zuiderkade',
    'quay',
    canal.filter(([x]) => x > -742 && x < 440).map(([x, y]): Point => [x, y - 26]),
  )
  // Along the railway.
  add('Spoorstraat', 'local', [[-120, 600], j(-230, 560, 5), j(-330, 520)])

  for (const district of districts(shake))
    streets.push(...rowsDistrict(district, names, random.fork(`rows ${district.theme} ${district.turn}`)))
  streets.push(
    ...courtsDistrict(
      [
        j(330, 150),
        j(480, 180),
        j(640, 170),
        j(720, 250),
        j(600, 380),
        j(450, 470),
        j(330, 420),
        j(262, 290),
      ],
      [
        [
          [262, 290],
          [120, 310],
        ],
        [
          [600, 380],
          [700, 470],
        ],
        [
          [480, 180],
          [500, 30],
        ],
      ],
      'birds',
      names,
      random.fork('courts'),
    ),
  )

  // The land around: farm tracks, and a cycle path through the park.
  add('Polderweg', 'track', [j(268, 1010), j(40, 1080), j(-240, 1110), j(-480, 1060)])
  add('Hooiweg', 'track', [j(-1080, -30), j(-1120, 150), j(-1060, 330)])
  add('Laagveldpad', 'track', [j(160, -1010), j(380, -1030), j(560, -980)])
  add('Parkpad', 'cycle', [j(-560, 410), j(-620, 250), j(-560, 120), j(-540, 22)])
  return { streets, canal, railway }
}

function districts(random: Random): District[] {
  const t = (degrees: number) => degrees + random.between(-6, 6)
  return [
    // between Westerweg and Kerkweg: garden suburb of the thirties, with the park on its far side
    {
      polygon: [
        [-240, 60],
        [-440, 62],
        [-530, 60],
        [-550, 380],
        [-370, 274],
        [-196, 160],
      ],
      theme: 'trees',
      turn: t(32),
      rows: 74,
      blocks: 150,
      bend: 26,
      class: 'local',
      keepRow: 0.92,
      keepCross: 0.8,
      open: 0.6,
    },
    {
      polygon: [
        [-640, 40],
        [-845, 60],
        [-800, 320],
        [-650, 490],
        [-600, 300],
      ],
      theme: 'trees',
      turn: t(-12),
      rows: 84,
      blocks: 170,
      bend: 18,
      class: 'local',
      keepRow: 0.9,
      keepCross: 0.7,
      open: 0.45,
    },
    // towards the station: small old streets
    {
      polygon: [
        [-190, 165],
        [-360, 300],
        [-520, 410],
        [-590, 540],
        [-330, 590],
        [-125, 595],
        [-108, 400],
        [-90, 235],
      ],
      theme: 'crafts',
      turn: t(52),
      rows: 66,
      blocks: 120,
      bend: 10,
      class: 'local',
      keepRow: 0.9,
      keepCross: 0.75,
      open: 0.55,
    },
    {
      polygon: [
        [-75, 240],
        [-92, 400],
        [-108, 590],
        [215, 605],
        [140, 400],
        [88, 240],
      ],
      theme: 'stars',
      turn: t(2),
      rows: 70,
      blocks: 130,
      bend: 10,
      class: 'local',
      keepRow: 0.9,
      keepCross: 0.8,
      open: 0.6,
    },
    // between Oosterweg and the canal
    {
      polygon: [
        [200, -140],
        [245, -30],
        [440, 0],
        [640, 50],
        [860, 55],
        [865, -60],
        [825, -240],
        [430, -290],
        [40, -322],
        [60, -240],
      ],
      theme: 'water',
      turn: t(10),
      rows: 72,
      blocks: 160,
      bend: 20,
      class: 'local',
      keepRow: 0.9,
      keepCross: 0.75,
      open: 0.5,
    },
    // between Westerweg and the canal: fifties, straight rows
    {
      polygon: [
        [-240, -20],
        [-430, 20],
        [-640, -22],
        [-835, 10],
        [-800, -140],
        [-735, -322],
        [-420, -342],
        [-20, -322],
        [-30, -240],
        [-150, -200],
      ],
      theme: 'flowers',
      turn: t(-24),
      rows: 68,
      blocks: 140,
      bend: 6,
      class: 'local',
      keepRow: 0.93,
      keepCross: 0.85,
      open: 0.5,
    },
    // south of the canal, west of the Molenweg: the newest
    {
      polygon: [
        [-710, -385],
        [-420, -402],
        [-10, -384],
        [50, -560],
        [80, -790],
        [-120, -795],
        [-390, -715],
        [-620, -545],
      ],
      theme: 'meadow',
      turn: t(18),
      rows: 80,
      blocks: 175,
      bend: 44,
      class: 'local',
      keepRow: 0.92,
      keepCross: 0.75,
      open: 0.45,
    },
    // south of the canal, east of the Molenweg: works
    {
      polygon: [
        [45, -384],
        [420, -350],
        [430, -500],
        [440, -722],
        [140, -790],
        [95, -780],
      ],
      theme: 'work',
      turn: t(4),
      rows: 130,
      blocks: 210,
      bend: 4,
      class: 'industrial',
      keepRow: 0.95,
      keepCross: 0.7,
      open: 0.7,
    },
    {
      polygon: [
        [455, -345],
        [825, -292],
        [790, -400],
        [655, -580],
        [465, -715],
      ],
      theme: 'work',
      turn: t(-30),
      rows: 120,
      blocks: 190,
      bend: 4,
      class: 'industrial',
      keepRow: 0.95,
      keepCross: 0.7,
      open: 0.6,
    },
    // beyond the railway
    {
      polygon: [
        [275, 745],
        [285, 860],
        [325, 1060],
        [560, 1030],
        [640, 900],
        [560, 765],
      ],
      theme: 'stars',
      turn: t(14),
      rows: 78,
      blocks: 150,
      bend: 24,
      class: 'local',
      keepRow: 0.95,
      keepCross: 0.85,
      open: 0.6,
    },
  ]
}

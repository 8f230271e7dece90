import path from 'node:path'
import { expect, test } from 'vitest'
import { readNwb } from '../../ingest/import/nwb.ts'
import type { Position, Wegvak } from '../../model/network.ts'
import { dataTest } from '../../test/support/shared-data.ts'
import { cutStretches } from './cut.ts'
import { along, lengthM } from './geometry.ts'
import { createRoadGraph } from './graph.ts'
import { createStretchIndex } from './index.ts'
import { type Fix, MATCH_LAG, matchDrive } from './match.ts'
import { rdToWgs84, wgs84ToRd } from './rd.ts'

const at = (x: number, y: number) => rdToWgs84([174_000 + x, 443_000 + y])

function street(wvkId: string, points: [number, number][], fields: Partial<Wegvak> = {}): Wegvak {
  return {
    wvkId,
    validFrom: '2020-01-01',
    street: wvkId,
    municipality: '',
    authority: 'G',
    bst: 'RB',
    direction: 'B',
    pavement: 'unknown',
    junctionFrom: '',
    junctionTo: '',
    line: points.map(([x, y]) => at(x, y)),
    ...fields,
  }
}

function network(wegvakken: Wegvak[]) {
  return { index: createStretchIndex(cutStretches(wegvakken)), graph: createRoadGraph(wegvakken) }
}

/** Repeatable numbers, roughly normal with sigma 1. */
function noise(seed: number): () => number {
  let a = seed
  const uniform = () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
  return () => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform())
}

/** A drive along a line at 1 Hz with errors that wander, as those of a receiver do. */
function drive(
  line: Position[],
  speed: number,
  sigma: number,
  seed: number,
  fields: Partial<Fix> = {},
): Fix[] {
  const random = noise(seed)
  const total = lengthM(line)
  const fixes: Fix[] = []
  let ex = 0
  let ey = 0
  for (let i = 0; i * speed <= total; i++) {
    ex = 0.8 * ex + 0.6 * sigma * random()
    ey = 0.8 * ey + 0.6 * sigma * random()
    const true_ = along(line, i * speed)
    const [x, y] = wgs84ToRd(true_.position)
    const [lng, lat] = rdToWgs84([x + ex, y + ey])
    fixes.push({
      ms: 1_700_000_000_000 + i * 1000,
      lng,
      lat,
      accuracy: sigma,
      speed,
      heading: true_.bearing,
      ...fields,
    })
  }
  return fixes
}

// two parallel streets 25 m apart, joined at both ends, and a street across
const grid = [
  street('south', [
    [0, 0],
    [300, 0],
    [600, 0],
  ]),
  street('north', [
    [0, 25],
    [600, 25],
  ]),
  street('west', [
    [0, 0],
    [0, 25],
  ]),
  street('east', [
    [600, 0],
    [600, 25],
  ]),
  street('on', [
    [600, 0],
    [1000, -150],
  ]),
]

test('a drive stays on its street beside a parallel one', () => {
  const { index, graph } = network(grid)
  for (const seed of [1, 2, 3, 4, 5]) {
    const fixes = drive([at(20, 0), at(600, 0), at(1000, -150)], 10, 6, seed)
    const matches = matchDrive(fixes, index, graph)
    const right = fixes.filter((_, i) => {
      const expected = i * 10 + 20 < 600 ? 'south' : 'on'
      return matches[i]?.wvkId === expected
    }).length
    // errors reach 12 m here, half way to the other street
    expect(right / fixes.length).toBeGreaterThan(0.93)
  }
})

test('a match says how far along the wegvak, on which stretch and which way', () => {
  const { index, graph } = network(grid)
  const there = matchDrive(drive([at(20, 0), at(580, 0)], 10, 1, 7), index, graph)
  const back = matchDrive(drive([at(580, 0), at(20, 0)], 10, 1, 8), index, graph)
  there.forEach((match, i) => {
    expect(match?.forward).toBe(true)
    expect(match?.alongM).toBeGreaterThan(20 + i * 10 - 6)
    expect(match?.alongM).toBeLessThan(20 + i * 10 + 6)
    const stretch = index.get(match?.stretchId ?? '')
    expect(stretch && match && match.alongM >= stretch.fromM - 0.1 && match.alongM <= stretch.toM + 0.1).toBe(
      true,
    )
  })
  for (const match of back) expect(match?.forward).toBe(false)
})

test('the way is found without speed and heading too', () => {
  const { index, graph } = network(grid)
  const fixes = drive([at(580, 0), at(20, 0)], 10, 2, 9, { speed: null, heading: null, accuracy: null })
  const matches = matchDrive(fixes, index, graph)
  expect(matches.filter((m) => m?.wvkId === 'south').length / fixes.length).toBeGreaterThan(0.95)
  expect(matches.slice(2).every((m) => m?.forward === false)).toBe(true)
})

test('one-way streets are preferred the way they go, and still matched when driven against', () => {
  const pair = [
    street(
      'out',
      [
        [0, 0],
        [500, 0],
      ],
      { direction: 'H' },
    ),
    street(
      'home',
      [
        [500, 14],
        [0, 14],
      ],
      { direction: 'H' },
    ),
  ]
  const { index, graph } = network(pair)
  // exactly between the two carriageways
  const between = matchDrive(drive([at(20, 7), at(480, 7)], 10, 1, 3), index, graph)
  expect(between.filter((m) => m?.wvkId === 'out').length).toBe(between.length)
  const reverse = matchDrive(drive([at(480, 0), at(20, 0)], 10, 1, 4), index, graph)
  expect(reverse.filter((m) => m?.wvkId === 'out').length / reverse.length).toBeGreaterThan(0.9)
  expect(reverse.find((m) => m?.wvkId === 'out')?.forward).toBe(false)
})

test('start-up errors and jumps match nothing instead of a wrong street', () => {
  const wegvakken = [
    ...grid,
    street('far', [
      [0, 300],
      [600, 300],
    ]),
    street('farther', [
      [0, 2700],
      [600, 2700],
    ]),
  ]
  const { index, graph } = network(wegvakken)
  const fixes = drive([at(20, 0), at(580, 0)], 10, 2, 5)
  const put = (i: number, x: number, y: number, accuracy: number | null) => {
    const [lng, lat] = at(x, y)
    fixes[i] = { ...fixes[i]!, lng, lat, accuracy }
  }
  put(0, 20, 2700, 2767) // says itself that it is far off
  put(1, 40, 300, 5) // says that it is good, and is not
  put(20, 220, 300, 5) // a jump in the middle
  fixes[30] = { ...fixes[30]!, lng: 0, lat: 0 }
  fixes[31] = { ...fixes[31]!, lng: Number.NaN }
  const matches = matchDrive(fixes, index, graph)
  for (const i of [0, 1, 20, 30, 31]) expect(matches[i]).toBeNull()
  expect(matches.filter((m) => m !== null).every((m) => m?.wvkId === 'south')).toBe(true)
  expect(matches.filter((m) => m !== null)).toHaveLength(fixes.length - 5)
})

test('off the road is no match', () => {
  const { index, graph } = network(grid)
  const matches = matchDrive(drive([at(0, 200), at(600, 200)], 10, 2, 5), index, graph)
  expect(matches.every((m) => m === null)).toBe(true)
  expect(matchDrive([], index, graph)).toEqual([])
})

test('a pause of a minute or a leap of kilometres starts afresh', () => {
  const { index, graph } = network([
    ...grid,
    street('elsewhere', [
      [5000, 0],
      [5500, 0],
    ]),
  ])
  const first = drive([at(20, 0), at(300, 0)], 10, 2, 5)
  const second = drive([at(5020, 0), at(5300, 0)], 10, 2, 6).map((f) => ({ ...f, ms: f.ms + 600_000 }))
  const matches = matchDrive([...first, ...second], index, graph)
  expect(matches.slice(0, first.length).every((m) => m?.wvkId === 'south')).toBe(true)
  expect(matches.slice(first.length).every((m) => m?.wvkId === 'elsewhere')).toBe(true)
})

test('what is older than the lag never changes when more of the drive comes in', () => {
  const { index, graph } = network(grid)
  const line = [at(20, 25), at(600, 25), at(600, 0), at(1000, -150)]
  for (const seed of [21, 22, 23, 24]) {
    const fixes = drive(line, 9, 9, seed, seed % 2 ? {} : { speed: null, heading: null })
    if (seed === 23) fixes[40] = { ...fixes[40]!, lng: fixes[40]!.lng + 0.01 }
    const whole = matchDrive(fixes, index, graph)
    for (let n = 1; n <= fixes.length; n++) {
      const part = matchDrive(fixes.slice(0, n), index, graph)
      const settled = Math.max(0, n - MATCH_LAG)
      expect(part.slice(0, settled)).toEqual(whole.slice(0, settled))
    }
  }
})

test('two hours at 1 Hz match in less than a second, the same every time', () => {
  const town: Wegvak[] = []
  for (let x = 0; x < 12; x++) {
    for (let y = 0; y < 12; y++) {
      town.push(
        street(`e${x}.${y}`, [
          [x * 90, y * 90],
          [x * 90 + 90, y * 90],
        ]),
      )
      town.push(
        street(`n${x}.${y}`, [
          [x * 90, y * 90],
          [x * 90, y * 90 + 90],
        ]),
      )
    }
  }
  const { index, graph } = network(town)
  const line: Position[] = []
  for (let i = 0; i < 70; i++) {
    line.push(at(0, (i % 12) * 90), at(1080, (i % 12) * 90))
    line.push(at(1080, ((i + 1) % 12) * 90), at(0, ((i + 1) % 12) * 90))
  }
  const fixes = drive(line, 10, 5, 31).slice(0, 7200)
  expect(fixes).toHaveLength(7200)
  const matches = matchDrive(fixes, index, graph)
  // the best of three: other work of the machine is not ours
  const times = [1, 2, 3].map(() => {
    const started = performance.now()
    matchDrive(fixes, index, graph)
    return performance.now() - started
  })
  expect(Math.min(...times)).toBeLessThan(1000)
  expect(matches.filter((m) => m === null)).toHaveLength(0)
  expect(matchDrive(fixes, index, graph)).toEqual(matches)
})

test('streets without junction ids are joined by their ends, those with by their ids', () => {
  const graph = createRoadGraph([
    street('a', [
      [0, 0],
      [100, 0],
    ]),
    street('b', [
      [101, 0],
      [200, 0],
    ]),
    street(
      'over',
      [
        [100, -50],
        [100, 50],
      ],
      { junctionFrom: 'x', junctionTo: 'y' },
    ),
    street(
      'under',
      [
        [100, 50],
        [100, 200],
      ],
      { junctionFrom: 'z', junctionTo: 'w' },
    ),
  ])
  const node = (id: string, end: 'from' | 'to') => graph.edge(id)?.[end] ?? -1
  expect(graph.nodeDistance(node('a', 'from'), node('b', 'to'), 500)).toBeCloseTo(199, 0)
  expect(graph.nodeDistance(node('a', 'from'), node('b', 'to'), 150)).toBe(Infinity)
  // a bridge and what passes under it share a place and no junction
  expect(graph.nodeDistance(node('over', 'from'), node('under', 'to'), 5000)).toBe(Infinity)
  expect(graph.edge('nowhere')).toBeUndefined()
})

dataTest('Wageningen: drives through the real network stay on their road', async (data) => {
  const { wegvakken } = await readNwb(path.join(data, 'network/nwb-wageningen/roads-2020-11-24.gml'))
  const { index, graph } = network(wegvakken)
  const byNode = new Map<string, Wegvak[]>()
  for (const w of wegvakken) {
    for (const node of [w.junctionFrom, w.junctionTo]) byNode.set(node, [...(byNode.get(node) ?? []), w])
  }
  let fixesSeen = 0
  let onRoad = 0
  let midRoad = 0
  for (let seed = 1; seed <= 20; seed++) {
    const random = noise(seed)
    const pick = <T>(list: T[]): T => list[Math.floor(Math.abs(random()) * 7919) % list.length]!
    let here = pick(wegvakken)
    let node = here.junctionTo
    const roads = [here]
    const line: Position[] = [...here.line]
    while (roads.length < 15) {
      const next = (byNode.get(node) ?? []).filter(
        (w) =>
          w !== here &&
          (w.direction === 'B' || (w.direction === 'H' ? w.junctionFrom : w.junctionTo) === node),
      )
      if (next.length === 0) break
      here = pick(next)
      const ahead = here.junctionFrom === node
      node = ahead ? here.junctionTo : here.junctionFrom
      roads.push(here)
      line.push(...(ahead ? here.line : [...here.line].reverse()))
    }
    const fixes = drive(line, 9, 4, seed * 100)
    const matches = matchDrive(fixes, index, graph)
    let passed = 0
    const ends = roads.map((w) => {
      passed += lengthM(w.line)
      return passed
    })
    fixes.forEach((_, i) => {
      const at = i * 9
      const k = ends.findIndex((end) => at <= end + 1e-6)
      // within 12 m of a junction either road is right
      const near = [k - 1, k, k + 1].filter(
        (j) => j === k || Math.min(Math.abs(at - (ends[k] ?? 0)), Math.abs(at - (ends[k - 1] ?? 0))) < 12,
      )
      fixesSeen++
      if (near.some((j) => roads[j]?.wvkId === matches[i]?.wvkId)) onRoad++
      else if (Math.min((ends[k] ?? 0) - at, at - (ends[k - 1] ?? 0)) > 30) midRoad++
    })
  }
  expect(fixesSeen).toBeGreaterThan(1_500)
  // what is left lies within a few lengths of a car of a junction
  expect(onRoad / fixesSeen).toBeGreaterThan(0.96)
  expect(midRoad / fixesSeen).toBeLessThan(0.01)
})

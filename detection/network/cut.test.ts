import { expect, test } from 'vitest'
import type { Position, Wegvak } from '../../model/network.ts'
import { cutStretches } from './cut.ts'
import { distanceM, lengthM, nearestOnLine } from './geometry.ts'
import { rdToWgs84 } from './rd.ts'

function wegvak(line: Position[], fields: Partial<Wegvak> = {}): Wegvak {
  return {
    wvkId: '600123',
    validFrom: '2020-01-01',
    street: 'Dorpsstraat',
    municipality: 'Proefdorp',
    authority: 'G',
    bst: 'RB',
    direction: 'H',
    pavement: 'elements',
    junctionFrom: '1',
    junctionTo: '2',
    line,
    ...fields,
  }
}

const at = (x: number, y: number) => rdToWgs84([174_000 + x, 443_000 + y])

/** Repeatable numbers in [0, 1): mulberry32. */
function numbers(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

test('end to end the stretches are the wegvak again, whatever its shape', () => {
  const random = numbers(11)
  for (let round = 0; round < 300; round++) {
    let x = 0
    let y = 0
    const line: Position[] = [at(0, 0)]
    const points = 1 + Math.floor(random() * 12)
    for (let i = 0; i < points; i++) {
      const step = random() < 0.15 ? 0 : random() * (random() < 0.1 ? 400 : 30)
      const turn = random() * 2 * Math.PI
      x += step * Math.cos(turn)
      y += step * Math.sin(turn)
      line.push(at(x, y))
    }
    const whole = wegvak(line)
    const total = lengthM(line)
    const stretches = cutStretches([whole])
    if (total === 0) {
      expect(stretches).toEqual([])
      continue
    }
    const sum = stretches.reduce((m, s) => m + lengthM(s.line), 0)
    expect(sum).toBeCloseTo(total, 3)
    expect(stretches[0]?.line[0]).toEqual(line[0])
    expect(stretches.at(-1)?.line.at(-1)).toEqual(line.at(-1))
    expect(stretches.at(-1)?.toM).toBeCloseTo(total, 6)
    stretches.forEach((s, i) => {
      expect(s.id).toBe(`600123@2020-01-01~${i}`)
      expect(lengthM(s.line)).toBeCloseTo(s.toM - s.fromM, 3)
      if (total > 40) expect(s.toM - s.fromM).toBeGreaterThan(16)
      if (total > 40) expect(s.toM - s.fromM).toBeLessThanOrEqual(25)
      const next = stretches[i + 1]
      if (next) {
        expect(s.line.at(-1)).toEqual(next.line[0])
        expect(s.toM).toBe(next.fromM)
      }
      for (const p of s.line) expect(nearestOnLine(line, ...p).distanceM).toBeLessThan(0.001)
    })
    // every corner of the wegvak is in a stretch
    for (const p of line) {
      expect(Math.min(...stretches.flatMap((s) => s.line.map((q) => distanceM(p, q))))).toBeLessThan(0.001)
    }
  }
})

test('a stretch knows what its wegvak knows', () => {
  const [first] = cutStretches([wegvak([at(0, 0), at(100, 0)])])
  expect(first).toMatchObject({
    wvkId: '600123',
    index: 0,
    fromM: 0,
    street: 'Dorpsstraat',
    pavement: 'elements',
    direction: 'H',
  })
})

test('no short rest: 45 m become two parts, 9 m stay one', () => {
  expect(cutStretches([wegvak([at(0, 0), at(45, 0)])]).map((s) => Math.round(s.toM - s.fromM))).toEqual([
    23, 23,
  ])
  expect(cutStretches([wegvak([at(0, 0), at(9, 0)])])).toHaveLength(1)
})

test('a wegvak without length has no stretches', () => {
  expect(cutStretches([wegvak([at(0, 0), at(0, 0)]), wegvak([at(0, 0)]), wegvak([])])).toEqual([])
})

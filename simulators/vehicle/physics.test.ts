import { expect, test } from 'vitest'
import { createRandom } from '../random.ts'
import { depthAt } from '../town/defects.ts'
import { noiseProfile, PROFILE_STEP_M } from './profile.ts'
import { GOLDEN_CAR, heightAt, internationalRoughnessIndex, STEP_S, stepQuarterCar } from './quarter-car.ts'

test('the profile has the density of ISO 8608: Gd(n0) at 0.1 cycles/m, falling with n^-2', () => {
  const roughness = 64
  const n = 200_000
  const profile = noiseProfile(n * PROFILE_STEP_M, roughness, createRandom(3))
  // Welch periodogram at two frequencies by direct projection on 200 m blocks.
  for (const frequency of [0.1, 0.4]) {
    const block = 4_000
    const window = Float64Array.from(
      { length: block },
      (_, i) => 0.5 * (1 - Math.cos((2 * Math.PI * i) / block)),
    )
    const power = window.reduce((a, w) => a + w * w, 0)
    let sum = 0
    let count = 0
    for (let start = 0; start + block <= n; start += block) {
      // neighbouring bins are averaged too, for a steady estimate
      for (let k = -2; k <= 2; k++) {
        const f = frequency + k / (block * PROFILE_STEP_M)
        let re = 0
        let im = 0
        for (let i = 0; i < block; i++) {
          const angle = 2 * Math.PI * f * i * PROFILE_STEP_M
          const value = (profile[start + i] ?? 0) * (window[i] ?? 0)
          re += value * Math.cos(angle)
          im -= value * Math.sin(angle)
        }
        sum += ((re * re + im * im) * 2 * PROFILE_STEP_M) / power
        count++
      }
    }
    const expected = roughness * 1e-6 * (frequency / 0.1) ** -2
    expect(sum / count / expected).toBeGreaterThan(0.75)
    expect(sum / count / expected).toBeLessThan(1.3)
  }
})

test('the golden car finds the roughness that belongs to a class: IRI ≈ 2.2 m/km at 16e-6 m³, twice that at four times', () => {
  const iri = (gd: number) =>
    internationalRoughnessIndex(noiseProfile(4_000, gd, createRandom(1)), PROFILE_STEP_M)
  expect(iri(16)).toBeGreaterThan(1.8)
  expect(iri(16)).toBeLessThan(2.6)
  expect(iri(64) / iri(16)).toBeCloseTo(2, 1)
})

test('a body that stands still stays still, and a step in the road dies out', () => {
  const state = { bodyZ: 0, bodyV: 0, wheelZ: 0, wheelV: 0 }
  for (let i = 0; i < 1_000; i++) expect(stepQuarterCar(GOLDEN_CAR, state, 0)).toBeCloseTo(0, 12)
  let last = 0
  for (let i = 0; i < 5 / STEP_S; i++) last = stepQuarterCar(GOLDEN_CAR, state, 0.03)
  expect(Math.abs(last)).toBeLessThan(0.01)
  expect(state.bodyZ).toBeCloseTo(0.03, 3)
})

test('profiles repeat by seed and differ by seed', () => {
  const a = noiseProfile(50, 100, createRandom(5))
  expect(noiseProfile(50, 100, createRandom(5))).toEqual(a)
  expect(noiseProfile(50, 100, createRandom(6))).not.toEqual(a)
  expect(heightAt(a, -3)).toBe(a[0])
  expect(heightAt(a, 1e9)).toBe(a[a.length - 1])
})

test('a pothole is there from its day, grows, and is gone after its repair', () => {
  const day = 86_400_000
  const defect = {
    id: 'd',
    kind: 'pothole' as const,
    wvkId: '1',
    lane: 'B' as const,
    fromM: 10,
    toM: 10.6,
    depthMm: 30,
    growthMmPerDay: 2,
    appearsAt: 10 * day,
    repairedAt: 20 * day,
    velocity: null,
  }
  expect(depthAt(defect, 9 * day)).toBe(0)
  expect(depthAt(defect, 10 * day)).toBe(30)
  expect(depthAt(defect, 15 * day)).toBe(40)
  expect(depthAt(defect, 20 * day)).toBe(0)
})

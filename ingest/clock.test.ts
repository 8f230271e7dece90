import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { QUALITY } from '../model/quality.ts'
import { reading } from '../store/readings/store.contract.ts'
import type { ClockState } from '../store/records/clocks.ts'
import { openDeviceClocks } from '../store/records/clocks.ts'
import { newDeviceState, openDeviceStates } from '../store/records/device-states.ts'
import { openRecords } from '../store/records/open.ts'
import { createClocks, judgeClock } from './clock.ts'
import { device } from './interpret/interpret.support.ts'

const folders: string[] = []
afterEach(() => {
  for (const made of folders.splice(0)) rmSync(made, { recursive: true, force: true, maxRetries: 5 })
})

const START = Date.UTC(2026, 10, 24, 10)
const MINUTE = 60_000
const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Messages as [our time, time of the device], ms after START; which of them are in doubt, and what the clock is at the end. */
function judge(messages: readonly [received: number, newest: number][], intervalMs: number | null = null) {
  let state: ClockState | undefined
  const doubtful: number[] = []
  for (const [i, [received, newest]] of messages.entries()) {
    const judged = judgeClock(state, START + newest, START + received, intervalMs)
    state = judged.state
    if (judged.doubtful) doubtful.push(i)
  }
  return { doubtful, clock: state?.clock, offsetMs: state?.offsetMs }
}
const times = (n: number, f: (i: number) => [number, number]) => Array.from({ length: n }, (_, i) => f(i))
const live = (n: number, from = 0, every = MINUTE) =>
  times(n, (i) => [from + i * every, from + i * every - 2_000])

test('a healthy clock, a second or a day between messages, is left alone', () => {
  for (const every of [100, 1_000, MINUTE, DAY])
    expect(judge(live(300, 0, every))).toEqual({ doubtful: [], clock: null, offsetMs: null })
})

test('a clock that stands still is stale, from the fifth minute on, until it goes again', () => {
  const stands = times(30, (i) => [20 * MINUTE + i * MINUTE, 19 * MINUTE])
  const found = judge([...live(20), ...stands])
  expect(found.clock).toBe('stale')
  // its last good message is the first of those that stood still
  expect(found.doubtful).toEqual(Array.from({ length: 26 }, (_, i) => i + 24))
  expect(judge([...live(20), ...stands, ...live(20, 50 * MINUTE)])).toMatchObject({ clock: null })
})

test('several messages about one moment are no clock that stands still', () => {
  const bursts = times(400, (i) => [
    Math.floor(i / 20) * 10 * MINUTE + (i % 20) * 100,
    Math.floor(i / 20) * 10 * MINUTE,
  ])
  expect(judge(bursts, 10 * MINUTE).doubtful).toEqual([])
  // the last hour, asked for again every ten minutes
  const asked = times(60, (i) => [i * 10 * MINUTE, Math.floor((i * 10) / 60) * HOUR])
  expect(judge(asked, HOUR).doubtful).toEqual([])
})

test('history in order is not in doubt: fast, slowly, beside live data, a datastream at a time, or all there is', () => {
  const history = (n: number, from: number, step: number, every: number) =>
    times(n, (i) => [from + i * every, from - 90 * DAY + i * step])
  expect(judge([...live(10), ...history(2_000, 10 * MINUTE, HOUR, 50)]).doubtful).toEqual([])
  expect(judge(history(2_000, 0, HOUR, 50)).doubtful).toEqual([])
  expect(judge([...history(2_000, 0, 10 * MINUTE, MINUTE), ...live(20, 2_000 * MINUTE)]).doubtful).toEqual([])
  const beside = times(400, (i) => [i * 30_000, i % 2 ? i * 30_000 - 2_000 : -30 * DAY + i * 10 * MINUTE])
  expect(judge(beside).doubtful).toEqual([])
  const streams = times(400, (i) => [10 * MINUTE + i * 100, -30 * DAY + (i % 100) * 10 * MINUTE])
  expect(judge([...live(10), ...streams]).doubtful).toEqual([])
})

test('a clock that falls an hour behind and stays there is jumping, and tells by how much', () => {
  const behind = times(30, (i) => [20 * MINUTE + i * MINUTE, 20 * MINUTE + i * MINUTE - HOUR - 2_000])
  const found = judge([...live(20), ...behind])
  expect(found.clock).toBe('jumping')
  expect(found.offsetMs).toBeCloseTo(-HOUR, -3)
  expect(found.doubtful).toEqual(Array.from({ length: 25 }, (_, i) => i + 25))
  expect(judge([...live(20), ...behind, ...live(8, 50 * MINUTE)])).toMatchObject({ clock: null })
})

test('a clock that leaps to and fro is jumping, and only where it is off', () => {
  const found = judge(times(60, (i) => [i * MINUTE, i * MINUTE - 2_000 - (i % 3 ? 0 : 2 * HOUR)]).slice(1))
  expect(found.clock).toBe('jumping')
  expect(found.doubtful.length).toBeGreaterThan(10)
  expect(found.doubtful.every((i) => (i + 1) % 3 === 0)).toBe(true)

  const wild = judge([
    ...live(5),
    ...times(60, (i) => [5 * MINUTE + i * MINUTE, -((i * 7919) % 5_000) * MINUTE]),
  ])
  expect(wild.clock).toBe('jumping')
  expect(wild.doubtful.length).toBeGreaterThan(20)
})

test('the bits are the same when ingest starts again in between; readings without a time are left alone', async () => {
  const messages: [number, number][] = [
    ...live(12),
    ...times(20, (i) => [12 * MINUTE + i * MINUTE, 12 * MINUTE + i * MINUTE - HOUR] as [number, number]),
    ...live(20, 32 * MINUTE),
    ...times(20, (i) => [52 * MINUTE + i * MINUTE, 51 * MINUTE] as [number, number]),
  ]
  const one = device({ id: 'post-1' })

  const run = async (restartEvery: number) => {
    const dataDir = mkdtempSync(path.join(tmpdir(), 'schouw-clock-'))
    folders.push(dataDir)
    const records = await openRecords(dataDir)
    openDeviceStates(records.sqlite).write('post-1', newDeviceState())
    const open = () => createClocks(openDeviceClocks(records.sqlite))
    let clocks = open()
    const bits: number[] = []
    for (const [i, [received, newest]] of messages.entries()) {
      if (i % restartEvery === restartEvery - 1) clocks = open()
      const found = {
        devices: [one],
        readings: [
          reading({ ms: START + newest }),
          reading({ ms: START + received, quality: QUALITY.receiveTime, datastream: 'no2/b' }),
        ],
      }
      clocks.judge(found, START + received)
      clocks.write()
      bits.push(...found.readings.map((r) => r.quality & QUALITY.clock))
    }
    const state = openDeviceClocks(records.sqlite).read('post-1')
    await records.close()
    return { bits, state }
  }

  const straight = await run(1_000)
  expect(straight.state?.clock).toBe('stale')
  expect(straight.bits.filter((bit) => bit > 0).length).toBeGreaterThan(20)
  expect(straight.bits.filter((bit, i) => i % 2 === 1 && bit > 0)).toEqual([])
  expect(await run(1)).toEqual(straight)
  expect(await run(7)).toEqual(straight)
})

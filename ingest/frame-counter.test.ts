import { expect, test } from 'vitest'
import { countFrame, noFrames } from './frame-counter.ts'

/** Counters in the order of arrival; `s:n` names the session. */
function after(...uplinks: (number | string)[]) {
  const frames = noFrames()
  for (const [i, uplink] of uplinks.entries()) {
    const [session, count] = typeof uplink === 'string' ? uplink.split(':') : ['', uplink]
    countFrame(frames, { frameCount: Number(count), session }, { at: i, newer: true })
  }
  return frames
}

test('counters that follow each other lose nothing, wherever they begin', () => {
  expect(after(0, 1, 2, 3)).toMatchObject({ count: 3, lost: 0, lostAt: null })
  expect(after(7825, 7826)).toMatchObject({ lost: 0 })
})

test('what is skipped is lost, and the moment is kept', () => {
  expect(after(1, 2, 5)).toMatchObject({ lost: 2, lostAt: 2, missing: [3, 4] })
  expect(after(1, 101).lost).toBe(99)
})

test('a repeat is no loss; one that was overtaken fills its gap', () => {
  expect(after(1, 2, 2, 2, 3, 1, 3)).toMatchObject({ lost: 0, count: 3 })
  expect(after(5, 7, 6)).toMatchObject({ lost: 0, missing: [], count: 7 })
  expect(after(5, 7, 6, 6, 5, 8)).toMatchObject({ lost: 0, count: 8 })
  expect(after(1, 4, 3, 5)).toMatchObject({ lost: 1, missing: [2] })
})

test('a rejoin begins a new count', () => {
  expect(after('a:500', 'a:501', 'b:0', 'b:1')).toMatchObject({ lost: 0, count: 1, session: 'b' })
  expect(after('a:10', 'b:9000', 'b:9002')).toMatchObject({ lost: 1, session: 'b' })
  // A session that becomes known is no other session.
  expect(after(10, 'a:11', 'a:12')).toMatchObject({ lost: 0, session: 'a' })
})

test('a counter of 16 bits goes over its end', () => {
  expect(after(65_534, 65_535, 0, 1)).toMatchObject({ lost: 0, count: 1 })
  expect(after(65_534, 1)).toMatchObject({ lost: 2, missing: [65_535, 0] })
  expect(after(65_534, 1, 0, 65_535)).toMatchObject({ lost: 0, missing: [] })
  expect(after(65_535, 0, 1, 65_535, 2)).toMatchObject({ lost: 0, count: 2 })
  // One of 32 bits does not.
  expect(after(65_535, 65_536, 65_537).lost).toBe(0)
})

test('a reset without a session, and a leap, begin a new count', () => {
  expect(after(9_000, 9_001, 0, 1, 2)).toMatchObject({ lost: 0, count: 2 })
  expect(after(1, 2, 400_000, 400_001)).toMatchObject({ lost: 0, count: 400_001 })
})

test('an old message that is replayed does not begin a new count', () => {
  const frames = after('b:100', 'b:101')
  countFrame(frames, { frameCount: 3, session: 'a' }, { at: 9, newer: false })
  countFrame(frames, { frameCount: 3, session: 'b' }, { at: 9, newer: false })
  countFrame(frames, { frameCount: 102, session: 'b' }, { at: 10, newer: true })
  expect(frames).toMatchObject({ lost: 0, count: 102 })
})

test('what is remembered stays small, and odd numbers do nothing', () => {
  expect(after(1, 10_000).missing).toHaveLength(64)
  expect(after(1, 10_000, 20_000, 25_000).missing).toHaveLength(64)
  expect(after(1, 10_000).missing.at(-1)).toBe(9_999)
  expect(after(1, Number.NaN, -1, 1.5, 2)).toMatchObject({ lost: 0, count: 2 })
})

import { expect, test } from 'vitest'
import { ownThread, workClock } from './thread-time.ts'

const asleep = (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
function atWork(ms: number): void {
  const until = performance.now() + ms
  while (performance.now() < until);
}

test('work counts; waiting counts only where the system does not tell them apart', () => {
  const thread = ownThread()
  if (process.platform === 'linux') expect(thread).toBeGreaterThan(0)
  const clock = workClock(thread)
  asleep(200)
  const slept = clock()
  if (thread > 0) expect(slept).toBeLessThan(100)
  else expect(slept).toBeGreaterThan(190)
  let rounds = 0
  while (clock() - slept < 60 && rounds < 100) {
    rounds++
    atWork(20)
  }
  expect(rounds).toBeLessThan(100)
  const all = workClock(0)
  asleep(60)
  expect(all()).toBeGreaterThan(55)
})

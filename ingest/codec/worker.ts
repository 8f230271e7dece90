import { workerData } from 'node:worker_threads'
import { createMachine } from './machine.ts'
import { ownThread } from './thread-time.ts'
import { type Limits, STATE, WORD, wireOn } from './wire.ts'

/** The thread in which codecs run; see codecs.ts. It has no other work, so it waits where it stands. */
const { shared, limits } = workerData as { shared: SharedArrayBuffer; limits: Limits }
const { control, ask, answer } = wireOn(shared)

/** The engine asks this thread for the time and the zone: it hears the moment of the message, in UTC. */
let clock = 0
Date.now = () => clock
const utc = Date.prototype as unknown as Record<string, unknown>
for (const part of ['Seconds', 'Minutes', 'Hours', 'Date', 'Month', 'FullYear', 'Day']) {
  utc[`get${part}`] = utc[`getUTC${part}`]
}
utc.getTimezoneOffset = () => 0

const machine = await createMachine(limits, (ms) => {
  clock = ms
})
type Loaded = NonNullable<ReturnType<typeof machine.load>['loaded']>
const slots = new Map<number, Loaded>()

function work(): string | undefined {
  const slot = control[WORD.slot] ?? 0
  const sourceBytes = control[WORD.source] ?? 0
  const inputBytes = control[WORD.input] ?? 0
  if (sourceBytes > 0) {
    slots.delete(slot)
    const { ran, loaded } = machine.load(ask.toString('utf8', 0, sourceBytes))
    if (loaded) slots.set(slot, loaded)
    if (ran.kind !== 'answer') return said(ran)
    // Only a check, or nothing that can run.
    if (inputBytes === 0 || loaded === null || loaded.image === null) return ran.text
  }
  const loaded = slots.get(slot)
  if (!loaded) return undefined
  const input = ask.toString('utf8', sourceBytes, sourceBytes + inputBytes)
  return said(machine.run(loaded, input, recvTimeOf(input)))
}

function said(ran: ReturnType<typeof machine.run>): string | undefined {
  if (ran.kind === 'answer') return ran.text
  if (ran.kind === 'timeout') return '{"timeout":true}'
  return undefined
}

/** `{"recvTime":123,…`: it stands first, so that nothing else has to be parsed. */
function recvTimeOf(input: string): number {
  return Number(/^\{"recvTime":(-?\d+)/.exec(input)?.[1] ?? 0)
}

control[WORD.thread] = ownThread()
Atomics.store(control, WORD.state, STATE.idle)
Atomics.notify(control, WORD.state)
for (;;) {
  Atomics.wait(control, WORD.state, STATE.idle)
  Atomics.wait(control, WORD.state, STATE.answered)
  if (Atomics.load(control, WORD.state) !== STATE.asked) continue
  const text = work()
  const length = text === undefined ? 0 : answer.write(text, 'utf8')
  control[WORD.answer] = length
  const broken = text === undefined
  Atomics.store(control, WORD.state, broken ? STATE.broken : STATE.answered)
  Atomics.notify(control, WORD.state)
  if (broken) break
}

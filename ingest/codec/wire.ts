/**
 * How a thread and its sandbox thread talk: one shared buffer, because the caller waits for the answer where it stands
 * (`interpret` is a plain function). First words of control, then room for what is asked, then room for the answer.
 */
export const WORD = { state: 0, slot: 1, source: 2, input: 3, answer: 4, thread: 5 } as const
export const STATE = { starting: 0, idle: 1, asked: 2, answered: 3, broken: 4 } as const

const CONTROL_BYTES = 64
/** a codec of 64 Ki characters of three bytes, and an uplink as JSON */
const ASK_BYTES = 224 * 1024
const ANSWER_BYTES = 224 * 1024

export type Wire = { control: Int32Array; ask: Buffer; answer: Buffer }

export function makeWire(): { shared: SharedArrayBuffer; wire: Wire } {
  const shared = new SharedArrayBuffer(CONTROL_BYTES + ASK_BYTES + ANSWER_BYTES)
  return { shared, wire: wireOn(shared) }
}

export function wireOn(shared: SharedArrayBuffer): Wire {
  return {
    control: new Int32Array(shared, 0, CONTROL_BYTES / 4),
    ask: Buffer.from(shared, CONTROL_BYTES, ASK_BYTES),
    answer: Buffer.from(shared, CONTROL_BYTES + ASK_BYTES, ANSWER_BYTES),
  }
}

/** What the sandbox may use. */
export type Limits = {
  /** times 10,000 loop turns and calls, counted by the engine: the same code stops at the same place every time */
  ticks: number
  memoryBytes: number
  stackBytes: number
  /** characters of JSON that it may give */
  answerChars: number
  /** ms of work after which the thread is ended, for what the engine does not count */
  workMs: number
  /** ms after which it is ended however little it could work, because somebody waits; twice that while it is loaded */
  wallMs: number
}

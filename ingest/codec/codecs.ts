import { Worker } from 'node:worker_threads'
import type { Logger } from '../../log.ts'
import type { CodecOutcome, RunCodec } from '../decode/decoder.ts'
import { readAnswer, readCheck } from './answer.ts'
import { type Limits, makeWire, STATE, type Wire, WORD } from './wire.ts'

export type CodecCheck = { ok: true } | { ok: false; message: string; line: number | null }

export type Codecs = {
  run: RunCodec
  /** Whether a codec loads and has a function that we know; its top level runs, in the sandbox. */
  check(source: string): CodecCheck
  close(): void
}

const LIMITS: Limits = {
  ticks: 100,
  memoryBytes: 16 * 1024 * 1024,
  stackBytes: 256 * 1024,
  answerChars: 64 * 1024,
  wallMs: 2_000,
}
/** What a radio sends in one message is at most 242 bytes; this leaves room for other networks. */
const MAX_UPLINK = 4_096
/** Codecs that the sandbox keeps loaded. */
const SLOTS = 24
const START_MS = 20_000
const TIMEOUTS = 3
const TIMEOUTS_WITHIN_MS = 5 * 60_000
/** Types whose timeouts are remembered. */
const MAX_WATCHED = 1_000

type Thread = { worker: Worker; wire: Wire; dead: boolean }
type Asked = { kind: 'answer'; text: string } | { kind: 'timeout' } | { kind: 'failed'; message: string }
type Watched = { version: number; source: string; timeouts: number[]; suspended: boolean }

/**
 * Codecs that people pasted, run so that they can harm nobody: QuickJS in WebAssembly, in a thread without environment,
 * within limits of instructions, memory, stack and time. The thread starts with the first codec. The caller waits where
 * it stands; what a call may cost at worst is `limits.wallMs`, and a codec that keeps costing that is suspended until its
 * version changes, so that it cannot hold up others.
 */
export function createCodecs(
  deps: { log?: Logger; limits?: Partial<Limits>; now?: () => number } = {},
): Codecs {
  const limits: Limits = { ...LIMITS, ...deps.limits }
  const now = deps.now ?? Date.now
  let thread: Thread | undefined
  let closed = false
  /** source → slot in the thread; the least recently used first */
  let slots = new Map<string, number>()
  const watched = new Map<string, Watched>()

  function start(): Thread | undefined {
    if (closed) return undefined
    if (thread && !thread.dead) return thread
    slots = new Map()
    const { shared, wire } = makeWire()
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { shared, limits },
      env: {},
      argv: [],
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 },
    })
    worker.unref()
    const started: Thread = { worker, wire, dead: false }
    worker.on('error', (error) => {
      started.dead = true
      deps.log?.error({ err: error }, 'codec: the sandbox ended')
    })
    worker.on('exit', () => {
      started.dead = true
    })
    thread = started
    Atomics.wait(wire.control, WORD.state, STATE.starting, START_MS)
    if (Atomics.load(wire.control, WORD.state) === STATE.starting) {
      discard()
      return undefined
    }
    return started
  }

  function discard(): void {
    if (!thread) return
    thread.dead = true
    void thread.worker.terminate()
    thread = undefined
  }

  /** @param source only when the thread has to load it */
  function ask(slot: number, source: string | null, input: string): Asked {
    const running = start()
    if (!running) return { kind: 'failed', message: 'the sandbox does not start' }
    const { control, ask: room, answer } = running.wire
    const sourceBytes = source === null ? 0 : room.write(source, 0, 'utf8')
    const inputBytes = input === '' ? 0 : room.write(input, sourceBytes, 'utf8')
    control[WORD.slot] = slot
    control[WORD.source] = sourceBytes
    control[WORD.input] = inputBytes
    Atomics.store(control, WORD.state, STATE.asked)
    Atomics.notify(control, WORD.state)
    const until = performance.now() + limits.wallMs
    for (;;) {
      const state = Atomics.load(control, WORD.state)
      if (state === STATE.answered)
        return { kind: 'answer', text: answer.toString('utf8', 0, control[WORD.answer]) }
      if (state === STATE.broken) {
        discard()
        return { kind: 'failed', message: 'InternalError: the sandbox broke on it' }
      }
      const left = until - performance.now()
      if (left <= 0) {
        discard()
        return { kind: 'timeout' }
      }
      Atomics.wait(control, WORD.state, STATE.asked, left)
    }
  }

  /** The slot of a codec, and whether it has to be loaded there. */
  function slotOf(source: string): { slot: number; load: boolean } {
    // Before a slot is looked up: with a thread that is gone went what it had loaded.
    start()
    const known = slots.get(source)
    if (known !== undefined) {
      slots.delete(source)
      slots.set(source, known)
      return { slot: known, load: false }
    }
    if (slots.size >= SLOTS) slots.delete(slots.keys().next().value ?? '')
    const used = new Set(slots.values())
    let slot = 1
    while (used.has(slot)) slot++
    slots.set(source, slot)
    return { slot, load: true }
  }

  function watch(codec: { typeId: string; version: number; source: string }): Watched {
    const known = watched.get(codec.typeId)
    if (known && known.version === codec.version && known.source === codec.source) return known
    const fresh: Watched = { version: codec.version, source: codec.source, timeouts: [], suspended: false }
    if (watched.size >= MAX_WATCHED) watched.clear()
    watched.set(codec.typeId, fresh)
    return fresh
  }

  function noteTimeout(codec: { typeId: string; version: number }, its: Watched): void {
    const at = now()
    its.timeouts = its.timeouts.filter((t) => at - t < TIMEOUTS_WITHIN_MS)
    its.timeouts.push(at)
    if (its.timeouts.length < TIMEOUTS) return
    its.suspended = true
    deps.log?.warn({ typeId: codec.typeId, version: codec.version }, 'codec: suspended, it takes too long')
  }

  return {
    run(codec, { bytes, fPort, recvTime }): CodecOutcome {
      const its = watch(codec)
      if (its.suspended) {
        const message = `suspended: it took too long ${TIMEOUTS} times; change the codec to try it again`
        return { ok: false, code: 'codec_suspended', message, warnings: [] }
      }
      if (bytes.length > MAX_UPLINK) {
        const message = `${bytes.length} bytes are no uplink; at most ${MAX_UPLINK} are given to a codec`
        return { ok: false, code: 'codec_failed', message, warnings: [] }
      }
      const { slot, load } = slotOf(codec.source)
      const moment = Date.parse(recvTime)
      const input = `{"recvTime":${Number.isFinite(moment) ? moment : 0},"fPort":${Number.isInteger(fPort) ? fPort : 0},"bytes":[${bytes.join(',')}]}`
      const asked = ask(slot, load ? codec.source : null, input)
      const outcome = asked.kind === 'answer' ? readAnswer(asked.text) : refused(asked)
      if (!outcome.ok && outcome.code === 'codec_timeout') {
        // It may have been while it was loaded.
        slots.delete(codec.source)
        noteTimeout(codec, its)
      }
      return outcome
    },

    check(source) {
      start()
      const asked = ask(0, source, '')
      if (asked.kind === 'answer') return readCheck(asked.text)
      return { ok: false, message: refused(asked).message, line: null }
    },

    close() {
      closed = true
      discard()
    },
  }

  function refused(asked: Exclude<Asked, { kind: 'answer' }>) {
    return asked.kind === 'timeout'
      ? ({
          ok: false,
          code: 'codec_timeout',
          message: `took more than ${limits.wallMs} ms`,
          warnings: [],
        } as const)
      : ({ ok: false, code: 'codec_failed', message: asked.message, warnings: [] } as const)
  }
}

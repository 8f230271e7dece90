import { Worker } from 'node:worker_threads'
import type { Logger } from '../../log.ts'
import type { CodecKey, SuspendedFor, Suspensions } from '../../model/suspension.ts'
import type { CodecOutcome, RunCodec } from '../decode/decoder.ts'
import { readAnswer, readCheck } from './answer.ts'
import { charge, noOverrun, type Overrun } from './overrun.ts'
import { suspensionsInMemory } from './suspensions.ts'
import { workClock } from './thread-time.ts'
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
  workMs: 150,
  wallMs: 500,
}
/**
 * ms that a call may take before its work is counted: honest codecs take 26 to 75 µs. The largest that may be saved takes
 * some 100 ms to be compiled, which happens when a thread first meets it.
 */
const FREE = { run: 5, load: 150 }
/** How much of `workMs` shows that a call which got little time would have used up all of it. */
const TELLING = 1 / 3
/** Shortest wait between two looks at how much a thread worked. */
const LOOK_MS = 5
/** What a radio sends in one message is at most 242 bytes; this leaves room for other networks. */
const MAX_UPLINK = 4_096
/** Codecs that the sandbox keeps loaded. */
const SLOTS = 24
const START_MS = 20_000
/** Types whose overruns are remembered. */
const MAX_WATCHED = 1_000

type Thread = { worker: Worker; wire: Wire; dead: boolean }
type Asked =
  | { kind: 'answer'; text: string; overMs: number }
  /** ended: it worked too long, or could not work because the machine had no time for it */
  | { kind: 'timeout' | 'starved'; overMs: number }
  | { kind: 'failed'; message: string; overMs: number }
type Watched = { version: number; source: string; overrun: Overrun }

/**
 * Codecs that people pasted, run so that they can harm nobody: QuickJS in WebAssembly, in a thread without environment,
 * within limits of instructions, memory, stack and time. The thread starts with the first codec. The caller waits where
 * it stands, and everybody else with it: a call is ended after `limits.workMs` of work, and a codec that was ended three
 * times, or that worked half a second in ten beyond what is free, is suspended until its version or its source changes.
 */
export function createCodecs(
  deps: { log?: Logger; limits?: Partial<Limits>; now?: () => number; suspensions?: Suspensions } = {},
): Codecs {
  const limits: Limits = { ...LIMITS, ...deps.limits }
  const now = deps.now ?? Date.now
  const suspensions = deps.suspensions ?? suspensionsInMemory(MAX_WATCHED)
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
    if (!running) return { kind: 'failed', message: 'the sandbox does not start', overMs: 0 }
    const { control, ask: room, answer } = running.wire
    const sourceBytes = source === null ? 0 : room.write(source, 0, 'utf8')
    const inputBytes = input === '' ? 0 : room.write(input, sourceBytes, 'utf8')
    control[WORD.slot] = slot
    control[WORD.source] = sourceBytes
    control[WORD.input] = inputBytes
    Atomics.store(control, WORD.state, STATE.asked)
    Atomics.notify(control, WORD.state)
    const waited = wait(running, source !== null)
    if (waited.ended) {
      discard()
      return { kind: waited.ended, overMs: waited.overMs }
    }
    if (Atomics.load(control, WORD.state) === STATE.broken) {
      discard()
      return { kind: 'failed', message: 'InternalError: the sandbox broke on it', ...waited }
    }
    return { kind: 'answer', text: answer.toString('utf8', 0, control[WORD.answer]), ...waited }
  }

  /** Until there is an answer, or no more patience. `overMs`: work after the free time. */
  function wait({ wire: { control } }: Thread, load: boolean) {
    const until = performance.now() + (load ? 2 : 1) * limits.wallMs
    Atomics.wait(control, WORD.state, STATE.asked, load ? FREE.load : FREE.run)
    // Nearly always: then no clock was read.
    if (Atomics.load(control, WORD.state) !== STATE.asked) return { overMs: 0 }
    const worked = workClock(control[WORD.thread] ?? 0)
    for (;;) {
      const overMs = worked()
      if (Atomics.load(control, WORD.state) !== STATE.asked) return { overMs }
      if (overMs >= limits.workMs) return { overMs, ended: 'timeout' as const }
      const left = until - performance.now()
      if (left <= 0) {
        const telling = !load && overMs >= limits.workMs * TELLING
        return { overMs, ended: telling ? ('timeout' as const) : ('starved' as const) }
      }
      Atomics.wait(
        control,
        WORD.state,
        STATE.asked,
        Math.min(left, Math.max(LOOK_MS, limits.workMs - overMs)),
      )
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

  function watch(codec: CodecKey): Watched {
    const known = watched.get(codec.typeId)
    if (known && known.version === codec.version && known.source === codec.source) return known
    const fresh: Watched = { version: codec.version, source: codec.source, overrun: noOverrun(now()) }
    if (watched.size >= MAX_WATCHED) watched.clear()
    watched.set(codec.typeId, fresh)
    return fresh
  }

  function note(codec: CodecKey, ms: number, timedOut: boolean): void {
    if (ms === 0 && !timedOut) return
    const at = now()
    const reason = charge(watch(codec).overrun, ms, timedOut, at)
    if (reason === undefined) return
    watched.delete(codec.typeId)
    suspensions.add(codec, reason, at)
    const { typeId, version } = codec
    deps.log?.warn({ typeId, version, reason }, 'codec: suspended, it takes too long')
  }

  return {
    run(codec, { bytes, fPort, recvTime }): CodecOutcome {
      const reason = suspensions.find(codec)
      if (reason !== undefined)
        return { ok: false, code: 'codec_suspended', message: SUSPENDED[reason], warnings: [] }
      if (bytes.length > MAX_UPLINK) {
        const message = `${bytes.length} bytes are no uplink; at most ${MAX_UPLINK} are given to a codec`
        return { ok: false, code: 'codec_failed', message, warnings: [] }
      }
      const { slot, load } = slotOf(codec.source)
      const moment = Date.parse(recvTime)
      const input = `{"recvTime":${Number.isFinite(moment) ? moment : 0},"fPort":${Number.isInteger(fPort) ? fPort : 0},"bytes":[${bytes.join(',')}]}`
      // Apart, because to be loaded may take longer.
      const loaded = load ? ask(slot, codec.source, '') : undefined
      const asked = loaded && !isLoaded(loaded) ? loaded : ask(slot, null, input)
      const outcome = asked.kind === 'answer' ? readAnswer(asked.text) : refused(asked)
      const timedOut = !outcome.ok && outcome.code === 'codec_timeout'
      // It may have been while it was loaded.
      if (timedOut) slots.delete(codec.source)
      note(
        codec,
        asked.overMs + (loaded && loaded !== asked ? loaded.overMs : 0),
        timedOut && asked.kind !== 'starved',
      )
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
    if (asked.kind === 'failed')
      return { ok: false, code: 'codec_failed', message: asked.message, warnings: [] } as const
    const message =
      asked.kind === 'timeout'
        ? `took too long: at most ${limits.workMs} ms are given`
        : `was not ready after ${limits.wallMs} ms on a machine that had little time for it`
    return { ok: false, code: 'codec_timeout', message, warnings: [] } as const
  }
}

function isLoaded(asked: Asked): boolean {
  return asked.kind === 'answer' && readCheck(asked.text).ok
}

const SUSPENDED = {
  timeouts: 'suspended: it took too long 3 times; change the codec to try it again',
  slow: 'suspended: it kept others waiting, message after message; change the codec to try it again',
} as const satisfies Record<SuspendedFor, string>

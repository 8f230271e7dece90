import quickjs from '@jitl/quickjs-wasmfile-release-sync'
import { DRIVER, FOUND } from './driver.ts'
import type { Limits } from './wire.ts'

const PAGE = 4096
/** Zero pages in a row that are taken for the unused part of the engine's stack, and what is kept of it for safety. */
const STACK_GAP = 1024 * 1024
const GAP_MARGIN = 64 * 1024
/** A codec may build tables when it is loaded, but they are copied before each message. */
const MAX_IMAGE = 2 * 1024 * 1024
const MEMORY_PAGES = 256
const MAX_MEMORY_PAGES = 512

/** Its types are of the CommonJS build, where the variant is one level deeper. */
const variant = quickjs.default ?? quickjs

/** The parts of the engine's memory that hold something, at one moment. */
type Image = readonly { at: number; bytes: Uint8Array }[]
/** A loaded codec, or why it could not be. */
type Loaded = { image: Image; failure: null } | { image: null; failure: string }

export type Ran = { kind: 'answer'; text: string } | { kind: 'timeout' } | { kind: 'broken'; text: string }

/**
 * One QuickJS in WebAssembly for all codecs. Its whole memory is put back to what it was right after the codec was
 * loaded before each message: no codec keeps anything from one message to the next, none sees another, and the same
 * message always meets the same machine.
 *
 * @param setClock told the only time that a codec may see, epoch ms
 */
export async function createMachine(limits: Limits, setClock: (ms: number) => void) {
  const imported = await variant.importModuleLoader()
  if (typeof imported !== 'function') throw new Error('codec: this build of QuickJS is not known')
  const Ffi = await variant.importFFI()
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MAX_MEMORY_PAGES })
  const engine = await imported({ wasmMemory: memory })
  const ffi = new Ffi(engine)
  let ticks = 0
  let interrupted = false
  const unreachable = () => {
    throw new Error('codec: the sandbox has no functions of ours')
  }
  engine.callbacks = {
    shouldInterrupt() {
      ticks++
      if (ticks <= limits.ticks) return 0
      interrupted = true
      return 1
    },
    callFunction: unreachable,
    loadModuleSource: unreachable,
    normalizeModule: unreachable,
    freeHostRef() {},
  }
  setClock(0)
  const runtime = ffi.QTS_NewRuntime()
  ffi.QTS_RuntimeSetMemoryLimit(runtime, limits.memoryBytes)
  ffi.QTS_RuntimeSetMaxStackSize(runtime, limits.stackBytes)
  ffi.QTS_RuntimeEnableInterruptHandler(runtime)
  const context = ffi.QTS_NewContext(runtime, 0 as Parameters<typeof ffi.QTS_NewContext>[1])
  type Value = ReturnType<typeof ffi.QTS_Eval>
  type Text = Parameters<typeof ffi.QTS_Eval>[1]
  const nothing = ffi.QTS_GetUndefined()

  /** Text in the engine's memory. Never given back: putting the memory back does that. */
  function put(text: string): { at: Text; length: number } {
    const length = engine.lengthBytesUTF8(text)
    const at = engine._malloc(length + 1) as Text
    if (at === 0) throw new Error('codec: no memory for what goes in')
    engine.stringToUTF8(text, at as Parameters<typeof engine.stringToUTF8>[1], length + 1)
    return { at, length }
  }

  /** @returns a value, or the text of what was thrown */
  function resolve(value: Value): { value: Value } | { thrown: string } {
    const error = ffi.QTS_ResolveException(context, value)
    if (error === 0) return { value }
    return { thrown: dump(error) }
  }

  function dump(value: Value): string {
    const at = ffi.QTS_Dump(context, value)
    return at === 0 ? '' : engine.UTF8ToString(at as Parameters<typeof engine.UTF8ToString>[0], 4_000)
  }

  function evaluate(code: string, file: string) {
    const { at, length } = put(code)
    return resolve(
      ffi.QTS_Eval(
        context,
        at,
        length,
        file,
        0 as Parameters<typeof ffi.QTS_Eval>[4],
        0 as Parameters<typeof ffi.QTS_Eval>[5],
      ),
    )
  }

  function call(fn: Value, args: readonly Value[]) {
    const list = engine._malloc(4 * args.length)
    if (list === 0) throw new Error('codec: no memory for what goes in')
    new Uint32Array(memory.buffer, list, args.length).set(args)
    return resolve(
      ffi.QTS_Call(context, fn, nothing, args.length, list as Parameters<typeof ffi.QTS_Call>[4]),
    )
  }

  const newString = (text: string) => ffi.QTS_NewString(context, put(text).at)

  const made = evaluate(DRIVER, 'driver.js')
  if ('thrown' in made) throw new Error(`codec: the driver does not load: ${made.thrown}`)
  const driver = made.value
  const what = { load: newString('load'), run: newString('run') }
  const base = takeImage(memory)

  /** Begin with a limit of its own. Every way in goes through here. */
  function guarded(clock: number, work: () => string): Ran {
    ticks = 0
    interrupted = false
    setClock(clock)
    try {
      const text = work()
      return interrupted ? { kind: 'timeout' } : { kind: 'answer', text }
    } catch (error) {
      // The engine itself fell over: its stack pointer is somewhere, so it is used no more.
      return { kind: 'broken', text: error instanceof Error ? error.message : String(error) }
    }
  }

  function textOf(result: { value: Value } | { thrown: string }): string {
    if ('thrown' in result) return failureText(result.thrown)
    const at = ffi.QTS_GetString(context, result.value)
    if (at === 0) return failureText('{"name":"InternalError","message":"out of memory"}')
    // Three bytes a character at most; what is longer is too long anyhow.
    const text = engine.UTF8ToString(
      at as Parameters<typeof engine.UTF8ToString>[0],
      limits.answerChars * 3 + 3,
    )
    if (text.length > limits.answerChars) {
      return failureText(
        JSON.stringify({ name: 'RangeError', message: `gave more than ${limits.answerChars} characters` }),
      )
    }
    return text
  }

  return {
    /** Run the top level of a codec and keep the machine as it is then. */
    load(source: string): { ran: Ran; loaded: Loaded | null } {
      putBack(memory, base)
      // Whatever the one before left behind would look like ours.
      wipeOutside(memory, base)
      const ran = guarded(0, () => {
        const compiled = evaluate(source, 'codec.js')
        if ('thrown' in compiled) return failureText(compiled.thrown)
        const found = evaluate(FOUND, 'found.js')
        if ('thrown' in found) return failureText(found.thrown)
        return textOf(call(driver, [what.load, found.value]))
      })
      if (ran.kind !== 'answer') return { ran, loaded: null }
      if (!ran.text.startsWith('{"form"')) return { ran, loaded: { image: null, failure: ran.text } }
      const image = takeImage(memory)
      if (image.reduce((sum, part) => sum + part.bytes.length, 0) > MAX_IMAGE) {
        const failure = failureText(
          JSON.stringify({ name: 'RangeError', message: 'keeps more than 2 MiB when it is loaded' }),
        )
        return { ran: { kind: 'answer', text: failure }, loaded: { image: null, failure } }
      }
      return { ran, loaded: { image, failure: null } }
    },

    /** Give one message to a loaded codec. @param input JSON text as the driver takes it */
    run(loaded: Loaded, input: string, clock: number): Ran {
      if (loaded.image === null) return { kind: 'answer', text: loaded.failure }
      putBack(memory, loaded.image)
      return guarded(clock, () => textOf(call(driver, [what.run, newString(input)])))
    },
  }
}

/** What QuickJS says of something thrown, in the shape in which the driver says it. */
function failureText(dumped: string): string {
  let error = 'failed'
  let stack = ''
  try {
    const thrown = JSON.parse(dumped) as { name?: unknown; message?: unknown; stack?: unknown }
    error = [thrown.name, thrown.message].filter((part) => typeof part === 'string').join(': ') || error
    if (typeof thrown.stack === 'string') stack = thrown.stack
  } catch {
    if (dumped !== '') error = `threw ${dumped.slice(0, 200)}`
  }
  return JSON.stringify({ error: error.slice(0, 500), stack: stack.slice(0, 500), warnings: [] })
}

/** Everything up to the last page that holds something, but for the long run of nothing that is unused stack. */
function takeImage(memory: WebAssembly.Memory): Image {
  const words = new BigUint64Array(memory.buffer)
  const perPage = PAGE / 8
  const pages = words.length / perPage
  const holds = (page: number) => {
    for (let i = page * perPage; i < (page + 1) * perPage; i++) if (words[i] !== 0n) return true
    return false
  }
  let end = pages
  while (end > 0 && !holds(end - 1)) end--
  let gap = { from: end, to: end }
  let from = 0
  for (let page = 0; page <= end; page++) {
    if (page < end && !holds(page)) continue
    if (page - from > gap.to - gap.from) gap = { from, to: page }
    from = page + 1
  }
  const bytes = new Uint8Array(memory.buffer)
  if ((gap.to - gap.from) * PAGE < STACK_GAP) return [{ at: 0, bytes: bytes.slice(0, end * PAGE) }]
  return [
    { at: 0, bytes: bytes.slice(0, gap.from * PAGE + GAP_MARGIN) },
    { at: gap.to * PAGE, bytes: bytes.slice(gap.to * PAGE, end * PAGE) },
  ]
}

function putBack(memory: WebAssembly.Memory, image: Image): void {
  const all = new Uint8Array(memory.buffer)
  for (const { at, bytes } of image) all.set(bytes, at)
}

function wipeOutside(memory: WebAssembly.Memory, image: Image): void {
  const all = new Uint8Array(memory.buffer)
  let from = 0
  for (const { at, bytes } of image) {
    all.fill(0, from, at)
    from = at + bytes.length
  }
  all.fill(0, from)
}

import type { CodecOutcome } from '../decode/decoder.ts'

const MAX_MESSAGE = 500
const MAX_DEPTH = 16
const MAX_NODES = 2_000
const MAX_KEY = 128
const MAX_WARNINGS = 20

type Fault = { message: string; line: number | null }

/**
 * What came out of the sandbox, believed in nothing: a codec that got the better of the driver can still only say text,
 * and what that says is judged here.
 */
export function readAnswer(text: string): CodecOutcome {
  const said = parseObject(text)
  if (!said) return failed('gave something that is not JSON', [])
  const warnings = listOf(said.warnings)
  if (said.timeout === true)
    return {
      ok: false,
      code: 'codec_timeout',
      message: 'takes too many steps; is there a loop without an end?',
      warnings,
    }
  if (said.error !== undefined) return failed(faultOf(said).message, warnings)
  const { data, normalized } = said
  if (!isObject(data)) return failed('gave no object as data', warnings)
  const state = { nodes: 0, fault: '' }
  judge(data, 0, state)
  if (state.fault !== '') return failed(`gave ${state.fault}`, warnings)
  return { ok: true, data, normalized: normalizedOf(normalized), warnings }
}

/** What `check` gave: the name of the function that was found, or what is wrong and in which line. */
export function readCheck(text: string): { ok: true } | ({ ok: false } & Fault) {
  const said = parseObject(text)
  if (said && typeof said.form === 'string') return { ok: true }
  if (said?.timeout === true)
    return { ok: false, message: 'takes too many steps while it is loaded', line: null }
  return { ok: false, ...faultOf(said ?? {}) }
}

function faultOf(said: Record<string, unknown>): Fault {
  const error = typeof said.error === 'string' && said.error !== '' ? said.error : 'failed'
  const at = typeof said.stack === 'string' ? /codec\.js:(\d+)/.exec(said.stack)?.[1] : undefined
  const line = at === undefined ? null : Number(at)
  return { message: clip(line === null ? error : `${clip(error, 450)} (line ${line})`), line }
}

function normalizedOf(value: unknown): Record<string, unknown>[] | null {
  if (!Array.isArray(value)) return null
  const entries = value.filter(isObject)
  const state = { nodes: 0, fault: '' }
  for (const entry of entries) judge(entry, 1, state)
  return state.fault === '' ? entries : null
}

/** Within bounds, and without the one key that is more than a key in JavaScript. */
function judge(value: unknown, depth: number, state: { nodes: number; fault: string }): void {
  if (state.fault !== '') return
  state.nodes++
  if (state.nodes > MAX_NODES) state.fault = `more than ${MAX_NODES} values`
  if (depth > MAX_DEPTH) state.fault = `something nested deeper than ${MAX_DEPTH}`
  if (state.fault !== '' || typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const entry of value) judge(entry, depth + 1, state)
    return
  }
  if (Object.hasOwn(value, '__proto__')) Reflect.deleteProperty(value, '__proto__')
  for (const [key, entry] of Object.entries(value)) {
    if (key.length > MAX_KEY) state.fault = `a name of more than ${MAX_KEY} characters`
    judge(entry, depth + 1, state)
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function listOf(value: unknown): string[] {
  if (!Array.isArray(value)) return []
  return value
    .filter((entry) => typeof entry === 'string')
    .slice(0, MAX_WARNINGS)
    .map((entry) => clip(entry))
}

function clip(text: string, max = MAX_MESSAGE): string {
  return text.length > max ? `${text.slice(0, max - 1)}…`.toWellFormed() : text.toWellFormed()
}

function failed(message: string, warnings: string[]): CodecOutcome {
  return { ok: false, code: 'codec_failed', message: clip(message), warnings }
}

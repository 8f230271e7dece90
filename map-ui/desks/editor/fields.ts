import type { Trace } from '../../client/types.ts'

/** A field of the messages that came in, and a value that it had. */
export type FieldSeen = { path: string; example: unknown }

const FIELDS_MOST = 100
const DEPTH_MOST = 6

/** The leaves of a decoded object, nested ones by a dotted path as a mapping names them. */
export function fieldsOf(value: unknown): FieldSeen[] {
  const found: FieldSeen[] = []
  const walk = (node: unknown, path: string, depth: number) => {
    if (found.length >= FIELDS_MOST || depth > DEPTH_MOST) return
    if (typeof node !== 'object' || node === null) {
      if (path !== '' && node !== undefined) found.push({ path, example: node })
      return
    }
    for (const [key, child] of Object.entries(node))
      walk(child, path === '' ? key : `${path}.${key}`, depth + 1)
  }
  walk(value, '', 0)
  return found
}

/** The fields of several messages together, each once, in the order in which they were first seen. */
export function fieldsOfTraces(traces: readonly Trace[]): FieldSeen[] {
  const seen = new Map<string, FieldSeen>()
  for (const trace of traces) {
    for (const object of decodedObjects(trace)) {
      for (const field of fieldsOf(object)) {
        if (seen.size < FIELDS_MOST && !seen.has(field.path)) seen.set(field.path, field)
      }
    }
  }
  return [...seen.values()]
}

/** The objects whose fields a mapping names: what the codec made, or what the decoder found. */
function decodedObjects(trace: Trace): unknown[] {
  for (const name of ['codec', 'decode'] as const) {
    for (const step of trace.steps) {
      if (step.step !== name || step.data === undefined) continue
      const parts = Array.isArray(step.data) ? step.data : [step.data]
      const objects = parts.map(innerFields).filter((o) => o !== null)
      if (objects.length > 0) return objects
    }
  }
  return []
}

function innerFields(part: unknown): unknown {
  return typeof part === 'object' && part !== null ? part : null
}

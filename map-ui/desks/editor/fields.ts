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
export function fieldsOfTraces(traces: readonly Pick<Trace, 'steps'>[]): FieldSeen[] {
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

/** The objects whose fields a mapping names: what a codec made of radio bytes, or what the decoder found decoded. */
function decodedObjects(trace: Pick<Trace, 'steps'>): unknown[] {
  return trace.steps.flatMap(({ step, data }) => {
    if (step === 'codec') return isRecord(data) && isRecord(data.data) ? [data.data] : []
    if (step !== 'decode' || !Array.isArray(data)) return []
    return data.flatMap((part: unknown) => (isRecord(part) && isRecord(part.fields) ? [part.fields] : []))
  })
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

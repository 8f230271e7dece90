/**
 * A strict JSON parser (RFC 8259) that knows on which line each object began, and sees keys that stand twice, which
 * `JSON.parse` hides. It exists so that a person who made the file hears where the mistake is.
 */
export type JsonDocument = {
  value: unknown
  /** line (from 1) on which an object of the document starts */
  lineOf(object: object): number
  /** objects with a key that stands twice: which */
  duplicates: Map<object, string>
}

export type JsonFault = { line: number; reason: string }

const MAX_DEPTH = 200

/** @returns the document, or where it stops being JSON */
export function parseJsonLines(
  text: string,
): { ok: true; document: JsonDocument } | { ok: false; fault: JsonFault } {
  const lines = new WeakMap<object, number>()
  const duplicates = new Map<object, string>()
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0
  let at = start
  // lines are counted as the parser passes them
  let line = 1
  let counted = start

  const lineHere = () => {
    for (; counted < at; counted++) if (text.charCodeAt(counted) === 10) line++
    return line
  }
  class Fault extends Error {}
  const fail = (reason: string): never => {
    throw new Fault(reason)
  }
  const space = () => {
    for (;;) {
      const c = text.charCodeAt(at)
      if (c !== 32 && c !== 10 && c !== 13 && c !== 9) return
      at++
    }
  }
  const string = (): string => {
    const from = at
    at++
    for (;;) {
      const c = text.charCodeAt(at)
      if (Number.isNaN(c)) fail('text without end')
      if (c === 34) break
      if (c < 32) fail('control character in text')
      at += c === 92 ? 2 : 1
    }
    at++
    const raw = text.slice(from, at)
    if (!raw.includes('\\')) return raw.slice(1, -1)
    try {
      return JSON.parse(raw) as string
    } catch {
      return fail('escape in text not known')
    }
  }
  const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
  const value = (depth: number): unknown => {
    if (depth > MAX_DEPTH) fail(`nested deeper than ${MAX_DEPTH}`)
    space()
    const c = text[at]
    if (c === '{') {
      const object: Record<string, unknown> = Object.create(null)
      lines.set(object, lineHere())
      at++
      space()
      if (text[at] === '}') {
        at++
        return object
      }
      for (;;) {
        space()
        if (text[at] !== '"') fail(`expected a key, found ${shown(text[at])}`)
        const key = string()
        if (key in object && !duplicates.has(object)) duplicates.set(object, key)
        space()
        if (text[at] !== ':') fail(`expected ':' after "${key.slice(0, 40)}", found ${shown(text[at])}`)
        at++
        object[key] = value(depth + 1)
        space()
        if (text[at] === ',') {
          at++
          continue
        }
        if (text[at] !== '}') fail(`expected ',' or '}', found ${shown(text[at])}`)
        at++
        return object
      }
    }
    if (c === '[') {
      const array: unknown[] = []
      at++
      space()
      if (text[at] === ']') {
        at++
        return array
      }
      for (;;) {
        array.push(value(depth + 1))
        space()
        if (text[at] === ',') {
          at++
          continue
        }
        if (text[at] !== ']') fail(`expected ',' or ']', found ${shown(text[at])}`)
        at++
        return array
      }
    }
    if (c === '"') return string()
    for (const [word, meaning] of [
      ['true', true],
      ['false', false],
      ['null', null],
    ] as const) {
      if (text.startsWith(word, at)) {
        at += word.length
        return meaning
      }
    }
    NUMBER.lastIndex = at
    const number = NUMBER.exec(text)
    if (!number) return fail(`expected a value, found ${shown(c)}`)
    at += number[0].length
    return Number(number[0])
  }

  try {
    const whole = value(0)
    space()
    if (at < text.length) fail(`expected the end, found ${shown(text[at])}`)
    return { ok: true, document: { value: whole, lineOf: (object) => lines.get(object) ?? 1, duplicates } }
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return { ok: false, fault: { line: lineHere(), reason: error.message } }
  }
}

function shown(character: string | undefined): string {
  return character === undefined ? 'the end' : `'${character}'`
}

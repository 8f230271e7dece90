/**
 * What stands between us and a codec inside its sandbox. It takes JSON text and gives JSON text, so that nothing but
 * text ever crosses; what it needs of the language it takes before the codec runs, because a codec may change all of it.
 *
 * Written for QuickJS, as text: it never runs here. `driver('load', found)` picks the functions of the codec;
 * `driver('run', text)` calls them with `{"bytes": […], "fPort": 1, "recvTime": ms}` and answers one of
 *
 *     {"data": {…}, "normalized": […] | null, "warnings": [...]}      {"error": "…", "stack": "…", "warnings": [...]}
 */
export const DRIVER = `(function () {
  'use strict'
  const parse = JSON.parse
  const stringify = JSON.stringify
  const isArray = Array.isArray
  const apply = Reflect.apply
  const ErrorOf = Error
  const StringOf = String
  const NumberOf = Number
  const DateOf = Date
  const keysOf = Object.keys
  const slice = String.prototype.slice
  const MAX_DEPTH = 16
  const MAX_VALUES = 2000
  const MAX_TEXT = 500
  const MAX_NOTES = 20

  const quiet = function () {}
  globalThis.console = { log: quiet, info: quiet, debug: quiet, warn: quiet, error: quiet, trace: quiet }
  globalThis.module = { exports: {} }
  globalThis.exports = globalThis.module.exports

  let form
  let decode
  let normalize

  function clip(value) {
    try {
      return apply(slice, StringOf(value), [0, MAX_TEXT])
    } catch {
      return 'something without a text'
    }
  }
  function failure(error) {
    if (error === null || typeof error !== 'object') return { error: 'threw ' + clip(error) }
    let text = ''
    let stack = ''
    try {
      text = error instanceof ErrorOf ? clip(error.name) + ': ' + clip(error.message) : 'threw ' + clip(stringify(error))
      stack = clip(error.stack)
    } catch {
      text = text || 'threw an object that cannot be shown'
    }
    return { error: text, stack }
  }
  function notes(given, into) {
    if (given === undefined || given === null) return into
    const list = isArray(given) ? given : [given]
    for (let i = 0; i < list.length && into.length < MAX_NOTES; i++) {
      const note = list[i]
      if (note === undefined || note === null || note === '') continue
      into[into.length] = clip(typeof note === 'string' ? note : typeof note === 'object' ? stringify(note) : note)
    }
    return into
  }
  /** To JSON text; what JSON has no word for becomes null, and is said. */
  function write(value, warnings) {
    return stringify(value, function (key, v) {
      if (typeof v === 'number' && v - v !== 0) {
        if (warnings.length < MAX_NOTES) warnings[warnings.length] = clip(key) + ' is ' + v
        return null
      }
      return typeof v === 'bigint' ? NumberOf(v) : v
    })
  }
  /** The engine takes a second to write what is nested ten thousand deep, and none of it can be a reading. */
  function tooMuch(value) {
    const waiting = [value]
    const depths = [0]
    let seen = 0
    while (waiting.length > 0) {
      const one = waiting[waiting.length - 1]
      const depth = depths[depths.length - 1]
      waiting.length--
      depths.length--
      if (typeof one !== 'object' || one === null) continue
      if (depth > MAX_DEPTH) return 'gave something nested deeper than ' + MAX_DEPTH
      const keys = keysOf(one)
      seen += keys.length
      if (seen > MAX_VALUES) return 'gave more than ' + MAX_VALUES + ' values'
      for (let i = 0; i < keys.length; i++) {
        waiting[waiting.length] = one[keys[i]]
        depths[depths.length] = depth + 1
      }
    }
  }
  function isObject(value) {
    return typeof value === 'object' && value !== null && !isArray(value)
  }
  function call(input) {
    if (form === 'decodeUplink') return decode(input)
    return { data: form === 'Decoder' ? decode(input.bytes, input.fPort) : decode(input.fPort, input.bytes, input.variables) }
  }
  function run(text) {
    const warnings = []
    const raw = parse(text)
    const result = call({ bytes: raw.bytes, fPort: raw.fPort, recvTime: new DateOf(raw.recvTime), variables: {} })
    if (!isObject(result)) return { error: 'gave ' + (result === null ? 'null' : typeof result) + ' where {data} is expected', warnings }
    if (typeof result.then === 'function') return { error: 'gave a promise; a codec must answer at once', warnings }
    notes(result.warnings, warnings)
    const errors = notes(result.errors, [])
    if (errors.length > 0) {
      let said = errors[0]
      for (let i = 1; i < errors.length; i++) said += '; ' + errors[i]
      return { error: clip(said), warnings }
    }
    const { data } = result
    if (!isObject(data)) return { error: 'gave no object as data', warnings }
    const fault = tooMuch(data)
    if (fault !== undefined) return { error: fault, warnings }
    const own = write(data, warnings)
    if (own === undefined || own[0] !== '{') return { error: 'gave no object as data', warnings }
    let normalized = null
    if (normalize !== undefined) {
      try {
        const made = normalize({ data: parse(own), warnings: [] })
        const faults = notes(made && made.errors, [])
        if (faults.length > 0) notes('normalizeUplink: ' + faults[0], warnings)
        else if (made && made.data) {
          const fault = tooMuch(made.data)
          if (fault !== undefined) throw new ErrorOf(fault)
          notes(made.warnings, warnings)
          normalized = write(isArray(made.data) ? made.data : [made.data], warnings)
        }
      } catch (error) {
        notes('normalizeUplink: ' + failure(error).error, warnings)
      }
    }
    return { own, normalized, warnings }
  }
  function answer(made) {
    const warnings = write(made.warnings || [], [])
    if (made.error !== undefined) {
      return '{"error":' + write(made.error, []) + ',"stack":' + write(made.stack || '', []) + ',"warnings":' + warnings + '}'
    }
    return '{"data":' + made.own + ',"normalized":' + (made.normalized || 'null') + ',"warnings":' + warnings + '}'
  }
  function load(found) {
    const exported = found.module && found.module.exports ? found.module.exports : found.exports
    const from = function (name) {
      if (exported && typeof exported[name] === 'function') return exported[name]
      return typeof found[name] === 'function' ? found[name] : undefined
    }
    const names = ['decodeUplink', 'Decoder', 'Decode']
    for (let i = 0; i < names.length; i++) {
      const name = names[i]
      decode = from(name)
      if (decode !== undefined) {
        form = name
        normalize = from('normalizeUplink')
        return '{"form":"' + form + '"}'
      }
    }
    return answer({ error: 'has no function decodeUplink(input), Decoder(bytes, port) or Decode(fPort, bytes)' })
  }
  return function driver(what, value) {
    try {
      return what === 'load' ? load(value) : answer(run(value))
    } catch (error) {
      return answer(failure(error))
    }
  }
})()`

/** Evaluated after the codec, in its own scope: names made with const or let are no properties of the global object. */
export const FOUND = `({
  module: typeof module === 'undefined' ? undefined : module,
  exports: typeof exports === 'undefined' ? undefined : exports,
  decodeUplink: typeof decodeUplink === 'undefined' ? undefined : decodeUplink,
  normalizeUplink: typeof normalizeUplink === 'undefined' ? undefined : normalizeUplink,
  Decoder: typeof Decoder === 'undefined' ? undefined : Decoder,
  Decode: typeof Decode === 'undefined' ? undefined : Decode,
})`

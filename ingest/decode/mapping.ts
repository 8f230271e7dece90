import type { FieldMapping, Mapping } from '../../model/device.ts'
import { at } from './json.ts'

/** A field that a mapping names, with its value. */
export type MappedField = {
  field: string
  path: string[]
  target: FieldMapping
  result: unknown
  unit: string | undefined
}

export type MappedFields = {
  found: MappedField[]
  /** a field that is named was there, although it may have held nothing */
  named: boolean
  /** fields that nobody named, as they would stand in a mapping */
  ignored: string[]
}

const FIELDS_LISTED = 32
const MAX_LEVELS = 8

/**
 * Fields of a decoded object by what they mean: nested ones by a dotted path, entries of a list by their number. A field
 * that holds null says nothing, and neither does one within it.
 *
 * @param skip fields that nobody need name
 */
export function mapFields(
  value: Record<string, unknown>,
  mapping: Mapping | null,
  skip: readonly string[] = [],
): MappedFields {
  const found: MappedField[] = []
  const used = new Set<string>()
  for (const [field, target] of Object.entries(mapping ?? {})) {
    const path = pathOf(value, field)
    const here = at(value, path)
    if (here === undefined) {
      const empty = nullWithin(value, path)
      if (empty) used.add(empty.join('.'))
      continue
    }
    used.add(path.join('.'))
    if (here === null) continue
    found.push({ field, path, target, ...splitUnit(here, target.unit) })
  }
  const named = used.size > 0
  for (const field of skip) used.add(pathOf(value, field).join('.'))
  return { found, named, ignored: leaves(value, used) }
}

/** The part of a path that leads to null: what stands below it is known, and has nothing to say. */
function nullWithin(value: unknown, path: readonly string[]): readonly string[] | undefined {
  for (let length = path.length - 1; length > 0; length--) {
    const start = path.slice(0, length)
    const here = at(value, start)
    if (here === null) return start
    if (here !== undefined) return undefined
  }
  return undefined
}

/**
 * Fields that a mapping makes the datastream of a field before them: in one message they would be two values of one
 * moment, of which only the first is taken.
 */
export function mappedTwice(mapping: Mapping): { field: string; other: string; datastream: string }[] {
  const first = new Map<string, string>()
  const found: { field: string; other: string; datastream: string }[] = []
  for (const [field, target] of Object.entries(mapping)) {
    const datastream = datastreamOf(target)
    const other = first.get(datastream)
    if (other === undefined) first.set(datastream, field)
    else found.push({ field, other, datastream })
  }
  return found
}

/** The name of the datastream that a field becomes. */
export function datastreamOf({ observedProperty, datastream }: FieldMapping): string {
  return datastream === undefined ? observedProperty : `${observedProperty}/${datastream}`
}

/** A key with a dot in its own name wins over a path. */
export function pathOf(value: unknown, field: string): string[] {
  if (typeof value === 'object' && value !== null && Object.hasOwn(value, field)) return [field]
  return field.split('.')
}

const NUMBER_AND_UNIT_MAX = 128
const NUMBER_AND_UNIT = /^\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\S.*?)?\s*$/

/** "3.384 V" is a number and its unit; "30.1" is a number; other text is a code, and judged as such. */
function splitUnit(
  found: unknown,
  mapped: string | undefined,
): { result: unknown; unit: string | undefined } {
  // No number and unit is that long, and looking for them in a text of spaces takes time by the square of its length.
  if (typeof found !== 'string' || found.length > NUMBER_AND_UNIT_MAX) return { result: found, unit: mapped }
  const match = NUMBER_AND_UNIT.exec(found)
  if (!match) return { result: found, unit: mapped }
  return { result: Number(match[1]), unit: match[2] ?? mapped }
}

/** Paths to what is no object or list itself, but for those that are used. */
export function leaves(value: unknown, used: ReadonlySet<string>): string[] {
  const found: string[] = []
  const walk = (here: unknown, path: string, level: number): void => {
    if (found.length >= FIELDS_LISTED || used.has(path)) return
    if (typeof here !== 'object' || here === null || level >= MAX_LEVELS) {
      if (path !== '') found.push(path)
      return
    }
    for (const key of Object.keys(here)) {
      if (found.length >= FIELDS_LISTED) return
      walk((here as Record<string, unknown>)[key], path === '' ? key : `${path}.${key}`, level + 1)
    }
  }
  walk(value, '', 0)
  return found
}

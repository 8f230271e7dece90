import { expect, test } from 'vitest'
import type { Flag } from '../client/types.ts'
import { groupFlags } from './group-flags.ts'

let count = 0
const flag = (street: string, hypothesis: Flag['hypothesis'] = 'unevenness') => ({
  id: String(++count),
  street,
  hypothesis,
})

test('three or more neighbours of one street and kind are one group; two stay as they are', () => {
  const list = [flag('A'), flag('A'), flag('A'), flag('B'), flag('B')]
  const groups = groupFlags(list)
  expect(groups).toEqual([
    { kind: 'many', key: 'unevenness:A:0', flags: list.slice(0, 3) },
    { kind: 'one', flag: list[3] },
    { kind: 'one', flag: list[4] },
  ])
})

test('order and number are those of the list; another kind or another street between them parts a group', () => {
  const list = [
    ...[flag('A'), flag('A'), flag('A')],
    ...[flag('A', 'local-defect'), flag('A', 'local-defect'), flag('A', 'local-defect')],
    flag('B'),
    ...[flag('A'), flag('A'), flag('A'), flag('A')],
  ]
  const groups = groupFlags(list)
  expect(groups.flatMap((g) => (g.kind === 'one' ? [g.flag] : g.flags))).toEqual(list)
  expect(groups.map((g) => (g.kind === 'one' ? g.flag.street : g.key))).toEqual([
    'unevenness:A:0',
    'local-defect:A:0',
    'B',
    'unevenness:A:1',
  ])
})

test('a group keeps its key when one joins or goes; flags without a street are never grouped', () => {
  const list = [flag('A'), flag('A'), flag('A'), flag('A')]
  const keyOf = (flags: typeof list) => groupFlags(flags).map((g) => (g.kind === 'many' ? g.key : ''))
  expect(keyOf(list.slice(1))).toEqual(keyOf(list))
  expect(groupFlags([flag(''), flag(''), flag('')]).every((g) => g.kind === 'one')).toBe(true)
  expect(groupFlags([])).toEqual([])
})

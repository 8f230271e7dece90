import { expect, test } from 'vitest'
import { indented } from './code-editor.tsx'

test('Tab puts two spaces at the cursor, and moves the lines of a selection', () => {
  expect(indented('ab', 1, 1, false)).toEqual({ text: 'a  b', from: 3, to: 3 })
  expect(indented('a\nb\nc', 0, 3, false)).toEqual({ text: '  a\n  b\nc', from: 2, to: 7 })
})

test('Shift+Tab takes the indent back and never more than there is', () => {
  expect(indented('  a\n b\nc', 0, 6, true)).toEqual({ text: 'a\nb\nc', from: 0, to: 3 })
  expect(indented('x', 1, 1, true)).toEqual({ text: 'x', from: 1, to: 1 })
})

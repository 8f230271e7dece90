import { expect, test } from 'vitest'
import { hexRows } from './hex.ts'

test('bytes stand sixteen a line beside their text, what cannot be read as a dot', () => {
  const hex = Buffer.from('{"temp_C": 21.5}\n\u0000é').toString('hex')
  expect(hexRows(hex)).toEqual([
    '000000  7b 22 74 65 6d 70 5f 43 22 3a 20 32 31 2e 35 7d  {"temp_C": 21.5}',
    '000010  0a 00 c3 a9                                      ····',
  ])
  expect(hexRows('')).toEqual([])
})

import { expect, test } from 'vitest'
import { fieldsOf, fieldsOfTraces } from './fields.ts'

test('fields are the leaves of an object, nested ones by a dotted path as a mapping names them', () => {
  expect(fieldsOf({ a: 1, b: { c: 'x', d: [true, { e: null }] } })).toEqual([
    { path: 'a', example: 1 },
    { path: 'b.c', example: 'x' },
    { path: 'b.d.0', example: true },
    { path: 'b.d.1.e', example: null },
  ])
})

test('they come from what a codec made, or else from what was decoded already, each once', () => {
  const step = (name: 'decode' | 'codec', data: unknown) => ({
    step: name,
    verdict: 'ok' as const,
    detail: '',
    data,
  })
  expect(
    fieldsOfTraces([
      {
        steps: [
          step('decode', [
            { names: null, fields: { temp: 1 } },
            { names: ['b'], fields: { hum: 2 } },
          ]),
        ],
      },
      {
        steps: [
          step('decode', [{ uplink: { hex: '00', fPort: 1 } }]),
          step('codec', { data: { temp: 9, bat: 3 } }),
        ],
      },
      { steps: [step('codec', { message: 'broken' })] },
    ]),
  ).toEqual([
    { path: 'temp', example: 1 },
    { path: 'hum', example: 2 },
    { path: 'bat', example: 3 },
  ])
})

import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Device } from '../../model/device.ts'
import { decodeTtsUplink, readTtsUplink } from './tts-v3.ts'

/**
 * Decoders are specified by files of examples beside them, `{decoder}.examples.json`: what comes in, and what comes
 * out or why it is refused. A new decoder brings its file and one line here.
 */
type Example = {
  name: string
  mapping: Device['mapping']
  payload: unknown
  readings?: unknown[]
  ignored?: string[]
  refused?: { code: string; pointer: string }
}

const DECODERS: Record<string, (payload: unknown, mapping: Device['mapping']) => unknown> = {
  'tts-v3': (payload, mapping) => {
    const uplink = readTtsUplink(payload)
    return 'code' in uplink ? uplink : decodeTtsUplink(uplink, mapping)
  },
}

const files = readdirSync(import.meta.dirname).filter((file) => file.endsWith('.examples.json'))

test('every decoder has examples', () => {
  expect(files.map((file) => file.replace('.examples.json', ''))).toEqual(Object.keys(DECODERS))
})

for (const file of files) {
  const decoder = file.replace('.examples.json', '')
  const examples = JSON.parse(readFileSync(path.join(import.meta.dirname, file), 'utf8')) as Example[]
  for (const { name, mapping, payload, readings, ignored, refused } of examples) {
    test(`${decoder}: ${name}`, () => {
      const outcome = DECODERS[decoder]?.(payload, mapping)
      if (refused) expect(outcome).toMatchObject(refused)
      else expect(outcome).toEqual({ readings, ignored })
    })
  }
}

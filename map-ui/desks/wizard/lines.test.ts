import { expect, test } from 'vitest'
import { type LinesFor, linesFor } from './lines.ts'

const base: LinesFor = {
  deviceId: 'weer-1',
  secret: 'geheim',
  mqttUrl: 'mqtts://schouw.example:8883',
  origin: 'https://schouw.example',
  format: 'json-mapped',
  way: 'mqtt',
  datastreamId: 4,
  now: new Date('2026-11-24T10:00:00Z'),
}
const value = (what: LinesFor, name: string) => linesFor(what).find((line) => line.name === name)?.value

test('a line to copy holds address, name, secret and topic of the device, and a message that its format allows', () => {
  const line = value(base, 'mosquitto_pub') ?? ''
  expect(line).toContain('-h schouw.example -p 8883 --tls-use-os-certs')
  expect(line).toContain("-u weer-1 -P 'geheim'")
  expect(line).toContain("-t 'devices/weer-1/observations'")
  expect(JSON.parse(/-m '(.*)'/.exec(line)?.[1] ?? '')).toEqual({ temp_C: 12.3, hum: 71, ts: 1795514400 })
})

test('a foreign format keeps the topic that it prescribes', () => {
  expect(value({ ...base, format: 'thingsboard' }, 'topic')).toBe('v1/devices/me/telemetry')
  expect(value({ ...base, format: 'sensorthings-1.1' }, 'topic')).toBe('v1.1/Datastreams(4)/Observations')
  expect(value({ ...base, format: 'fiware-iota-json' }, 'topic')).toBe('/json/schouw/weer-1/attrs')
})

test('bytes cannot be copied as text, so there is only what to set', () => {
  expect(linesFor({ ...base, format: 'native-cbor' }).every((line) => line.kind === 'setting')).toBe(true)
})

test('over HTTP there is a line for curl', () => {
  expect(value({ ...base, way: 'http' }, 'curl')).toContain('https://schouw.example/v1/ingest/weer-1')
})

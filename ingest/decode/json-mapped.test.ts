import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect } from 'vitest'
import { dataTest } from '../../test/support/shared-data.ts'
import { device, record, registerOf } from '../interpret/interpret.support.ts'
import { interpret } from '../interpret/interpret.ts'

dataTest(
  'a body as a dust meter sent it: longitude and latitude swapped, and a gas that cannot be',
  (folder) => {
    const file = path.join(folder, 'lorawan/sensor-data-bridge/json_payload.json')
    const mapping = {
      pm25: { observedProperty: 'pm25' },
      tvoc: { observedProperty: 'tvoc' },
      airpressure: { observedProperty: 'pressure' },
    }
    const take = (extraction: { lng: string; lat: string } | null) =>
      interpret(record('devices/dust/observations', new Uint8Array(readFileSync(file))), {
        devices: registerOf([device({ id: 'dust', format: 'json-mapped', mapping, extraction })]),
        area: null,
      })
    // As its names say: every reading is refused, once, for the place that they share; the hint says what it looks like.
    const swapped = take({ lng: 'longitude', lat: 'latitude' })
    expect(swapped.readings).toEqual([])
    expect(swapped.rejections.map((r) => [r.code, r.pointer])).toEqual([
      ['position_outside_area', '/longitude'],
      ['value_impossible', '/tvoc'],
    ])
    expect(swapped.rejections[0]?.hint).toContain('swapped')
    // As they are meant.
    const meant = take({ lng: 'latitude', lat: 'longitude' })
    expect(meant.readings.map((r) => [r.property, r.value])).toEqual([
      ['pm25', 3],
      ['pressure', 997],
    ])
    expect(meant.rejections.map((r) => [r.code, r.pointer])).toEqual([['value_impossible', '/tvoc']])
    expect(meant.place).toEqual([5.8603, 51.6919])
    expect(meant.ignored).toContain('pm10')
    expect(meant.ignored).not.toContain('latitude')
  },
)

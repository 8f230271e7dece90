import { expect, test } from 'vitest'
import { connectionConfigSchema } from '../../../model/desk.ts'
import { configOf, draftOf } from './config.ts'

test('what is filled in of each kind is what the API takes, and back', () => {
  for (const config of [
    {
      kind: 'mqtt',
      url: 'mqtts://eu1.cloud.thethings.network:8883',
      username: 'app@ttn',
      topics: ['v3/app@ttn/devices/+/up', 'v3/app@ttn/devices/+/join'],
      qos: 0,
      format: 'tts-v3',
      ca: '',
    },
    { kind: 'webhook', format: 'chirpstack-v4' },
    {
      kind: 'luchtmeetnet',
      url: 'https://api.luchtmeetnet.nl/open_api',
      stations: ['NL10636', 'NL10639'],
      everyMinutes: 60,
      backfillDays: 7,
    },
    {
      kind: 'samen-meten',
      url: 'https://api-samenmeten.rivm.nl/v1.0',
      filter: "properties/codegemeente eq '307'",
      everyMinutes: 15,
      backfillDays: 0,
    },
  ] as const) {
    const parsed = connectionConfigSchema.parse(config)
    expect(connectionConfigSchema.parse(configOf(draftOf(parsed)))).toEqual(parsed)
  }
})

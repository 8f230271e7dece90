import { afterAll, beforeAll, expect, test } from 'vitest'
import { readAnnouncement } from '../ingest/interpret/announce.ts'
import { openAnnouncements } from '../store/records/announcements.ts'
import { deviceRegister } from '../store/records/devices.ts'
import { type ApiTown, apiTown } from '../test/support/api-town.ts'

let town: ApiTown
let cookie: string

beforeAll(async () => {
  town = await apiTown()
  cookie = (await town.logIn('integrator')).cookie
  await ask('POST', '/v1/devices', {
    id: 'z2m',
    name: 'Zigbee',
    kind: 'bridge',
    format: 'json-mapped',
    topicTree: 'zigbee2mqtt/#,homeassistant/#',
  })
})
afterAll(() => town.close())

type View = {
  id: number
  version: string
  formatChange: { deviceId: string; from: string; to: string; detail: string } | null
  topic: string
  state: string
  proposal: { field: string; observedProperty: string | null; problems: string[] }
}
type List = { items: View[]; total: number; nextCursor: string | null }
type Accepted = { deviceId: string; created: boolean; accepted: number[]; left: { id: number }[] }
type Device = { mapping: Record<string, unknown>; externalId: string; bridgeId: string; name: string }

const ask = <T>(method: string, address: string, body?: unknown) =>
  town.send<T>(method, address, { cookie, ...(body === undefined ? {} : { body }) })
const list = async (query = 'state=proposed') => (await ask<List>('GET', `/v1/announcements?${query}`)).body
const view = async (id: number | undefined) => (await list('limit=500')).items.find((one) => one.id === id)
/** As a person does: look, and accept what was looked at. */
const accept = async (id: number | undefined, body: object = {}) =>
  ask<Accepted>('POST', `/v1/announcements/${id}/acceptance`, {
    version: (await view(id))?.version ?? '',
    ...body,
  })
const device = async (id: string) => (await ask<Device>('GET', `/v1/devices/${id}`)).body

/** As ingest writes down what a bridge or device announces. */
function announce(name: string, object: string, over: object = {}, sender = 'z2m'): void {
  const topic = `homeassistant/sensor/${name}/${object}/config`
  const config = {
    device: { identifiers: [name], name: `Sensor ${name}`, manufacturer: 'Aqara' },
    state_topic: `zigbee2mqtt/${name}`,
    value_template: `{{ value_json.${object} }}`,
    unique_id: `${name}_${object}`,
    device_class: object,
    ...over,
  }
  const whole = deviceRegister(town.records, Date.now).get(sender)
  if (!whole) throw new Error('no sender')
  const outcome = readAnnouncement({ topic, payload: Buffer.from(JSON.stringify(config)) }, whole)
  if (typeof outcome !== 'object' || !('announcement' in outcome)) throw new Error(JSON.stringify(outcome))
  openAnnouncements(town.records.sqlite).take(sender, outcome.announcement, Date.now())
}
const idOf = async (object: string, query = 'state=proposed') =>
  (await list(query)).items.find((one) => one.topic.includes(`/${object}/`))?.id

test('all that one device announced becomes one device behind its bridge', async () => {
  announce('kelder', 'temperature', { unit_of_measurement: '°C' })
  announce('kelder', 'humidity', { unit_of_measurement: '%' })
  announce('kelder', 'voltage', { unit_of_measurement: 'mV' })
  announce('kelder', 'linkquality', { unit_of_measurement: 'lqi', device_class: undefined })
  announce('zolder', 'temperature', { unit_of_measurement: '°F' })
  const waiting = await list()
  expect(waiting.total).toBe(5)
  expect(waiting.items.map((one) => one.topic)).toEqual(waiting.items.map((one) => one.topic).sort())
  const made = await accept(await idOf('temperature'), { deviceId: 'kelder-1' })
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({ deviceId: 'kelder-1', created: true, left: [{ id: expect.any(Number) }] })
  expect(made.body.accepted).toHaveLength(3)
  expect(await device('kelder-1')).toMatchObject({
    name: 'Sensor kelder',
    bridgeId: 'z2m',
    externalId: 'kelder',
    mapping: {
      temperature: { observedProperty: 'temperature' },
      humidity: { observedProperty: 'humidity' },
      voltage: { observedProperty: 'batteryVoltage', unit: 'mV' },
    },
  })
  expect((await list()).items.map((one) => one.proposal.field)).toEqual(['linkquality', 'temperature'])
  expect((await list('state=accepted')).total).toBe(3)
  const again = await accept(made.body.accepted[0])
  expect([again.status, (again.body as unknown as { code: string }).code]).toEqual([409, 'already_decided'])
})

test('what it does not say a person says, for the device that is there', async () => {
  const id = await idOf('linkquality')
  const bare = await accept(id)
  expect([bare.status, (bare.body as unknown as { errors: unknown[] }).errors]).toEqual([
    409,
    [{ pointer: '', detail: expect.stringContaining('choose an observed property') }],
  ])
  expect((await accept(id, { observedProperty: 'humidity' })).status).toBe(409)
  const chosen = await accept(id, { observedProperty: 'humidity', unit: '%' })
  expect([chosen.status, chosen.body.deviceId, chosen.body.created]).toEqual([200, 'kelder-1', false])
  // A second field of one property is a datastream of its own.
  expect((await device('kelder-1')).mapping).toMatchObject({
    humidity: { observedProperty: 'humidity' },
    linkquality: { observedProperty: 'humidity', datastream: 'linkquality' },
  })
})

test('without an id one is made of the name, and a taken one is a conflict', async () => {
  const id = await idOf('temperature')
  const taken = await accept(id, { deviceId: 'kelder-1' })
  expect(taken.status).toBe(409)
  expect((await list()).total).toBe(1)
  expect((await accept(id)).body).toMatchObject({ deviceId: 'sensor-zolder', created: true })
  expect((await device('sensor-zolder')).mapping).toEqual({
    temperature: { observedProperty: 'temperature', unit: '[degF]' },
  })
})

test('a device that announces its own topic is mapped itself, once a person says that its format may change', async () => {
  await ask('POST', '/v1/devices', { id: 'meter', name: 'Meter', kind: 'sensor' })
  announce(
    'meter',
    'illuminance',
    { state_topic: 'devices/meter/observations', unit_of_measurement: 'lx' },
    'meter',
  )
  const id = await idOf('illuminance')
  const shown = await view(id)
  const change = { deviceId: 'meter', from: 'native-json', to: 'json-mapped' }
  expect(shown?.formatChange).toMatchObject(change)
  expect(shown?.proposal.problems).toEqual([shown?.formatChange?.detail])
  const refused = await accept(id)
  expect([refused.status, (refused.body as unknown as { errors: unknown[] }).errors]).toEqual([
    409,
    [{ pointer: '/changeFormat', detail: shown?.formatChange?.detail }],
  ])
  expect(await device('meter')).toMatchObject({ format: 'native-json', mapping: null })
  const made = await accept(id, { changeFormat: true })
  expect([made.status, made.body.deviceId]).toEqual([200, 'meter'])
  expect(await device('meter')).toMatchObject({
    format: 'json-mapped',
    bridgeId: null,
    mapping: { illuminance: { observedProperty: 'illuminance' } },
  })
})

test('what is accepted is what was looked at: what says something else meanwhile stays a proposal', async () => {
  announce('zee', 'temperature', { unit_of_measurement: '°C' })
  announce('zee', 'humidity', { unit_of_measurement: '%' })
  const id = await idOf('temperature')
  const before = await view(id)
  const send = (body: object, headers: Record<string, string> = {}) =>
    town.send<{ code: string }>('POST', `/v1/announcements/${id}/acceptance`, { cookie, body, headers })
  const blind = await send({})
  expect([blind.status, blind.body.code]).toEqual([428, 'if_match_needed'])
  // The one that is accepted, one that would be accepted with it, and a new one beside them.
  for (const [object, over] of [
    ['temperature', { device_class: 'pm25', unit_of_measurement: 'µg/m³' }],
    ['humidity', { device_class: 'pm10', unit_of_measurement: 'µg/m³' }],
    ['pressure', { unit_of_measurement: 'hPa' }],
  ] as const) {
    const shown = await view(id)
    announce('zee', object, over)
    const late = await send({ version: shown?.version })
    expect([object, late.status, late.body.code]).toEqual([object, 412, 'version_conflict'])
    expect(late.headers.get('etag')).toBe(`"${(await view(id))?.version}"`)
  }
  expect((await ask('GET', '/v1/devices/sensor-zee')).status).toBe(404)
  expect((await view(id))?.state).toBe('proposed')
  // The same again is the same version, whenever it comes.
  const now = await view(id)
  announce('zee', 'pressure', { unit_of_measurement: 'hPa' })
  expect((await send({ version: before?.version }, { 'if-match': `"${before?.version}"` })).status).toBe(412)
  expect((await send({}, { 'if-match': `"${now?.version}"` })).status).toBe(201)
  expect((await device('sensor-zee')).mapping).toMatchObject({
    temperature: { observedProperty: 'pm25' },
    humidity: { observedProperty: 'pm10' },
    pressure: { observedProperty: 'pressure' },
  })
})

test('what is declined is gone from the list; what is not there is not found', async () => {
  announce('tuin', 'pressure', { unit_of_measurement: 'hPa' })
  const id = await idOf('pressure')
  expect((await ask('POST', `/v1/announcements/${id}/refusal`)).status).toBe(204)
  expect((await list()).total).toBe(0)
  expect((await list('state=declined&senderId=z2m')).items[0]?.id).toBe(id)
  // A person may come back on it.
  expect((await accept(id)).status).toBe(201)
  expect((await ask('POST', `/v1/announcements/${id}/refusal`)).status).toBe(409)
  expect((await accept(9_999)).status).toBe(404)
  expect((await ask('POST', '/v1/announcements/x/refusal')).status).toBe(400)
  const kinds = town.records.sqlite
    .prepare(
      "select json_extract(data, '$.state') as state from change where kind = 'announcement' and ref = ?",
    )
    .all(String(id))
  expect(kinds.map((row) => row.state)).toEqual(['declined', 'accepted'])
})

test('the list goes page by page', async () => {
  for (let i = 0; i < 5; i++) announce(`blad-${i}`, 'humidity', { unit_of_measurement: '%' })
  const seen: string[] = []
  let cursor = ''
  do {
    const page = await list(`state=proposed&limit=2${cursor && `&cursor=${cursor}`}`)
    expect(page.total).toBe(5)
    seen.push(...page.items.map((one) => one.topic))
    cursor = page.nextCursor ?? ''
  } while (cursor)
  expect(new Set(seen).size).toBe(5)
})

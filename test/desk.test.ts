import { type ChildProcess, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import mqtt from 'mqtt'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importTownFolder } from '../ingest/import/town-folder.ts'
import { buildUi } from '../map-ui/build.ts'
import type { DatastreamView, DeviceView } from '../model/api.ts'
import type { DeviceTypeView } from '../model/desk.ts'
import { openRecords } from '../store/records/open.ts'
import { openSecrets } from '../store/secrets.ts'
import { launchBrowser } from './support/chromium.ts'
import { connectDevice, logIn, type Person } from './support/client.ts'
import { end, eventually, firstLogin, startProcess, townEnv } from './support/town.ts'

/**
 * The integrator's desk as an integrator uses it, in a real browser, against the real processes: a sensor of a kind
 * that nobody knew is connected and its first reading seen; radio bytes that were refused are taken after all.
 *
 * With SCHOUW_PICTURES=docs/pictures the screens on the way are kept as pictures.
 */
const DESK = { width: 1440, height: 900 }
const PHONE = { width: 390, height: 844 }
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const ROOT = path.join(import.meta.dirname, '..')

const town = await townEnv({ SCHOUW_DEMO: '1' })
const base = `http://127.0.0.1:${town.httpPort}`
const processes: ChildProcess[] = []
const problems: string[] = []
/** taken in this run: the first of a name is the one on the way, with something on it */
const pictures = new Set<string>()
const clients: mqtt.MqttClient[] = []
let browser: Browser
let page: Page
let person: Person

beforeAll(async () => {
  // Streets to put a sensor on, without the vehicles that would drive there.
  const made = spawnSync(process.execPath, [path.join(ROOT, 'simulators/generate.ts')], { env: town.env })
  expect(made.status, made.stderr.toString()).toBe(0)
  const records = await openRecords(town.dataDir)
  const folder = path.join(town.dataDir, 'simulator')
  await importTownFolder(
    { records, secrets: openSecrets(town.dataDir), now: Date.now },
    folder,
    path.join(folder, 'credentials.json'),
  )
  await records.close()
  await buildUi()
  for (const name of ['broker', 'ingest', 'api'] as const) processes.push(await startProcess(name, town))
  browser = await launchBrowser()
  page = await browser.newPage({ viewport: DESK, locale: 'nl-NL' })
  page.on('pageerror', (error) => problems.push(error.message))
  person = await logIn(town)
  await page.goto(base)
  await page.getByLabel('Gebruikersnaam').fill(firstLogin(town).login)
  await page.getByLabel('Wachtwoord').fill(firstLogin(town).password)
  await page.getByRole('button', { name: 'Inloggen' }).click()
  await page.getByRole('heading', { name: /^Signalen/ }).waitFor()
}, 180_000)

afterAll(async () => {
  for (const client of clients) await client.endAsync(true)
  await browser?.close()
  for (const process of processes.reverse()) await end(process)
  town.remove()
}, 60_000)

/** The screen as it should be: nothing that axe finds by WCAG 2.2 A and AA, and no sideways scroll of the page. */
async function isSound(name: string): Promise<void> {
  const folder = process.env.SCHOUW_PICTURES
  const picture = `${name}-${page.viewportSize()?.width}.png`
  if (folder && !pictures.has(picture)) {
    pictures.add(picture)
    mkdirSync(folder, { recursive: true })
    await page.waitForTimeout(1_000)
    await page.screenshot({ path: path.join(folder, picture) })
  }
  await page.evaluate(AXE)
  const faults = await page.evaluate(async () => {
    // @ts-expect-error axe was put into the page one line above
    const { violations } = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })
    return violations.map(
      (v: { id: string; nodes: { html: string }[] }) =>
        `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`,
    )
  })
  expect(faults, name).toEqual([])
  expect(
    await page.evaluate('document.documentElement.scrollWidth > document.documentElement.clientWidth + 1'),
    `${name} scrolls sideways`,
  ).toBe(false)
}

/** As that device, once the broker has heard of it. */
async function connectAs(username: string, password: string): Promise<mqtt.MqttClient> {
  return eventually(`${username} logs in`, async () => {
    const client = await mqtt.connectAsync(
      `mqtt://127.0.0.1:${town.mqttPort}`,
      { username, password, clientId: username, reconnectPeriod: 500 },
      false,
    )
    clients.push(client)
    return client
  })
}

test('a sensor of an unknown kind: registered, heard, given meaning, and its reading seen, by somebody who is new here', async () => {
  const startedAt = Date.now()
  await page.goto(`${base}/?view=devices`)
  await page.getByRole('navigation', { name: 'Onderdelen van Koppelingen' }).waitFor()
  await page.getByRole('link', { name: 'Nieuw apparaat' }).click()
  await page.getByRole('radio', { name: /^JSON met een vertaling/ }).check()
  await page.getByLabel('Naam van het nieuwe type').fill('Weermeter X1')
  await isSound('wizard-what')
  await page.getByRole('button', { name: 'Volgende' }).click()

  await page.getByLabel('Naam', { exact: true }).fill('Weermeter Marktplein')
  expect(await page.getByLabel('Apparaat-id').inputValue()).toBe('weermeter-marktplein')
  await page.getByLabel('Eigenaar (niet verplicht)').fill('Team Openbare ruimte')
  await page.getByLabel('Stuurt een bericht elke').fill('10')
  await page.locator('.small-map canvas').first().waitFor()
  await page.locator('.small-map').click({ position: { x: 240, y: 150 } })
  expect(Number(await page.getByLabel('Breedtegraad (niet verplicht)').inputValue())).toBeGreaterThan(50)
  await isSound('wizard-where')
  await page.getByRole('button', { name: 'Apparaat registreren' }).click()

  await page.getByText('Wachten op het eerste bericht…').waitFor()
  expect(page.url()).toContain('sel=device:weermeter-marktplein')
  await isSound('wizard-wait')
  // What the person would copy to the device.
  const setting = (label: string) =>
    page
      .locator('.copy', { has: page.getByText(label, { exact: true }) })
      .locator('code')
      .innerText()
  const device = await connectAs(await setting('Gebruikersnaam'), await setting('Geheim'))
  const topic = await setting('Topic')
  const sentAt = Math.floor(Date.now() / 1_000) - 60
  await device.publishAsync(topic, JSON.stringify({ temp_C: 21.4, hum: 55.5, fw: '1.2.0', ts: sentAt }), {
    qos: 1,
  })

  // It came in and nobody knows what it means: the fields stand there with a suggestion each.
  await page.getByText('Het eerste bericht is binnen.').first().waitFor()
  await page.getByRole('combobox', { name: 'Grootheid van temp_C' }).waitFor()
  await expect
    .poll(() => page.getByRole('combobox', { name: 'Grootheid van temp_C' }).inputValue())
    .toBe('temperature')
  expect(await page.getByRole('combobox', { name: 'Grootheid van hum' }).inputValue()).toBe('humidity')
  expect(await page.getByRole('combobox', { name: 'Grootheid van fw' }).inputValue()).toBe('')
  await page.getByText('2 metingen zouden worden opgeslagen').waitFor()
  await isSound('wizard-meaning')
  await page.getByRole('button', { name: /^Klopt/ }).click()

  await page.getByText('Het werkt: de metingen zijn opgeslagen.').waitFor()
  await page.getByRole('row', { name: /Temperatuur.*21,4/ }).waitFor()
  const seconds = (Date.now() - startedAt) / 1_000
  console.log(
    `wizard: from "Nieuw apparaat" to the first reading on screen in ${seconds.toFixed(1)} s (in the browser test)`,
  )
  expect(seconds).toBeLessThan(300)
  await isSound('wizard-works')

  const { items } = await person.get<{ items: DatastreamView[] }>(
    '/v1/datastreams?deviceId=weermeter-marktplein',
  )
  expect(items.map((s) => [s.observedProperty, s.latest?.value, s.latest?.time])).toEqual([
    ['humidity', 55.5, new Date(sentAt * 1_000).toISOString()],
    ['temperature', 21.4, new Date(sentAt * 1_000).toISOString()],
  ])
  expect((await person.get<{ total: number }>('/v1/quarantine?deviceId=weermeter-marktplein')).total).toBe(0)
  const type = await person.get<DeviceTypeView>('/v1/device-types/weermeter-x1')
  expect(type).toMatchObject({ devices: 1, extraction: { time: 'ts', timeFormat: 'epoch-s' } })

  await page.getByRole('link', { name: 'Bekijk op de kaart' }).click()
  await page.getByRole('heading', { name: /^Signalen/ }).waitFor()
  expect(page.url()).toMatch(/lat=5\d\.\d+&lng=5\.\d+/)
}, 120_000)

test('a day of readings: what is remarked on them stands in the chart in words, and what was corrected opens', async () => {
  const { client } = await connectDevice(town, person, {
    id: 'weer-plantsoen',
    name: 'Weerstation Plantsoen',
    kind: 'sensor',
    lng: 5.633,
    lat: 52.505,
    expectedIntervalS: 900,
  })
  clients.push(client)
  const now = Date.now()
  const day = Array.from({ length: 96 }, (_, i) => {
    const at = now - (96 - i) * 900_000
    const celsius = 9 + 4 * Math.sin(((i - 30) / 96) * 2 * Math.PI) + (i === 60 ? 55 : 0)
    return {
      observedProperty: 'temperature',
      phenomenonTime: new Date(at).toISOString(),
      result: Math.round(celsius * 10) / 10,
      unit: 'Cel',
    }
  })
  await client.publishAsync('devices/weer-plantsoen/observations', JSON.stringify(day), { qos: 1 })
  const corrected = { ...day[80], result: 7.7, resultTime: new Date(now).toISOString() }
  await client.publishAsync('devices/weer-plantsoen/observations', JSON.stringify(corrected), { qos: 1 })
  await eventually('the correction is in', async () => {
    const { items } = await person.get<{ items: DatastreamView[] }>('/v1/datastreams?deviceId=weer-plantsoen')
    return items[0]?.corrections === 1
  })
  await page.goto(`${base}/?view=devices&sel=device:weer-plantsoen&part=series`)
  await page.getByText(/^buiten bereik \d+$/).waitFor()
  await page.getByText('1 meting is later gecorrigeerd').click()
  await page.getByRole('row', { name: /7,7.*geldt/ }).waitFor()
  await isSound('device-series')
}, 60_000)

const CODEC = `function decodeUplink(input) {
  var b = input.bytes
  return {
    data: { temp_SOIL: ((b[0] << 8) | b[1]) / 100, water_SOIL: b[2] / 2, BatV: b[3] / 10 },
    warnings: b[3] < 30 ? ['battery is low'] : []
  }
}
`

test('radio bytes behind a bridge that nobody could read: a codec on the type, tried on them, then all of them replayed', async () => {
  const { client } = await connectDevice(town, person, {
    id: 'ttn-app',
    name: 'The Things Stack',
    kind: 'bridge',
    format: 'tts-v3',
    topicTree: 'v3/app@ttn/devices/#',
  })
  clients.push(client)
  expect(
    (
      await person.send('POST', '/v1/device-types', {
        id: 'bodem-z',
        name: 'Bodemsensor Z',
        kind: 'sensor',
        format: 'tts-v3',
      })
    ).status,
  ).toBe(201)
  for (const n of [1, 2]) {
    const made = await person.send('POST', '/v1/devices', {
      id: `bodem-z-${n}`,
      name: `Bodemsensor ${n}`,
      kind: 'sensor',
      format: 'tts-v3',
      typeId: 'bodem-z',
      bridgeId: 'ttn-app',
      externalId: `bodem-${n}`,
    })
    expect(made.status, JSON.stringify(made.body)).toBe(201)
  }
  const uplink = (device: string, counter: number, bytes: number[]) =>
    client.publishAsync(
      `v3/app@ttn/devices/${device}/up`,
      JSON.stringify({
        end_device_ids: { device_id: device, dev_eui: '3AE3400A2AC087E8' },
        uplink_message: {
          f_port: 2,
          f_cnt: counter,
          frm_payload: Buffer.from(bytes).toString('base64'),
          received_at: new Date(Date.now() - 120_000 + counter * 1_000).toISOString(),
        },
      }),
      { qos: 1 },
    )
  await eventually(
    'the bridge may speak for both',
    async () => {
      await uplink('bodem-1', 1, [0x04, 0xb0, 60, 33])
      return (await person.get<{ total: number }>('/v1/quarantine?typeId=bodem-z')).total > 0
    },
    20_000,
    500,
  )
  await uplink('bodem-1', 2, [0x04, 0xba, 61, 33])
  await uplink('bodem-2', 1, [0x05, 0x14, 40, 28])
  const waiting = await eventually('all are in quarantine', async () => {
    const { total } = await person.get<{ total: number }>('/v1/quarantine?typeId=bodem-z')
    return total >= 3 && total
  })

  await page.goto(`${base}/?view=devices&tab=quarantine&typeId=bodem-z`)
  await page.getByRole('cell', { name: 'Geen codec voor deze bytes' }).first().waitFor()
  await isSound('quarantine')
  // One message in all detail.
  await page
    .getByRole('button', { name: /^Bericht van .* openen$/ })
    .first()
    .click()
  await page.getByRole('dialog').getByText('Stap voor stap').waitFor()
  await page.getByRole('dialog').getByText('Verwacht').first().waitFor()
  await isSound('trace')
  await page.keyboard.press('Escape')

  await page.getByRole('button', { name: `Herstel (${waiting})` }).click()
  await page.getByRole('textbox', { name: 'Codec' }).fill(CODEC)
  await page.getByRole('button', { name: '3 voorstellen overnemen' }).click()
  await page.getByText(`${waiting} aangenomen`).waitFor()
  await page.getByText('battery is low').first().waitFor()
  await isSound('repair')
  await page.getByRole('button', { name: `Opslaan en ${waiting} opnieuw afspelen` }).click()
  await page.getByText(`${waiting} afgespeeld: ${waiting} opgeslagen, 0 opnieuw geweigerd.`).waitFor()

  expect((await person.get<{ total: number }>('/v1/quarantine?typeId=bodem-z')).total).toBe(0)
  const streams = await person.get<{ items: DatastreamView[] }>('/v1/datastreams?deviceId=bodem-z-2')
  expect(streams.items.map((s) => [s.observedProperty, s.latest?.value])).toEqual([
    ['batteryVoltage', 2.8],
    ['soilMoisture', 20],
    ['soilTemperature', 13],
  ])
  // The type has it now: the next message needs nobody.
  await uplink('bodem-2', 2, [0x05, 0x1e, 41, 31])
  await eventually('the next message is read', async () => {
    const now = await person.get<{ items: DatastreamView[] }>('/v1/datastreams?deviceId=bodem-z-2')
    return now.items.some((s) => s.observedProperty === 'soilTemperature' && s.latest?.value === 13.1)
  })
}, 120_000)

test('the editor of a type shows what an unsaved change makes of real messages, and a conflict is said', async () => {
  await page.goto(`${base}/?view=devices&tab=types`)
  // Which devices are of it.
  await page
    .getByRole('row', { name: /Bodemsensor Z/ })
    .getByRole('link', { name: '2' })
    .click()
  await page.getByText('2 apparaten').waitFor()
  await page.goBack()
  await page.getByRole('link', { name: 'Bodemsensor Z' }).click()
  await page.getByRole('heading', { name: 'Bodemsensor Z' }).waitFor()
  await page.getByText(/^\d+ aangenomen$/).waitFor()
  await isSound('type')
  await page
    .getByRole('textbox', { name: 'Codec' })
    .fill('function decodeUplink(input) { throw new Error("kapot") }')
  await page.getByText(/kapot/).first().waitFor()
  const now = await person.get<DeviceTypeView>('/v1/device-types/bodem-z')
  expect(now.codec).toBe(CODEC)
  // Somebody else saves first.
  const { id: _, devices: __, version, createdAt: ___, updatedAt: ____, ...rest } = now
  const saved = await person.send(
    'PUT',
    '/v1/device-types/bodem-z',
    { ...rest, name: 'Bodemsensor Z2' },
    {
      'if-match': `"${version}"`,
    },
  )
  expect(saved.status).toBe(200)
  await page.getByRole('textbox', { name: 'Codec' }).fill(CODEC)
  await page.getByRole('button', { name: 'Opslaan' }).click()
  await page.getByText('Iemand anders heeft dit intussen gewijzigd.').waitFor()
}, 60_000)

test('a message that was taken opens to its bytes, its steps and where its readings are; an own message can be tried', async () => {
  await page.goto(`${base}/?view=devices&sel=device:bodem-z-2&part=messages`)
  await page
    .getByRole('row', { name: /aangenomen/ })
    .first()
    .getByRole('button')
    .click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('heading', { name: '3 metingen' }).waitFor()
  await dialog.getByRole('row', { name: /Bodemtemperatuur.*13,1 °C.*ja/ }).waitFor()
  await dialog.getByText('3 opgeslagen').waitFor()
  await dialog.getByRole('button', { name: 'Bytes' }).click()
  await dialog.getByText(/^000000 {2}7b 22/).waitFor()
  await isSound('trace-stored')
  await dialog.getByRole('link', { name: 'Bodemtemperatuur' }).click()
  await page.getByRole('heading', { name: /^Bodemtemperatuur/ }).waitFor()

  await page.goto(`${base}/?view=devices&tab=types&sel=type:bodem-z`)
  await page.getByText('Een eigen bericht proberen').click()
  await page.getByLabel('Geschreven als').selectOption('hex')
  await page.getByLabel('FPort').fill('2')
  await page.getByLabel('Bericht', { exact: true }).fill('05 dc 3c 24')
  await page.getByText('15 °C').waitFor()
}, 60_000)

test('a device that only its bridge knows is registered from what was refused, and its message then taken', async () => {
  const bridge = clients.find((client) => client.options.username === 'ttn-app')
  await bridge?.publishAsync(
    'v3/app@ttn/devices/bodem-9/up',
    JSON.stringify({
      end_device_ids: { device_id: 'bodem-9', dev_eui: '3AE3400A2AC087E9' },
      uplink_message: {
        f_port: 2,
        f_cnt: 1,
        frm_payload: Buffer.from([0x05, 0xdc, 60, 36]).toString('base64'),
      },
    }),
    { qos: 1 },
  )
  await page.goto(`${base}/?view=devices&tab=quarantine&code=unknown_device`)
  await page.getByRole('button', { name: 'Herstel (1)' }).click()
  await isSound('repair-unknown')
  await page.getByRole('link', { name: 'Apparaat registreren' }).click()
  expect(await page.getByRole('radio', { name: /^Via een netwerk/ }).isChecked()).toBe(true)
  expect(await page.getByLabel('Naam bij het doorgeefstation').inputValue()).toBe('bodem-9')
  await page
    .getByLabel('Is het van een bekend type?')
    .selectOption({ label: 'Bodemsensor Z2 (The Things Stack v3)' })
  await page.getByRole('button', { name: 'Volgende' }).click()
  await page.getByRole('button', { name: 'Apparaat registreren' }).click()
  await page.getByText(/Op het apparaat zelf hoeft niets/).waitFor()
  await page.goto(`${base}/?view=devices&tab=quarantine&code=unknown_device&part=repair`)
  await page.getByRole('button', { name: '1 bericht opnieuw afspelen' }).click()
  await page.getByText('1 afgespeeld: 1 opgeslagen, 0 opnieuw geweigerd.').waitFor()
  const streams = await person.get<{ items: DatastreamView[] }>('/v1/datastreams?deviceId=bodem-9')
  expect(streams.items.find((s) => s.observedProperty === 'soilTemperature')?.latest?.value).toBe(15)
}, 60_000)

test('a device that posts over HTTP is told where and how, and what it posts is seen', async () => {
  await page.goto(`${base}/?view=devices&tab=new`)
  await page.getByRole('radio', { name: /^HTTP/ }).check()
  await page.getByRole('radio', { name: /^Schouw JSON/ }).check()
  await page.getByRole('button', { name: 'Volgende' }).click()
  await page.getByLabel('Naam', { exact: true }).fill('Geluidmeter Haven')
  await page.getByRole('button', { name: 'Apparaat registreren' }).click()
  const line = await page
    .locator('.copy', { has: page.getByText('Of probeer het met curl') })
    .locator('code')
    .innerText()
  const [, login = ''] = /-u '([^']+)'/.exec(line) ?? []
  const [, body = ''] = /-d '([^']+)'/.exec(line) ?? []
  const answer = await fetch(line.trim().split(/\s+/).at(-1) ?? '', {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(login).toString('base64')}`,
      'content-type': 'application/json',
    },
    body,
  })
  expect(answer.status, await answer.text()).toBe(202)
  await page.getByText('Het werkt: de metingen zijn opgeslagen.').waitFor()
  await page.getByRole('row', { name: /Temperatuur.*12,3/ }).waitFor()
}, 60_000)

test('devices from a file: first looked at line by line, then made, and their secrets downloaded once', async () => {
  await page.goto(`${base}/?view=devices`)
  await page.getByRole('button', { name: 'CSV inlezen' }).click()
  await page
    .getByLabel('Regels')
    .fill(
      'id,name,kind,format,lng,lat\nregen-1,Regenmeter 1,sensor,native-json,5.64,52.51\nregen 2,Regenmeter 2,sensor,native-json,5.64,52.51\n',
    )
  await page.getByRole('button', { name: 'Eerst kijken' }).click()
  await page.getByText('Zou 1 maken en 0 wijzigen').waitFor()
  await page.getByText('1 regel geweigerd').waitFor()
  await isSound('import')
  expect((await person.send('GET', '/v1/devices/regen-1')).status).toBe(404)
  await page.getByRole('button', { name: '1 apparaat inlezen' }).click()
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Geheimen downloaden (CSV)' }).click()
  const file = readFileSync(await (await download).path(), 'utf8')
  const secret = /^regen-1,(\S+)$/m.exec(file)?.[1] ?? ''
  const client = await connectAs('regen-1', secret)
  await client.publishAsync(
    'devices/regen-1/observations',
    JSON.stringify({ observedProperty: 'temperature', result: 8.1 }),
    { qos: 1 },
  )
  await eventually('it is heard', async () => {
    const device = await person.get<DeviceView>('/v1/devices/regen-1')
    return device.accepted === 1
  })
  await page.keyboard.press('Escape')
}, 60_000)

test('a secret is rotated with both valid for a while, and one of them is ended', async () => {
  await page.goto(`${base}/?view=devices&sel=device:regen-1&part=access`)
  await page.getByRole('button', { name: 'Nieuw geheim maken' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel(/^Naam van dit geheim/).fill('reserve')
  await dialog.getByRole('button', { name: 'Nieuw geheim maken' }).click()
  await page.getByText('Dit geheim wordt alleen nu getoond').waitFor()
  await page.keyboard.press('Escape')
  await expect.poll(() => page.getByText('geldig', { exact: true }).count()).toBe(2)
  await isSound('access')
  await page
    .getByRole('row', { name: /reserve/ })
    .getByRole('button', { name: 'Toegang intrekken' })
    .click()
  await page.getByRole('dialog').getByRole('button', { name: 'Toegang intrekken' }).click()
  await page.getByText('ingetrokken', { exact: true }).waitFor()
}, 60_000)

test('a webhook for a network server is made on screen, with its address and its secret to copy', async () => {
  await page.goto(`${base}/?view=devices&tab=connections`)
  await page.getByText('Nog geen verbindingen.').waitFor()
  await page.getByRole('link', { name: 'Nieuwe verbinding' }).click()
  await page.getByRole('radio', { name: /^Webhook/ }).check()
  await page.getByLabel('Naam', { exact: true }).fill('TTN webhook')
  await isSound('connection-new')
  await page.getByRole('button', { name: 'Opslaan' }).click()
  await page.getByText('Adres (URL) van de webhook').waitFor()
  await page.getByRole('button', { name: 'Nieuw geheim maken' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Nieuw geheim maken' }).click()
  await page.getByText(/^Authorization: Basic /).waitFor()
  await isSound('connection')
  await page.goto(`${base}/?view=devices&tab=connections`)
  await page.getByRole('row', { name: /TTN webhook/ }).waitFor()
  await isSound('connections')
}, 60_000)

test('what a device says of itself becomes a device when a person accepts it', async () => {
  const { client } = await connectDevice(town, person, {
    id: 'zigbee-poort',
    name: 'Zigbee-poort',
    kind: 'bridge',
    format: 'json-mapped',
    topicTree: 'zigbee2mqtt/#',
  })
  clients.push(client)
  const announce = (object: string, more: Record<string, unknown>) =>
    client.publishAsync(
      `homeassistant/sensor/0x00158d/${object}/config`,
      JSON.stringify({
        name: object,
        unique_id: `0x00158d_${object}`,
        state_topic: 'zigbee2mqtt/hal',
        value_template: `{{ value_json.${object} }}`,
        device: {
          identifiers: ['zigbee2mqtt_0x00158d'],
          name: 'Hal',
          manufacturer: 'Aqara',
          model: 'WSDCGQ11LM',
        },
        ...more,
      }),
      { qos: 1, retain: true },
    )
  await announce('temperature', { device_class: 'temperature', unit_of_measurement: '°C' })
  await announce('humidity', { device_class: 'humidity', unit_of_measurement: '%' })
  await announce('linkquality', { unit_of_measurement: 'lqi' })
  await page.goto(`${base}/?view=devices&tab=announcements`)
  await page.getByRole('heading', { name: 'Hal' }).waitFor()
  await page.getByRole('cell', { name: /Luchtvochtigheid/ }).waitFor()
  await isSound('announcements')
  await page.getByRole('button', { name: 'Apparaat aannemen' }).click()
  await page.getByRole('button', { name: 'Aangenomen' }).click()
  await page.getByRole('heading', { name: 'Hal' }).waitFor()
  await eventually('the device is there', async () => {
    const { items } = await person.get<{ items: DeviceView[] }>('/v1/devices?kind=sensor&limit=200')
    return items.some((d) => d.bridgeId === 'zigbee-poort')
  })
}, 60_000)

test('each screen of the desk is sound on a desk and on a phone', async () => {
  const device = clients.find((client) => client.options.username === 'regen-1')
  for (const reading of [
    { observedProperty: 'temperature', result: 21, unit: 'km' },
    { observedProperty: 'temprature', result: 21 },
  ])
    await device?.publishAsync('devices/regen-1/observations', JSON.stringify(reading), { qos: 1 })
  const { client } = await connectDevice(town, person, {
    id: 'vreemd-1',
    name: 'Vreemde sensor',
    kind: 'sensor',
    format: 'json-mapped',
  })
  clients.push(client)
  await client.publishAsync('devices/vreemd-1/observations', '{"temp_C":20.5,"rh":61,"sn":"A17"}', { qos: 1 })
  expect(
    (await person.send('POST', '/v1/devices', { id: 'stil-1', name: 'Stil', kind: 'sensor' })).status,
  ).toBe(201)
  const refused = await eventually('what was refused is in quarantine', async () => {
    const { items } = await person.get<{ items: { id: number; deviceId: string }[] }>('/v1/quarantine')
    return items.length >= 3 && items.find((item) => item.deviceId === 'regen-1')
  })
  for (const size of [DESK, PHONE]) {
    await page.setViewportSize(size)
    for (const [name, url] of [
      ['desk-devices', '/?view=devices'],
      ['device', '/?view=devices&sel=device:bodem-z-1'],
      ['device-place', '/?view=devices&sel=device:weer-plantsoen'],
      ['device-series', '/?view=devices&sel=device:weer-plantsoen&part=series'],
      ['device-messages', '/?view=devices&sel=device:bodem-z-1&part=messages'],
      ['device-edit', '/?view=devices&sel=device:weermeter-marktplein&part=edit'],
      ['device-calibrations', '/?view=devices&sel=device:weermeter-marktplein&part=calibrations'],
      ['types', '/?view=devices&tab=types'],
      ['type', '/?view=devices&tab=types&sel=type:bodem-z'],
      ['quarantine', '/?view=devices&tab=quarantine'],
      ['live', '/?view=devices&tab=live'],
      ['connections', '/?view=devices&tab=connections'],
      ['announcements', '/?view=devices&tab=announcements'],
      ['trace', `/?view=devices&tab=quarantine&sel=refusal:${refused.id}`],
      ['repair', '/?view=devices&tab=quarantine&deviceId=vreemd-1&part=repair'],
      ['access', '/?view=devices&sel=device:regen-1&part=access'],
      ['connection', '/?view=devices&tab=connections&sel=connection:ttn-webhook'],
      ['wizard-what', '/?view=devices&tab=new'],
      ['wizard-wait', '/?view=devices&tab=new&sel=device:stil-1'],
      ['wizard-meaning', '/?view=devices&tab=new&sel=device:vreemd-1'],
      ['wizard-works', '/?view=devices&tab=new&sel=device:weermeter-marktplein'],
    ] as const) {
      await page.goto(base + url)
      await page.waitForTimeout(500)
      await isSound(name)
    }
    await page.goto(`${base}/?view=devices&tab=new`)
    await page.getByRole('radio', { name: /^Schouw JSON/ }).check()
    await page.getByRole('button', { name: 'Volgende' }).click()
    await isSound('wizard-where')
    await page.goto(`${base}/?view=devices`)
    await page.getByRole('button', { name: 'CSV inlezen' }).click()
    await isSound('import')
    await page.keyboard.press('Escape')
  }
  expect(problems).toEqual([])
}, 240_000)

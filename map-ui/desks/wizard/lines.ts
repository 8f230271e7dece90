import type { PayloadFormat } from '../../../model/device.ts'

export type Way = 'mqtt' | 'http' | 'bridge'

export type LinesFor = {
  deviceId: string
  secret: string
  mqttUrl: string
  /** of this web application, e.g. https://schouw.example */
  origin: string
  format: PayloadFormat
  way: Way
  /** number of the first declared datastream: what SensorThings calls it by */
  datastreamId: number | null
  now: Date
}

/** A line to copy, or a setting to make on the other side. */
export type Line = { kind: 'mosquitto' | 'curl' | 'setting'; name: string; value: string; multiline: boolean }

/** How a device of this format is told to send, ready to be copied; the example message is one that fits the format. */
export function linesFor(what: LinesFor): Line[] {
  if (what.way === 'bridge') return []
  return what.way === 'http' ? httpLines(what) : mqttLines(what)
}

function mqttLines(what: LinesFor): Line[] {
  const { deviceId, secret, mqttUrl, format } = what
  const url = new URL(mqttUrl)
  const tls = url.protocol === 'mqtts:'
  const port = url.port || (tls ? '8883' : '1883')
  const topic = topicOf(what)
  const lines: Line[] = [
    setting('server', url.hostname),
    setting('port', `${port}${tls ? ' (TLS)' : ''}`),
    setting('username', deviceId),
    setting('password', secret),
    setting('topic', topic),
  ]
  if (isBinary(format)) return lines
  return [
    ...lines,
    {
      kind: 'mosquitto',
      name: 'mosquitto_pub',
      multiline: true,
      value: [
        `mosquitto_pub -h ${url.hostname} -p ${port}${tls ? ' --tls-use-os-certs' : ''} -q 1 \\`,
        `  -i ${deviceId} -u ${deviceId} -P '${secret}' \\`,
        `  -t '${topic}' \\`,
        `  -m '${exampleOf(what)}'`,
      ].join('\n'),
    },
  ]
}

function httpLines(what: LinesFor): Line[] {
  const { deviceId, secret, format } = what
  const url = httpUrl(what)
  const lines: Line[] = [setting('url', url), setting('username', deviceId), setting('password', secret)]
  if (isBinary(format)) return lines
  const type = format === 'senml-json' ? 'application/senml+json' : 'application/json'
  return [
    ...lines,
    {
      kind: 'curl',
      name: 'curl',
      multiline: true,
      value: [
        `curl -u '${deviceId}:${secret}' \\`,
        `  -H 'content-type: ${type}' \\`,
        `  -d '${exampleOf(what)}' \\`,
        `  ${url}`,
      ].join('\n'),
    },
  ]
}

const setting = (name: string, value: string): Line => ({ kind: 'setting', name, value, multiline: false })

const isBinary = (format: PayloadFormat) => format === 'native-cbor' || format === 'senml-cbor'

/** Where a device of this format writes over MQTT: on our topic, or on the one that its format prescribes. */
export function topicOf({
  format,
  deviceId,
  datastreamId,
}: Pick<LinesFor, 'format' | 'deviceId' | 'datastreamId'>): string {
  if (format === 'thingsboard') return 'v1/devices/me/telemetry'
  if (format === 'sensorthings-1.1') return `v1.1/Datastreams(${datastreamId ?? 1})/Observations`
  if (format === 'fiware-iota-json') return `/json/schouw/${deviceId}/attrs`
  return `devices/${deviceId}/observations`
}

/** Where a device of this format posts to. */
export function httpUrl({
  format,
  deviceId,
  origin,
}: Pick<LinesFor, 'format' | 'deviceId' | 'origin'>): string {
  if (format === 'sensor-community') return `${origin}/v1/ingest/sensor-community`
  if (format === 'talq-2.7') return `${origin}/v1/ingest/talq/log-reports`
  return `${origin}/v1/ingest/${deviceId}`
}

function exampleOf({ format, now }: LinesFor): string {
  const time = now.toISOString()
  switch (format) {
    case 'senml-json':
    case 'senml-cbor':
      return JSON.stringify([{ n: 'temperature', u: 'Cel', v: 12.3 }])
    case 'sensorthings-1.1':
      return JSON.stringify({ phenomenonTime: time, result: 12.3 })
    case 'json-mapped':
      return JSON.stringify({ temp_C: 12.3, hum: 71, ts: Math.floor(now.getTime() / 1_000) })
    case 'thingsboard':
    case 'fiware-iota-json':
      return JSON.stringify({ temperature: 12.3, humidity: 71 })
    case 'sensor-community':
      return JSON.stringify({
        software_version: 'NRZ-2020-133',
        sensordatavalues: [{ value_type: 'SDS_P2', value: '8.40' }],
      })
    default:
      return JSON.stringify({
        observedProperty: 'temperature',
        phenomenonTime: time,
        result: 12.3,
        unit: 'Cel',
      })
  }
}

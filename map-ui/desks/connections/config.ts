import type { PayloadFormat } from '../../../model/device.ts'
import type { ConnectionConfig } from '../../client/types.ts'

export type ConnectionKind = ConnectionConfig['kind']

/** What is filled in of a connection, as text, whichever kind it is. */
export type ConfigDraft = {
  kind: ConnectionKind
  url: string
  username: string
  topics: string
  qos: '0' | '1'
  format: PayloadFormat
  ca: string
  stations: string
  filter: string
  everyMinutes: string
  backfillDays: string
}

export const LUCHTMEETNET_URL = 'https://api.luchtmeetnet.nl/open_api'
export const SAMEN_METEN_URL = 'https://api-samenmeten.rivm.nl/v1.0'

export function draftOf(config: ConnectionConfig | null): ConfigDraft {
  const empty: ConfigDraft = {
    kind: 'mqtt',
    url: '',
    username: '',
    topics: '',
    qos: '1',
    format: 'tts-v3',
    ca: '',
    stations: '',
    filter: '',
    everyMinutes: '60',
    backfillDays: '7',
  }
  if (config === null) return empty
  const { kind } = config
  if (kind === 'mqtt') {
    const { url, username, topics, qos, format, ca } = config
    return {
      ...empty,
      kind,
      url,
      username,
      topics: topics.join('\n'),
      qos: qos === 0 ? '0' : '1',
      format,
      ca,
    }
  }
  if (kind === 'webhook') return { ...empty, kind, format: config.format }
  const common = {
    ...empty,
    kind,
    url: config.url,
    everyMinutes: String(config.everyMinutes),
    backfillDays: String(config.backfillDays),
  }
  return config.kind === 'luchtmeetnet'
    ? { ...common, stations: config.stations.join('\n') }
    : { ...common, filter: config.filter }
}

/** As the API takes it; what is wrong with it the API says. */
export function configOf(draft: ConfigDraft): unknown {
  const lines = (text: string) =>
    text
      .split(/[\n,]/)
      .map((line) => line.trim())
      .filter((line) => line !== '')
  const pull = {
    kind: draft.kind,
    everyMinutes: Number(draft.everyMinutes),
    backfillDays: Number(draft.backfillDays),
    ...(draft.url.trim() === '' ? {} : { url: draft.url.trim() }),
  }
  switch (draft.kind) {
    case 'mqtt':
      return {
        kind: 'mqtt',
        url: draft.url.trim(),
        username: draft.username,
        topics: lines(draft.topics),
        qos: Number(draft.qos),
        format: draft.format,
        ca: draft.ca,
      }
    case 'webhook':
      return { kind: 'webhook', format: draft.format }
    case 'luchtmeetnet':
      return { ...pull, stations: lines(draft.stations) }
    case 'samen-meten':
      return { ...pull, filter: draft.filter }
  }
}

/** Topics to subscribe to at a foreign broker, as its documentation has them. */
export function exampleTopics(format: PayloadFormat): string {
  if (format === 'tts-v3') return 'v3/toepassing@ttn/devices/+/up'
  if (format === 'chirpstack-v4') return 'application/+/device/+/event/up'
  if (format === 'fiware-iota-json') return '/json/+/+/attrs'
  return 'sensoren/+/metingen'
}

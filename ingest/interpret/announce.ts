import type { Device } from '../../model/device.ts'
import { OBSERVED_PROPERTIES } from '../../model/observed-property.ts'
import type { Rejection } from '../../model/reject.ts'
import { parseTopicTree } from '../../model/topics.ts'
import type { JournalRecord } from '../../store/journal/port.ts'
import { clip, describe, parseJson } from '../decode/json.ts'
import { conversion, fittingUnits } from './units.ts'

/**
 * A device that tells what it has, in the form of Home Assistant's MQTT discovery
 * (https://www.home-assistant.io/integrations/mqtt/#mqtt-discovery), which zigbee2mqtt, Tasmota, ESPHome and many
 * others speak. It is a proposal and nothing more: a person accepts it.
 */
export type Announcement = {
  topic: string
  component: string
  /** '' when it has none */
  uniqueId: string
  payload: string
  /** null: an empty payload, which takes the announcement back */
  proposal: Proposal | null
}

/** What Schouw would make of it. */
export type Proposal = {
  deviceName: string
  /** the sender's own name of the device: announcements that share it are about one device; '' when it says none */
  deviceKey: string
  manufacturer: string
  model: string
  /** under which the sender names the device */
  externalId: string
  stateTopic: string
  /** dotted path in the state message */
  field: string
  observedProperty: string | null
  /** UCUM; null: the property's own */
  unit: string | null
  /** what keeps it from being accepted as it is */
  problems: string[]
}

export type AnnouncementOutcome = { announcement: Announcement } | { rejection: Rejection } | 'nothing'

/** `homeassistant/{component}/[{node}/]{object}/config` */
const DISCOVERY = /^homeassistant\/([a-z0-9_]{1,64})((?:\/[A-Za-z0-9_-]{1,64}){1,2})\/config$/
const TREE = 'homeassistant/'
/** Components that measure something; a light or a switch is there to be commanded, and no reading comes of it. */
const MEASURES: ReadonlySet<string> = new Set(['sensor', 'binary_sensor'])
const MAX_BYTES = 16 * 1024
const MAX_NAME = 128

/** Abbreviations of Home Assistant (`homeassistant/components/mqtt/abbreviations.py`), those that are read here. */
const LONG: ReadonlyMap<string, string> = new Map([
  ['stat_t', 'state_topic'],
  ['val_tpl', 'value_template'],
  ['unit_of_meas', 'unit_of_measurement'],
  ['dev_cla', 'device_class'],
  ['uniq_id', 'unique_id'],
  ['obj_id', 'object_id'],
  ['dev', 'device'],
  ['pl_on', 'payload_on'],
  ['pl_off', 'payload_off'],
])
const LONG_OF_DEVICE: ReadonlyMap<string, string> = new Map([
  ['ids', 'identifiers'],
  ['mf', 'manufacturer'],
  ['mdl', 'model'],
  ['cns', 'connections'],
])

/** Device class of Home Assistant → our property; the first name that the registry has. */
const PROPERTY_OF_CLASS: ReadonlyMap<string, readonly string[]> = new Map([
  ['temperature', ['temperature']],
  ['humidity', ['humidity']],
  ['pm1', ['pm1']],
  ['pm25', ['pm25']],
  ['pm10', ['pm10']],
  ['carbon_dioxide', ['co2', 'carbonDioxide']],
  ['carbon_monoxide', ['co']],
  ['nitrogen_dioxide', ['no2']],
  ['nitrogen_monoxide', ['no']],
  ['ozone', ['o3']],
  ['sulphur_dioxide', ['so2']],
  ['illuminance', ['illuminance']],
  ['pressure', ['pressure']],
  ['atmospheric_pressure', ['pressure']],
  ['voltage', ['lampVoltage']],
  ['current', ['lampCurrent']],
  ['power', ['lampPower']],
  ['power_factor', ['powerFactor']],
  ['energy', ['lampEnergy']],
  ['battery', ['batteryLevel', 'battery']],
  ['sound_pressure', ['soundLevel']],
  ['moisture', ['soilMoisture']],
])

/** Units as Home Assistant writes them → UCUM. */
const UCUM: ReadonlyMap<string, string> = new Map([
  ['°C', 'Cel'],
  ['°F', '[degF]'],
  ['K', 'K'],
  ['µg/m³', 'ug/m3'],
  ['μg/m³', 'ug/m3'],
  ['mg/m³', 'mg/m3'],
  ['ppm', '[ppm]'],
  ['ppb', '[ppb]'],
  ['mbar', 'mbar'],
  ['bar', 'bar'],
  ['psi', '[psi]'],
  ['inHg', "[in_i'Hg]"],
  ['mmHg', 'mm[Hg]'],
  ['kWh', 'kW.h'],
  ['Wh', 'W.h'],
  ['MWh', 'MW.h'],
  ['dBA', 'dB'],
])

/** What a person says of an announcement instead of what it says itself. */
type Chosen = { observedProperty?: string | undefined; unit?: string | undefined }

/**
 * Read an announcement. Pure; never throws on what was sent.
 *
 * @returns undefined when the topic is not of this kind; 'nothing' for what measures nothing
 */
export function readAnnouncement(
  record: Pick<JournalRecord, 'topic' | 'payload'>,
  sender: Device,
  chosen: Chosen = {},
): AnnouncementOutcome | undefined {
  if (!record.topic.startsWith(TREE)) return undefined
  const match = DISCOVERY.exec(record.topic)
  // Births of Home Assistant itself, and states that devices keep below it.
  if (!match) return 'nothing'
  const [, component = '', path = ''] = match
  if (!MEASURES.has(component)) return 'nothing'
  const { topic, payload } = record
  if (payload.length === 0) {
    return { announcement: { topic, component, uniqueId: '', payload: '', proposal: null } }
  }
  if (payload.length > MAX_BYTES) {
    return {
      rejection: {
        code: 'payload_too_large',
        pointer: '',
        expected: `at most ${MAX_BYTES} bytes`,
        got: `${payload.length} bytes`,
        hint: 'An announcement describes one sensor; announce each on a topic of its own.',
      },
    }
  }
  const parsed = parseJson(payload)
  if (!parsed.ok) return { rejection: parsed.rejection }
  if (!isRecord(parsed.value)) {
    return {
      rejection: {
        code: 'wrong_shape',
        pointer: '',
        expected: 'an object with state_topic and value_template',
        got: describe(parsed.value),
        hint: 'The form is that of MQTT discovery of Home Assistant.',
      },
    }
  }
  const config = expand(parsed.value, LONG)
  const object = path.split('/').at(-1) ?? ''
  return {
    announcement: {
      topic,
      component,
      uniqueId: text(config.get('unique_id')),
      payload: new TextDecoder().decode(payload),
      proposal: propose(config, component, object, sender, chosen),
    },
  }
}

type Config = ReadonlyMap<string, unknown>

function propose(
  config: Config,
  component: string,
  object: string,
  sender: Device,
  chosen: Chosen,
): Proposal {
  const problems: string[] = []
  const device = isRecord(config.get('device'))
    ? expand(config.get('device') as Record<string, unknown>, LONG_OF_DEVICE)
    : new Map<string, unknown>()
  const stateTopic = topicOf(config)
  const externalId = nameOfTopic(stateTopic, sender, problems)
  const field = fieldOf(config.get('value_template'), problems)
  const name = field === '' || field === 'value' ? object : field
  const meaning = meaningOf(config, component, name, chosen, problems)
  return {
    deviceName: clip(text(device.get('name')) || text(config.get('name')) || externalId || object, MAX_NAME),
    deviceKey: clip(keyOf(device), MAX_NAME),
    manufacturer: clip(text(device.get('manufacturer')), MAX_NAME),
    model: clip(text(device.get('model')), MAX_NAME),
    externalId,
    stateTopic,
    field,
    ...meaning,
    problems,
  }
}

/** The state topic; `~` at its beginning or end stands for the base topic. */
function topicOf(config: Config): string {
  const base = text(config.get('~'))
  const topic = text(config.get('state_topic'))
  if (topic.startsWith('~')) return base + topic.slice(1)
  if (topic.endsWith('~')) return topic.slice(0, -1) + base
  return topic
}

/** How messages on the topic name their device: the topic without what all topics of the sender begin with. */
function nameOfTopic(topic: string, sender: Device, problems: string[]): string {
  if (topic === '') {
    problems.push('it has no state_topic')
    return ''
  }
  if (topic.length > 256 || /[+#\p{C}]/u.test(topic)) {
    problems.push(`its state_topic is no topic: ${clip(topic)}`)
    return ''
  }
  if (sender.format !== 'json-mapped' && sender.kind === 'bridge') {
    problems.push(
      `messages of ${sender.id} are read as ${sender.format}, which needs no mapping: change its format to json-mapped`,
    )
  }
  if (topic === `devices/${sender.id}/observations`) return ''
  const tree = sender.topicTree === null ? undefined : parseTopicTree(sender.topicTree)
  const filter =
    tree && 'filters' in tree ? tree.filters.find((candidate) => matches(candidate, topic)) : undefined
  if (filter === undefined) {
    problems.push(
      sender.topicTree === null
        ? `its state_topic is not its own: ${clip(topic)}; register the gateway that publishes there as a bridge`
        : `its state_topic is outside the topic tree of ${sender.id}: ${clip(topic)}`,
    )
    return topic
  }
  const levels = topic.split('/')
  const fixed = filter.split('/').findIndex((level) => level === '+' || level === '#')
  return levels.slice(fixed < 0 ? levels.length - 1 : fixed).join('/') || topic
}

/** Does a topic fall under an MQTT filter? [MQTT-4.7] */
function matches(filter: string, topic: string): boolean {
  const wanted = filter.split('/')
  const levels = topic.split('/')
  for (const [i, level] of wanted.entries()) {
    if (level === '#') return true
    if (levels[i] === undefined || (level !== '+' && level !== levels[i])) return false
  }
  return wanted.length === levels.length
}

/** One step into `value_json`: `.a`, `['a']`, `["a"]`, `[0]` */
const STEP =
  /^(?:\.([A-Za-z_][A-Za-z0-9_]*)|\[\s*'([^'\]]{1,64})'\s*\]|\[\s*"([^"\]]{1,64})"\s*\]|\[\s*(\d{1,3})\s*\])/
/** Filters that change how a value is written and not what it means. */
const HARMLESS = /^\s*\|\s*(float|int|round|is_defined)\s*(\(\s*(-?\d+(\.\d+)?)?\s*\))?/

/** `{{ value_json.a['b'] | float | round(1) }}` → `a.b`. Anything that computes is a problem: a mapping does not. */
function fieldOf(template: unknown, problems: string[]): string {
  // Without one, the message is the value; a mapping calls that `value`.
  if (template === undefined || template === '') return 'value'
  const refuse = () => {
    problems.push(
      `its value_template computes: ${clip(describe(template))}; only {{ value_json.a.b }} with float, int or round is read`,
    )
    return ''
  }
  if (typeof template !== 'string' || template.length > 500) return refuse()
  const match = /^\s*\{\{-?\s*(value|value_json)(?![A-Za-z0-9_])([\s\S]*?)-?\}\}\s*$/.exec(template)
  if (!match) return refuse()
  const [, subject, after = ''] = match
  let rest = after
  const path: string[] = subject === 'value' ? ['value'] : []
  for (let step = subject === 'value' ? null : STEP.exec(rest); step; step = STEP.exec(rest)) {
    path.push(step[1] ?? step[2] ?? step[3] ?? step[4] ?? '')
    rest = rest.slice(step[0].length)
  }
  for (let filter = HARMLESS.exec(rest); filter; filter = HARMLESS.exec(rest))
    rest = rest.slice(filter[0].length)
  if (rest.trim() !== '' || path.length === 0 || path.length > 8) return refuse()
  if (path.some((name) => name.includes('.'))) {
    problems.push(`a field with a dot in its name cannot be mapped: ${clip(path.join(' > '))}`)
    return ''
  }
  return path.join('.')
}

function meaningOf(
  config: Config,
  component: string,
  name: string,
  chosen: Chosen,
  problems: string[],
): Pick<Proposal, 'observedProperty' | 'unit'> {
  const deviceClass = text(config.get('device_class'))
  const sent = chosen.unit ?? text(config.get('unit_of_measurement'))
  const observedProperty = chosen.observedProperty ?? propertyOf(deviceClass, sent, name)
  const property = observedProperty === null ? undefined : OBSERVED_PROPERTIES.get(observedProperty)
  if (!property) {
    problems.push(
      deviceClass === ''
        ? 'it does not say what it measures: choose an observed property'
        : `nothing in the registry is a ${clip(deviceClass, 40)}: choose an observed property, or decline`,
    )
    return { observedProperty: null, unit: sent === '' ? null : (UCUM.get(sent) ?? clip(sent, 32)) }
  }
  if (component === 'binary_sensor' && property.kind !== 'truth')
    problems.push(`it says yes or no, and ${property.name} is a quantity`)
  if (sent === '') return { observedProperty: property.name, unit: null }
  const unit = UCUM.get(sent) ?? sent
  if (unit === property.unit) return { observedProperty: property.name, unit: null }
  if (property.kind !== 'quantity' || !conversion(unit, property)) {
    problems.push(
      `${clip(sent, 32)} cannot become ${property.unit}; units that fit: ${fittingUnits(property).join(', ')}`,
    )
  }
  return { observedProperty: property.name, unit: clip(unit, 32) }
}

function propertyOf(deviceClass: string, unit: string, name: string): string | null {
  const known = (candidates: readonly string[]) => candidates.find((p) => OBSERVED_PROPERTIES.has(p)) ?? null
  if (deviceClass === 'voltage' && (unit === 'mV' || /batt/i.test(name))) return known(['batteryVoltage'])
  if (deviceClass !== '') return known(PROPERTY_OF_CLASS.get(deviceClass) ?? [])
  // Without a class the name may still be one of ours: `soil_moisture`, `pm25`.
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z0-9]/g, '')
  const last = plain(name.split('.').at(-1) ?? '')
  return [...OBSERVED_PROPERTIES.keys()].find((p) => plain(p) === last) ?? null
}

/** What the sender calls the device: its first identifier, else its first connection. */
function keyOf(device: Config): string {
  const ids = device.get('identifiers')
  const first = Array.isArray(ids) ? ids[0] : ids
  if (typeof first === 'string' || typeof first === 'number') return String(first)
  const connections = device.get('connections')
  const connection: unknown = Array.isArray(connections) ? connections[0] : undefined
  return Array.isArray(connection) ? connection.map(text).join(' ') : ''
}

/** Under the long names, whichever were sent. */
function expand(value: Record<string, unknown>, names: ReadonlyMap<string, string>): Map<string, unknown> {
  const found = new Map<string, unknown>()
  for (const [key, entry] of Object.entries(value)) found.set(names.get(key) ?? key, entry)
  return found
}

function text(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? value.trim().toWellFormed() : ''
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import type { PayloadFormat } from '../../model/device.ts'
import type { QualityFlag } from '../../model/quality.ts'
import type { DeskTab } from '../client/place.ts'
import type { Connection, HealthIssue, Step, Trace } from '../client/types.ts'

type Words<K extends string> = Record<K, string>

const tab: Words<DeskTab> = {
  devices: 'Apparaten',
  new: 'Nieuw apparaat',
  types: 'Typen',
  quarantine: 'Quarantaine',
  live: 'Live',
  connections: 'Verbindingen',
  announcements: 'Aankondigingen',
}
const step: Words<Step['step']> = {
  receive: 'Ontvangen',
  decode: 'Ontleed',
  codec: 'Codec',
  map: 'Betekenis gegeven',
  validate: 'Gecontroleerd',
  qualify: 'Kwaliteit bepaald',
  store: 'Opgeslagen',
}
const stepVerdict: Words<Step['verdict']> = {
  ok: 'in orde',
  warning: 'let op',
  refused: 'geweigerd',
  skipped: 'overgeslagen',
}
const via: Words<Trace['via']> = { mqtt: 'MQTT', http: 'HTTP', replay: 'opnieuw afgespeeld', trial: 'proef' }
const quality: Words<QualityFlag> = {
  range: 'buiten bereik',
  receiveTime: 'tijd van aankomst',
  late: 'laat binnen',
  positionConflict: 'andere plaats',
  belowDetection: 'onder meetgrens',
  saturated: 'verzadigd',
  clock: 'klok wijkt af',
  spike: 'uitschieter',
  stuck: 'blijft staan',
  gap: 'na een stilte',
  colocation: 'wijkt af van buren',
}
const qualityHint: Words<QualityFlag> = {
  range: 'Buiten wat aannemelijk is voor deze grootheid.',
  receiveTime: 'Het apparaat gaf geen tijd: het moment van aankomst is gebruikt.',
  late: 'Meer dan een uur na de meettijd binnengekomen.',
  positionConflict: 'Gemeten op een andere plaats dan waar het apparaat geregistreerd staat.',
  belowDetection: 'Op of onder wat de sensor van niets kan onderscheiden.',
  saturated: 'Op of boven wat de sensor kan meten.',
  clock: 'De klok van het apparaat liep achter of sprong.',
  spike: 'Springt weg van de meting ervoor en die erna.',
  stuck: 'Een van een lange reeks gelijke waarden.',
  gap: 'De eerste na een stilte van meerdere tussentijden.',
  colocation: 'Anders dan meters die ernaast staan.',
}
const health: Words<HealthIssue['kind']> = {
  never: 'Nog nooit gehoord',
  late: 'Te laat',
  offline: 'Niet verbonden',
  unknown: 'Onbekend sinds herstart',
  flapping: 'Verbinding valt steeds weg',
  low_battery: 'Batterij bijna leeg',
  lost_frames: 'Berichten onderweg verloren',
  clock_stale: 'Klok loopt achter',
  clock_jumping: 'Klok springt',
}
const healthHelp: Words<HealthIssue['kind']> = {
  never:
    'Controleer adres, gebruikersnaam en geheim op het apparaat, of laat Schouw op het eerste bericht wachten.',
  late: 'Kijk of het apparaat stroom en bereik heeft, en of de verwachte tussentijd klopt.',
  offline: 'Het apparaat meldde zich af of de verbinding brak. Controleer stroom en netwerk.',
  unknown: 'Schouw is herstart en heeft dit apparaat nog niet gehoord. Meestal lost dit zich vanzelf op.',
  flapping:
    'Een zwak signaal of twee apparaten met dezelfde id. Controleer de ontvangst, en of deze id één keer in gebruik is.',
  low_battery: 'Plan een bezoek om de batterij te vervangen.',
  lost_frames:
    'De teller van het apparaat sloeg nummers over. Controleer het bereik van de gateways in de buurt.',
  clock_stale:
    'Laat het apparaat de tijd van het netwerk nemen, of laat de tijd weg: dan telt het moment van aankomst.',
  clock_jumping:
    'De klok springt heen en weer. Laat het apparaat de tijd van het netwerk nemen, of laat de tijd weg.',
}
const formatHint: Words<PayloadFormat> = {
  'native-json':
    'De eigen vorm van Schouw: grootheid, waarde, eenheid en tijd. Kies deze als u het apparaat zelf maakt.',
  'native-cbor': 'Hetzelfde als Schouw JSON, compact in CBOR.',
  'senml-json': 'SenML (RFC 8428) in JSON: een lijst met n, u, v en t.',
  'senml-cbor': 'SenML (RFC 8428) in CBOR.',
  'json-mapped': 'Elk ander JSON-bericht. U wijst na het eerste bericht aan wat elk veld betekent.',
  'tts-v3': 'LoRaWAN via The Things Stack v3 (The Things Network).',
  'chirpstack-v4': 'LoRaWAN via ChirpStack v4, berichten in JSON.',
  'sensorthings-1.1': 'OGC SensorThings 1.1: metingen op v1.1/Datastreams(id)/Observations.',
  thingsboard: 'De telemetrie van een ThingsBoard-apparaat of -gateway.',
  'fiware-iota-json': 'FIWARE IoT Agent JSON: /json/{sleutel}/{apparaat}/attrs.',
  'sensor-community': 'Een Sensor.Community-meter (luftdaten) die over HTTP stuurt.',
  'talq-2.7': 'Straatverlichting: TALQ 2.7 log-reports over HTTP.',
}
const connectionState: Words<Connection['status']['state']> = {
  off: 'Uit',
  connecting: 'Verbindt…',
  connected: 'Verbonden',
  waiting: 'Wacht op de volgende keer',
  pulling: 'Haalt op…',
  failed: 'Mislukt, probeert opnieuw',
  refused: 'Geweigerd door de andere kant',
}
const connectionKind: Words<Connection['config']['kind']> = {
  mqtt: 'Andere MQTT-broker',
  webhook: 'Webhook',
  luchtmeetnet: 'Luchtmeetnet',
  'samen-meten': 'Samen Meten',
}

/** The words of the integrator's desk. */
export const deskNl = {
  tab,
  step,
  stepVerdict,
  via,
  quality,
  qualityHint,
  qualityFine: 'in orde',
  health,
  healthHelp,
  formatHint,
  connectionState,
  connectionKind,
  rooms: 'Onderdelen van Koppelingen',
  chooseMiddle: 'Kies het midden',
  summary: {
    behind: 'Bronnen achter',
    lastRefused: 'Laatst geweigerd',
    quarantine: 'Quarantaine',
    ofMax: (size: string, max: string) => `${size} van ${max} MB`,
  },
  every: {
    seconds: (n: string) => (n === '1' ? 'elke seconde' : `elke ${n} seconden`),
    minutes: (n: string) => `elke ${n} minuten`,
    hours: (n: string) => `elke ${n} uur`,
    days: (n: string) => `elke ${n} dagen`,
  },
  power: { mains: 'netstroom', battery: 'batterij' },
  trace: {
    title: 'Wat er met dit bericht gebeurde',
    from: 'Van',
    through: (id: string) => `via ${id}`,
    via: 'Binnengekomen via',
    rejections: (n: number) => (n === 1 ? '1 weigering' : `${n} weigeringen`),
    steps: 'Stap voor stap',
    noSteps: 'Van dit bericht zijn geen stappen bewaard.',
    readings: (n: number) => (n === 1 ? '1 meting' : `${n} metingen`),
    payload: 'Het bericht zelf',
    parsed: 'Ontleed',
    text: 'Tekst',
    hex: 'Bytes',
    hexCut: (shown: number, all: number) => `De eerste ${shown} van ${all} byte.`,
    made: 'Wat deze stap maakte',
    datastream: 'Meetreeks',
    value: 'Waarde',
    quality: 'Kwaliteit',
    stored: 'Opgeslagen',
    raw: (value: string, unit: string) => `gestuurd als ${value} ${unit}`,
    wouldBe: 'zou worden opgeslagen',
    storedWord: {
      stored: 'ja',
      superseded: 'ja, een andere waarde geldt',
      not_stored: 'nee',
    },
    wrongHere: 'hier',
    entries: (n: number) => (n === 1 ? '1 element' : `${n} elementen`),
    keys: (n: number) => (n === 1 ? '1 veld' : `${n} velden`),
    andMore: (n: number) => `en nog ${n}`,
  },
  device: {
    overview: 'Overzicht',
    access: 'Toegang',
    calibrations: 'IJking',
    edit: 'Wijzigen',
    waitFirst: 'Wachten op het eerste bericht',
    streams: 'Wat het meet',
    facts: 'Gegevens',
    interval: 'Verwacht',
    noInterval: 'niet regelmatig',
    type: 'Type',
    noType: 'geen',
    owner: 'Eigenaar',
    power: 'Stroom',
    as: (name: string) => `als ${name}`,
    since: 'Geregistreerd',
    place: 'Plaats',
    noPlace: 'Nog geen plaats. Metingen staan dan niet op de kaart.',
    placeOf: (name: string) => `Plaats van ${name}`,
    onMap: 'op de grote kaart',
    placesBefore: (n: number) =>
      n === 1 ? 'Stond eerder op 1 andere plaats' : `Stond eerder op ${n} andere plaatsen`,
    health: 'Gezondheid',
    well: 'Niets bijzonders',
    sinceWhen: (when: string) => `sinds ${when}`,
    lastValue: 'Laatste waarde',
  },
}

import type { Language } from './language.ts'
import type { Dictionary } from './nl.ts'

/**
 * Why a message was refused is said to devices in English, as docs/payloads.md has it; these are the same sentences
 * for the person at the desk. `*` stands for what differs each time and stays as it is, `#` for a number.
 */
const DUTCH: readonly (readonly [english: string, dutch: string])[] = [
  // what to do about it
  [
    'Send the rest in a next message; there is no hurry, they keep their own times.',
    'Stuur de rest in een volgend bericht; er is geen haast, elke meting houdt haar eigen tijd.',
  ],
  [
    'Send fewer readings, or shorter chunks, in one message.',
    'Stuur minder metingen, of kortere stukken, in één bericht.',
  ],
  [
    'Register the device first; one behind a bridge with its bridge and the name that the bridge gives it.',
    'Registreer het apparaat eerst; achter een doorgeefstation met dat station en de naam die het daar heeft.',
  ],
  [
    'Name this bridge in the registration of the device.',
    'Noem dit doorgeefstation in de registratie van het apparaat.',
  ],
  [
    'Nothing is read from this topic. See docs/payloads.md for the topics.',
    'Van dit topic wordt niets gelezen. De topics staan in docs/payloads.md.',
  ],
  [
    'A datastream is a place or a sensor that goes on, not a message: put what differs each time in `id`.',
    'Een meetreeks is een plek of sensor die doorgaat, geen bericht: zet wat elke keer anders is in `id`.',
  ],
  [
    'Say `last` on the last chunk of each drive, and send history at the pace at which it is taken.',
    'Zet `last` op het laatste stuk van elke rit, en stuur geschiedenis zo snel als ze wordt aangenomen.',
  ],
  [
    'This is a fault in Schouw. The message is kept in quarantine and the fault is in its log.',
    'Dit is een fout in Schouw. Het bericht blijft in quarantaine en de fout staat in het logboek.',
  ],
  [
    'No sensor of this kind can mean this value. Leave the reading out when the sensor gives an error code, and check the unit.',
    'Zo’n waarde kan deze sensor niet bedoelen. Laat de meting weg als de sensor een foutcode geeft, en controleer de eenheid.',
  ],
  [
    'Write the number without quotes, and its unit in `unit`.',
    'Schrijf het getal zonder aanhalingstekens, en de eenheid in `unit`.',
  ],
  ['A result of * is *.', 'Een uitkomst van * is *.'],
  [
    'Leave unit out when the value is in *; otherwise write it in UCUM, upper and lower case matter.',
    'Laat unit weg als de waarde in * is; schrijf de eenheid anders in UCUM, hoofdletters tellen mee.',
  ],
  ['Did you mean * or *?', 'Bedoelde u * of *?'],
  ['Did you mean *?', 'Bedoelde u *?'],
  [
    'Upper and lower case matter; see GET /v1/observed-properties.',
    'Hoofdletters tellen mee; zie GET /v1/observed-properties.',
  ],
  [
    'Date, T, time, and Z or an offset such as +01:00. Without a zone a time can mean two moments.',
    'Datum, T, tijd, en Z of een verschil zoals +01:00. Zonder zone kan een tijd twee momenten betekenen.',
  ],
  [
    'The clock of the device was probably never set. Leave the time out to use the moment of arrival.',
    'De klok van het apparaat is waarschijnlijk nooit gezet. Laat de tijd weg, dan telt het moment van aankomst.',
  ],
  [
    'The clock of the device is ahead. Let it take the time from the network.',
    'De klok van het apparaat loopt voor. Laat het de tijd van het netwerk nemen.',
  ],
  [
    '0,0 is what a receiver without a fix says. Leave the position out until there is one.',
    '0,0 is wat een ontvanger zonder positie zegt. Laat de positie weg tot er een is.',
  ],
  [
    'Longitude runs from -180 to 180, latitude from -90 to 90. RD metres are not degrees.',
    'Lengtegraad loopt van -180 tot 180, breedtegraad van -90 tot 90. RD-meters zijn geen graden.',
  ],
  [
    'Longitude comes first: these two look swapped.',
    'De lengtegraad komt eerst: deze twee lijken verwisseld.',
  ],
  [
    'It lies outside this municipality and its margin. Is the position right, and does the device belong here?',
    'Dit ligt buiten de gemeente en haar marge. Klopt de positie, en hoort het apparaat hier?',
  ],
  [
    'Every axis, and offsets, hold one value for each sample.',
    'Elke as, en offsets, heeft één waarde per meetmoment.',
  ],
  [
    'Offsets are milliseconds from startTime, not times of their own.',
    'Offsets zijn milliseconden vanaf startTime, geen eigen tijden.',
  ],
  [
    'The time of a fix is in milliseconds from startTime.',
    'De tijd van een positie is in milliseconden vanaf startTime.',
  ],
  [
    'The chunk ends later than it came in. Check rate and offsets (ms), and the clock.',
    'Het stuk eindigt later dan het binnenkwam. Controleer rate, offsets (ms) en de klok.',
  ],
  [
    'See docs/payloads.md for the fields of this payload.',
    'De velden van dit bericht staan in docs/payloads.md.',
  ],
  [
    'A reading is {"observedProperty": …, "result": …}, with unit and phenomenonTime when you have them.',
    'Een meting is {"observedProperty": …, "result": …}, met unit en phenomenonTime als u die hebt.',
  ],
  [
    'A result is a number, true or false, or the code of a category.',
    'Een uitkomst is een getal, true of false, of de code van een categorie.',
  ],
  [
    'Times are text in RFC 3339, e.g. "2026-11-24T09:30:00Z"; not a number of seconds.',
    'Tijden zijn tekst volgens RFC 3339, zoals "2026-11-24T09:30:00Z"; geen aantal seconden.',
  ],
  ['A location is [longitude, latitude].', 'Een plaats is [lengtegraad, breedtegraad].'],
  [
    'The text holds half of a surrogate pair, which no other system could store.',
    'De tekst bevat een half teken (surrogate), dat geen ander systeem kan bewaren.',
  ],
  [
    'Payloads are JSON in UTF-8. Binary formats are not taken on this topic.',
    'Berichten zijn JSON in UTF-8. Binaire vormen worden op dit topic niet aangenomen.',
  ],
  [
    'Check quotes, commas and closing braces; NaN and Infinity are not JSON.',
    'Controleer aanhalingstekens, komma’s en sluithaken; NaN en Infinity zijn geen JSON.',
  ],
  [
    'The payload of …/up is taken as the network server publishes it: end_device_ids and uplink_message.',
    'Een bericht op …/up wordt aangenomen zoals de netwerkserver het uitstuurt: end_device_ids en uplink_message.',
  ],
  [
    'Set an uplink payload formatter for this device in The Things Stack: Schouw does not decode frm_payload.',
    'Stel voor dit apparaat in The Things Stack een uplink payload formatter in: Schouw ontcijfert frm_payload niet.',
  ],
  // what was expected
  ['a UCUM unit that can become *: *', 'een UCUM-eenheid die * kan worden: *'],
  ['one of *', 'een van *'],
  ['a number for *', 'een getal voor *'],
  ['true, false, 1 or 0 for *', 'true, false, 1 of 0 voor *'],
  ['a time from 2000-01-01 on', 'een tijd vanaf 2000-01-01'],
  ['a time up to 5 minutes after *', 'een tijd tot 5 minuten na *'],
  ['a last sample up to 5 minutes after *', 'een laatste meetmoment tot 5 minuten na *'],
  ['RFC 3339 with a zone, e.g. *', 'RFC 3339 met een zone, zoals *'],
  ['[longitude, latitude] in degrees WGS84', '[lengtegraad, breedtegraad] in graden WGS84'],
  ['longitude * to *, latitude * to *', 'lengtegraad * tot *, breedtegraad * tot *'],
  ['* values, as in *', '* waarden, zoals in *'],
  ['ms after startTime, less than a day', 'ms na startTime, minder dan een dag'],
  ['a value of type *', 'een waarde van het type *'],
  ['a number, true or false, or a short text', 'een getal, true of false, of een korte tekst'],
  ['at most * characters', 'hooguit * tekens'],
  ['at most * items', 'hooguit * elementen'],
  ['at most * bytes', 'hooguit * byte'],
  ['at most * names of datastreams of one device', 'hooguit * namen van meetreeksen van één apparaat'],
  [
    'at most * drives of one device that are not weighed yet',
    'hooguit * ritten van één apparaat die nog niet zijn beoordeeld',
  ],
  ['at most *', 'hooguit *'],
  ['at least * characters', 'minstens * tekens'],
  ['at least * items', 'minstens * elementen'],
  ['at least *', 'minstens *'],
  ['another shape', 'een andere vorm'],
  ['whole Unicode characters', 'hele Unicode-tekens'],
  ['text in UTF-8', 'tekst in UTF-8'],
  ['one JSON value', 'één JSON-waarde'],
  ['an uplink of The Things Stack v3', 'een uplink van The Things Stack v3'],
  [
    'the fields that a payload formatter makes of frm_payload',
    'de velden die een payload formatter van frm_payload maakt',
  ],
  ['a device that is registered', 'een geregistreerd apparaat'],
  ['a device whose bridge is *', 'een apparaat met als doorgeefstation *'],
  ['1 to * readings in one message', '1 tot * metingen in één bericht'],
  ['a payload as in docs/payloads.md', 'een bericht zoals in docs/payloads.md'],
  ['# to # *', '# tot # *'],
  // what came
  ['something that Schouw fails on', 'iets waarop Schouw vastloopt'],
  ['an empty payload', 'een leeg bericht'],
  ['nothing', 'niets'],
  ['* values', '* waarden'],
  ['* readings', '* metingen'],
  ['* bytes', '* byte'],
  ['byte * at offset *', 'byte * op plaats *'],
]

const PATTERNS = DUTCH.map(([english, dutch]) => ({
  test: new RegExp(
    `^${english
      .replace(/[.?()[\]{}|^$+\\]/g, '\\$&')
      .replaceAll('*', '(.+?)')
      .replaceAll('#', '(-?[\\d.e+-]+)')}$`,
    's',
  ),
  dutch,
}))

/** A sentence of a refusal in the language of the reader; one that is not known stays as the device was told it. */
export function refusalWords(text: string, language: Language): string {
  if (language === 'en') return text
  for (const { test, dutch } of PATTERNS) {
    const found = test.exec(text)
    if (!found) continue
    let nth = 0
    return dutch.replaceAll(/[*#]/g, () => found[++nth] ?? '')
  }
  return text
}

/** What a message held and what became of it, part by part as ingest put it: `2 readings; refused: …`. */
export function summaryWords(summary: string, t: Dictionary): string {
  return summary
    .split('; ')
    .map((part) => partWords(part, t))
    .join('; ')
}

function partWords(part: string, t: Dictionary): string {
  const held = t.device.held
  if (part === 'nothing to store') return held.nothing
  const [, n = '', what] = /^(\d+) (readings|findings|cells)$/.exec(part) ?? []
  if (what === 'readings' || what === 'findings' || what === 'cells') return held[what](n)
  const drive = /^drive (.+), chunk (\d+)( \(last\))?, (\d+) samples$/.exec(part)
  if (drive) return held.drive(drive[1] ?? '', drive[2] ?? '', drive[3] !== undefined, drive[4] ?? '')
  const named = /^(status|not mapped:) (.+)$/s.exec(part)
  if (named) return (named[1] === 'status' ? held.status : held.notMapped)(named[2] ?? '')
  const [, code = '', where = '', more] =
    /^refused: (\w+) at (the whole|\S+?)(?: and (\d+) more)?$/.exec(part) ?? []
  const reason = (t.rejectCode as Record<string, string>)[code]
  if (!reason) return part
  return `${reason} (${where === 'the whole' ? t.device.whole : where})${more ? held.more(more) : ''}`
}

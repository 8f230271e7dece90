/**
 * Why a message was refused is said to devices in English, as docs/payloads.md has it; these are the same sentences
 * for the person at the desk. `*` stands for what differs each time and stays as it is, `#` for a number.
 */
export const DUTCH: readonly (readonly [english: string, dutch: string])[] = [
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
  // formats and codecs
  [
    'Flatten the payload: readings need one or two levels.',
    'Maak het bericht platter: metingen hebben één of twee niveaus nodig.',
  ],
  ['each name once in an object', 'elke naam één keer in een object'],
  [
    'Which of the two counts would depend on the reader. Give one of them another name, or send a list.',
    'Welke van de twee telt, zou van de lezer afhangen. Geef een van beide een andere naam, of stuur een lijst.',
  ],
  ['bytes in base64', 'bytes, geschreven in base64'],
  [
    'frm_payload is what the device sent by radio, as the network server writes it.',
    'frm_payload is wat het apparaat over de radio stuurde, zoals de netwerkserver het schrijft.',
  ],
  [
    'decoded_payload, or bytes in frm_payload for the codec of the type',
    'decoded_payload, of bytes in frm_payload voor de codec van het type',
  ],
  [
    'Set an uplink payload formatter in The Things Stack, or give the type of this device a codec.',
    'Stel in The Things Stack een uplink payload formatter in, of geef het type van dit apparaat een codec.',
  ],
  ['This looks like a message of *.', 'Dit lijkt een bericht van *.'],
  [
    'The payload is taken as the network server publishes it: end_device_ids and uplink_message.',
    'Een bericht wordt aangenomen zoals de netwerkserver het uitstuurt: end_device_ids en uplink_message.',
  ],
  [
    'An announcement describes one sensor; announce each on a topic of its own.',
    'Een aankondiging beschrijft één sensor; kondig elke sensor op een eigen topic aan.',
  ],
  ['an object with state_topic and value_template', 'een object met state_topic en value_template'],
  [
    'The form is that of MQTT discovery of Home Assistant.',
    'De vorm is die van MQTT discovery van Home Assistant.',
  ],
  [
    'the number of a datastream of *, or of a device that it speaks for',
    'het nummer van een meetreeks van *, of van een apparaat waarvoor het spreekt',
  ],
  [
    'The device page lists the datastreams of a device with their numbers; declare the datastream first.',
    'Op de pagina van het apparaat staan de meetreeksen met hun nummers; geef de meetreeks eerst op.',
  ],
  ['at least one of the mapped fields *', 'minstens een van de vertaalde velden *'],
  [
    'a mapping of *, or of its type, that says what these fields mean',
    'een vertaling bij *, of bij zijn type, die zegt wat deze velden betekenen',
  ],
  [
    'Say in the mapping which field is which observed property; the message can be replayed from quarantine afterwards.',
    'Zeg in de vertaling welk veld welke grootheid is; daarna kan het bericht uit quarantaine opnieuw worden afgespeeld.',
  ],
  [
    'a type of * that has a codec, or fields that the network server decoded',
    'een type van * dat een codec heeft, of velden die de netwerkserver ontcijferde',
  ],
  [
    'a codec of the type *, or fields that the network server decoded',
    'een codec van het type *, of velden die de netwerkserver ontcijferde',
  ],
  [
    'Paste the codec of the maker (decodeUplink) in the type of this device, or set a payload formatter in the network server.',
    'Plak de codec van de fabrikant (decodeUplink) in het type van dit apparaat, of stel in de netwerkserver een payload formatter in.',
  ],
  ['fields from the codec of *', 'velden uit de codec van *'],
  [
    'Try the codec on this message in the editor of the type; it can be replayed afterwards.',
    'Probeer de codec op dit bericht in de editor van het type; daarna kan het opnieuw worden afgespeeld.',
  ],
  [
    'The codec worked too long on one message. Look for a loop that does not end.',
    'De codec werkte te lang aan één bericht. Zoek een lus die niet eindigt.',
  ],
  [
    'It took too long several times and is not run until it is changed.',
    'Hij deed er meermaals te lang over en draait niet meer tot hij wordt gewijzigd.',
  ],
  [
    'Parts of a volume become mass only for a gas of known weight, which * is not. Send it in *.',
    'Volumedelen worden alleen massa bij een gas met bekend gewicht, en dat is * niet. Stuur het in *.',
  ],
  ['* bytes that nobody decoded', '* byte die niemand heeft ontcijferd'],
  ['the same name twice', 'twee keer dezelfde naam'],
  ['at most * levels of objects and lists', 'hooguit * niveaus van objecten en lijsten'],
  // what ails a device
  ['fell away * times between * and *', 'viel * keer weg tussen * en *'],
  ['its clock is stale, * s from ours', 'zijn klok loopt achter, * s verschil met de onze'],
  ['its clock is jumping, * s from ours', 'zijn klok springt, * s verschil met de onze'],
  ['its clock is stale', 'zijn klok loopt achter'],
  ['its clock is jumping', 'zijn klok springt'],
  ['its clock is *', 'zijn klok: *'],
  ['# uplinks never arrived; last gap *', '# berichten kwamen nooit aan; laatste gat *'],
  ['# uplink never arrived; last gap *', '# bericht kwam nooit aan; laatste gat *'],
  ['* never arrived; last gap *', '* kwam nooit aan; laatste gat *'],
  ['battery at *', 'batterij op *'],
  ['expected every *; nothing ever came', 'verwacht elke *; er kwam nooit iets'],
  ['expected every *; last heard *', 'verwacht elke *; laatst gehoord *'],
  ['*; nothing ever came', '*; er kwam nooit iets'],
  ['*; last heard *', '*; laatst gehoord *'],
  [
    'it, or its last will, said that it is away',
    'het apparaat zelf, of zijn last will, meldde dat het weg is',
  ],
  ['not heard since Schouw or its broker started', 'niet gehoord sinds Schouw of zijn broker startte'],
  // what keeps an announcement from being accepted
  ['it has no state_topic', 'er is geen state_topic'],
  ['its state_topic is no topic: *', 'zijn state_topic is geen topic: *'],
  [
    'messages of * are read as *, which needs no mapping: change its format to json-mapped',
    'berichten van * worden gelezen als *, dat geen vertaling kent: zet zijn vorm op json-mapped',
  ],
  [
    'its state_topic is not its own: *; register the gateway that publishes there as a bridge',
    'zijn state_topic is niet van hemzelf: *; registreer de gateway die daar stuurt als doorgeefstation',
  ],
  ['its state_topic is outside the topic tree of *: *', 'zijn state_topic ligt buiten de topics van *: *'],
  [
    'it has no value_template: its state message is a bare value, not a field',
    'er is geen value_template: het bericht is een kale waarde, geen veld',
  ],
  [
    'its value_template computes: *; only {{ value_json.a.b }} with float, int or round is read',
    'zijn value_template rekent: *; alleen {{ value_json.a.b }} met float, int of round wordt gelezen',
  ],
  [
    'a field with a dot in its name cannot be mapped: *',
    'een veld met een punt in zijn naam kan niet worden vertaald: *',
  ],
  [
    'it does not say what it measures: choose an observed property',
    'het zegt niet wat het meet: kies een grootheid',
  ],
  [
    'nothing in the registry is a *: choose an observed property, or decline',
    'geen bekende grootheid is een *: kies een grootheid, of wijs het af',
  ],
  ['it says yes or no, and * is a quantity', 'het zegt ja of nee, en * is een hoeveelheid'],
  ['* cannot become *; units that fit: *', '* kan geen * worden; eenheden die passen: *'],
  // why a line of a file was not taken
  [
    'id is 1-64 lower-case letters, digits, - and _, and starts with a letter or digit',
    'id bestaat uit 1-64 kleine letters, cijfers, - en _, en begint met een letter of cijfer',
  ],
  ['id stands twice in the file', 'id staat twee keer in het bestand'],
  ['there is no device type *', 'er is geen type *'],
  ['* is one of *', '* is een van *'],
  ['a * cannot become a *', 'een * kan geen * worden'],
  ['name is one line of at most 128 characters', 'name is één regel van hooguit 128 tekens'],
  ['owner is one line of at most 128 characters', 'owner is één regel van hooguit 128 tekens'],
  ['* is not a number', '* is geen getal'],
  ['* is no name', '* is geen naam'],
  ['mapping is not JSON', 'mapping is geen JSON'],
  [
    'mapping is {"field": {"observedProperty": …, "unit": …}}',
    'mapping heeft de vorm {"veld": {"observedProperty": …, "unit": …}}',
  ],
  ['mapping names *, which is not in the registry', 'mapping noemt *, en dat is geen bekende grootheid'],
  ['* is no unit of *', '* is geen eenheid van *'],
  ['lng and lat belong together', 'lng en lat horen bij elkaar'],
  ['lng or lat is impossible', 'lng of lat kan niet bestaan'],
  ['expected_interval_s is more than 0', 'expected_interval_s is groter dan 0'],
  ['bridge_id and external_id belong together', 'bridge_id en external_id horen bij elkaar'],
  ['a bridge needs a topic_tree', 'een doorgeefstation (bridge) heeft een topic_tree nodig'],
  ['only a bridge has a topic_tree', 'alleen een doorgeefstation (bridge) heeft een topic_tree'],
  ['topic_tree: *', 'topic_tree: *, dat kan niet'],
  ['names the asset *, which is not imported', 'noemt het object *, en dat is niet ingelezen'],
  [
    'names the bridge *, which is not registered',
    'noemt het doorgeefstation *, en dat is niet geregistreerd',
  ],
  ['names the bridge *, which is a *', 'noemt het doorgeefstation *, maar dat is een *'],
  ['names itself as its bridge', 'noemt zichzelf als doorgeefstation'],
  ['its bridge has * under the name *', 'zijn doorgeefstation heeft al * onder de naam *'],
  // what each step did
  ['* bytes on *', '* byte op *'],
  ['this is a trial: nothing is stored', 'dit is een proef: er wordt niets opgeslagen'],
  ['nothing to remark', 'niets bijzonders'],
  ['codec of *, version #, port #', 'codec van *, versie #, poort #'],
  ['codec of *, version #, port #: *', 'codec van *, versie #, poort #: *'],
  ['# reading taken, # refused', '# meting aangenomen, # geweigerd'],
  ['# readings taken, # refused', '# metingen aangenomen, # geweigerd'],
  ['*: # field; nobody mapped *', '*: # veld; zonder betekenis: *'],
  ['*: # fields; nobody mapped *', '*: # velden; zonder betekenis: *'],
  ['*: # field', '*: # veld'],
  ['*: # fields', '*: # velden'],
  ['*: no reading; # refused', '*: geen meting; # geweigerd'],
  ['*: no reading', '*: geen meting'],
  ['*: # readings; # refused', '*: # metingen; # geweigerd'],
  ['*: # readings', '*: # metingen'],
  ['*: # reading', '*: # meting'],
  ['*: # decoded objects', '*: # ontcijferde objecten'],
  ['*: # decoded object', '*: # ontcijferd object'],
  ['*: # × radio bytes', '*: # × bytes van de radio'],
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

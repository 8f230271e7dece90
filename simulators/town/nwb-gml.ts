import type { Road, Town } from './types.ts'

const RD = 'urn:ogc:def:crs:EPSG::28992'
/** GME_ID that CBS gave to no municipality */
const MUNICIPALITY_ID = 9999
/** year/month/day, as NWB writes it */
const VALID_FROM = '2020/01/01'

/**
 * The wegvakken as the NWB's WFS 2.0 hands them out (GML 3.2, RD), with the field names of the real file of
 * 2020-11-24: `#` and empty both mean none.
 */
export function nwbGml(town: Town): string {
  const xs = town.roads.flatMap((r) => r.line.map((p) => p[0]))
  const ys = town.roads.flatMap((r) => r.line.map((p) => p[1]))
  const envelope = `<gml:Envelope srsName="${RD}"><gml:lowerCorner>${metres(Math.min(...xs))} ${metres(Math.min(...ys))}</gml:lowerCorner><gml:upperCorner>${metres(Math.max(...xs))} ${metres(Math.max(...ys))}</gml:upperCorner></gml:Envelope>`
  const n = town.roads.length
  return `<?xml version="1.0" encoding="UTF-8"?>
<wfs:FeatureCollection xmlns:nwbwegen="http://nwbwegen.geonovum.nl" xmlns:gml="http://www.opengis.net/gml/3.2" xmlns:wfs="http://www.opengis.net/wfs/2.0" timeStamp="${new Date(town.inventedAt).toISOString().slice(0, 19)}" numberMatched="${n}" numberReturned="${n}">
<!-- ${town.name} is invented (seed ${town.seed}): none of these roads exists. -->
<wfs:boundedBy>${envelope}</wfs:boundedBy>
${town.roads.map((road, i) => member(town, road, i + 1)).join('\n')}
</wfs:FeatureCollection>
`
}

function member(town: Town, road: Road, gid: number): string {
  const fields: Record<string, string | number> = {
    gid,
    wvk_id: road.wvkId,
    wvk_begindatum: VALID_FROM,
    jte_id_beg: road.junctionFrom,
    jte_id_end: road.junctionTo,
    wegbehsrt: 'G',
    wegnummer: '',
    wegdeelltr: '#',
    hecto_lttr: '#',
    baansubsrt: road.cyclePath ? 'FP' : 'RB',
    rpe_code: '#',
    admrichtng: '',
    rijrichtng: road.direction,
    stt_naam: escapeXml(road.street),
    wpsnaamnen: town.name.toUpperCase(),
    gme_id: MUNICIPALITY_ID,
    gme_naam: town.name,
    hnrstrlnks: 'O',
    hnrstrrhts: 'E',
    e_hnr_lnks: 1,
    e_hnr_rhts: 2,
    l_hnr_lnks: 1 + 2 * Math.floor(road.lengthM / 12),
    l_hnr_rhts: 2 + 2 * Math.floor(road.lengthM / 12),
    begafstand: 0,
    endafstand: 0,
    beginkm: 0,
    eindkm: 0,
    pos_tv_wol: '',
  }
  const id = `wegvakken.${gid}`
  const positions = road.line.map(([x, y]) => `${metres(x)} ${metres(y)}`).join(' ')
  return `<wfs:member><nwbwegen:wegvakken gml:id="${id}"><nwbwegen:geom><gml:LineString gml:id="${id}.1" srsName="${RD}"><gml:posList srsDimension="2">${positions}</gml:posList></gml:LineString></nwbwegen:geom>${Object.entries(
    fields,
  )
    .map(([name, value]) => `<nwbwegen:${name}>${value}</nwbwegen:${name}>`)
    .join('')}</nwbwegen:wegvakken></wfs:member>`
}

const metres = (value: number) => value.toFixed(3)

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

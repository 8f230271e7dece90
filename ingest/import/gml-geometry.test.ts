import { expect, test } from 'vitest'
import { distanceM, lengthM } from '../../detection/network/geometry.ts'
import { rdToWgs84 } from '../../detection/network/rd.ts'
import type { XmlNode } from './gml.ts'
import { geometryOf } from './gml-geometry.ts'

const node = (
  name: string,
  children: XmlNode[] = [],
  text = '',
  attributes: Record<string, string> = {},
): XmlNode => ({
  name,
  attributes,
  text,
  children,
  line: 1,
})
const posList = (text: string) => node('poslist', [], text)

function ring(...segments: XmlNode[]): XmlNode {
  return node('feature', [
    node(
      'polygon',
      [
        node('exterior', [
          node('ring', [node('curvemember', [node('curve', [node('segments', segments)])])]),
        ]),
      ],
      '',
      { srsname: 'EPSG:28992' },
    ),
  ])
}

test('an arc is made of chords that stay within centimetres of it', () => {
  // half a circle of radius 10 around (174010, 443000)
  const made = geometryOf(
    ring(
      node('arc', [posList('174000 443000 174010 443010 174020 443000')]),
      node('linestringsegment', [posList('174020 443000 174000 443000')]),
    ),
    '',
  )
  if (!made.ok || made.geometry.type !== 'Polygon') throw new Error('no polygon')
  const [outer] = made.geometry.rings
  const centre = rdToWgs84([174_010, 443_000])
  const arc = outer?.slice(0, -1) ?? []
  expect(arc.length).toBeGreaterThan(15)
  for (const p of arc) expect(distanceM(p, centre)).toBeCloseTo(10, 1)
  expect(lengthM(arc)).toBeCloseTo(Math.PI * 10, 0)
  expect(outer?.[0]).toEqual(outer?.at(-1))
})

test('an arc turns the way its middle point says', () => {
  const made = geometryOf(
    node('feature', [
      node(
        'curve',
        [node('segments', [node('arc', [posList('174000 443000 174010 442990 174020 443000')])])],
        '',
        {
          srsname: 'EPSG:28992',
        },
      ),
    ]),
    '',
  )
  if (!made.ok || made.geometry.type !== 'LineString') throw new Error('no line')
  const south = rdToWgs84([174_010, 442_990])
  expect(Math.min(...made.geometry.line.map((p) => distanceM(p, south)))).toBeLessThan(0.5)
})

test('three points in a row are no circle, and stay a line', () => {
  const made = geometryOf(ring(node('arc', [posList('174000 443000 174010 443000 174020 443000')])), '')
  if (!made.ok || made.geometry.type !== 'Polygon') throw new Error('no polygon')
  expect(made.geometry.rings[0]).toHaveLength(3)
})

test('polygons keep their holes; the collection tells the system when the geometry does not', () => {
  const square = (d: number) =>
    node('linearring', [
      posList(
        `${174_000 + d} ${443_000 + d} ${174_050 - d} ${443_000 + d} ${174_050 - d} ${443_050 - d} ${174_000 + d} ${443_000 + d}`,
      ),
    ])
  const feature = node('feature', [
    node('boundedby', [node('envelope', [], '', { srsname: 'EPSG:4326' })]),
    node('multisurface', [
      node('surfacemember', [
        node('polygon', [node('interior', [square(10)]), node('exterior', [square(0)])]),
      ]),
    ]),
  ])
  const made = geometryOf(feature, 'urn:ogc:def:crs:EPSG::28992')
  if (!made.ok || made.geometry.type !== 'Polygon') throw new Error('no polygon')
  expect(made.geometry.rings).toHaveLength(2)
  expect(made.geometry.rings[0]?.[0]?.[0]).toBeCloseTo(rdToWgs84([174_000, 443_000])[0], 6)
})

test('what is no geometry says so', () => {
  expect(geometryOf(node('feature', []), '')).toEqual({ ok: false, reason: 'no geometry' })
  expect(geometryOf(node('feature', [node('point', [], '', { srsname: 'EPSG:28992' })]), '')).toMatchObject({
    ok: false,
  })
  expect(geometryOf(node('feature', [node('curve', [])]), 'EPSG:28992')).toMatchObject({ ok: false })
  expect(geometryOf(node('feature', [node('polygon', [])]), 'EPSG:28992')).toMatchObject({ ok: false })
})

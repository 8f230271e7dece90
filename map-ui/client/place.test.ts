import { expect, test } from 'vitest'
import { readPlace, urlOf } from './place.ts'

test('an address is a place and back, and what is default is not in it', () => {
  expect(urlOf(readPlace(''))).toBe('/')
  const address =
    '/?view=cases&lat=52.10000&lng=5.30000&z=16&layers=condition,cases&kind=unevenness&street=Lange+Dreef&mine=1&sel=case:Z-2026-000001'
  expect(urlOf(readPlace(address.slice(1)))).toBe(address)
})

test('a stretch id with its own signs survives the address', () => {
  const id = '347286070@2009-07-01~0'
  const place = { ...readPlace(''), sel: { kind: 'stretch' as const, id } }
  expect(readPlace(urlOf(place).slice(1)).sel).toEqual({ kind: 'stretch', id })
})

test('what is not understood becomes the default', () => {
  const place = readPlace('?view=moon&lat=high&layers=flags,moon&sel=planet:mars')
  expect(place).toMatchObject({ view: 'map', lat: null, layers: ['flags'], sel: null })
})

test('no layers at all is a choice, not the default', () => {
  expect(readPlace('?layers=').layers).toEqual([])
  expect(readPlace(urlOf({ ...readPlace(''), layers: [] }).slice(1)).layers).toEqual([])
})

test('a room of the integrator, its filter and what is open in it are in the address', () => {
  const address = '/?view=devices&tab=quarantine&typeId=dragino-lse01&code=no_codec&sel=refusal:17'
  expect(urlOf(readPlace(address.slice(1)))).toBe(address)
  expect(readPlace('?tab=attic').tab).toBe('devices')
})

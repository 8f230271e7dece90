/**
 * Unit names of SenML to UCUM, where they differ: RFC 8428 section 12.1, RFC 8798 (secondary units) and what IANA
 * registered since (https://www.iana.org/assignments/senml). Names that are not here are UCUM already (m, kg, Cel, lx,
 * ug/m3, …), or unknown to it (var, NTU): those travel as they are and are refused where a unit is judged.
 */
const NAMES: ReadonlyMap<string, { unit: string; factor?: number }> = new Map([
  ['l', { unit: 'L' }],
  ['l/s', { unit: 'L/s' }],
  ['lat', { unit: 'deg' }],
  ['lon', { unit: 'deg' }],
  ['/', { unit: '1' }],
  ['%RH', { unit: '%' }],
  ['%EL', { unit: '%' }],
  // remaining energy as seconds that it lasts
  ['EL', { unit: 's' }],
  ['count', { unit: '1' }],
  ['1/s', { unit: '/s' }],
  ['1/min', { unit: '/min' }],
  ['beat/min', { unit: '/min' }],
  ['beats', { unit: '1' }],
  ['pH', { unit: '[pH]' }],
  // Sound pressure in bel: UCUM has it on a scale that no straight line leads to, so the ten decibels are taken here.
  ['Bspl', { unit: 'dB', factor: 10 }],
  ['B', { unit: 'By' }],
  ['B/s', { unit: 'By/s' }],
  ['VA', { unit: 'V.A' }],
  ['VAs', { unit: 'V.A.s' }],
  ['kVA', { unit: 'kV.A' }],
  ['kVAh', { unit: 'kV.A.h' }],
  ['Ah', { unit: 'A.h' }],
  ['Wh', { unit: 'W.h' }],
  ['kWh', { unit: 'kW.h' }],
  ['Wh/km', { unit: 'W.h/km' }],
  ['KiB', { unit: 'KiBy' }],
  ['GB', { unit: 'GBy' }],
  ['MB/s', { unit: 'MBy/s' }],
  ['ppm', { unit: '[ppm]' }],
  ['/100', { unit: '%' }],
  ['/1000', { unit: '[ppth]' }],
])

/** @returns the UCUM code, and by what the value is multiplied to be in it */
export function ucumOfSenml(name: string): { unit: string; factor: number } {
  const known = NAMES.get(name)
  return { unit: known?.unit ?? name, factor: known?.factor ?? 1 }
}

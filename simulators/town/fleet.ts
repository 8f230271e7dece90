import type { Random } from '../random.ts'
import type { Vehicle } from './types.ts'

type Kind = {
  kind: Vehicle['kind']
  names: readonly string[]
  hertz: number
  tyre: number
  mu: number
  c: number
  haste: number
}

/**
 * Municipal vehicles around the golden car of the IRI (k1 653, k2 63.3, mu 0.15, c 6 per sprung mass): body frequency
 * (k2 = (2 pi f)2) and damping as textbooks give them, e.g. Gillespie 1992, "Fundamentals of Vehicle Dynamics", ch. 5.
 */
const KINDS: readonly Kind[] = [
  {
    kind: 'car',
    names: ['Dienstauto 1', 'Dienstauto 2', 'Dienstauto 3', 'Handhaving 1'],
    hertz: 1.25,
    tyre: 680,
    mu: 0.13,
    c: 5.5,
    haste: 0.95,
  },
  {
    kind: 'van',
    names: ['Bestelbus groen 1', 'Bestelbus groen 2', 'Bestelbus wegen 1', 'Pakketdienst 1'],
    hertz: 1.5,
    tyre: 720,
    mu: 0.14,
    c: 6,
    haste: 0.92,
  },
  {
    kind: 'lorry',
    names: ['Vuilniswagen 1', 'Vuilniswagen 2'],
    hertz: 1.8,
    tyre: 800,
    mu: 0.16,
    c: 7,
    haste: 0.82,
  },
  {
    kind: 'sweeper',
    names: ['Veegwagen 1', 'Veegwagen 2'],
    hertz: 1.9,
    tyre: 850,
    mu: 0.15,
    c: 7,
    haste: 0.75,
  },
]

/** Twelve vehicles, each with a phone or logger at its own angle. Their ids are pseudonyms, and no driver has one. */
export function inventVehicles(random: Random): Vehicle[] {
  return KINDS.flatMap((kind) => kind.names.map((name) => ({ name, kind }))).map(({ name, kind }, i) => {
    const own = random.fork(name)
    const vary = (value: number, share: number) =>
      Math.round(value * (1 + share * own.normal()) * 1000) / 1000
    return {
      id: `voertuig-${String(i + 1).padStart(2, '0')}`,
      name,
      kind: kind.kind,
      k1: vary(kind.tyre, 0.06),
      k2: vary((2 * Math.PI * kind.hertz) ** 2, 0.08),
      mu: vary(kind.mu, 0.05),
      c: vary(kind.c, 0.08),
      haste: vary(kind.haste, 0.04),
      // a logger lies flat, a phone hangs in its holder
      mounting:
        own.next() < 0.5
          ? [own.between(-6, 6), own.between(-6, 6), own.between(0, 360)]
          : [own.between(-25, 25), own.between(45, 80), own.between(-30, 30)],
      gnssLatencyS: own.between(0.3, 1.2),
      gnssSigmaM: own.between(2.2, 3.6),
      noise: own.between(0.04, 0.12),
      gain: own.between(0.9, 1.15),
    }
  })
}

import { toRfc3339 } from '../../model/time.ts'

/** Beyond the years that RFC 3339 can write. */
const MAX_SECONDS = 253_402_300_800
const MIN_SECONDS = -62_167_219_200

/**
 * A sum of epoch seconds, such as the base time and time of SenML, as RFC 3339. Each is taken in the decimals that it was
 * written with, so that adding a base of ten digits to a fraction loses none of the fraction.
 *
 * @returns undefined when it is no year from 0 to 9999
 */
export function secondsText(...seconds: readonly number[]): string | undefined {
  let whole = 0
  let nanos = 0
  for (const value of seconds) {
    const part = split(value)
    if (!part) return undefined
    whole += part.whole
    nanos += part.billionths
  }
  whole += Math.floor(nanos / 1e9)
  nanos -= Math.floor(nanos / 1e9) * 1e9
  if (!(whole >= MIN_SECONDS && whole < MAX_SECONDS)) return undefined
  return toRfc3339(whole * 1_000 + Math.floor(nanos / 1e6), nanos % 1e6)
}

/** The whole and the first nine decimals of a number, both with its sign. */
function split(value: number): { whole: number; billionths: number } | undefined {
  const size = Math.abs(value)
  if (!(size < 1e15)) return undefined
  // The shortest text that gives the number back is what its sender wrote.
  const text = size < 1e-6 ? size.toFixed(9) : String(size)
  const [whole = '0', decimals = ''] = text.split('.')
  const billionths = Number(decimals.slice(0, 9).padEnd(9, '0'))
  // Adding 0 makes a plain 0 of -0.
  return value < 0
    ? { whole: 0 - Number(whole), billionths: 0 - billionths }
    : { whole: Number(whole), billionths }
}

import type { Town } from './types.ts'

/** The format of `town.json`; another number is another format. */
const FORMAT = 1

/**
 * `town.json`: the town as it was invented. It is kept, and not invented again at each start, because the network that
 * was imported from it must stay the one that the vehicles drive on, whatever a newer version would invent.
 */
export function townToJson(town: Town): string {
  return `${JSON.stringify({ format: FORMAT, invented: true, ...town, junctions: [...town.junctions] })}\n`
}

/** @throws Error when it is not a town of this format */
export function townFromJson(text: string): Town {
  const read = JSON.parse(text) as { format?: number; junctions: [string, [number, number]][] } & Omit<
    Town,
    'junctions'
  >
  if (read.format !== FORMAT) throw new Error(`town.json has format ${read.format}, not ${FORMAT}`)
  const { format: _, junctions, ...rest } = read
  return { ...rest, junctions: new Map(junctions) }
}

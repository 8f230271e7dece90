import path from 'node:path'
import type { Records } from '../../store/records/open.ts'
import type { Secrets } from '../../store/secrets.ts'
import { runImport } from './run.ts'

/** The files that a folder of a whole town holds, in the order in which they need each other. */
const FILES = [
  ['nwb', 'nwb-wegvakken.gml'],
  ['pavement', 'pavement.csv'],
  ['road-objects', 'road-objects.geojson'],
  ['lamps', 'lamps.geojson'],
  ['air-posts', 'air-posts.geojson'],
] as const

/**
 * Bring in a whole town from one folder, as the simulators write it, through the importers of single files. Devices
 * come last: their secrets file says that the town is complete.
 *
 * @throws ImportError when a file is missing or cannot be taken
 */
export async function importTownFolder(
  into: { records: Records; secrets: Secrets; now: () => number },
  folder: string,
  secretsFile: string,
): Promise<void> {
  for (const [kind, file] of FILES) {
    await runImport({ ...into, kind, file: path.join(folder, file), name: 'simulated' })
  }
  await runImport({
    ...into,
    kind: 'devices',
    file: path.join(folder, 'devices.csv'),
    secretsFile,
    name: 'simulated',
  })
}

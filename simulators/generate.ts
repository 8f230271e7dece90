import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { env } from 'node:process'
import { loadConfig } from '../config.ts'
import { townFiles } from './town/files.ts'
import { inventTown } from './town/invent.ts'

/**
 * `node simulators/generate.ts`: invent the town of SCHOUW_SEED and write its files to `<data folder>/simulator/`,
 * for the importers that any municipality uses. An entry point of its own, run once by `npm start`.
 */
const config = loadConfig(env)
const folder = path.join(config.dataDir, 'simulator')
mkdirSync(folder, { recursive: true })
const town = inventTown({ seed: config.seed, inventedAt: Date.now(), historyDays: config.historyDays })
for (const [name, text] of townFiles(town)) writeFileSync(path.join(folder, name), text)
const km = town.roads.reduce((sum, road) => sum + road.lengthM, 0) / 1000
console.log(
  `${town.name} (invented): ${km.toFixed(1)} km in ${town.roads.length} wegvakken, ${town.lamps.length} lamps, ` +
    `${town.airPosts.length} air posts, ${town.vehicles.length} vehicles, ${town.defects.length} defects`,
)

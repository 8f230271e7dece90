import { setImmediate as turn } from 'node:timers/promises'
import type { DirtyPlaces } from '../../store/records/evidence.ts'
import type { FoldCounts, Folder } from '../../store/records/flags.ts'
import type { Network } from './network.ts'

/** places in one transaction: others write the same file, and wait no longer than this takes */
const PER_TRANSACTION = 80

/**
 * Fold places in short transactions, giving way in between.
 *
 * @param dirty is emptied
 */
export async function foldPlaces(
  folder: Folder,
  dirty: DirtyPlaces,
  network: Network,
  now: () => number,
): Promise<FoldCounts> {
  const sum: FoldCounts = { places: 0, flags: 0, removed: 0, conditions: 0 }
  const stretches = [...dirty.stretches]
  const assets = [...dirty.assets]
  dirty.stretches.clear()
  dirty.assets.clear()
  for (let i = 0; i < Math.max(stretches.length, assets.length); i += PER_TRANSACTION) {
    const part = {
      stretches: stretches.slice(i, i + PER_TRANSACTION),
      assets: assets.slice(i, i + PER_TRANSACTION),
    }
    const counts = folder.fold(part, network.neighbours, now())
    for (const key of ['places', 'flags', 'removed', 'conditions'] as const) sum[key] += counts[key]
    await turn()
  }
  return sum
}

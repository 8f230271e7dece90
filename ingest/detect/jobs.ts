import type { Logger } from '../../log.ts'
import { type DirtyPlaces, noPlaces } from '../../store/records/evidence.ts'
import { allPlaces, type Folder, removeStrayFlags } from '../../store/records/flags.ts'
import { DETECTION_JOBS, finishJob, type Job, takeJobs } from '../../store/records/jobs.ts'
import type { Records } from '../../store/records/open.ts'
import type { Network } from './network.ts'
import { foldPlaces } from './places.ts'

type Deps = {
  records: Records
  folder: Folder
  network: { current(): Promise<Network> }
  log: Logger
  now: () => number
}

/** m within which a place that a person pointed at belongs to a stretch */
const POINT_REACH_M = 30
const MAX_JOBS = 50

/** Do what was ordered. A refold comes to its end in this call, so that who waits for the job sees its effect. */
export async function doJobs(deps: Deps): Promise<number> {
  const { records, log } = deps
  const jobs = takeJobs(records.sqlite, { kinds: DETECTION_JOBS, now: deps.now(), limit: MAX_JOBS })
  for (const job of jobs) {
    try {
      const result = job.kind === 'refold' ? await refold(deps, job) : await rebuildFlags(deps)
      finishJob(records.sqlite, job.id, { state: 'done', result, now: deps.now() })
    } catch (error) {
      log.error({ job: job.id, kind: job.kind, error: String(error) }, 'detection: a job failed')
      finishJob(records.sqlite, job.id, {
        state: 'failed',
        result: { error: String(error) },
        now: deps.now(),
      })
    }
  }
  return jobs.length
}

async function refold(deps: Deps, job: Job) {
  const network = await deps.network.current()
  const dirty: DirtyPlaces = noPlaces()
  const { stretchId, assetId, lng, lat } = job.payload
  if (typeof stretchId === 'string') dirty.stretches.add(stretchId)
  if (typeof assetId === 'string') dirty.assets.add(assetId)
  if (typeof lng === 'number' && typeof lat === 'number') {
    for (const hit of network.index.nearest(lng, lat, POINT_REACH_M, 3)) dirty.stretches.add(hit.stretch.id)
  }
  return foldPlaces(deps.folder, dirty, network, deps.now)
}

/**
 * Fold everything again. Flags that the ledger no longer gives go, unless a person has judged them or made a case of
 * them. From the same ledger come the same flags with the same ids.
 */
export async function rebuildFlags(deps: Omit<Deps, 'log'>) {
  const network = await deps.network.current()
  const { stretches, assets } = allPlaces(deps.records.sqlite)
  const started = deps.now()
  const dirty: DirtyPlaces = { stretches: new Set(stretches), assets: new Set(assets) }
  const counts = await foldPlaces(deps.folder, dirty, network, deps.now)
  const strays = removeStrayFlags(
    deps.records.sqlite,
    (id) => network.index.get(id) !== undefined,
    deps.now(),
  )
  return { ...counts, removed: counts.removed + strays, ms: deps.now() - started }
}

import { isFinal } from '../../cases/transition.ts'
import type { FlagView } from '../../model/api.ts'
import type { Hypothesis } from '../../model/evidence.ts'
import type { Pavement } from '../../model/network.ts'
import { toRfc3339 } from '../../model/time.ts'
import { allCases, type Case, casesById } from '../../store/records/cases.ts'
import type { Records } from '../../store/records/open.ts'

/** One row of the `change` table. */
export type ChangeRow = { id: number; at: number; kind: string; ref: string; data: string }

export type MirrorAsset = {
  id: string
  kind: 'lamp' | 'air-post'
  name: string
  street: string
  lng: number
  lat: number
  circuit: string | null
}

/** Which parts of the mirror were read again; each number grows when its part did. */
export type MirrorVersions = { flags: number; cases: number; assets: number; network: number }

/**
 * Flags, cases and assets in memory, as the map, the lists and the exports show them: one filter, one truth. It
 * follows the numbered `change` table, so that a row is read again only when something said that it changed.
 */
export type Mirror = {
  /** Take in what changed until now. Cheap when nothing did; every request that reads calls it. */
  sync(): Promise<void>
  /** Read everything again, for what no change row tells (a person got another name). */
  reload(): Promise<void>
  flags(): ReadonlyMap<string, FlagView>
  /**
   * A flag by its id, or by one that it had: late evidence can move the moment at which a flag opened, and with it its
   * id, while somebody looks at it.
   */
  flag(id: string): FlagView | undefined
  cases(): ReadonlyMap<string, Case>
  assets(): ReadonlyMap<string, MirrorAsset>
  versions(): Readonly<MirrorVersions>
  /** id of the newest change taken in */
  lastId(): number
  /** Called with each batch of new changes, in order; `lost` when there were too many to hand over. */
  onChanges(listener: (rows: readonly ChangeRow[], lost: boolean) => void): void
}

/** More than this at once is read as a whole instead of row by row. */
const BATCH_MAX = 5_000
/** Former ids of flags that are remembered, the oldest leaving first. */
const FORMER_MAX = 10_000

const FLAG_SELECT = `select f.id, f.hypothesis, f.state, f.stretch_id, f.asset_id, f.street, s.pavement, f.lng, f.lat,
  f.posterior, f.votes_for, f.votes_against, f.sources, f.opened_at, f.closed_at, f.last_evidence_at, f.late, f.model
  from flag f left join stretch s
    on s.id = f.stretch_id and s.version_id in (select id from network_version where active = 1)`

type FlagRow = {
  id: string
  hypothesis: string
  state: string
  stretch_id: string | null
  asset_id: string | null
  street: string
  pavement: string | null
  lng: number
  lat: number
  posterior: number
  votes_for: number
  votes_against: number
  sources: number
  opened_at: number
  closed_at: number | null
  last_evidence_at: number
  late: number
  model: string
}

export function createMirror(records: Records): Mirror {
  const { sqlite } = records
  const newer = sqlite.prepare('select id, at, kind, ref, data from change where id > ? order by id limit ?')
  const newest = sqlite.prepare('select coalesce(max(id), 0) as id from change')
  const flags = new Map<string, FlagView>()
  const former = new Map<string, FlagView>()
  const cases = new Map<string, Case>()
  const assets = new Map<string, MirrorAsset>()
  const versions: MirrorVersions = { flags: 0, cases: 0, assets: 0, network: 0 }
  const listeners: ((rows: readonly ChangeRow[], lost: boolean) => void)[] = []
  let lastId = -1

  function caseOfFlag(): Map<string, string> {
    // Of several cases of one flag the open one counts, else the newest: `cases` comes newest first.
    const chosen = new Map<string, Case>()
    for (const one of cases.values()) {
      if (one.flagId === null) continue
      const there = chosen.get(one.flagId)
      if (!there || (isFinal(there.state) && !isFinal(one.state))) chosen.set(one.flagId, one)
    }
    return new Map([...chosen].map(([flagId, one]) => [flagId, one.id]))
  }

  function toFlag(row: FlagRow, caseId: string | null): FlagView {
    return {
      id: row.id,
      hypothesis: row.hypothesis as Hypothesis,
      state: row.state as FlagView['state'],
      stretchId: row.stretch_id,
      assetId: row.asset_id,
      street: row.street,
      pavement: row.pavement as Pavement | null,
      lng: row.lng,
      lat: row.lat,
      confidence: row.posterior,
      votesFor: row.votes_for,
      votesAgainst: row.votes_against,
      sources: row.sources,
      openedAt: toRfc3339(row.opened_at),
      closedAt: row.closed_at === null ? null : toRfc3339(row.closed_at),
      lastEvidenceAt: toRfc3339(row.last_evidence_at),
      late: row.late === 1,
      model: row.model,
      caseId,
    }
  }

  function loadFlags(ids: readonly string[] | null): void {
    const rows = (
      ids === null
        ? sqlite.prepare(FLAG_SELECT).all()
        : sqlite
            .prepare(`${FLAG_SELECT} where f.id in (select value from json_each(?))`)
            .all(JSON.stringify(ids))
    ) as FlagRow[]
    const before =
      ids === null ? new Map(flags) : new Map(ids.flatMap((id) => [[id, flags.get(id)] as const]))
    if (ids === null) flags.clear()
    else for (const id of ids) flags.delete(id)
    const caseIds = caseOfFlag()
    for (const row of rows) flags.set(row.id, toFlag(row, caseIds.get(row.id) ?? null))
    for (const [id, flag] of before) if (flag && !flags.has(id)) remember(id, flag)
    versions.flags += 1
  }

  function remember(id: string, flag: FlagView): void {
    former.set(id, flag)
    if (former.size > FORMER_MAX) former.delete(former.keys().next().value ?? '')
  }

  /** The flag that stands where the former one stood: the open one before any other. */
  function successor(id: string): FlagView | undefined {
    const old = former.get(id)
    if (!old) return undefined
    const there = [...flags.values()].filter(
      (f) => f.hypothesis === old.hypothesis && f.stretchId === old.stretchId && f.assetId === old.assetId,
    )
    return there.find((f) => f.state === 'open') ?? there[0]
  }

  async function loadCases(ids: readonly string[] | null): Promise<void> {
    const rows = ids === null ? await allCases(records) : await casesById(records, ids)
    if (ids === null) cases.clear()
    for (const row of rows) cases.set(row.id, row)
    versions.cases += 1
  }

  function loadAssets(): void {
    const rows = sqlite
      .prepare('select id, kind, name, street, lng, lat, circuit from asset order by id')
      .all()
    assets.clear()
    for (const row of rows as MirrorAsset[]) assets.set(row.id, row)
    versions.assets += 1
  }

  async function loadAll(): Promise<void> {
    await loadCases(null)
    loadFlags(null)
    loadAssets()
    versions.network += 1
  }

  async function take(): Promise<void> {
    if (lastId < 0) {
      // The number is read first: what changes meanwhile is read twice rather than never.
      lastId = (newest.get() as { id: number }).id
      await loadAll()
      // Whoever looked at the store before us (the tile thread) may have seen less.
      for (const listener of listeners) listener([], true)
      return
    }
    const rows = newer.all(lastId, BATCH_MAX + 1) as ChangeRow[]
    if (rows.length === 0) {
      // Another data folder was put in place: its numbers start again.
      const top = (newest.get() as { id: number }).id
      if (top >= lastId) return
      lastId = top
      await loadAll()
      for (const listener of listeners) listener([], true)
      return
    }
    const lost = rows.length > BATCH_MAX || (rows[0]?.id ?? 0) > lastId + 1
    if (lost) {
      lastId = (newest.get() as { id: number }).id
      await loadAll()
      for (const listener of listeners) listener([], true)
      return
    }
    await loadChanged(rows)
    lastId = rows.at(-1)?.id ?? lastId
    for (const listener of listeners) listener(rows, false)
  }

  async function loadChanged(rows: readonly ChangeRow[]): Promise<void> {
    const refs = (kind: string) => [...new Set(rows.filter((r) => r.kind === kind).map((r) => r.ref))]
    const network = rows.some((row) => row.kind === 'network')
    if (network) {
      await loadAll()
      return
    }
    const changedCases = refs('case')
    if (changedCases.length > 0) await loadCases(changedCases)
    const changedFlags = new Set(refs('flag'))
    for (const id of changedCases) {
      const flagId = cases.get(id)?.flagId
      if (flagId) changedFlags.add(flagId)
    }
    // A change that names no flag we can find stands for all of them (a rebuild).
    if (changedFlags.has('') || changedFlags.has('*')) loadFlags(null)
    else if (changedFlags.size > 0) loadFlags([...changedFlags])
    if (rows.some((row) => row.kind === 'asset')) loadAssets()
  }

  let running: Promise<void> | undefined
  async function sync(): Promise<void> {
    // One at a time. Whoever asks during a run waits for one that starts after it, which sees their change.
    await running?.catch(() => undefined)
    running ??= take().finally(() => {
      running = undefined
    })
    return running
  }

  return {
    sync,
    async reload() {
      await sync()
      await loadAll()
    },
    flags: () => flags,
    flag: (id) => flags.get(id) ?? successor(id),
    cases: () => cases,
    assets: () => assets,
    versions: () => versions,
    lastId: () => Math.max(lastId, 0),
    onChanges: (listener) => void listeners.push(listener),
  }
}

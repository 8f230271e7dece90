import {
  type LiveDigest,
  type LiveFilter,
  type LiveItem,
  liveKey,
  MAX_WATCHES,
  matchesLive,
  WATCH_ENDS_MS,
} from '../model/live.ts'

/**
 * The live page survives any rate: of what comes in within a window everything is counted and a few are shown. Which:
 * refused ones first, then devices that were not shown for longest, so that one loud device does not hide the others.
 */
export type LiveSampler = {
  /** Somebody looks through these filters, for the next WATCH_ENDS_MS. */
  watch(filters: readonly LiveFilter[]): void
  /** Is anybody looking? When not, nothing need be described. */
  watched(): boolean
  /** Count a message; `describe` is called only when it may be shown. */
  add(message: Looked, describe: () => LiveItem): void
  /** End of a window: a digest for each filter, also when nothing came. */
  flush(): LiveDigest[]
}

type Looked = Pick<LiveItem, 'deviceId' | 'senderId' | 'topic' | 'verdict'>

type Watch = {
  filter: LiveFilter
  all: boolean
  until: number
  since: number
  counts: { total: number; accepted: number; partly: number; quarantined: number }
  refused: LiveItem[]
  rare: LiveItem[]
  others: LiveItem[]
  /** device → number of the window in which it was last shown */
  shown: Map<string, number>
}

/** Shown of one window, by class. */
const MAX_REFUSED = 15
const MAX_RARE = 15
const MAX_OTHERS = 10
/** A device that was not shown in this many windows is rare. */
const RARE_WINDOWS = 4
const MAX_REMEMBERED = 5_000

export function createLiveSampler(deps: { now: () => number }): LiveSampler {
  const { now } = deps
  const watches = new Map<string, Watch>()
  let window = 0

  function watch(filters: readonly LiveFilter[]): void {
    const at = now()
    for (const filter of filters) {
      const key = liveKey(filter)
      const known = watches.get(key)
      if (known) known.until = at + WATCH_ENDS_MS
      else if (watches.size < MAX_WATCHES) watches.set(key, newWatch(filter, at))
    }
  }

  function add(message: Looked, describe: () => LiveItem): void {
    let described: LiveItem | undefined
    for (const w of watches.values()) {
      if (!w.all && !matchesLive(w.filter, message)) continue
      w.counts.total++
      w.counts[message.verdict]++
      const into = classOf(w, message)
      if (!into) continue
      described ??= describe()
      into.push(described)
      if (into !== w.refused) w.shown.set(message.deviceId, window)
    }
  }

  /** Where it would be shown; undefined when there is no room left in this window. */
  function classOf(w: Watch, message: Looked): LiveItem[] | undefined {
    if (message.verdict !== 'accepted') return w.refused.length < MAX_REFUSED ? w.refused : undefined
    if (w.rare.length < MAX_RARE) {
      const last = w.shown.get(message.deviceId)
      if (last === undefined || window - last > RARE_WINDOWS) return w.rare
    }
    return w.others.length < MAX_OTHERS ? w.others : undefined
  }

  function flush(): LiveDigest[] {
    const at = now()
    const digests: LiveDigest[] = []
    for (const [key, w] of watches) {
      if (w.until < at) {
        watches.delete(key)
        continue
      }
      const items = [...w.refused, ...w.rare, ...w.others].sort((a, b) =>
        a.receivedAt < b.receivedAt ? -1 : a.receivedAt > b.receivedAt ? 1 : 0,
      )
      digests.push({ key, messages: { ...w.counts, overMs: Math.max(0, at - w.since), items } })
      w.counts = { total: 0, accepted: 0, partly: 0, quarantined: 0 }
      w.refused = []
      w.rare = []
      w.others = []
      w.since = at
      if (w.shown.size > MAX_REMEMBERED) w.shown.clear()
    }
    window++
    return digests
  }

  return { watch, watched: () => watches.size > 0, add, flush }
}

function newWatch(filter: LiveFilter, at: number): Watch {
  return {
    filter,
    all: filter.deviceId === undefined && filter.topic === undefined && filter.verdict === undefined,
    until: at + WATCH_ENDS_MS,
    since: at,
    counts: { total: 0, accepted: 0, partly: 0, quarantined: 0 },
    refused: [],
    rare: [],
    others: [],
    shown: new Map(),
  }
}

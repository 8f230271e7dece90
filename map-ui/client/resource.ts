import { useCallback, useEffect, useRef, useSyncExternalStore } from 'react'
import { ApiError, fetchOrThrow } from './fetch.ts'

type Resource<T> = {
  data: T | undefined
  error: ApiError | undefined
  loading: boolean
}

type Entry = Resource<unknown> & { listeners: Set<() => void>; stale: boolean; abort: AbortController | null }

const entries = new Map<string, Entry>()
const KEEP_UNWATCHED = 100
const NOTHING: Resource<never> = { data: undefined, error: undefined, loading: false }
const snapshots = new WeakMap<Entry, Resource<unknown>>()

/**
 * The answer to `GET path`, shared by all who ask for it and fetched again when `invalidate` names it. While it is
 * fetched again the old answer stays on screen. `null` asks for nothing.
 */
export function useResource<T>(path: string | null): Resource<T> {
  const subscribe = useCallback(
    (listener: () => void) => {
      if (path === null) return () => {}
      const entry = entryOf(path)
      entry.listeners.add(listener)
      if (entry.stale) load(path, entry)
      return () => {
        entry.listeners.delete(listener)
        dropUnwatched()
      }
    },
    [path],
  )
  return useSyncExternalStore(subscribe, () =>
    path === null ? NOTHING : snapshot(entryOf(path)),
  ) as Resource<T>
}

/** As useResource, but while another path loads the answer to the previous one stays: lists do not flicker. */
export function useSteadyResource<T>(path: string | null): Resource<T> {
  const now = useResource<T>(path)
  const last = useRef<T | undefined>(undefined)
  useEffect(() => {
    if (now.data !== undefined) last.current = now.data
  }, [now.data])
  return now.data === undefined && now.loading ? { ...now, data: last.current } : now
}

/** Fetch again what is on screen under any of these path beginnings, and forget what is not. */
export function invalidate(...prefixes: string[]): void {
  for (const [path, entry] of entries) {
    if (!prefixes.some((prefix) => path.startsWith(prefix))) continue
    entry.stale = true
    if (entry.listeners.size > 0) load(path, entry)
  }
}

/** Forget everything: another person logs in. */
export function forgetAll(): void {
  entries.clear()
}

function entryOf(path: string): Entry {
  let entry = entries.get(path)
  if (!entry) {
    entry = {
      data: undefined,
      error: undefined,
      loading: true,
      listeners: new Set(),
      stale: true,
      abort: null,
    }
    entries.set(path, entry)
  }
  return entry
}

function snapshot(entry: Entry): Resource<unknown> {
  let taken = snapshots.get(entry)
  if (!taken) {
    taken = { data: entry.data, error: entry.error, loading: entry.loading }
    snapshots.set(entry, taken)
  }
  return taken
}

function tell(entry: Entry): void {
  snapshots.delete(entry)
  for (const listener of entry.listeners) listener()
}

function load(path: string, entry: Entry): void {
  entry.abort?.abort()
  const abort = new AbortController()
  entry.abort = abort
  entry.stale = false
  entry.loading = true
  tell(entry)
  fetchOrThrow<unknown>(path, { signal: abort.signal }).then(
    (data) => {
      entry.data = data
      entry.error = undefined
      entry.loading = false
      tell(entry)
    },
    (error: unknown) => {
      if (abort.signal.aborted) return
      entry.error = error instanceof ApiError ? error : new ApiError(0, null, error)
      entry.loading = false
      tell(entry)
    },
  )
}

function dropUnwatched(): void {
  if (entries.size <= KEEP_UNWATCHED) return
  for (const [path, entry] of entries) {
    if (entry.listeners.size === 0) entries.delete(path)
    if (entries.size <= KEEP_UNWATCHED) return
  }
}

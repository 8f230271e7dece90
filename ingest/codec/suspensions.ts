import type { SuspendedFor, Suspensions } from '../../model/suspension.ts'

/** Suspensions of one process, for as long as it lives: for trials, which suspend nothing for anybody else. */
export function suspensionsInMemory(max: number): Suspensions {
  const kept = new Map<string, { version: number; source: string; reason: SuspendedFor }>()
  return {
    find({ typeId, version, source }) {
      const one = kept.get(typeId)
      return one && one.version === version && one.source === source ? one.reason : undefined
    },
    add({ typeId, version, source }, reason) {
      if (kept.size >= max) kept.clear()
      kept.set(typeId, { version, source, reason })
    },
  }
}

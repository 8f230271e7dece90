import type { Records } from '../../store/records/open.ts'

/** Tell every page, and our own mirror, that something changed. */
export async function addChange(
  records: Records,
  change: { kind: 'device' | 'quarantine'; ref: string; data: Record<string, unknown>; at: number },
): Promise<void> {
  records.sqlite
    .prepare('insert into change (at, kind, ref, data) values (?, ?, ?, ?)')
    .run(change.at, change.kind, change.ref, JSON.stringify(change.data))
}

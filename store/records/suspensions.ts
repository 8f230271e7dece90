import { createHash } from 'node:crypto'
import type { Logger } from '../../log.ts'
import type { CodecKey, SuspendedFor, Suspensions } from '../../model/suspension.ts'
import { appendChange } from './changes.ts'
import type { Records } from './open.ts'
import { inTransaction } from './transaction.ts'

/** What another thread suspended is known here within this time. */
const READ_EVERY_MS = 1_000

type Row = { type_id: string; version: number; source_hash: string; reason: SuspendedFor }
type Kept = Omit<Row, 'type_id'> & {
  /** the source of that hash, once it was seen */
  source?: string
}

/** Suspensions that outlive the process and that all of ingest shares. */
export function openSuspensions({ sqlite }: Records, deps: { log: Logger; now: () => number }): Suspensions {
  const read = sqlite.prepare('select type_id, version, source_hash, reason from codec_suspension')
  let kept = new Map<string, Kept>()
  /** what a busy or full disk did not take yet */
  const unwritten = new Map<string, Kept & { at: number }>()
  let readAt = Number.NEGATIVE_INFINITY

  function refresh(): void {
    const at = deps.now()
    if (Math.abs(at - readAt) < READ_EVERY_MS) return
    readAt = at
    try {
      for (const [typeId, one] of unwritten) {
        write(typeId, one)
        unwritten.delete(typeId)
      }
      const rows = read.all() as unknown as Row[]
      const known = kept
      kept = new Map(
        rows.map((row) => {
          const before = known.get(row.type_id)
          return [row.type_id, before && sameRow(before, row) ? before : row]
        }),
      )
    } catch (error) {
      deps.log.warn({ err: error }, 'codec: suspensions could not be read or written; trying again')
    }
  }

  function write(typeId: string, { version, source_hash, reason, at }: Kept & { at: number }): void {
    inTransaction(sqlite, () => {
      sqlite
        .prepare(
          `insert into codec_suspension (type_id, version, source_hash, at, reason) values (?, ?, ?, ?, ?)
           on conflict (type_id) do update set version = excluded.version, source_hash = excluded.source_hash,
             at = excluded.at, reason = excluded.reason`,
        )
        .run(typeId, version, source_hash, at, reason)
      appendChange(sqlite, { kind: 'type', ref: typeId, data: { suspended: reason }, at })
    })
  }

  return {
    find(codec) {
      refresh()
      return reasonOf(unwritten.get(codec.typeId), codec) ?? reasonOf(kept.get(codec.typeId), codec)
    },
    add({ typeId, version, source }, reason, at) {
      unwritten.set(typeId, { version, source_hash: sourceHash(source), source, reason, at })
      readAt = Number.NEGATIVE_INFINITY
      refresh()
    },
  }
}

/** Of a codec's source; a type that was removed and made again starts at version 1 too. */
export function sourceHash(source: string): string {
  return createHash('sha256').update(source).digest('base64url')
}

function sameRow(a: Kept, b: Kept): boolean {
  return a.version === b.version && a.source_hash === b.source_hash && a.reason === b.reason
}

function reasonOf(one: Kept | undefined, { version, source }: CodecKey): SuspendedFor | undefined {
  if (!one || one.version !== version) return undefined
  if (one.source === undefined && one.source_hash === sourceHash(source)) one.source = source
  return one.source === source ? one.reason : undefined
}

import { readSync } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../log.ts'
import { readCommitted, writeCommitted } from './consumers.ts'
import { findFrame, frameSize, readFrame } from './frame.ts'
import type { JournalPosition, JournalReader, JournalRecord } from './port.ts'
import { comparePositions, journalFolder } from './position.ts'
import { isSegmentHeader, listSegments, SEGMENT_HEADER_BYTES, type SegmentName } from './segment.ts'
import { decodeWatermark, WATERMARK_BYTES, type Watermark } from './watermark.ts'

export type JournalReaderOptions = {
  dataDir: string
  /** lower-case letters, digits, dashes: the name under which its position is kept */
  consumer: string
  /** where the consumer's own store stands; without it the position that it last committed, or the oldest record kept */
  from?: JournalPosition
  log: Logger
}

const CHUNK = 1024 * 1024
const HOT_MS = 1
const IDLE_MS = 25

/**
 * Read the journal from any process, also while it is written or before it exists. Reads whole megabytes; payloads are
 * slices of them, so a consumer that keeps a record for long should copy it.
 *
 * A damaged record is skipped with an error in the log, never silently.
 *
 * @throws when the folder cannot be read
 */
export async function openJournalReader(options: JournalReaderOptions): Promise<JournalReader> {
  const { consumer, log } = options
  const folder = journalFolder(options.dataDir)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  let position: JournalPosition = options.from ?? (await readCommitted(folder, consumer))
  // From now on trimming waits for this consumer, whatever its name.
  await writeCommitted(folder, consumer, position)

  let markFile: FileHandle | undefined
  const markBytes = Buffer.alloc(WATERMARK_BYTES)
  let mark: Watermark | undefined

  let segment: (SegmentName & { handle: FileHandle }) | undefined
  /** what was read of the segment and not yet handed out, and where in the segment it begins */
  let chunk = Buffer.alloc(0)
  let at = 0
  let chunkOffset = 0
  let closed = false
  const stop = new AbortController()

  async function refreshMark(): Promise<void> {
    if (!markFile) {
      markFile = await open(path.join(folder, 'watermark'), 'r').catch((error) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
    }
    pollMark()
  }

  function pollMark(): void {
    if (!markFile) return
    if (readSync(markFile.fd, markBytes, 0, WATERMARK_BYTES, 0) < WATERMARK_BYTES) return
    mark = decodeWatermark(markBytes) ?? mark
  }

  function behind(): boolean {
    return (
      mark !== undefined &&
      comparePositions(position, mark.position) < 0 &&
      position.sequence !== mark.position.sequence
    )
  }

  async function read(maxRecords: number, maxBytes: number): Promise<JournalRecord[]> {
    const records: JournalRecord[] = []
    if (closed) return records
    await refreshMark()
    if (!mark) return records
    let bytes = 0
    while (records.length < maxRecords && bytes < maxBytes) {
      if (!segment && !(await openNext())) break
      if (!segment) break
      if (at === chunk.length || !holdsFrame()) {
        if (await fill()) continue
        // The rest of a segment that is no whole record is damage, never a record under way.
        if (at < chunk.length) await skipDamage()
        else if (!(await openNext())) break
        continue
      }
      const frame = readFrame(chunk, at, chunk.length, segment.epoch)
      if (!frame) {
        await skipDamage()
        continue
      }
      at = frame.end
      const found = { epoch: segment.epoch, sequence: frame.sequence }
      if (comparePositions(found, position) <= 0) continue
      reportGap(found)
      position = found
      bytes += frame.payload.length + frame.topic.length + 64
      records.push({
        position: found,
        receivedAt: frame.receivedAt,
        deviceId: frame.deviceId,
        topic: frame.topic,
        payload: frame.payload,
      })
    }
    return records
  }

  function holdsFrame(): boolean {
    const size = frameSize(chunk, at, chunk.length)
    return size === 'damaged' || (size !== 'short' && at + size <= chunk.length)
  }

  /** Bytes of the open segment that are safe to read: up to the watermark, or all of it when the writer has left it. */
  async function readable(): Promise<number> {
    if (!segment || !mark) return 0
    if (segment.epoch === mark.segment.epoch && segment.first === mark.segment.first) return mark.offset
    return (await segment.handle.stat()).size
  }

  /** Read on behind what is already in memory; false when there is nothing more to read in this segment. */
  async function fill(): Promise<boolean> {
    if (!segment) return false
    const limit = await readable()
    const from = chunkOffset + at
    if (limit <= chunkOffset + chunk.length) return false
    const size = frameSize(chunk, at, chunk.length)
    const wanted = Math.max(CHUNK, typeof size === 'number' ? size : 0)
    const length = Math.min(wanted, limit - from)
    const fresh = Buffer.allocUnsafeSlow(length)
    let got = 0
    while (got < length) {
      const { bytesRead } = await segment.handle.read(fresh, got, length - got, from + got)
      if (bytesRead === 0) break
      got += bytesRead
    }
    if (from + got <= chunkOffset + chunk.length) return false
    chunk = fresh.subarray(0, got)
    chunkOffset = from
    at = 0
    return true
  }

  /** Go to the segment behind the open one, or at the start to the one that holds our position. */
  async function openNext(): Promise<boolean> {
    if (!mark) return false
    const limit = mark.segment
    const names = (await listSegments(folder)).filter(
      (n) => n.epoch < limit.epoch || (n.epoch === limit.epoch && n.first <= limit.first),
    )
    const current = segment
    let next: SegmentName | undefined
    if (current) {
      next = names.find(
        (n) => n.epoch > current.epoch || (n.epoch === current.epoch && n.first > current.first),
      )
    } else {
      next =
        names.findLast(
          (n) => n.epoch < position.epoch || (n.epoch === position.epoch && n.first <= position.sequence + 1),
        ) ?? names[0]
    }
    if (!next) return false
    const handle = await open(path.join(folder, next.file), 'r').catch((error) => {
      // Trimmed between listing and opening: the next call lists again.
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (!handle) return false
    await segment?.handle.close()
    segment = { ...next, handle }
    chunk = Buffer.alloc(0)
    at = 0
    chunkOffset = SEGMENT_HEADER_BYTES
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
    await handle.read(header, 0, SEGMENT_HEADER_BYTES, 0)
    if (!isSegmentHeader(header, next))
      log.error({ segment: next.file }, 'journal: segment has no sound header')
    return true
  }

  /** Something in the chunk is not a record: look for the next one that is, in memory that holds the whole rest. */
  async function skipDamage(): Promise<void> {
    if (!segment) return
    const limit = await readable()
    const from = chunkOffset + at
    const rest = Buffer.allocUnsafeSlow(Math.max(0, limit - from))
    const { bytesRead } = await segment.handle.read(rest, 0, rest.length, from)
    const next = findFrame(
      rest,
      1,
      bytesRead,
      segment.epoch,
      position.epoch === segment.epoch ? position.sequence : 0,
    )
    log.error(
      { segment: segment.file, offset: from, bytes: next ?? bytesRead, consumer },
      'journal: damaged bytes skipped',
    )
    chunk = rest.subarray(0, bytesRead)
    chunkOffset = from
    at = next ?? bytesRead
  }

  function reportGap(found: JournalPosition): void {
    const missing = found.sequence - position.sequence - 1
    if (position.sequence > 0 && missing > 0 && found.sequence > position.sequence) {
      log.warn(
        { consumer, missing, from: position, to: found },
        'journal: records are missing before this one',
      )
    }
  }

  async function wait(timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs
    let pause = HOT_MS
    await refreshMark()
    while (!closed && !behind()) {
      const left = deadline - Date.now()
      if (left <= 0) return
      await sleep(Math.min(pause, left), undefined, { signal: stop.signal }).catch(() => {})
      pause = Math.min(IDLE_MS, pause * 1.3)
      if (markFile) pollMark()
      else await refreshMark()
    }
  }

  let committing: Promise<void> | undefined
  let newest: JournalPosition | undefined
  /** One write at a time; those asked for meanwhile become one. */
  async function commit(target: JournalPosition): Promise<void> {
    newest = target
    while (newest) {
      if (committing !== undefined) {
        await committing
        continue
      }
      const taken: JournalPosition = newest
      newest = undefined
      committing = writeCommitted(folder, consumer, taken).finally(() => {
        committing = undefined
      })
      await committing
    }
    await committing
  }

  return {
    read,
    wait,
    commit,
    lag() {
      pollMark()
      return mark ? Math.max(0, mark.position.sequence - position.sequence) : 0
    },
    async close() {
      closed = true
      stop.abort()
      await committing
      await segment?.handle.close()
      await markFile?.close()
      segment = undefined
      markFile = undefined
    },
  }
}

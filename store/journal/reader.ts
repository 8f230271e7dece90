import { readSync } from 'node:fs'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../log.ts'
import { BLOCK_HEADER_BYTES, findBlock, readBlockHeader, unpackBlock } from './block.ts'
import { readCommitted, writeCommitted } from './consumers.ts'
import { frameEnd, readFrame } from './frame.ts'
import type { JournalPosition, JournalReader, JournalRecord } from './port.ts'
import { comparePositions, JOURNAL_START, journalFolder } from './position.ts'
import { listSegments, SEGMENT_HEADER_BYTES, type SegmentName, segmentSeed } from './segment.ts'
import { decodeWatermark, WATERMARK_BYTES, type Watermark } from './watermark.ts'

export type JournalReaderOptions = {
  dataDir: string
  /** lower-case letters, digits, dashes: the name under which its position is kept; null: only looks, trimming does not wait */
  consumer: string | null
  /** where the consumer's own store stands; without it the position that it last committed, or the oldest record kept */
  from?: JournalPosition
  log: Logger
}

const CHUNK = 1024 * 1024
const HOT_MS = 1
const IDLE_MS = 25
const NOTHING = Buffer.alloc(0)

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
  let position: JournalPosition =
    options.from ?? (consumer === null ? JOURNAL_START : await readCommitted(folder, consumer))
  if (consumer !== null) {
    // From now on trimming waits for this consumer, whatever its name.
    await writeCommitted(folder, consumer, position).catch((error) => {
      log.warn(
        { consumer, error },
        'journal: the consumer could not leave its name; trimming may not wait for it',
      )
    })
  }

  let markFile: FileHandle | undefined
  const markBytes = Buffer.alloc(WATERMARK_BYTES)
  let mark: Watermark | undefined

  let segment: (SegmentName & { handle: FileHandle; seed: number }) | undefined
  /** the records of the block that is being handed out, and the sequence of the next one in it */
  let block: Buffer = NOTHING
  let blockAt = 0
  /** its checksum as a whole was compared */
  let checked = false
  let nextSequence = 0
  /** what was read of the segment and not yet unpacked, and where in the segment it begins */
  let chunk: Buffer = NOTHING
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
      if (blockAt >= block.length && !(await nextBlock())) break
      if (!segment || blockAt >= block.length) continue
      const start = blockAt
      const end = frameEnd(block, start)
      const found = { epoch: segment.epoch, sequence: nextSequence++ }
      if (end === undefined) {
        log.error(
          { consumer, position: found, bytes: block.length - start },
          'journal: rest of a block is damaged',
        )
        block = NOTHING
        blockAt = 0
        continue
      }
      blockAt = end
      if (comparePositions(found, position) <= 0) continue
      const frame = readFrame(block, start, end, checked ? undefined : segment.epoch)
      if (!frame) {
        log.error({ consumer, position: found, bytes: end - start }, 'journal: a damaged record is skipped')
        continue
      }
      reportGap(found)
      position = found
      bytes += end - start
      records.push({ position: found, ...frame })
    }
    return records
  }

  /** Unpack the next block that holds something behind our position; false when there is none yet. */
  async function nextBlock(): Promise<boolean> {
    for (;;) {
      if (!segment) {
        if (!(await openNext())) return false
        continue
      }
      const header = readBlockHeader(chunk, at, segment.seed)
      const size = header ? BLOCK_HEADER_BYTES + header.stored : BLOCK_HEADER_BYTES
      if (at + size > chunk.length) {
        if (await fill(size)) continue
        // The rest of a segment that is no whole block is damage, never a block under way.
        if (at < chunk.length) await skipDamage()
        else if (!(await openNext())) return false
        continue
      }
      if (!header) {
        await skipDamage()
        continue
      }
      const from = at + BLOCK_HEADER_BYTES
      at += size
      const last = { epoch: segment.epoch, sequence: header.first + header.count - 1 }
      if (comparePositions(last, position) <= 0) continue
      const unpacked = unpackBlock(chunk.subarray(from, at), header)
      if (!unpacked) {
        log.error(
          { consumer, segment: segment.file, records: header.count },
          'journal: a damaged block is skipped',
        )
        continue
      }
      block = unpacked
      blockAt = 0
      checked = header.compressed
      nextSequence = header.first
      return true
    }
  }

  /** Bytes of the open segment that are safe to read: up to the watermark, or all of it when the writer has left it. */
  async function readable(): Promise<number> {
    if (!segment || !mark) return 0
    if (segment.epoch === mark.segment.epoch && segment.first === mark.segment.first) return mark.offset
    return (await segment.handle.stat()).size
  }

  /** Read on from where we are, `size` bytes at least; false when the segment has no more than what is in memory. */
  async function fill(size: number): Promise<boolean> {
    if (!segment) return false
    const limit = await readable()
    const from = chunkOffset + at
    if (limit <= chunkOffset + chunk.length) return false
    const fresh = Buffer.allocUnsafeSlow(Math.min(Math.max(CHUNK, size), limit - from))
    const got = await readWhole(segment.handle, fresh, from)
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
    const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
    await readWhole(handle, header, 0)
    const seed = segmentSeed(header, next)
    if (seed === undefined)
      log.error({ segment: next.file }, 'journal: segment has no sound header; it is skipped')
    segment = { ...next, handle, seed: seed ?? 0 }
    block = NOTHING
    blockAt = 0
    chunk = NOTHING
    at = 0
    chunkOffset = seed === undefined ? Number.MAX_SAFE_INTEGER : SEGMENT_HEADER_BYTES
    return true
  }

  /** Something in the chunk is no block: look for the next one in memory that holds the whole rest of the segment. */
  async function skipDamage(): Promise<void> {
    if (!segment) return
    const limit = await readable()
    const from = chunkOffset + at
    const rest = Buffer.allocUnsafeSlow(Math.max(0, limit - from))
    const got = await readWhole(segment.handle, rest, from)
    const after = position.epoch === segment.epoch ? position.sequence : 0
    const next = findBlock(rest.subarray(0, got), 1, segment.seed, after)
    log.error(
      { consumer, segment: segment.file, offset: from, bytes: next ?? got },
      'journal: damaged bytes skipped',
    )
    chunk = rest.subarray(0, got)
    chunkOffset = from
    at = next ?? got
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
    if (consumer === null) return
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

async function readWhole(handle: FileHandle, target: Buffer, position: number): Promise<number> {
  let got = 0
  while (got < target.length) {
    const { bytesRead } = await handle.read(target, got, target.length - got, position + got)
    if (bytesRead === 0) break
    got += bytesRead
  }
  return got
}

import { randomInt } from 'node:crypto'
import { close, constants, fdatasync, fsync, ftruncate, open, writeSync, writev } from 'node:fs'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { promisify } from 'node:util'
import type { Logger } from '../../log.ts'
import { BLOCK_HEADER_BYTES, packBlock, writeBlockHeader } from './block.ts'
import { allCommitted } from './consumers.ts'
import { frameBound, sealFrames, writeFrame } from './frame.ts'
import type { JournalHealth, JournalPosition, JournalRecord, JournalWriter } from './port.ts'
import { comparePositions, JOURNAL_CONSUMERS, journalFolder } from './position.ts'
import { recoverSegment } from './recover.ts'
import { listSegments, SEGMENT_HEADER_BYTES, segmentFile, segmentHeader } from './segment.ts'
import { decodeWatermark, encodeWatermark, WATERMARK_BYTES } from './watermark.ts'

const openFile = promisify(open)
const closeFile = promisify(close)
const syncData = promisify(fdatasync)
const syncFile = promisify(fsync)
const truncateFile = promisify(ftruncate)

export type JournalWriterOptions = {
  dataDir: string
  /** a segment that has grown past this is closed and the next begins */
  segmentBytes: number
  /** what every consumer has read is kept at most this long and this much */
  keepHours: number
  keepBytes: number
  /** unread bytes at which nothing more is taken */
  maxUnreadBytes: number
  log: Logger
  now: () => number
  consumers?: readonly string[]
  /** ms that a publish waits for room before its `done` gets an error; and the bytes that may wait together */
  holdMs?: number
  maxHeldBytes?: number
  /** ms between attempts while nothing can be written */
  retryMs?: number
  /** ms between looks at the consumers: trimming, backlog */
  maintainMs?: number
  /** ms to wait for another writer to end */
  lockTimeoutMs?: number
}

export type OpenJournalWriter = JournalWriter & {
  /** Call `done` when everything appended before it is settled: keeps callbacks in order without writing a record. */
  after(done: (error?: Error) => void): void
  /** Trim and measure the backlog now rather than at the next tick. */
  maintain(): Promise<void>
  /** Unread bytes and records of the slowest consumer, as of the last look; and each consumer's lag in records. */
  backlog(): { bytes: number; consumers: Record<string, number> }
}

type Done = (error?: Error) => void
type Batch = {
  buffer: Buffer
  length: number
  records: number
  dones: Done[]
  oldestAt: number
  /** begun as soon as the batch is full, while the one before it is written */
  packing: Promise<Buffer> | undefined
}
type Segment = {
  file: string
  epoch: number
  first: number
  last: number
  bytes: number
  openedAt: number
  seed: number
}

const BUFFER = 2 * 1024 * 1024
/** Buffers that wait for use again; memory that the kernel has to map anew is slow. */
const KEEP_BUFFERS = 8
/** Below this the detour over another thread costs more than the bytes that it saves. */
const COMPRESS_FROM = 1024 * 1024
const HOUR_MS = 3_600_000

/**
 * Open the journal for writing. One writer at a time: a second one waits five seconds for the first to end, then
 * throws. Each start begins a new epoch in a new segment.
 *
 * Group commit: publishes gather in a buffer while the batch before them is written and synced (`fdatasync`); with
 * nothing under way a batch starts at the end of the same turn of the event loop, so a lone client waits for one sync
 * and nothing else.
 *
 * When nothing can be written (disk full, backlog full, an I/O error) publishes wait in memory, at most `holdMs` and
 * `maxHeldBytes`, then their `done` gets the error; writing is tried again every `retryMs`.
 *
 * @throws when the folder cannot be used or another writer holds it
 */
export async function openJournalWriter(options: JournalWriterOptions): Promise<OpenJournalWriter> {
  const { log, now } = options
  const consumers = options.consumers ?? JOURNAL_CONSUMERS
  const holdMs = options.holdMs ?? 10_000
  const maxHeldBytes = options.maxHeldBytes ?? 128 * 1024 * 1024
  const retryMs = options.retryMs ?? 500
  const folder = journalFolder(options.dataDir)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const lock = lockFolder(folder, options.lockTimeoutMs ?? 5000)

  const { epoch, last, sealed } = await recoverFolder(folder, consumers, now, log)
  const markFile = await openFile(path.join(folder, 'watermark'), constants.O_RDWR | constants.O_CREAT, 0o600)
  const markBytes = Buffer.alloc(WATERMARK_BYTES)

  let segment: Segment = newSegment(last + 1)
  let fd = await createSegmentFile(segment)
  /** last record on disk */
  let durable = last
  /** trouble that stops writing; undefined when all is well */
  let trouble: { state: 'disk_full' | 'backlog_full' | 'failed'; since: number; detail: string } | undefined
  let okSince = now()
  let lastReminder = 0
  let markFailed = false
  /** something in the current segment may not be what we think: leave it as it is and begin another */
  let distrusted = false

  let gathering = newBatch()
  const spare: Batch[] = []
  /** full batches that wait for the disk, or for room on it; oldest first, all before `gathering` */
  let held: Batch[] = []
  let heldBytes = 0
  let scheduled = false
  let flushing: Promise<void> | undefined
  let closing = false
  let retrying = false
  let maintaining: Promise<void> | undefined
  let trimming: Promise<void> | undefined
  let unread = { bytes: 0, consumers: {} as Record<string, number> }

  publishWatermark()
  await maintain()
  const retryTimer = setInterval(() => {
    if (trouble) void retry()
  }, retryMs)
  const maintainTimer = setInterval(() => void maintain(), options.maintainMs ?? 1000)
  maintainTimer.unref()
  retryTimer.unref()

  function newSegment(first: number): Segment {
    return {
      file: segmentFile(epoch, first),
      epoch,
      first,
      last: first - 1,
      bytes: SEGMENT_HEADER_BYTES,
      openedAt: now(),
      seed: randomInt(2 ** 32),
    }
  }

  async function createSegmentFile(target: Segment): Promise<number> {
    // O_EXCL would trip over the empty file that a full disk left behind at the attempt before.
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_TRUNC
    const handle = await openFile(path.join(folder, target.file), flags, 0o600)
    try {
      await writeWhole(handle, [segmentHeader(target.epoch, target.first, target.seed)], 0)
      await syncData(handle)
      await syncFolder(folder)
      return handle
    } catch (error) {
      await closeFile(handle)
      throw error
    }
  }

  function append(record: Omit<JournalRecord, 'position'>, done: Done): void {
    if (closing) {
      done(new Error('journal: closed'))
      return
    }
    const bound = frameBound(record.deviceId, record.topic, record.payload.length)
    if (heldBytes + gathering.length + bound > maxHeldBytes) {
      done(new Error(`journal: ${trouble?.state ?? 'disk too slow'}, and too much waits already`))
      return
    }
    if (gathering.length + bound > gathering.buffer.length) {
      if (gathering.dones.length > 0) holdGathering()
      if (bound > gathering.buffer.length - BLOCK_HEADER_BYTES)
        gathering.buffer = Buffer.allocUnsafeSlow(bound + BLOCK_HEADER_BYTES)
    }
    const batch = gathering
    if (batch.dones.length === 0) batch.oldestAt = now()
    batch.length = writeFrame(batch.buffer, batch.length, record)
    batch.records++
    batch.dones.push(done)
    if (!scheduled) schedule()
  }

  function after(done: Done): void {
    if (gathering.dones.length === 0 && held.length === 0 && flushing === undefined) {
      done()
      return
    }
    if (gathering.dones.length === 0) gathering.oldestAt = now()
    gathering.dones.push(done)
    if (!scheduled) schedule()
  }

  /** At the end of this turn of the event loop, when every socket that had something has been read. */
  function schedule(): void {
    if (flushing !== undefined || trouble) return
    scheduled = true
    setImmediate(startFlush)
  }

  function startFlush(): void {
    scheduled = false
    if (flushing !== undefined || trouble) return
    if (held.length === 0 && gathering.dones.length > 0) holdGathering()
    const batch = held.shift()
    if (!batch) return
    heldBytes -= batch.length
    commitBatch(batch)
  }

  function holdGathering(): void {
    const raw = gathering.length - BLOCK_HEADER_BYTES
    if (raw >= COMPRESS_FROM) {
      gathering.packing = packBlock(gathering.buffer.subarray(BLOCK_HEADER_BYTES, gathering.length))
      // Without memory to compress it is stored as it is.
      gathering.packing.catch(() => {})
    }
    held.push(gathering)
    heldBytes += gathering.length
    gathering = spare.pop() ?? newBatch()
  }

  function commitBatch(batch: Batch): void {
    flushing = flush(batch).then(
      () => {
        flushing = undefined
        // The next batch goes to disk first; acknowledging this one happens meanwhile.
        startFlush()
        settle(batch)
        recycle(batch)
      },
      (error: NodeJS.ErrnoException) => {
        flushing = undefined
        held.unshift(batch)
        heldBytes += batch.length
        enterTrouble(isDiskFull(error) ? 'disk_full' : 'failed', error.message)
      },
    )
  }

  /** @throws when the batch is not on disk; then nothing of it is in the file either, or the segment is distrusted */
  async function flush(batch: Batch): Promise<void> {
    if (batch.records === 0) return
    if (distrusted || segment.bytes >= options.segmentBytes) await roll()
    const raw = batch.length - BLOCK_HEADER_BYTES
    const records = batch.buffer.subarray(BLOCK_HEADER_BYTES, batch.length)
    const packed = await batch.packing?.catch(() => undefined)
    const body = packed && packed.length < raw ? packed : records
    if (body === records) sealFrames(batch.buffer, BLOCK_HEADER_BYTES, batch.length, epoch)
    const header = batch.buffer.subarray(0, BLOCK_HEADER_BYTES)
    writeBlockHeader(header, segment.seed, {
      stored: body.length,
      raw,
      count: batch.records,
      first: durable + 1,
      compressed: body !== records,
    })
    let written = false
    try {
      const parts = body === records ? [batch.buffer.subarray(0, batch.length)] : [header, body]
      await writeWhole(fd, parts, segment.bytes)
      written = true
      await syncData(fd)
    } catch (error) {
      // After a failed sync the kernel may have dropped the pages and call the next sync a success: no second try here.
      if (written) distrusted = true
      await truncateFile(fd, segment.bytes).catch(() => {
        distrusted = true
      })
      throw error
    }
    segment.bytes += BLOCK_HEADER_BYTES + body.length
    durable += batch.records
    segment.last = durable
    publishWatermark()
  }

  async function roll(): Promise<void> {
    if (distrusted) await truncateFile(fd, segment.bytes)
    const next = newSegment(durable + 1)
    if (next.file === segment.file) {
      // Not one record came into it: write it anew rather than beside itself.
      await closeFile(fd).catch(() => {})
      fd = await createSegmentFile(next)
    } else {
      const handle = await createSegmentFile(next)
      await closeFile(fd).catch(() => {})
      fd = handle
      sealed.push(segment)
    }
    segment = next
    distrusted = false
  }

  function publishWatermark(): void {
    encodeWatermark(
      {
        position: { epoch, sequence: durable },
        segment: { epoch: segment.epoch, first: segment.first },
        offset: segment.bytes,
      },
      markBytes,
    )
    try {
      writeSync(markFile, markBytes, 0, WATERMARK_BYTES, 0)
      markFailed = false
    } catch (error) {
      // The records are on disk all the same; readers wait for the next watermark.
      if (!markFailed)
        log.error({ error }, 'journal: watermark could not be written; readers see nothing new')
      markFailed = true
    }
  }

  function settle(batch: Batch, error?: Error): void {
    for (const done of batch.dones) done(error)
  }

  function recycle(batch: Batch): void {
    if (spare.length >= KEEP_BUFFERS || batch.buffer.length > BUFFER) return
    batch.length = BLOCK_HEADER_BYTES
    batch.records = 0
    batch.dones = []
    batch.packing = undefined
    spare.push(batch)
  }

  function enterTrouble(state: 'disk_full' | 'backlog_full' | 'failed', detail: string): void {
    if (trouble?.state === state) {
      if (now() - lastReminder >= 60_000) {
        lastReminder = now()
        log.error(
          { state, detail, held: heldBytes + gathering.length },
          'journal: still nothing can be acknowledged',
        )
      }
      return
    }
    trouble = { state, since: now(), detail }
    lastReminder = now()
    log.error(
      { state, detail, unreadBytes: unread.bytes },
      'journal: nothing is acknowledged until there is room',
    )
  }

  /** Give up what has waited too long, then try the oldest batch again. */
  async function retry(): Promise<void> {
    if (retrying || flushing !== undefined || closing) return
    retrying = true
    try {
      const reason = new Error(`journal: ${trouble?.state ?? 'closed'}`)
      const tooOld = now() - holdMs
      if (gathering.dones.length > 0) holdGathering()
      const expired = held.filter((batch) => batch.oldestAt <= tooOld)
      held = held.filter((batch) => batch.oldestAt > tooOld)
      for (const batch of expired) {
        heldBytes -= batch.length
        settle(batch, reason)
      }
      await maintain()
      if (trouble?.state === 'disk_full') await trim(true)
      // A little room before it opens again, or it would open and shut with every record.
      const limitBytes = options.maxUnreadBytes * (trouble?.state === 'backlog_full' ? 0.9 : 1)
      if (unread.bytes > limitBytes) return enterTrouble('backlog_full', backlogDetail())
      while (held.length > 0) {
        const batch = held[0] as Batch
        await flush(batch)
        held.shift()
        heldBytes -= batch.length
        settle(batch)
        recycle(batch)
      }
      // With nothing held a probe tells whether there is room: an empty batch would always succeed.
      if (trouble && trouble.state !== 'backlog_full' && !(await hasRoom())) return
      leaveTrouble()
    } catch (error) {
      enterTrouble(isDiskFull(error) ? 'disk_full' : 'failed', (error as Error).message)
    } finally {
      retrying = false
    }
  }

  /** Write behind the last record and cut it off again: what is tried is what will be done. */
  async function hasRoom(): Promise<boolean> {
    const probe = Buffer.alloc(64 * 1024)
    try {
      if (distrusted) await roll()
      await writeWhole(fd, [probe], segment.bytes)
      return true
    } catch {
      return false
    } finally {
      await truncateFile(fd, segment.bytes).catch(() => {
        distrusted = true
      })
    }
  }

  function leaveTrouble(): void {
    if (!trouble) return
    log.info(
      { state: trouble.state, seconds: Math.round((now() - trouble.since) / 1000) },
      'journal: acknowledging again',
    )
    trouble = undefined
    okSince = now()
    startFlush()
  }

  function maintain(): Promise<void> {
    maintaining ??= maintainOnce()
      .catch((error) => log.error({ error }, 'journal: could not look after the segments'))
      .finally(() => {
        maintaining = undefined
      })
    return maintaining
  }

  async function maintainOnce(): Promise<void> {
    await measure()
    // An active segment of hours could not be trimmed by age: it is closed when it is as old as the grain of that.
    const grainMs = Math.max((options.keepHours * HOUR_MS) / 24, 60_000)
    const stale = segment.last >= segment.first && now() - segment.openedAt > grainMs
    if (stale && flushing === undefined && !trouble && !retrying && !closing) {
      flushing = roll()
        .catch((error) => log.warn({ error }, 'journal: could not begin a new segment'))
        .finally(() => {
          flushing = undefined
          startFlush()
        })
      await flushing
    }
    await trim(false)
    if (!trouble && unread.bytes > options.maxUnreadBytes) enterTrouble('backlog_full', backlogDetail())
  }

  async function measure(): Promise<Map<string, JournalPosition>> {
    const committed = await allCommitted(folder, consumers)
    const lags: Record<string, number> = {}
    let slowest: JournalPosition | undefined
    for (const [name, position] of committed) {
      lags[name] = countAfter(position)
      if (!slowest || comparePositions(position, slowest) < 0) slowest = position
    }
    unread = { bytes: slowest ? bytesAfter(slowest) : 0, consumers: lags }
    return committed
  }

  function countAfter(position: JournalPosition): number {
    let records = 0
    for (const s of [...sealed, segment])
      records += Math.max(0, s.last - Math.max(s.first - 1, startIn(s, position)))
    return records
  }

  /** Whole segments exactly, the one that the consumer is in by the share of its records. */
  function bytesAfter(position: JournalPosition): number {
    let bytes = 0
    for (const s of [...sealed, segment]) {
      const records = s.last - s.first + 1
      const open = s.last - Math.max(s.first - 1, startIn(s, position))
      if (records > 0 && open > 0) bytes += Math.ceil((s.bytes * Math.min(open, records)) / records)
    }
    return bytes
  }

  /** the sequence up to which a position covers a segment */
  function startIn(s: Segment, position: JournalPosition): number {
    if (s.epoch < position.epoch) return s.last
    return s.epoch === position.epoch ? position.sequence : s.first - 1
  }

  function backlogDetail(): string {
    return `${unread.bytes} bytes unread, more than ${options.maxUnreadBytes}; the slowest consumer must catch up`
  }

  /** Drop what all have read and is too old or too much; with `urgent` all that all have read. Never anything unread. */
  async function trim(urgent: boolean): Promise<void> {
    if (trimming !== undefined) await trimming
    trimming = trimOnce(urgent).finally(() => {
      trimming = undefined
    })
    await trimming
  }

  async function trimOnce(urgent: boolean): Promise<void> {
    const committed = await measure()
    let total = sealed.reduce((sum, s) => sum + s.bytes, segment.bytes)
    while (sealed.length > 0) {
      const oldest = sealed[0] as Segment
      const read = [...committed.values()].every((p) => startIn(oldest, p) >= oldest.last)
      const old = now() - oldest.openedAt > options.keepHours * HOUR_MS
      if (!read || !(urgent || old || total > options.keepBytes)) return
      await rm(path.join(folder, oldest.file), { force: true })
      sealed.shift()
      total -= oldest.bytes
      log.debug({ segment: oldest.file, bytes: oldest.bytes }, 'journal: segment trimmed')
    }
  }

  async function closeWriter(): Promise<void> {
    if (closing) return
    closing = true
    clearInterval(retryTimer)
    clearInterval(maintainTimer)
    while (flushing !== undefined || retrying || (!trouble && held.length + gathering.dones.length > 0)) {
      if (flushing === undefined && !retrying) startFlush()
      if (retrying) await new Promise((resolve) => setTimeout(resolve, 5))
      await flushing
    }
    const reason = new Error('journal: closed')
    for (const batch of [...held, gathering]) settle(batch, reason)
    await maintaining
    await trimming
    await closeFile(fd)
    await closeFile(markFile)
    lock.close()
  }

  return {
    append,
    after,
    maintain,
    backlog: () => unread,
    health: (): JournalHealth => ({
      state: trouble?.state ?? 'ok',
      since: trouble?.since ?? okSince,
      detail: trouble?.detail ?? '',
      bytes: sealed.reduce((sum, s) => sum + s.bytes, segment.bytes),
      watermark: { epoch, sequence: durable },
    }),
    close: closeWriter,
  }
}

function newBatch(): Batch {
  return {
    buffer: Buffer.allocUnsafeSlow(BUFFER),
    length: BLOCK_HEADER_BYTES,
    records: 0,
    dones: [],
    oldestAt: 0,
    packing: undefined,
  }
}

/** A SQLite lock dies with its process, whatever kills it; a lock file of our own would not. */
function lockFolder(folder: string, timeout: number): DatabaseSync {
  const lock = new DatabaseSync(path.join(folder, 'lock.sqlite'), { timeout })
  try {
    lock.exec('pragma journal_mode = memory; pragma locking_mode = exclusive; begin exclusive')
    return lock
  } catch (error) {
    lock.close()
    throw new Error(`journal: another process writes to ${folder}`, { cause: error })
  }
}

async function recoverFolder(
  folder: string,
  consumers: readonly string[],
  now: () => number,
  log: Logger,
): Promise<{ epoch: number; last: number; sealed: Segment[] }> {
  const mark = await readFile(path.join(folder, 'watermark')).then(decodeWatermark, (error) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  })
  const names = await listSegments(folder)
  const sealed: Segment[] = []
  let last = mark?.position.sequence ?? 0
  let epoch = mark?.position.epoch ?? 0
  for (const [i, name] of names.entries()) {
    epoch = Math.max(epoch, name.epoch)
    const next = names[i + 1]
    const file = path.join(folder, name.file)
    // The first of an epoch follows whatever the epoch before it ended with, so only its own end tells its last one.
    const recovered =
      next?.epoch === name.epoch
        ? { last: next.first - 1, empty: false }
        : await recoverSegment(folder, name, mark, log)
    last = Math.max(last, recovered.last)
    if (recovered.empty) {
      await rm(file)
      continue
    }
    const { size, birthtimeMs, mtimeMs } = await stat(file)
    // Some filesystems know no birth time.
    const openedAt = birthtimeMs > 0 ? Math.min(birthtimeMs, mtimeMs) : mtimeMs
    sealed.push({ ...name, last: recovered.last, bytes: size, openedAt, seed: 0 })
  }
  for (const position of (await allCommitted(folder, consumers)).values()) {
    epoch = Math.max(epoch, position.epoch)
    last = Math.max(last, position.sequence)
  }
  await syncFolder(folder)
  // By the clock as well: an epoch is not used again even when the whole folder was lost.
  return { epoch: Math.max(epoch + 1, Math.floor(now() / 1000)), last, sealed }
}

function isDiskFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG'
}

/** `writev` may take less than it was given. */
function writeWhole(fd: number, parts: Buffer[], position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    writev(fd, parts, position, (error, written) => {
      if (error) return reject(error)
      const left = skipBytes(parts, written)
      if (left.length === 0) return resolve()
      writeWhole(fd, left, position + written).then(resolve, reject)
    })
  })
}

function skipBytes(parts: Buffer[], count: number): Buffer[] {
  let skip = count
  return parts.flatMap((part) => {
    const rest = part.subarray(Math.min(skip, part.length))
    skip -= part.length - rest.length
    return rest.length > 0 ? [rest] : []
  })
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await openFile(folder, constants.O_RDONLY)
  try {
    await syncFile(handle)
  } finally {
    await closeFile(handle)
  }
}

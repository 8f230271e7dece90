import { open } from 'node:fs/promises'
import path from 'node:path'
import type { Logger } from '../../log.ts'
import {
  BLOCK_HEADER_BYTES,
  type BlockHeader,
  findBlock,
  isSoundBlock,
  readBlockHeader,
  unpackBlock,
} from './block.ts'
import { SEGMENT_HEADER_BYTES, type SegmentName, segmentSeed } from './segment.ts'
import type { Watermark } from './watermark.ts'

/**
 * Bring the newest segment in order after a stop that nobody planned: whatever follows the last sound record is cut
 * off. Damage with sound records behind it is not a torn tail: those may have been acknowledged, so they are kept and the
 * damage is left for the reader to skip loudly.
 *
 * @returns the sequence of the last sound record (`first - 1` when there is none), and whether the file holds nothing
 *   that is worth keeping
 */
export async function recoverSegment(
  folder: string,
  name: SegmentName,
  mark: Watermark | undefined,
  log: Logger,
): Promise<{ last: number; empty: boolean }> {
  const file = await open(path.join(folder, name.file), 'r+')
  try {
    const content = await file.readFile()
    const seed = segmentSeed(content, name)
    if (seed === undefined) {
      if (content.length > SEGMENT_HEADER_BYTES) {
        log.error({ segment: name.file }, 'journal: segment has no sound header; it is left alone')
      }
      return { last: name.first - 1, empty: content.length <= SEGMENT_HEADER_BYTES }
    }
    const vouched =
      mark && mark.segment.epoch === name.epoch && mark.segment.first === name.first ? mark.offset : 0
    let offset = SEGMENT_HEADER_BYTES
    let last = name.first - 1
    while (offset < content.length) {
      const header = readBlockHeader(content, offset, seed)
      const end = header ? offset + BLOCK_HEADER_BYTES + header.stored : 0
      // One block is under way at a time, so only the last can be torn: the others need not be unpacked.
      if (
        header &&
        (end < content.length ||
          (end === content.length && isWhole(content, offset, end, header, name.epoch)))
      ) {
        last = header.first + header.count - 1
        offset = end
        continue
      }
      const next = findBlock(content, offset + 1, seed, last)
      if (next === undefined) break
      log.error(
        { segment: name.file, offset, bytes: next - offset },
        'journal: damaged bytes among sound records',
      )
      offset = next
    }
    if (offset < vouched) {
      log.error(
        { segment: name.file, offset, watermark: vouched },
        'journal: records below the watermark are gone; the disk lost what it had confirmed',
      )
    }
    if (offset < content.length) {
      log.warn({ segment: name.file, bytes: content.length - offset }, 'journal: torn tail cut off')
      await file.truncate(offset)
    }
    // What a killed process left in the page cache becomes durable here, before any reader may see it.
    await file.datasync()
    return { last, empty: last < name.first }
  } finally {
    await file.close()
  }
}

function isWhole(content: Buffer, offset: number, end: number, header: BlockHeader, epoch: number): boolean {
  return isSoundBlock(unpackBlock(content.subarray(offset + BLOCK_HEADER_BYTES, end), header), header, epoch)
}

import { crc32 } from 'node:zlib'
import type { JournalPosition } from './port.ts'

/** How far readers may go: the last record on disk, and where in which segment it ends. */
export type Watermark = {
  position: JournalPosition
  /** the segment that the writer is in, as its file name says */
  segment: { epoch: number; first: number }
  /** bytes of that segment that are on disk */
  offset: number
}

export const WATERMARK_BYTES = 48

/** 48 bytes with a checksum: a reader may catch the writer half way. */
export function encodeWatermark(mark: Watermark, target = Buffer.alloc(WATERMARK_BYTES)): Buffer {
  target.writeUInt32LE(mark.position.epoch, 0)
  target.writeUIntLE(mark.position.sequence, 4, 6)
  target.writeUInt32LE(mark.segment.epoch, 12)
  target.writeUIntLE(mark.segment.first, 16, 6)
  target.writeUIntLE(mark.offset, 24, 6)
  target.writeUInt32LE(crc32(target.subarray(0, 44)), 44)
  return target
}

/** undefined when the bytes are not a whole watermark: read again a moment later. */
export function decodeWatermark(source: Buffer): Watermark | undefined {
  if (source.length < WATERMARK_BYTES) return undefined
  if (crc32(source.subarray(0, 44)) !== source.readUInt32LE(44)) return undefined
  return {
    position: { epoch: source.readUInt32LE(0), sequence: source.readUIntLE(4, 6) },
    segment: { epoch: source.readUInt32LE(12), first: source.readUIntLE(16, 6) },
    offset: source.readUIntLE(24, 6),
  }
}

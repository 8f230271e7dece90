import { constants, crc32, zstdCompress, zstdDecompressSync } from 'node:zlib'
import { frameEnd, readFrame } from './frame.ts'

/*
 * One group commit on disk. Header of 24 bytes, little endian:
 *   u32 bytes stored behind the header   u32 crc32 of the other 20 bytes, seeded with the segment's own random number
 *   u32 bytes of records   u32 count of records   u48 sequence of the first   u8 kind   u8 zero
 * Kind 0: the records as they are, each with its own checksum. Kind 1: compressed with zstd, whose checksum covers all
 * of them: there damage takes the block, and a checksum each would only cost time.
 * The seed is random so that no payload can be made to look like a block when damage makes us search for one.
 */
export const BLOCK_HEADER_BYTES = 24
const PLAIN = 0
const ZSTD = 1
/** Damage, not a block. */
const MAX_BYTES = 512 * 1024 * 1024

export type BlockHeader = { stored: number; raw: number; count: number; first: number; compressed: boolean }

export function writeBlockHeader(target: Buffer, seed: number, header: BlockHeader): void {
  target.writeUInt32LE(header.stored, 0)
  target.writeUInt32LE(header.raw, 8)
  target.writeUInt32LE(header.count, 12)
  target.writeUIntLE(header.first, 16, 6)
  target[22] = header.compressed ? ZSTD : PLAIN
  target[23] = 0
  target.writeUInt32LE(checksum(target, 0, seed), 4)
}

/** undefined when there is no sound header at this offset. */
export function readBlockHeader(source: Buffer, offset: number, seed: number): BlockHeader | undefined {
  if (offset + BLOCK_HEADER_BYTES > source.length) return undefined
  const stored = source.readUInt32LE(offset)
  const raw = source.readUInt32LE(offset + 8)
  if (stored === 0 || stored > MAX_BYTES || raw > MAX_BYTES) return undefined
  if (checksum(source, offset, seed) !== source.readUInt32LE(offset + 4)) return undefined
  const count = source.readUInt32LE(offset + 12)
  const first = source.readUIntLE(offset + 16, 6)
  return { stored, raw, count, first, compressed: source[offset + 22] === ZSTD }
}

function checksum(source: Buffer, offset: number, seed: number): number {
  const sizes = crc32(source.subarray(offset, offset + 4), seed)
  return crc32(source.subarray(offset + 8, offset + BLOCK_HEADER_BYTES), sizes)
}

/** Offset of the next sound header from `from` on, of a block behind the sequence `after`. Only for damaged segments. */
export function findBlock(source: Buffer, from: number, seed: number, after: number): number | undefined {
  for (let offset = from; offset + BLOCK_HEADER_BYTES <= source.length; offset++) {
    const header = readBlockHeader(source, offset, seed)
    if (header && header.first > after) return offset
  }
  return undefined
}

/** The records of a block, unpacked; undefined when its bytes do not hold what the header says. */
export function unpackBlock(stored: Buffer, header: BlockHeader): Buffer | undefined {
  if (!header.compressed) return stored.length === header.raw ? stored : undefined
  try {
    const records = zstdDecompressSync(stored, {
      chunkSize: Math.max(64, header.raw),
      maxOutputLength: header.raw,
    })
    return records.length === header.raw ? records : undefined
  } catch {
    return undefined
  }
}

/** Are all records of a block there and sound? */
export function isSoundBlock(records: Buffer | undefined, header: BlockHeader, epoch: number): boolean {
  if (!records) return false
  let offset = 0
  for (let i = 0; i < header.count; i++) {
    const end = frameEnd(records, offset)
    if (end === undefined || !readFrame(records, offset, end, header.compressed ? undefined : epoch))
      return false
    offset = end
  }
  return offset === records.length
}

/**
 * Compress records on another thread. Level 1: with the repetition that readings have it is far cheaper than writing
 * the same bytes through the page cache to the disk.
 */
export function packBlock(records: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const params = { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 }
    // One chunk is one trip to the other thread.
    const chunkSize = Math.max(64 * 1024, records.length >> 1)
    zstdCompress(records, { params, chunkSize }, (error, packed) => (error ? reject(error) : resolve(packed)))
  })
}

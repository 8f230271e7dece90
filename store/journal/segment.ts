import { readdir } from 'node:fs/promises'
import { crc32 } from 'node:zlib'

/** A segment file: its name says where its first record stands, so that names sort in journal order. */
export type SegmentName = { file: string; epoch: number; first: number }

export const SEGMENT_HEADER_BYTES = 32
const MAGIC = Buffer.from('SCHOUWJ1', 'latin1')
const NAME = /^(\d{10})-(\d{15})\.segment$/

export function segmentFile(epoch: number, first: number): string {
  return `${String(epoch).padStart(10, '0')}-${String(first).padStart(15, '0')}.segment`
}

/** 32 bytes: magic, epoch, sequence of the first record, the seed of its block checksums, checksum. */
export function segmentHeader(epoch: number, first: number, seed: number): Buffer {
  const header = Buffer.alloc(SEGMENT_HEADER_BYTES)
  MAGIC.copy(header)
  header.writeUInt32LE(epoch, 8)
  header.writeUIntLE(first, 12, 6)
  header.writeUInt32LE(seed, 18)
  header.writeUInt32LE(crc32(header.subarray(0, 28)), 28)
  return header
}

/** The seed of a segment; undefined when the file does not begin as its name says. */
export function segmentSeed(header: Buffer, name: SegmentName): number | undefined {
  if (header.length < SEGMENT_HEADER_BYTES) return undefined
  const seed = header.readUInt32LE(18)
  const expected = segmentHeader(name.epoch, name.first, seed)
  return header.subarray(0, SEGMENT_HEADER_BYTES).equals(expected) ? seed : undefined
}

/** The segments of a journal folder in journal order. */
export async function listSegments(folder: string): Promise<SegmentName[]> {
  const names: SegmentName[] = []
  for (const file of await readdir(folder)) {
    const match = NAME.exec(file)
    if (match) names.push({ file, epoch: Number(match[1]), first: Number(match[2]) })
  }
  return names.sort((a, b) => a.epoch - b.epoch || a.first - b.first)
}

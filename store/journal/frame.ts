import { crc32 } from 'node:zlib'

/*
 * One record, little endian:
 *   u32 bytes after these eight   u32 crc32 of those bytes, seeded with the epoch (0 in a compressed block)
 *   u48 receivedAt (epoch ms)   u8 bytes of device id   u16 bytes of topic   device id   topic   payload
 * Records stand in blocks (block.ts), which say the sequence of their first.
 */
const PREFIX = 8
const HEAD = PREFIX + 6 + 1 + 2

export type Frame = { receivedAt: number; deviceId: string; topic: string; payload: Buffer }

/** Most bytes that a record can take. */
export function frameBound(deviceId: string, topic: string, payloadBytes: number): number {
  return HEAD + deviceId.length * 3 + topic.length * 3 + payloadBytes
}

/**
 * Write a record at `offset`, without its checksum; returns the offset behind it.
 *
 * @throws RangeError when the device id or topic is longer than its length field can say
 */
export function writeFrame(
  target: Buffer,
  offset: number,
  record: Omit<Frame, 'payload'> & { payload: Uint8Array },
): number {
  const idStart = offset + HEAD
  const idEnd = writeText(target, idStart, record.deviceId)
  const topicEnd = writeText(target, idEnd, record.topic)
  const idBytes = idEnd - idStart
  const topicBytes = topicEnd - idEnd
  if (idBytes > 0xff || topicBytes > 0xffff) throw new RangeError('journal: device id or topic too long')
  target.set(record.payload, topicEnd)
  const end = topicEnd + record.payload.length
  target.writeUInt32LE(end - offset - PREFIX, offset)
  target.writeUIntLE(record.receivedAt, offset + 8, 6)
  target[offset + 14] = idBytes
  target[offset + 15] = topicBytes & 0xff
  target[offset + 16] = topicBytes >>> 8
  target.writeUInt32LE(0, offset + 4)
  return end
}

/** Give all records between two offsets their checksum. */
export function sealFrames(target: Buffer, from: number, to: number, epoch: number): void {
  for (let offset = from; offset < to; ) {
    const end = offset + PREFIX + target.readUInt32LE(offset)
    target.writeUInt32LE(crc32(target.subarray(offset + PREFIX, end), epoch), offset + 4)
    offset = end
  }
}

/** Offset behind the record at `offset`, undefined when its length leads outside the block. */
export function frameEnd(block: Buffer, offset: number): number | undefined {
  if (offset + HEAD > block.length) return undefined
  const end = offset + PREFIX + block.readUInt32LE(offset)
  return end < offset + HEAD || end > block.length ? undefined : end
}

/**
 * The record between two offsets; its payload shares memory with `block`. Undefined when it is damaged.
 *
 * @param epoch to check it with; undefined when the block as a whole was checked
 */
export function readFrame(
  block: Buffer,
  offset: number,
  end: number,
  epoch: number | undefined,
): Frame | undefined {
  if (
    epoch !== undefined &&
    crc32(block.subarray(offset + PREFIX, end), epoch) !== block.readUInt32LE(offset + 4)
  ) {
    return undefined
  }
  const idEnd = offset + HEAD + (block[offset + 14] as number)
  const topicEnd = idEnd + block.readUInt16LE(offset + 15)
  if (topicEnd > end) return undefined
  return {
    receivedAt: block.readUIntLE(offset + 8, 6),
    deviceId: block.toString('utf8', offset + HEAD, idEnd),
    topic: block.toString('utf8', idEnd, topicEnd),
    payload: block.subarray(topicEnd, end),
  }
}

/** ASCII by hand: for strings this short a call into the runtime costs more than the loop. */
function writeText(target: Buffer, offset: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) return offset + target.write(text, offset)
    target[offset + i] = code
  }
  return offset + text.length
}

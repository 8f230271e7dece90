import { crc32 } from 'node:zlib'

/*
 * One record on disk, little endian:
 *   u32 bytes after these eight   u32 crc32 of those bytes, seeded with the epoch
 *   u48 sequence   u48 receivedAt (epoch ms)   u8 length of device id   u16 length of topic
 *   device id   topic   payload
 * The seed makes a frame of another epoch fail: bytes that a filesystem brings back after a crash never pass for ours.
 */
const PREFIX = 8
const HEAD = PREFIX + 6 + 6 + 1 + 2
/** A length above this is damage, not a record. */
const MAX_FRAME = 256 * 1024 * 1024
const SEARCH_BYTES = 512 * 1024 * 1024
const SEARCH_SEQUENCES = 16_000_000

export type Frame = {
  sequence: number
  receivedAt: number
  deviceId: string
  topic: string
  payload: Buffer
  /** offset just behind the frame */
  end: number
}

/** Most bytes that a record can take. */
export function frameBound(deviceId: string, topic: string, payloadBytes: number): number {
  return HEAD + deviceId.length * 3 + topic.length * 3 + payloadBytes
}

/**
 * Write a frame without sequence and checksum: `sealFrame` adds both when it is known where the record lands.
 *
 * @returns the offset behind the frame
 * @throws RangeError when the device id or topic is longer than its length field can say
 */
export function writeFrame(
  target: Buffer,
  offset: number,
  record: { receivedAt: number; deviceId: string; topic: string; payload: Uint8Array },
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
  target.writeUIntLE(record.receivedAt, offset + 14, 6)
  target[offset + 20] = idBytes
  target[offset + 21] = topicBytes & 0xff
  target[offset + 22] = topicBytes >>> 8
  return end
}

/** Give the frame at `offset` its sequence and checksum; returns the offset behind it. */
export function sealFrame(target: Buffer, offset: number, epoch: number, sequence: number): number {
  const end = offset + PREFIX + target.readUInt32LE(offset)
  target.writeUIntLE(sequence, offset + 8, 6)
  target.writeUInt32LE(crc32(target.subarray(offset + PREFIX, end), epoch), offset + 4)
  return end
}

/** Bytes that the frame at `offset` needs in all, `'short'` when its length is not there yet, `'damaged'` when absurd. */
export function frameSize(source: Buffer, offset: number, available: number): number | 'short' | 'damaged' {
  if (available - offset < PREFIX) return 'short'
  const body = source.readUInt32LE(offset)
  if (body < HEAD - PREFIX || body > MAX_FRAME) return 'damaged'
  return PREFIX + body
}

/**
 * Read the frame at `offset`; its whole size must be within `available`. The payload shares memory with `source`.
 *
 * @returns undefined when the checksum or a length inside does not fit
 */
export function readFrame(
  source: Buffer,
  offset: number,
  available: number,
  epoch: number,
): Frame | undefined {
  const size = frameSize(source, offset, available)
  if (typeof size !== 'number' || offset + size > available) return undefined
  const end = offset + size
  if (crc32(source.subarray(offset + PREFIX, end), epoch) !== source.readUInt32LE(offset + 4))
    return undefined
  const idEnd = offset + HEAD + (source[offset + 20] as number)
  const topicEnd = idEnd + source.readUInt16LE(offset + 21)
  if (topicEnd > end) return undefined
  return {
    sequence: source.readUIntLE(offset + 8, 6),
    receivedAt: source.readUIntLE(offset + 14, 6),
    deviceId: source.toString('utf8', offset + HEAD, idEnd),
    topic: source.toString('utf8', idEnd, topicEnd),
    payload: source.subarray(topicEnd, end),
    end,
  }
}

/**
 * First offset from `from` on where a whole, sound frame with a sequence above `after` begins; undefined when there is
 * none. Only for damaged segments: byte by byte, with a bound on the work, since a payload could be made to look like
 * thousands of frames.
 */
export function findFrame(
  source: Buffer,
  from: number,
  available: number,
  epoch: number,
  after: number,
): number | undefined {
  let budget = SEARCH_BYTES
  for (let offset = from; offset + HEAD <= available && budget > 0; offset++) {
    const size = frameSize(source, offset, available)
    if (typeof size !== 'number' || offset + size > available) continue
    const sequence = source.readUIntLE(offset + 8, 6)
    if (sequence <= after || sequence > after + SEARCH_SEQUENCES) continue
    budget -= size
    if (readFrame(source, offset, available, epoch)) return offset
  }
  return undefined
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

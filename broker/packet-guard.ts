/** What stands wrong with the bytes of a client, found before its packet is buffered. */
export type GuardFault = 'too-large' | 'not-connect' | 'bad-length'

/**
 * Walks the fixed headers (MQTT 3.1.1 clause 2.2) in a stream of bytes and skips the rest, so that a packet is refused
 * when its length is declared and not when it has filled the memory. Costs a few nanoseconds a packet, nothing a byte.
 */
export type PacketGuard = {
  /** Look at the next bytes; a fault ends the connection. */
  check(chunk: Uint8Array): GuardFault | undefined
  /** Called after login: from now on packets may be this large behind their fixed header, bytes. */
  open(maxPacket: number): void
  /** PUBLISH packets seen since the last call */
  takePublishes(): number
}

const CONNECT = 1
const PUBLISH = 3

/**
 * @param maxFirst bytes of a whole packet behind its fixed header before login
 */
export function createPacketGuard(maxFirst: number): PacketGuard {
  let limit = maxFirst
  let first = true
  let skip = 0
  /** the first byte of a header was read, its length not yet whole */
  let inHeader = false
  let length = 0
  let shift = 0
  let publishes = 0

  return {
    check(chunk) {
      let at = 0
      const end = chunk.length
      while (at < end) {
        if (skip > 0) {
          const step = Math.min(skip, end - at)
          skip -= step
          at += step
          continue
        }
        if (!inHeader) {
          const kind = (chunk[at++] as number) >> 4
          if (first && kind !== CONNECT) return 'not-connect'
          first = false
          if (kind === PUBLISH) publishes++
          inHeader = true
          length = 0
          shift = 0
          continue
        }
        const byte = chunk[at++] as number
        length |= (byte & 0x7f) << shift
        if (byte & 0x80) {
          shift += 7
          if (shift > 21) return 'bad-length'
          continue
        }
        if (length > limit) return 'too-large'
        skip = length
        inHeader = false
      }
      return undefined
    },
    open(maxPacket) {
      limit = maxPacket
    },
    takePublishes() {
      const taken = publishes
      publishes = 0
      return taken
    },
  }
}
